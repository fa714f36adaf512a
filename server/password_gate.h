// server/password_gate.h: the accounts, for doors that are told passwords.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6
#pragma once

#include <string>

#include "doors/gate.h"
#include "server/accounts.h"

namespace server {

/// Logs who was refused, never what he showed. Thread: loop.
class PasswordGate final : public doors::Gate {
public:
    PasswordGate(const Accounts& accounts, base::Log& log) : accounts_(accounts), log_(log) {}

    [[nodiscard]] std::optional<doors::Proved> prove(const std::string& user, const std::string& password) override {
        auto account = accounts_.prove_password(user, password);
        if (!account) {
            log_.info("not-proved", {{"scheme", "password"}, {"user", user}});
            return std::nullopt;
        }
        const std::uint64_t stamp = accounts_.stamp(*account);
        return doors::Proved{std::move(*account), stamp};
    }
    [[nodiscard]] std::uint64_t stamp(const std::string& account) override { return accounts_.stamp(account); }

private:
    const Accounts& accounts_;
    base::Log& log_;
};

}  // namespace server
