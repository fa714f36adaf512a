// doors/gate.h: who proves passwords for doors that are told them.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace doors {

// Bytes of what a client types to sign in. A password is cut one byte behind its bound: then it is wrong.
constexpr std::size_t kMostName = 320;
constexpr std::size_t kMostPassword = 256;

/// Somebody who showed his password.
struct Proved {
    std::string account;      ///< its name in lower case
    std::uint64_t stamp = 0;  ///< Gate::stamp at that time
};

/// Thread: loop.
class Gate {
public:
    virtual ~Gate() = default;
    /// nullopt: an unknown user or a wrong password, and nobody can tell which, also by the time it takes.
    [[nodiscard]] virtual std::optional<Proved> prove(const std::string& user, const std::string& password) = 0;
    /// `proof` is the HMAC-SHA256 of a nonce, which the caller gave him and takes once, under the hash that Skype's
    /// clients know (msnp24 11). nullopt as above, or the hash is not kept.
    [[nodiscard]] virtual std::optional<Proved> prove_nonce(const std::string& /*user*/, const std::string& /*nonce*/,
                                                            const std::string& /*proof*/) {
        return std::nullopt;
    }
    /// Changes with each change of the account; 0: there is none any more.
    [[nodiscard]] virtual std::uint64_t stamp(const std::string& account) = 0;
};

/// Who proves the tickets that rvpctl ticket gave out. Thread: loop.
class TicketGate {
public:
    virtual ~TicketGate() = default;
    /// nullopt: none that was given out, or it has expired, or the password is another since.
    [[nodiscard]] virtual std::optional<Proved> prove_ticket(const std::string& ticket) = 0;
};

}  // namespace doors
