// server/router.cc: a request for another home server, carried there as it is.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.2; RFC 9110 7.6.1 (what a proxy does not hand on); rvp-in-practice 6.4
#include "server/router.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/text.h"
#include "rvp/names.h"
#include "server/carried_request.h"
#include "server/notify_request.h"

namespace server {

using base::Errc;

namespace {

/// `ADDRESS CONNECTION`: whose request a server carries, and over which of its connections it came.
constexpr std::string_view kClient = "RVPD-Client";

/// Of one connection alone, or ours to say anew.
constexpr std::array<std::string_view, 13> kNotCarried = {
    "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding",
    "Upgrade", "Expect", "Content-Length", "Date", kClient};

bool is_carried(std::string_view name) {
    return std::ranges::none_of(kNotCarried, [name](std::string_view one) { return base::equal_ignoring_case(one, name); });
}

/// Negotiate and NTLM prove over one connection, and ours carries many people's requests.
bool binds_connection(const base::HttpHeader& header) {
    const std::string_view value = base::trim(header.value);
    const std::string_view scheme = value.substr(0, value.find(' '));
    if (!base::equal_ignoring_case(header.name, "Authorization") && !base::equal_ignoring_case(header.name, "WWW-Authenticate")) return false;
    return base::equal_ignoring_case(scheme, "NTLM") || base::equal_ignoring_case(scheme, "Negotiate");
}

base::Response brought_home(base::Response answer) {
    std::erase_if(answer.headers, [](const base::HttpHeader& h) { return !is_carried(h.name) || binds_connection(h); });
    return answer;
}

}  // namespace

bool Router::is_ours(const base::Request& request) const {
    return std::ranges::any_of(settings_.servers, [&](const base::Cidr& range) { return range.contains(request.peer); });
}

bool Router::speaks(const base::Request& request) const {
    return request.header(rvp::kPassed) && !request.header(kClient) && is_ours(request);
}

std::optional<base::Request> Router::of_client(const base::Request& request) const {
    const auto said = request.header(kClient);
    if (!said || !is_ours(request)) return std::nullopt;
    const std::string_view address = said->substr(0, said->find(' '));
    const auto peer = base::IpAddress::parse(address);
    if (!peer) return std::nullopt;
    base::Request of_client = request;
    of_client.peer = *peer;
    of_client.shown.reset();
    // No connection of ours, so nothing is kept for it; but the same one for the same.
    constexpr std::uint64_t kFarAway = 1ULL << 63;
    of_client.connection = base::ConnectionId(std::hash<std::string_view>()(*said) | kFarAway);
    return of_client;
}

std::optional<presence::Address> Router::target(const base::Request& request) const {
    if (request.method == "HEAD") return std::nullopt;  // its answer would say a length and have no body
    const auto named = named_node(request);
    if (!named) return std::nullopt;
    const auto& address = named->address;
    const bool ours = realm_.ours(address.authority());
    if (!ours && named->in_full) return std::nullopt;
    if (homes_.elsewhere(address.path()).empty()) return std::nullopt;
    return presence::Address(ours ? address.authority() : realm_.domain(), address.path());
}

/// Servers follow no redirects.
bool Router::is_client(const base::Request& request) const {
    if (request.header(rvp::kPassed)) return false;
    const auto from = presence::Address::parse(request.header(rvp::kFromPrincipal).value_or(""));
    return !from || !from->is_service();
}

std::string Router::proxied(const base::Request& request, Of whose) const {
    std::string out = request.method + " " + request.target + " HTTP/1.1\r\n";
    for (const base::HttpHeader& h : request.headers) {
        const bool again = base::equal_ignoring_case(h.name, rvp::kPassed);
        if (is_carried(h.name) && !binds_connection(h) && !again) append_field(out, h.name, h.value);
    }
    append_field(out, rvp::kPassed, passed_on(request.header(rvp::kPassed).value_or(""), our_name_));
    if (whose == Of::client) append_field(out, kClient, request.peer.text() + " " + our_name_ + "/" + std::to_string(std::to_underlying(request.connection)));
    append_field(out, "Content-Length", std::to_string(request.body.size()));
    return out + "\r\n" + request.body;
}

void Router::serve(const base::Request& request, const presence::Address& target, base::Responder responder, const rvp::Desk& desk, Of whose) {
    const std::string& server = homes_.elsewhere(target.path());
    if (settings_.route == Route::redirect && is_client(request)) {
        const std::string authority = target.authority();
        const std::string path = origin_form(target);
        base::Response moved = desk.refusal({Errc::not_found, path + " is held by " + server + " (RVP 4.1.2)"});
        moved.status = 302;
        moved.with("Location", homes_.url_of(server) + "/instmsg/local/" + authority + path);
        moved.with("Cache-Control", "max-age=60");
        return responder(std::move(moved));
    }
    passages_.carry(server, proxied(request, whose), [&desk, responder = std::move(responder)](base::Result<base::Response> answer) mutable {
        if (answer) return responder(brought_home(std::move(*answer)));
        responder(refused_for_now(desk, {Errc::busy, answer.error().text}));
    }, Passages::Bodies::streamed);
}

}  // namespace server
