// server/federation.cc: who may speak for people of other domains.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1, 5.6; design 6
#include "server/federation.h"

#include <utility>

#include "base/text.h"
#include "rvp/names.h"
#include "server/carried_request.h"

namespace server {

namespace {

using base::Errc;
using base::fail;

constexpr std::chrono::seconds kLoopLogPause{60};

/// A request that waits for the DNS: borrowed as long as its door calls, then a copy.
struct Unserved {
    const base::Request* request;
    base::Responder responder;
    bool served = false;
    std::optional<base::Request> copy{};
};

/// The authority of whom a request says that it is from; "" when that is one of ours or nobody.
std::string said_authority(const base::Request& request, const presence::Realm& realm) {
    const auto from = request.header(rvp::kFromPrincipal);
    const auto address = presence::Address::parse(from.value_or(""));
    if (!address || realm.ours(address->authority())) return {};
    return address->authority();
}

}  // namespace

bool Federation::passed_here(const base::Request& request) const {
    const auto passed = request.header(rvp::kPassed);
    if (!passed) return false;
    for (const std::string_view name : base::split(*passed, ',')) {
        if (base::trim(name) == our_name_) return true;
    }
    return false;
}

/// Once a minute, however many there are.
void Federation::tell_of_loop(const base::Request& request) {
    ++loops_;
    if (logged_loop_ && clock_.now() - *logged_loop_ < kLoopLogPause) return;
    logged_loop_ = clock_.now();
    log_.warning("federation-loop", {{"target", request.target},
                                     {"passed", std::string(request.header(rvp::kPassed).value_or(""))},
                                     {"times", std::to_string(std::exchange(loops_, 0))}});
}

void Federation::serve(const base::Request& request, base::Responder responder, const rvp::Desk& desk) {
    const auto of_client = router_ ? router_->of_client(request) : std::nullopt;
    serve_of(of_client ? *of_client : request, std::move(responder), desk);
}

/// As its client has asked.
void Federation::serve_of(const base::Request& request, base::Responder responder, const rvp::Desk& desk) {
    if (passed_here(request)) {
        tell_of_loop(request);
        return responder(desk.refusal({Errc::loop, "the request has passed this server before (RVPD-Passed)"}));
    }
    if (relay_) {
        if (const auto target = relay_->target(request)) return relay_->serve(request, *target, std::move(responder), desk);
    }
    const std::string authority = said_authority(request, realm_);
    const bool by_address = settings_.proof == Proof::address && settings_.unproven == rvp::Assertion::refused;
    if (authority.empty() || !by_address || !domains_.lists(authority)) return serve_known(request, std::move(responder), desk);
    const auto waiting = std::make_shared<Unserved>(&request, std::move(responder));
    domains_.find(authority, [this, waiting, &desk](base::Result<PeerPlaces> found) {
        waiting->served = true;
        const bool unknown = !found && found.error().code == Errc::busy;
        if (unknown) return waiting->responder(refused_for_now(desk, found.error()));
        serve_known(*waiting->request, std::move(waiting->responder), desk);
    });
    if (waiting->served) return;
    waiting->copy = request;
    waiting->request = &*waiting->copy;
}

/// Once it is known where the domain is that it says it is from.
void Federation::serve_known(const base::Request& request, base::Responder responder, const rvp::Desk& desk) {
    if (router_) {
        if (const auto target = router_->target(request)) return route(request, *target, std::move(responder), desk);
    }
    desk.serve(request, std::move(responder));
}

/// The home server sees nothing of another domain's server: for that we speak.
void Federation::route(const base::Request& request, const presence::Address& target, base::Responder responder, const rvp::Desk& desk) {
    const std::string authority = said_authority(request, realm_);
    const auto word = authority.empty() ? std::nullopt : word_on(authority, request);
    if (word && !*word) return responder(desk.refusal(word->error()));
    router_->serve(request, target, std::move(responder), desk, word ? Router::Of::server : Router::Of::client);
}

std::optional<base::Result<void>> Federation::word_on(const std::string& authority, const base::Request& request) const {
    if (router_ && router_->speaks(request)) return base::Result<void>();
    if (realm_.ours(authority) || !domains_.any()) return std::nullopt;
    if (!domains_.lists(authority)) {
        return fail(Errc::denied, "people of " + authority + " may not subscribe or notify here (federation.domains)");
    }
    if (settings_.unproven == rvp::Assertion::accepted) return base::Result<void>();
    if (settings_.proof == Proof::certificate) {
        if (request.shown && request.shown->proves(presence::host_of(authority))) return base::Result<void>();
        return fail(Errc::denied, "only its own server may speak for " + authority + ", and this one shows no certificate of it");
    }
    if (domains_.has(authority, request.peer)) return base::Result<void>();
    return fail(Errc::denied, "only its own server may speak for " + authority + ", and " + request.peer.text() + " is none of its addresses");
}

}  // namespace server
