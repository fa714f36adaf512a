// server/password_gate.h: the accounts, for doors that are told passwords.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6
#pragma once

#include <string>

#include "base/digest.h"
#include "doors/gate.h"
#include "server/accounts.h"

namespace server {

/// Logs who was refused, never what he showed. Thread: loop.
class PasswordGate final : public doors::Gate {
public:
    PasswordGate(const Accounts& accounts, base::Log& log) : accounts_(accounts), log_(log) {}

    [[nodiscard]] std::optional<doors::Proved> prove(const std::string& user, const std::string& password) override {
        auto account = accounts_.prove_password(user, password);
        if (!account) return refused("password", user);
        const std::uint64_t stamp = accounts_.stamp(*account);
        return doors::Proved{std::move(*account), stamp};
    }
    [[nodiscard]] std::optional<doors::Proved> prove_nonce(const std::string& user, const std::string& nonce,
                                                           const std::string& proof) override {
        Secret secret = accounts_.msnp_hash(user);
        const bool right = base::same_secret(base::hmac_sha256(secret.hash, nonce), proof);
        base::wipe(secret.hash);
        if (!right || secret.account.empty()) return refused("msnp-proof", user);
        return doors::Proved{std::move(secret.account), secret.stamp};
    }
    [[nodiscard]] std::uint64_t stamp(const std::string& account) override { return accounts_.stamp(account); }

private:
    std::nullopt_t refused(const char* scheme, const std::string& user) {
        log_.info("not-proved", {{"scheme", scheme}, {"user", user}});
        return std::nullopt;
    }

    const Accounts& accounts_;
    base::Log& log_;
};

}  // namespace server
