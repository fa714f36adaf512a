// server/federation.cc: who may speak for people of other domains.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1, 5.6; design 6
#include "server/federation.h"

#include <utility>

#include "base/text.h"
#include "rvp/names.h"

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
    serve_known(of_client ? *of_client : request, std::move(responder), desk);
}

void Federation::serve_known(const base::Request& request, base::Responder responder, const rvp::Desk& desk) {
    if (passed_here(request)) {
        tell_of_loop(request);
        return responder(desk.refusal({Errc::loop, "the request has passed this server before (RVPD-Passed)"}));
    }
    if (relay_) {
        if (const auto target = relay_->target(request)) return relay_->serve(request, *target, std::move(responder), desk);
    }
    if (router_) {
        if (const auto target = router_->target(request)) return router_->serve(request, *target, std::move(responder), desk);
    }
    const std::string authority = said_authority(request, realm_);
    if (authority.empty() || !domains_.lists(authority)) return desk.serve(request, std::move(responder));
    const auto waiting = std::make_shared<Unserved>(&request, std::move(responder));
    domains_.find(authority, [this, waiting, &desk](base::Result<PeerPlaces> found) {
        waiting->served = true;
        const bool unknown = !found && found.error().code == Errc::busy && unproven_ == rvp::Assertion::refused;
        if (unknown) return waiting->responder(desk.refusal(found.error()));
        desk.serve(*waiting->request, std::move(waiting->responder));
    });
    if (waiting->served) return;
    waiting->copy = request;
    waiting->request = &*waiting->copy;
}

std::optional<base::Result<void>> Federation::word_on(const std::string& authority, const base::Request& request) const {
    if (realm_.ours(authority)) {
        return router_ && router_->speaks(request) ? std::optional(base::Result<void>()) : std::nullopt;
    }
    if (!domains_.any()) return std::nullopt;
    if (!domains_.lists(authority)) {
        return fail(Errc::denied, "people of " + authority + " may not subscribe or notify here (federation.domains)");
    }
    if (unproven_ == rvp::Assertion::accepted || domains_.has(authority, request.peer)) return base::Result<void>();
    return fail(Errc::denied, "only its own server may speak for " + authority + ", and " + request.peer.text() + " is none of its addresses");
}

}  // namespace server
