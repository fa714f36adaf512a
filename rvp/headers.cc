// rvp/headers.cc: typed headers.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 7, and the section that each header is from
#include "rvp/headers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "rvp/names.h"

namespace rvp {

using base::Errc;
using base::fail;

namespace {

constexpr std::size_t kMaxValueBytes = 1024;
constexpr std::uint64_t kManySeconds = 1'000'000'000;

std::unexpected<base::Error> bad(std::string_view name, std::string_view what) {
    return fail(Errc::malformed, std::string(name) + " " + std::string(what));
}

// " (RVP 5.4)": the section that speaks of a header; "" of one that is HTTP's.
std::string section_of(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSections = {{
        {kFromPrincipal, "5.7.2.4"},
        {kAckType, "5.6"},
        {kHopCount, "5.6"},
        {kCallBack, "5.1.4"},
        {kSubscriptionId, "5.1.1"},
        {kSubscriptionLifetime, "5.1.2"},
        {kNotificationType, "5.1.3"},
        {kDepth, "5.4"},
    }};
    const auto it = std::ranges::find(kSections, name, [](const auto& row) { return row.first; });
    return it == kSections.end() ? "" : " (RVP " + std::string(it->second) + ")";
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

base::Result<std::optional<std::string_view>> single(const base::Request& request, std::string_view name) {
    std::optional<std::string_view> value;
    for (const base::HttpHeader& h : request.headers) {
        if (!base::equal_ignoring_case(h.name, name)) continue;
        if (value) return bad(name, "stands more than once" + section_of(name));
        value = base::trim(h.value);
    }
    if (value && value->empty()) return bad(name, "is empty" + section_of(name));
    if (value && value->size() > kMaxValueBytes) return bad(name, "is over 1024 bytes" + section_of(name));
    return value;
}

base::Result<presence::NodeName> target_node(const base::Request& request, const presence::Realm& realm) {
    const bool origin_form = request.target.starts_with('/');
    const std::string_view host = request.header("Host").value_or("");
    auto address = presence::Address::from_target(request.target, host);
    if (!address) return fail(address.error().code, address.error().text + " (RVP 4.1.2)");
    if (address->is_service()) return fail(Errc::not_found, "the request names no node, only a server (RVP 4.1.2)");
    // A physical URL names a host of its own; Host is compared as it was understood (case, port 80).
    const auto is_physical = [&] {
        return address->authority() != presence::Address::from_target("/", host)->authority();
    };
    const auto spelling = realm.index_of(address->authority());
    if (!spelling && (!origin_form || is_physical())) {
        return fail(Errc::not_found, address->url() + " is in another domain; this server is " + realm.domain() + " (RVP 4.1.2)");
    }
    base::Result<presence::NodeName> name(std::in_place);
    name->authority = spelling.value_or(0);
    name->path = std::move(*address).path();
    name->key = name->path;
    base::lower(name->key);  // ours, whatever it was called
    return name;
}

std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
    text = base::trim(text);
    if (!all_digits(text)) return std::nullopt;
    return std::chrono::seconds(base::parse_number(text, kManySeconds).value_or(kManySeconds));
}

base::Result<std::optional<std::chrono::seconds>> lifetime(const base::Request& request) {
    const auto value = single(request, kSubscriptionLifetime);
    if (!value) return std::unexpected(value.error());
    if (!*value) return std::nullopt;
    const auto seconds = parse_seconds(**value);
    if (!seconds) return bad(kSubscriptionLifetime, "is not a number of seconds (RVP 5.1.2)");
    return seconds;
}

base::Result<std::optional<presence::SubscriptionId>> subscription_id(const base::Request& request) {
    const auto value = single(request, kSubscriptionId);
    if (!value) return std::unexpected(value.error());
    if (!*value) return std::nullopt;
    if (!all_digits(**value)) return bad(kSubscriptionId, "is not a decimal number (RVP 5.1.1)");
    const auto id = base::parse_number(**value, presence::kMaxWireId);
    if (!id || *id == 0) {
        return fail(Errc::precondition, "Subscription-Id " + std::string(**value) + " is unknown (RVP 5.1.1)");
    }
    return presence::SubscriptionId(static_cast<std::uint32_t>(*id));
}

base::Result<presence::NotificationType> notification_type(const base::Request& request) {
    const auto value = single(request, kNotificationType);
    if (!value) return std::unexpected(value.error());
    if (*value && base::equal_ignoring_case(**value, "update/propchange")) {
        return presence::NotificationType::propchange;
    }
    if (*value && base::equal_ignoring_case(**value, "pragma/notify")) return presence::NotificationType::notify;
    const std::string method = request.method;
    return fail(Errc::malformed, method + " needs Notification-Type: update/propchange or pragma/notify (RVP 5.1.3)");
}

base::Result<presence::AckType> ack_type(const base::Request& request) {
    const auto value = single(request, kAckType);
    if (!value) return std::unexpected(value.error());
    if (!*value || base::equal_ignoring_case(**value, "DeepOr")) return presence::AckType::deep_or;
    if (base::equal_ignoring_case(**value, "DeepAnd")) return presence::AckType::deep_and;
    if (base::equal_ignoring_case(**value, "SingleHop")) return presence::AckType::single_hop;
    return bad(kAckType, "is none of SingleHop, DeepOr, DeepAnd (RVP 5.6)");
}

base::Result<int> hop_count(const base::Request& request) {
    const auto value = single(request, kHopCount);
    if (!value) return std::unexpected(value.error());
    if (!*value) return 1;
    if (!all_digits(**value)) return bad(kHopCount, "is not a number (RVP 5.6)");
    const int hops = static_cast<int>(base::parse_number(**value, 1'000'000).value_or(1'000'000));
    if (hops == 0) return bad(kHopCount, "is 0, but counts from 1 (RVP 5.6)");
    return hops;
}

std::string answered_version(const base::Request& request) {
    const std::string_view asked = request.header(kVersion).value_or("");
    if (asked == kOurVersion) return std::string(kOurVersion);
    const std::size_t dot = asked.find('.');
    const bool number = asked.size() <= 7 && dot != std::string_view::npos && all_digits(asked.substr(0, dot)) &&
                        all_digits(asked.substr(dot + 1));
    return std::string(number ? asked : kOurVersion);
}

}  // namespace rvp
