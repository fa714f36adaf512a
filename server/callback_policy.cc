// server/callback_policy.cc: which addresses may be called back.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (a Call-Back is an attack surface); RVP 5.1.4
#include "server/callback_policy.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace server {

using base::Cidr;
using base::Errc;
using base::IpAddress;

namespace {

bool is_label(std::string_view label) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, allowed);
}

/// Lower case, without the root's dot: two spellings of one name become equal.
std::string canonical(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    return base::to_lower(host);
}

/// A DNS name in canonical form. One whose last label begins with a digit is a mistyped address, and some
/// resolvers would read it as one.
bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > 253) return false;
    const auto labels = base::split(host, '.');
    const char first = labels.back().empty() ? '0' : labels.back().front();
    return std::ranges::all_of(labels, is_label) && (first < '0' || first > '9');
}

/// A port on which only a web server may be expected; others below 1024 (mail, SSH, ...) are no call-back's.
bool is_plausible(std::uint16_t port) { return port >= 1024 || port == 80 || port == 443; }

bool in_any(const std::vector<Cidr>& ranges, const IpAddress& address) {
    return std::ranges::any_of(ranges, [&](const Cidr& range) { return range.contains(address); });
}

base::Result<void> deny(std::string text) { return base::fail(Errc::denied, std::move(text) + " (RVP 5.1.4)"); }

}  // namespace

base::Result<CallbackPolicy> CallbackPolicy::make(const std::vector<std::string>& allow) {
    auto rules = std::make_shared<Rules>();
    for (const std::string& item : allow) {
        if (item == "source") {
            rules->source = true;
        } else if (const auto range = Cidr::parse(item)) {
            rules->ranges.push_back(*range);
        } else if (std::string host = canonical(item); is_host_name(host) && host != "source") {
            rules->hosts.push_back(std::move(host));
        } else {
            return base::fail(Errc::malformed,
                              "callback.allow: \"" + item +
                                  "\" is neither \"source\" nor a range like 10.0.0.0/8 nor a host name");
        }
    }
    return CallbackPolicy(std::move(rules));
}

base::Result<void> CallbackPolicy::check(const IpAddress& address, std::uint16_t port, const std::string& host,
                                         const IpAddress& source) const {
    const std::string subject = "Call-Back address " + address.text();
    if (address.is_nobody() || address.is_link_local()) {
        return deny(subject + " is multicast, link-local or unspecified, which is never called back");
    }
    const auto rules = rules_.load();
    if (in_any(rules->ranges, address)) return {};

    if (std::ranges::find(rules->hosts, canonical(host)) != rules->hosts.end()) {
        // A name can be pointed anywhere by whoever runs its zone: it opens nothing inside to those outside.
        const bool inside = address.is_loopback() ? !source.is_loopback()
                                                  : address.is_private() && !source.is_private();
        if (!inside) return {};
        return deny(subject + " of " + host + " is loopback or private, and the requester (" + source.text() +
                    ") is not on such an address; list it in callback.allow as a range");
    }
    if (!rules->source) return deny(subject + " is not listed in callback.allow");
    if (address != source && !(address.is_loopback() && source.is_loopback())) {
        return deny(subject + " is neither the requester's (" + source.text() +
                    ") nor listed in callback.allow");
    }
    if (!is_plausible(port)) {
        return deny("Call-Back port " + std::to_string(port) + " of " + address.text() +
                    " is below 1024 and neither 80 nor 443, and the address is not listed in callback.allow");
    }
    return {};
}

bool CallbackPolicy::may_be_server(const IpAddress& address, std::uint16_t port) const {
    if (address.is_nobody() || address.is_link_local()) return false;
    if (in_any(rules_.load()->ranges, address)) return true;
    return !address.is_loopback() && !address.is_private() && is_plausible(port);
}

bool CallbackPolicy::may_try_name(const std::string& host) const {
    const auto rules = rules_.load();
    if (rules->source) return true;
    if (std::ranges::find(rules->hosts, canonical(host)) != rules->hosts.end()) return true;
    if (const auto address = IpAddress::parse(host)) return in_any(rules->ranges, *address);
    return !rules->ranges.empty();  // the name may lead into one of them
}

}  // namespace server
