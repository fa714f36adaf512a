// server/schemes.h: the schemes that are configured: challenges out, credentials in.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6; design 6
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "presence/address.h"
#include "rvp/credentials.h"
#include "server/accounts.h"
#include "server/connection_proofs.h"
#include "server/digest_auth.h"
#include "server/handshake.h"

namespace server {

/// Judges credentials by the schemes of `auth.schemes`, and offers them in that order. Logs who was refused (never
/// what he showed).
///
/// What a handshake has proved holds for later requests over its connection that show nothing, as long as each names
/// that principal in RVP-From-Principal, none has come through a proxy, none has named or proved another, and the
/// account is as it was. Borrows accounts, realm, clock and log. Thread: loop.
class Schemes final : public rvp::Authenticator {
public:
    /// `handshakes`: one for each name that is no kind of Digest.
    Schemes(std::vector<std::string> names, const Accounts& accounts, const presence::Realm& realm, const base::Clock& clock,
            base::Log& log, std::vector<std::unique_ptr<HandshakeScheme>> handshakes = {});

    [[nodiscard]] Verdict judge(const base::Request& request) override;
    [[nodiscard]] std::vector<std::string> challenges() override;
    /// The connection is no more.
    void closed(base::ConnectionId connection) { proofs_.close(connection); }

private:
    [[nodiscard]] std::vector<std::string> challenge_all(DigestAuth::Stale stale);
    [[nodiscard]] Verdict judge_digest(const base::Request& request, std::string_view text);
    [[nodiscard]] Verdict judge_token(const base::Request& request, HandshakeScheme& scheme, std::string_view text);
    [[nodiscard]] Verdict judge_connection(const base::Request& request);
    [[nodiscard]] HandshakeScheme* handshake_of(std::string_view name) const;
    [[nodiscard]] Verdict refused(std::string why, DigestAuth::Stale stale = DigestAuth::Stale::no);

    const std::vector<std::string> names_;
    const Accounts& accounts_;
    const presence::Realm& realm_;
    base::Log& log_;
    DigestAuth digest_;
    std::vector<DigestAuth::Hash> hashes_;  ///< that are offered
    std::vector<std::unique_ptr<HandshakeScheme>> handshakes_;
    ConnectionProofs proofs_;
};

}  // namespace server
