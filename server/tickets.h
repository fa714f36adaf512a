// server/tickets.h: tickets that are given out instead of passwords.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 11; design 6
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/once.h"
#include "base/result.h"
#include "doors/gate.h"
#include "presence/ports.h"
#include "server/accounts.h"

namespace server {

/// All tickets, in memory and on disk (records of kind `k` in the shard of the alias): of each a hash, until when it is
/// good, and a fingerprint of the password that it stands for, with which it becomes void. Thread: loop.
class Tickets final : public doors::TicketGate {
public:
    struct Issued {
        std::string account;
        std::string ticket;  ///< 40 hex digits, 160 random bits; never seen again
        base::WallTime expires;
    };
    template <class T>
    using Answer = base::Once<void(base::Result<T>)>;

    Tickets(const Accounts& accounts, presence::Journal& journal, const base::Clock& clock, base::Log& log);

    /// Before serving. Errc::internal: a record is broken.
    [[nodiscard]] base::Result<void> load();

    /// Errc: not_found (no such account), busy (he has 32 that are good), no_space.
    void issue(const std::string& user, std::chrono::seconds life, Answer<Issued> done);
    /// How many there were.
    void revoke(const std::string& user, Answer<std::size_t> done);

    [[nodiscard]] std::optional<doors::Proved> prove_ticket(const std::string& ticket) override;

private:
    /// `k`, key = account, NUL, SHA-256 of the ticket in hex. `expires`: wall clock, milliseconds.
    struct Ticket {
        static constexpr char kKind = 'k';
        std::uint64_t expires = 0;
        std::string fingerprint;
        template <class C>
        void fields(C& c) { c(expires), c(fingerprint); }
        std::string account;  // not kept
    };
    [[nodiscard]] bool good(const Ticket& ticket) const;
    /// Erases those of an account, or of everybody (""), that `which` picks.
    template <class F>
    [[nodiscard]] presence::Batch take_out(const std::string& account, F which);

    const Accounts& accounts_;
    presence::Journal& journal_;
    const base::Clock& clock_;
    base::Log& log_;
    std::map<std::string, Ticket> by_hash_;
};

}  // namespace server
