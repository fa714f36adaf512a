// server/relay.cc: a request of ours for another domain, rewritten for the way.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.1, 5.1.4, 5.6; design 6
#include "server/relay.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "presence/settings.h"
#include "rvp/headers.h"
#include "rvp/names.h"
#include "server/carried_request.h"
#include "server/notify_request.h"

namespace server {

using base::Errc;
using base::fail;

namespace {

constexpr std::array<std::string_view, 7> kRelayed = {"SUBSCRIBE", "UNSUBSCRIBE", "SUBSCRIPTIONS", "PROPFIND", "PROPPATCH", "NOTIFY", "ACL"};
/// What goes out as it came in.
constexpr std::array<std::string_view, 7> kGoesOut = {rvp::kVersion, rvp::kAckType, rvp::kSubscriptionId, rvp::kSubscriptionLifetime,
                                                      rvp::kNotificationType, rvp::kDepth, "Content-Type"};
constexpr std::array<std::string_view, 7> kComesBack = {"Content-Type", rvp::kSubscriptionId, rvp::kSubscriptionLifetime, rvp::kVersion,
                                                        "Retry-After", "Allow", "RVPD-Durable"};

bool stands_in(const std::array<std::string_view, 7>& names, std::string_view name) {
    return std::ranges::any_of(names, [name](std::string_view one) { return base::equal_ignoring_case(one, name); });
}

/// What a client of ours may see of another server's answer. It can prove nothing to that one, nor be led away.
base::Response brought_back(base::Response answer, const std::string& authority, const rvp::Desk& desk) {
    if (answer.status == 401) return desk.refusal({Errc::denied, authority + " wants a proof, and none can be relayed (RVP 6)"});
    if (answer.status < 200 || (answer.status >= 300 && answer.status < 400)) {
        return desk.refusal({Errc::precondition, authority + " answered " + std::to_string(answer.status) + ", which a relay does not follow"});
    }
    std::erase_if(answer.headers, [](const base::HttpHeader& h) { return !stands_in(kComesBack, h.name); });
    return answer;
}

}  // namespace

std::optional<presence::Address> Relay::target(const base::Request& request) const {
    if (!stands_in(kRelayed, request.method)) return std::nullopt;
    const auto named = named_node(request);
    if (!named) return std::nullopt;
    const std::string& authority = named->address.authority();
    if (realm_.ours(authority)) return std::nullopt;
    if (!(named->in_full ? domains_.lists(authority) : domains_.names(authority))) return std::nullopt;
    return named->address;
}

base::Result<std::string> Relay::call_back(const base::Request& request, const presence::Caller& caller) const {
    const auto said = rvp::single(request, rvp::kCallBack);
    if (!said) return std::unexpected(said.error());
    if (!*said) return std::string();
    std::string_view url = **said;
    if (url.size() > 2 && url.front() == '<' && url.back() == '>') url = url.substr(1, url.size() - 2);
    const auto address = presence::Address::parse(url);
    if (!address || realm_.key(*address) != caller.key) {
        return fail(Errc::denied, "Call-Back in another domain must be " + realm_.url_of(caller.key) +
                                      ": no address of a client leaves its home server (RVP 5.1.4)");
    }
    return realm_.url_of(caller.key);
}

base::Result<std::string> Relay::rewritten(const base::Request& request, const presence::Address& target,
                                           const presence::Caller& caller) const {
    const auto hops = rvp::hop_count(request);
    if (!hops) return std::unexpected(hops.error());
    if (*hops >= presence::kMaxHops) return fail(Errc::loop, "RVP-Hop-Count is over 16: the request runs in a ring (RVP 5.6)");
    const auto back = call_back(request, caller);
    if (!back) return std::unexpected(back.error());
    std::string out = request.method + " " + origin_form(target) + " HTTP/1.1\r\n";
    append_field(out, "Host", target.authority());
    append_field(out, rvp::kFromPrincipal, realm_.url_of(caller.key));
    append_field(out, rvp::kHopCount, std::to_string(*hops + 1));
    append_field(out, rvp::kPassed, passed_on(request.header(rvp::kPassed).value_or(""), our_name_));
    if (!back->empty()) append_field(out, rvp::kCallBack, *back);
    for (const base::HttpHeader& h : request.headers) {
        if (stands_in(kGoesOut, h.name)) append_field(out, h.name, h.value);
    }
    append_field(out, "Content-Length", std::to_string(request.body.size()));
    return out + "\r\n" + request.body;
}

void Relay::serve(const base::Request& request, const presence::Address& target, base::Responder responder, const rvp::Desk& desk) {
    auto who = rvp::identify(request, realm_, proofs_);
    if (!who) return responder(std::move(who.error()));
    if (!who->caller.key.starts_with('/')) {
        return responder(desk.refusal({Errc::denied, "only for people of " + realm_.domain() + " a request is relayed to another domain (RVP 4.1.1)"}));
    }
    auto out = rewritten(request, target, who->caller);
    if (!out) return responder(desk.refusal(out.error()));
    const std::string& authority = target.authority();
    domains_.find(authority, [this, authority, &desk, out = std::move(*out), responder = std::move(responder)](auto found) mutable {
        if (!found) {
            const bool busy = found.error().code == Errc::busy;  // else it is like a person who cannot be reached
            return responder(refused_for_now(desk, {busy ? Errc::busy : Errc::precondition, found.error().text}));
        }
        passages_.carry(authority, std::move(out), [authority, &desk, responder = std::move(responder)](auto answer) mutable {
            if (!answer) return responder(refused_for_now(desk, answer.error()));
            responder(brought_back(std::move(*answer), authority, desk));
        }, Passages::Bodies::streamed);
    });
}

}  // namespace server
