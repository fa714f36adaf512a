// server/router.h: requests for nodes that another server of our domain holds: proxied there, or redirected.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1, 4.1.2, 8 (302); rvp-in-practice 6.3, 6.4; design 9 (federation, homes)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/http.h"
#include "base/ip.h"
#include "presence/address.h"
#include "rvp/desk.h"
#include "server/homes.h"
#include "server/passages.h"

namespace server {

enum class Route { proxy, redirect };

/// Leaves a proxied request as it is, so that a proof of Digest stays valid; the home server is told whose it is. Requests
/// are held whole, bounded as everybody's; long answers stream. Thread: loop.
class Router {
public:
    struct Settings {
        Route route = Route::proxy;
        /// Addresses of the other servers of this domain: what they say of whose request they carry is believed, and that
        /// they speak for the domain.
        std::vector<base::Cidr> servers;
    };
    /// All must outlive it.
    Router(const presence::Realm& realm, Homes homes, Passages& passages, Settings settings, std::string our_name)
        : realm_(realm), homes_(std::move(homes)), passages_(passages), settings_(std::move(settings)),
          our_name_(std::move(our_name)) {}

    [[nodiscard]] const Homes& homes() const { return homes_; }
    /// Whether it comes from another server of this domain.
    [[nodiscard]] bool is_ours(const base::Request& request) const;
    /// Whether such a server asks for itself, and not for a client of its.
    [[nodiscard]] bool speaks(const base::Request& request) const;
    /// The request as the client behind such a server made it; none: it is no client's.
    [[nodiscard]] std::optional<base::Request> of_client(const base::Request& request) const;
    /// The node that another server of our domain holds; none: it is ours to serve, or somebody else's to refuse.
    [[nodiscard]] std::optional<presence::Address> target(const base::Request& request) const;
    /// Whose request it is: a client's, of whom the home server is told, or one that this server speaks for.
    enum class Of { client, server };
    /// `target` is what target() gave. Answers 302 where that is configured, but to no server; 503 when the home server
    /// cannot be asked; else what that one answers.
    void serve(const base::Request& request, const presence::Address& target, base::Responder responder, const rvp::Desk& desk, Of whose);

private:
    [[nodiscard]] std::string proxied(const base::Request& request, Of whose) const;
    [[nodiscard]] bool is_client(const base::Request& request) const;

    const presence::Realm& realm_;
    const Homes homes_;
    Passages& passages_;
    const Settings settings_;
    const std::string our_name_;
};

}  // namespace server
