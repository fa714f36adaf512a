// tests/server/tickets_test.cc: tickets are kept as hashes, expire, and end with the password.
// SPDX-License-Identifier: Apache-2.0
#include "server/tickets.h"

#include <gtest/gtest.h>

#include "server/ticket_commands.h"
#include "tests/fake_journal.h"

namespace {

using base::Errc;
using server::Tickets;

struct TicketWorld {
    explicit TicketWorld(tests::FakeJournal::Records kept = {})
        : journal(std::move(kept)), accounts({"im.example.com", {"DOM", "example.com"}, false}, journal, log),
          tickets(accounts, journal, clock, log) {
        EXPECT_TRUE(accounts.load());
        EXPECT_TRUE(tickets.load());
    }
    void password(const std::string& word) {
        const auto done = [](const base::Result<void>& how) { EXPECT_TRUE(how); };
        if (accounts.stamp("bob") == 0) accounts.add("bob", word, done);
        else accounts.set_password("bob", word, done);
        journal.complete_all();
    }
    base::Result<Tickets::Issued> issue(const std::string& user, int days = 1) {
        base::Result<Tickets::Issued> made = base::fail(Errc::internal, "no answer");
        tickets.issue(user, std::chrono::days(days), [&made](base::Result<Tickets::Issued> how) { made = std::move(how); });
        journal.complete_all();
        return made;
    }
    bool good(const std::string& ticket) { return tickets.prove_ticket(ticket).has_value(); }

    base::FakeClock clock;
    base::Log log{base::LogLevel::error};
    tests::FakeJournal journal;
    server::Accounts accounts;
    Tickets tickets;
};

TEST(Tickets, ProveWhomTheyWereGivenTo) {
    TicketWorld w;
    w.password("secret");
    const auto made = w.issue("BOB@example.com");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->account, "bob");
    EXPECT_EQ(made->ticket.size(), 40U);
    const auto proved = w.tickets.prove_ticket(made->ticket);
    ASSERT_TRUE(proved);
    EXPECT_EQ(proved->account, "bob");
    EXPECT_EQ(proved->stamp, w.accounts.stamp("bob"));
    EXPECT_FALSE(w.good(""));
    EXPECT_FALSE(w.good(made->ticket.substr(1)));
    EXPECT_EQ(w.issue("nobody").error().code, Errc::not_found);
}

TEST(Tickets, OutliveTheDaemonWithoutBeingOnDisk) {
    TicketWorld w;
    w.password("secret");
    const std::string ticket = w.issue("bob")->ticket;
    for (const auto& [key, value] : w.journal.records) EXPECT_EQ(value.find(ticket), std::string::npos);
    TicketWorld again(w.journal.records);
    EXPECT_TRUE(again.good(ticket));
}

TEST(Tickets, Expire) {
    TicketWorld w;
    w.password("secret");
    const std::string ticket = w.issue("bob", 2)->ticket;
    w.clock.advance(std::chrono::hours(47));
    EXPECT_TRUE(w.good(ticket));
    w.clock.advance(std::chrono::hours(1));
    EXPECT_FALSE(w.good(ticket));
}

TEST(Tickets, EndWithThePasswordAndAreRevoked) {
    TicketWorld w;
    w.password("secret");
    const std::string first = w.issue("bob")->ticket;
    w.password("another");
    EXPECT_FALSE(w.good(first));
    const std::string second = w.issue("bob")->ticket, third = w.issue("bob")->ticket;
    EXPECT_TRUE(w.good(second) && w.good(third));
    std::size_t gone = 0;
    w.tickets.revoke("bob", [&gone](base::Result<std::size_t> how) { gone = *how; });
    EXPECT_FALSE(w.good(second) || w.good(third));
    w.journal.complete_all();
    EXPECT_EQ(gone, 2U);
}

TEST(TicketCommands, GiveOutForThirtyDaysUnlessTold) {
    using base::json::Value;
    TicketWorld w;
    w.password("secret");
    server::TicketCommands commands(w.tickets);
    const auto run = [&](const Value& args) {
        base::Result<Value> answer = base::fail(Errc::internal, "no answer");
        commands.run("ticket", args, [&answer](base::Result<Value> how) { answer = std::move(how); });
        w.journal.complete_all();
        return answer;
    };
    const auto made = run(Value::object().set("user", "bob"));
    ASSERT_TRUE(made);
    const std::string ticket = *made->find("ticket")->as_text();
    w.clock.advance(std::chrono::days(30) - std::chrono::seconds(1));
    EXPECT_TRUE(w.good(ticket));
    w.clock.advance(std::chrono::seconds(1));
    EXPECT_FALSE(w.good(ticket));
    EXPECT_TRUE(run(Value::object().set("user", "bob").set("days", 366)));
    for (const Value& days : {Value(0), Value(367), Value("30")}) {
        EXPECT_EQ(run(Value::object().set("user", "bob").set("days", days)).error().text, "days are 1 to 366");
    }
    EXPECT_EQ(run(Value::object()).error().text, "ticket needs user, a text");
    EXPECT_EQ(run(Value::object().set("user", 1)).error().text, "ticket needs user, a text");
}

TEST(Tickets, AreSoManyAndNoMore) {
    TicketWorld w;
    w.password("secret");
    for (int i = 0; i < 32; ++i) EXPECT_TRUE(w.issue("bob"));
    EXPECT_EQ(w.issue("bob").error().code, Errc::busy);
    w.clock.advance(std::chrono::hours(25));
    EXPECT_TRUE(w.issue("bob"));
}

}  // namespace
