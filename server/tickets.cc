// server/tickets.cc: tickets that are given out instead of passwords.
// SPDX-License-Identifier: Apache-2.0
#include "server/tickets.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "presence/address.h"
#include "presence/record.h"

namespace server {

using base::Errc;
using base::fail;

namespace {

constexpr std::size_t kTicketBytes = 20;
constexpr std::ptrdiff_t kMostOfAccount = 32;

std::string record_key(const std::string& account, const std::string& hash) { return account + '\0' + hash; }

std::uint64_t ms(base::WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

}  // namespace

Tickets::Tickets(const Accounts& accounts, presence::Journal& journal, const base::Clock& clock, base::Log& log)
    : accounts_(accounts), journal_(journal), clock_(clock), log_(log) {}

base::Result<void> Tickets::load() {
    base::Result<void> outcome;
    const auto loaded = journal_.load(std::string(1, Ticket::kKind), [&](const presence::Record& record) {
        auto ticket = presence::read_record<Ticket>(record);
        const std::size_t cut = record.key.find('\0');
        if (!ticket) outcome = std::unexpected(ticket.error());
        if (cut == std::string::npos) outcome = fail(Errc::internal, "the key of a stored ticket is broken");
        if (!outcome) return;
        ticket->account = record.key.substr(0, cut);
        by_hash_.insert_or_assign(record.key.substr(cut + 1), std::move(*ticket));
    });
    return loaded ? outcome : loaded;
}

bool Tickets::good(const Ticket& ticket) const {
    return ticket.expires > ms(clock_.wall()) && !ticket.fingerprint.empty() &&
           base::same_secret(ticket.fingerprint, accounts_.fingerprint(ticket.account));
}

template <class F>
presence::Batch Tickets::take_out(const std::string& account, F which) {
    presence::Batch batch;
    batch.secret = true;
    std::erase_if(by_hash_, [&](const auto& one) {
        const auto& [hash, ticket] = one;
        if ((!account.empty() && ticket.account != account) || !which(ticket)) return false;
        batch.records.push_back(presence::erase_record<Ticket>(presence::alias_key(ticket.account), record_key(ticket.account, hash)));
        return true;
    });
    return batch;
}

void Tickets::issue(const std::string& user, std::chrono::seconds life, Answer<Issued> done) {
    const auto account = accounts_.account_named(user);
    if (!account) return done(fail(Errc::not_found, "no account " + user));
    presence::Batch batch = take_out("", [this](const Ticket& ticket) { return !good(ticket); });
    const auto his = std::ranges::count_if(by_hash_, [&](const auto& one) { return one.second.account == *account; });
    if (his >= kMostOfAccount) return done(fail(Errc::busy, *account + " has 32 tickets already; --revoke makes them void"));
    Issued issued{*account, base::hex_encode(base::random_bytes(kTicketBytes)), clock_.wall() + life};
    Ticket ticket{ms(issued.expires), accounts_.fingerprint(*account), *account};
    const std::string hash = base::hex_encode(base::sha256(issued.ticket));
    batch.records.push_back(presence::put_record(presence::alias_key(*account), record_key(*account, hash), ticket));
    journal_.commit(std::move(batch), [this, issued = std::move(issued), hash, ticket = std::move(ticket),
                                       done = std::move(done)](base::Result<void> kept) mutable {
        if (!kept) return done(std::unexpected(kept.error()));
        log_.info("audit-account", {{"act", "ticket-issued"}, {"account", issued.account}});
        by_hash_.insert_or_assign(hash, std::move(ticket));
        done(std::move(issued));
    });
}

// They are void at once, whether the disk takes it or not: whoever revokes is told when they may come back.
void Tickets::revoke(const std::string& user, Answer<std::size_t> done) {
    const auto account = accounts_.account_named(user);
    if (!account) return done(fail(Errc::not_found, "no account " + user));
    presence::Batch batch = take_out(*account, [](const Ticket&) { return true; });
    const std::size_t gone = batch.records.size();
    if (gone == 0) return done(gone);
    journal_.commit(std::move(batch), [this, account = *account, gone, done = std::move(done)](base::Result<void> kept) mutable {
        if (!kept) return done(std::unexpected(kept.error()));
        log_.info("audit-account", {{"act", "tickets-revoked"}, {"account", account}});
        done(gone);
    });
}

// The hash of what was shown is looked up, so what can be learnt from the time is of no use.
std::optional<doors::Proved> Tickets::prove_ticket(const std::string& ticket) {
    const auto found = by_hash_.find(base::hex_encode(base::sha256(ticket)));
    if (found == by_hash_.end() || !good(found->second)) return std::nullopt;
    return doors::Proved{found->second.account, accounts_.stamp(found->second.account)};
}

}  // namespace server
