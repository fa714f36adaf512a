// tests/doors/msnp_line_test.cc: who is believed on a connection of MSNP24, and what is refused there.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 2, 7, 9, 11
#include "doors/msnp_line.h"

#include <gtest/gtest.h>

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

TEST(MsnpLine, TakesNoteOfWhatItDoesNotKnow) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    w.say(alice, "PUT", 5, "MSGR\\ACTIVEENDPOINT", "\r\n<activeendpoint><timeout>135</timeout></activeendpoint>");
    w.say(alice, "GET", 6, "MSGR\\SOMETHING", "\r\n<something/>");
    EXPECT_EQ(alice.heads(), (std::vector<std::string>{"PUT 5 MSGR", "200 6 MSGR"}));
}

}  // namespace
