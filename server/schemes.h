// server/schemes.h: the schemes that are configured: challenges out, credentials in.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6; design 6
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "rvp/credentials.h"
#include "server/accounts.h"
#include "server/digest_auth.h"

namespace server {

/// Judges credentials by the schemes of `auth.schemes`, and offers them in that order. Logs who was refused (never
/// what he showed). Borrows all but the names. Thread: loop.
class Schemes final : public rvp::Authenticator {
public:
    Schemes(std::vector<std::string> names, const Accounts& accounts, const base::Clock& clock, base::Log& log);

    [[nodiscard]] Verdict judge(const base::Request& request) override;
    [[nodiscard]] std::vector<std::string> challenges(const base::Request& request) override;

private:
    [[nodiscard]] std::vector<std::string> challenge_all(DigestAuth::Stale stale);
    [[nodiscard]] Verdict judge_digest(const base::Request& request, std::string_view text);
    [[nodiscard]] Verdict refused(std::string why, DigestAuth::Stale stale = DigestAuth::Stale::no);

    const std::vector<std::string> names_;
    base::Log& log_;
    DigestAuth digest_;
    std::vector<DigestAuth::Hash> hashes_;  ///< that are offered
};

}  // namespace server
