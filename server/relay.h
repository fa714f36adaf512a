// server/relay.h: what our people ask of nodes in other domains, carried there by us.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.1, 5.1.4, 5.6; design 6
#pragma once

#include <optional>
#include <string>

#include "base/http.h"
#include "presence/acl.h"
#include "presence/address.h"
#include "rvp/credentials.h"
#include "rvp/desk.h"
#include "server/domains.h"
#include "server/passages.h"

namespace server {

/// For clients behind a firewall, which reach no server but their own. Only what RVP knows of a request goes out, with the
/// hop counted, and none of the client's addresses or credentials. Thread: loop.
class Relay {
public:
    /// All must outlive it.
    Relay(const presence::Realm& realm, OtherDomains& domains, rvp::Proofs proofs, Passages& passages, std::string our_name)
        : realm_(realm), domains_(domains), proofs_(proofs), passages_(passages), our_name_(std::move(our_name)) {}

    /// The node of another domain that a request of RVP is for: named in full, or under a Host that
    /// federation.domains has by name.
    [[nodiscard]] std::optional<presence::Address> target(const base::Request& request) const;
    /// `target` is what target() gave. Answers 403 who is none of ours, 508 over 16 hops, 412 when the other server cannot
    /// be asked, and else what that one answers.
    void serve(const base::Request& request, const presence::Address& target, base::Responder responder,
               const rvp::Desk& desk);

private:
    [[nodiscard]] base::Result<std::string> rewritten(const base::Request& request, const presence::Address& target,
                                                      const presence::Caller& caller) const;
    [[nodiscard]] base::Result<std::string> call_back(const base::Request& request, const presence::Caller& caller) const;

    const presence::Realm& realm_;
    OtherDomains& domains_;
    const rvp::Proofs proofs_;
    Passages& passages_;
    const std::string our_name_;
};

}  // namespace server
