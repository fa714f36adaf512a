// server/federation.h: what is asked by other domains, and of them.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1, 4.1.1, 5.1.4, 5.6; design 6, 9 (federation)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/http.h"
#include "base/log.h"
#include "presence/address.h"
#include "rvp/credentials.h"
#include "rvp/desk.h"
#include "server/domains.h"
#include "server/relay.h"
#include "server/router.h"

namespace server {

/// Stands between the doors and the desk of RVP where other servers are known. Whoever speaks for somebody of another
/// domain is looked up there before he is served; what has passed here already is refused; and what our people ask of
/// other domains' nodes is relayed, what is for other home servers routed. Thread: loop.
class Federation final : public rvp::Neighbours {
public:
    /// What shows that a request is from a domain's own server.
    enum class Proof { address, certificate };
    struct Settings {
        rvp::Assertion unproven = rvp::Assertion::refused;  ///< accepted: people of known domains are believed from anywhere
        Proof proof = Proof::address;
    };
    /// All must outlive it.
    Federation(OtherDomains& domains, const presence::Realm& realm, const base::Clock& clock, base::Log& log, Settings settings,
               std::string our_name)
        : domains_(domains), realm_(realm), clock_(clock), log_(log), settings_(settings), our_name_(std::move(our_name)) {}

    /// Null: nothing is relayed.
    void set_relay(Relay* relay) { relay_ = relay; }
    /// Null: no other server holds nodes of our domain.
    void set_router(Router* router) { router_ = router; }

    /// Serves now or later. `desk` and the relay must outlive what is served.
    void serve(const base::Request& request, base::Responder responder, const rvp::Desk& desk);

    [[nodiscard]] std::optional<base::Result<void>> word_on(const std::string& authority, const base::Request& request) const override;

private:
    void serve_of(const base::Request& request, base::Responder responder, const rvp::Desk& desk);
    void serve_known(const base::Request& request, base::Responder responder, const rvp::Desk& desk);
    void route(const base::Request& request, const presence::Address& target, base::Responder responder, const rvp::Desk& desk);
    [[nodiscard]] bool passed_here(const base::Request& request) const;
    void tell_of_loop(const base::Request& request);

    OtherDomains& domains_;
    const presence::Realm& realm_;
    const base::Clock& clock_;
    base::Log& log_;
    const Settings settings_;
    const std::string our_name_;
    Relay* relay_ = nullptr;
    Router* router_ = nullptr;
    std::uint64_t loops_ = 0;  // since the last line in the log
    std::optional<base::Instant> logged_loop_;
};

}  // namespace server
