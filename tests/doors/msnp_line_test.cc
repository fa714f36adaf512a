// tests/doors/msnp_line_test.cc: who is believed on a connection of MSNP24, and what is refused there.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 2, 7, 9, 11
#include "doors/msnp_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/doors/msnp_world.h"

namespace {

using namespace std::chrono_literals;
using doors::MsnpFailures;

base::IpAddress address_of(const std::string& text) { return *base::IpAddress::parse(text); }

TEST(MsnpFailures, CountAHouseholdAsOne) {
    MsnpFailures failures;
    const base::Instant now{10s};
    for (unsigned i = 0; i < MsnpFailures::kMost; ++i) {
        EXPECT_TRUE(failures.may_try(address_of("2001:db8:0:1::ffff"), now));
        failures.failed(address_of("2001:db8:0:1::" + std::to_string(i)), now);
    }
    EXPECT_FALSE(failures.may_try(address_of("2001:db8:0:1::ffff"), now + 59s));
    EXPECT_TRUE(failures.may_try(address_of("2001:db8:0:2::1"), now + 59s));
    EXPECT_TRUE(failures.may_try(address_of("2001:db8:0:1::ffff"), now + 60s));
}

TEST(MsnpFailures, ForgetTheOldestAloneWhenThereAreTooMany) {
    MsnpFailures failures;
    const base::Instant start{10s};
    const auto exhaust = [&failures](const char* from, base::Instant now) {
        for (unsigned i = 0; i < MsnpFailures::kMost; ++i) failures.failed(address_of(from), now);
    };
    exhaust("192.0.2.1", start);
    exhaust("192.0.2.2", start + 1s);
    for (std::size_t i = 0; i + 1 < MsnpFailures::kMostHouseholds; ++i) {
        failures.failed(address_of("10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256)), start + 2s);
    }
    EXPECT_TRUE(failures.may_try(address_of("192.0.2.1"), start + 3s));
    EXPECT_FALSE(failures.may_try(address_of("192.0.2.2"), start + 3s));
}

TEST(MsnpLine, ADoorThatWasGuessedAtIsShutForTheWholeHousehold) {
    tests::MsnpWorld w;
    for (unsigned i = 0; i < MsnpFailures::kMost; ++i) {
        tests::MsnpClient guessing;
        w.open(guessing, ("2001:db8::" + std::to_string(i)).c_str());
        w.prove(guessing, "alice", "guess");
        EXPECT_EQ(guessing.heads().back(), "911 2 CON");
    }
    tests::MsnpClient same, other;
    w.open(same, "2001:db8::ffff");
    w.prove(same, "alice", "pw");
    EXPECT_EQ(same.heads().back(), "911 2 CON");
    w.open(other, "2001:db8:1::1");
    w.prove(other, "alice", "pw");
    EXPECT_EQ(other.heads().back(), "ATH 2 CON");
}

TEST(MsnpLine, ANonceIsGoodForOneProof) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.open(alice);
    const auto greet = [&] {
        w.say(alice, "CNT", 1, "CON", "\r\n<connect><ver>2</ver></connect>");
        const std::string answer = alice.take().back().payload;
        const std::size_t begin = answer.find("<nonce>") + 7;
        return answer.substr(begin, answer.find("</nonce>") - begin);
    };
    const auto prove = [&](const std::string& name, const std::string& nonce) {
        const std::string uic = base::base64_encode(nonce.substr(0, 32));
        w.say(alice, "ATH", 2, "CON\\USER", "\r\n<user><uic>" + uic + "</uic><id>" + name + "</id></user>");
        return alice.heads().back();
    };
    const std::string first = greet();
    EXPECT_EQ(prove("alice", first), "ATH 2 CON");
    EXPECT_EQ(prove("alice", first), "911 2 CON") << "heard, and shown again";
    const std::string second = greet();
    EXPECT_NE(first, second);
    EXPECT_EQ(prove("alice", first), "911 2 CON");
    EXPECT_FALSE(alice.closed);
    EXPECT_EQ(prove("alice", second), "911 2 CON") << "one try is all there is";
    EXPECT_TRUE(alice.closed);
}

TEST(MsnpRate, GivesSoMuchAtOnceAndTheRestInTime) {
    doors::MsnpRate rate;
    const doors::MsnpPace pace{10, 3};
    base::Instant now{10s};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(rate.admits(pace, now));
    EXPECT_FALSE(rate.admits(pace, now));
    EXPECT_FALSE(rate.admits(pace, now + 99ms));
    EXPECT_TRUE(rate.admits(pace, now + 100ms));
    EXPECT_FALSE(rate.admits(pace, now + 100ms));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(rate.admits(pace, now + 1h)) << "no more is saved than fits";
    EXPECT_FALSE(rate.admits(pace, now + 1h));
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(rate.admits({0, 3}, now)) << "no bound";
}

TEST(MsnpRate, TakesSeveralAtATime) {
    doors::MsnpRate rate;
    const doors::MsnpPace pace{10, 3};
    const base::Instant now{10s};
    EXPECT_TRUE(rate.admits(pace, now, 2));
    EXPECT_FALSE(rate.admits(pace, now, 2));
    EXPECT_TRUE(rate.admits(pace, now, 1)) << "what was not given was not taken";
    EXPECT_FALSE(rate.admits(pace, now + 299ms, 1000));
    EXPECT_TRUE(rate.admits(pace, now + 300ms, 1000)) << "all there can be";
    EXPECT_FALSE(rate.admits(pace, now + 300ms));
}

class MsnpFlood : public tests::MsnpWorld {
public:
    MsnpFlood() {
        doors::MsnpSettings settings;
        settings.pace = {10, 20};
        msnp.change(settings);
        sign_on(alice, "alice");  // by four packets
        for (unsigned i = 0; i < 16; ++i) say(alice, "PNG", 10, "CON", "");
        EXPECT_EQ(alice.heads(), std::vector<std::string>(16, "PNG 10 CON"));
    }
    tests::MsnpClient alice;
};

TEST(MsnpLine, WhoAsksTooFastIsToldSoAndServedAgainLater) {
    MsnpFlood w;
    w.say(w.alice, "GET", 11, "MSGR\\RECENTCONVERSATIONS", "\r\n<recentconversations/>");
    w.say(w.alice, "PNG", 12, "CON", "");
    EXPECT_EQ(w.alice.heads(), (std::vector<std::string>{"800 11 MSGR", "800 12 CON"}));
    w.clock.advance(100ms);
    w.say(w.alice, "PNG", 13, "CON", "");
    w.say(w.alice, "PNG", 14, "CON", "");
    EXPECT_EQ(w.alice.heads(), (std::vector<std::string>{"PNG 13 CON", "800 14 CON"}));
    EXPECT_FALSE(w.alice.closed);
}

TEST(MsnpLine, ALongPacketCountsAsSeveral) {
    MsnpFlood w;
    const auto send = [&w](std::size_t bytes) {
        w.say(w.alice, "SDG", 30, "MSGR", w.words("bob", std::string(bytes, 'x')));
        return w.alice.heads();
    };
    w.clock.advance(300ms);
    EXPECT_EQ(send(50'000), (std::vector<std::string>{"800 30 MSGR"})) << "four";
    w.clock.advance(100ms);
    EXPECT_EQ(send(50'000), (std::vector<std::string>{"SDG 30 MSGR"}));
    w.clock.advance(100ms);
    EXPECT_EQ(send(16'000), (std::vector<std::string>{"SDG 30 MSGR"}));
}

TEST(MsnpLine, WhoGoesOnAskingTooFastIsPutOut) {
    MsnpFlood w;
    for (unsigned i = 0; i < 60; ++i) w.say(w.alice, "PNG", 20, "CON", "");
    EXPECT_EQ(w.alice.heads(), std::vector<std::string>(60, "800 20 CON"));
    w.clock.advance(10s);  // he has understood
    for (unsigned i = 0; i < 20; ++i) w.say(w.alice, "PNG", 21, "CON", "");
    EXPECT_EQ(w.alice.heads(), std::vector<std::string>(20, "PNG 21 CON"));
    for (unsigned i = 0; i < 110; ++i) {
        w.say(w.alice, "PNG", 22, "CON", "");
        if (i % 11 == 10) w.clock.advance(100ms);  // what is served now and then is no pause
    }
    const auto heads = w.alice.heads();
    EXPECT_EQ(std::ranges::count(heads, "800 22 CON"), 100);
    EXPECT_EQ(heads.back(), "713 22 CON");
    EXPECT_TRUE(w.alice.closed);
}

TEST(MsnpLine, OutAndWhatAcknowledgesIsHeardHoweverFastHeIs) {
    MsnpFlood w;
    tests::MsnpClient bob;
    w.sign_on(bob, "bob");
    w.say(bob, "SDG", 5, "MSGR", w.words("alice", "hello"));
    EXPECT_EQ(w.alice.heads(), std::vector<std::string>{"SDG 0 MSGR"});
    w.say(w.alice, "ACK", 12, "MSGR", "Ack-Id: 1\r\n\r\n");
    for (unsigned i = 0; i < 101; ++i) w.say(w.alice, "ACK", 12, "MSGR", "Ack-Id: 1\r\n\r\n");
    EXPECT_EQ(w.alice.heads(), std::vector<std::string>{"713 12 MSGR"}) << "once; an ACK is never answered otherwise";

    MsnpFlood other;
    other.say(other.alice, "OUT", 13, "CON", "");
    EXPECT_EQ(other.alice.heads(), std::vector<std::string>());
    EXPECT_TRUE(other.alice.closed);
}

TEST(MsnpLine, ATicketMayStandInAuthAsItIs) {
    tests::MsnpWorld w;
    w.tickets.good = "0123abcd";
    for (const char* ticket : {"t=0123abcd&amp;p=", "t=0123abcd&p=", "t=0123abcd&p=1&#38;q", "0123abcd&", "t=0123abcd&p&amp;;x"}) {
        tests::MsnpClient alice;
        w.open(alice);
        w.say(alice, "CNT", 1, "CON", "\r\n<connect><ver>2</ver></connect>");
        w.say(alice, "ATH", 2, "CON\\USER", "\r\n<user><ssl-compact-ticket>" + std::string(ticket) + "</ssl-compact-ticket><id>alice</id></user>");
        EXPECT_EQ(alice.heads(), (std::vector<std::string>{"CNT 1 CON", "ATH 2 CON"})) << ticket;
    }
    tests::MsnpClient bob;
    w.sign_on(bob, "bob");
    w.say(bob, "ATH", 5, "CON\\USER", "\r\n<user><id>a & < b</id></user>");
    w.say(bob, "PUT", 6, "MSGR\\CONTACTS", "\r\n<ml>&</ml>");
    EXPECT_EQ(bob.heads(), (std::vector<std::string>{"240 5 CON", "240 6 MSGR"})) << "nothing else is forgiven";
}

TEST(MsnpLine, TakesNoteOfWhatItDoesNotKnow) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    w.say(alice, "PUT", 5, "MSGR\\ACTIVEENDPOINT", "\r\n<activeendpoint><timeout>135</timeout></activeendpoint>");
    w.say(alice, "GET", 6, "MSGR\\SOMETHING", "\r\n<something/>");
    EXPECT_EQ(alice.heads(), (std::vector<std::string>{"PUT 5 MSGR", "200 6 MSGR"}));
}

}  // namespace
