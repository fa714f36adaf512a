// tests/server/connection_proofs_test.cc: what was proved over a connection stays there, and goes with it.
// SPDX-License-Identifier: Apache-2.0
#include "server/connection_proofs.h"

#include "tests/server/fake_handshake.h"

#include <gtest/gtest.h>

namespace {

using server::ConnectionProofs;
using tests::FakeHandshakes;

constexpr base::ConnectionId kOne{1}, kTwo{2}, kThree{3};

TEST(ConnectionProofs, AHandshakeStaysOnItsConnection) {
    ConnectionProofs proofs;
    FakeHandshakes ntlm("NTLM");
    EXPECT_EQ(proofs.step(kOne, ntlm, "hello").token, "who?");
    EXPECT_EQ(proofs.step(kTwo, ntlm, "hello").token, "who?");
    EXPECT_EQ(proofs.under_way(), 2U);
    EXPECT_EQ(proofs.step(kTwo, ntlm, "carol").account, "carol");
    EXPECT_EQ(proofs.step(kOne, ntlm, "bob").account, "bob");
    EXPECT_EQ(proofs.under_way(), 0U);
    EXPECT_TRUE(proofs.step(kThree, ntlm, "bob").refusal);
}

TEST(ConnectionProofs, AnotherSchemeBeginsAnew) {
    ConnectionProofs proofs;
    FakeHandshakes ntlm("NTLM"), negotiate("Negotiate");
    EXPECT_EQ(proofs.step(kOne, ntlm, "hello").token, "who?");
    EXPECT_TRUE(proofs.step(kOne, negotiate, "bob").refusal);
    EXPECT_EQ(proofs.under_way(), 0U);
}

TEST(ConnectionProofs, WhatWasProvedIsKeptUntilSomethingElseIsTried) {
    ConnectionProofs proofs;
    FakeHandshakes ntlm("NTLM");
    EXPECT_EQ(proofs.find(kOne), nullptr);
    proofs.keep(kOne, {"bob", 7});
    ASSERT_NE(proofs.find(kOne), nullptr);
    EXPECT_EQ(proofs.find(kOne)->account, "bob");
    EXPECT_EQ(proofs.find(kTwo), nullptr);
    EXPECT_TRUE(proofs.step(kOne, ntlm, "bob").refusal);
    EXPECT_EQ(proofs.find(kOne), nullptr);
    proofs.keep(kOne, {"bob", 7});
    proofs.close(kOne);
    EXPECT_EQ(proofs.find(kOne), nullptr);
}

TEST(ConnectionProofs, ASharedConnectionKeepsNothingEver) {
    ConnectionProofs proofs;
    proofs.keep(kOne, {"bob", 7});
    proofs.share(kOne);
    EXPECT_EQ(proofs.find(kOne), nullptr);
    proofs.keep(kOne, {"bob", 7});
    EXPECT_EQ(proofs.find(kOne), nullptr);
    proofs.forget(kOne);
    proofs.keep(kOne, {"bob", 7});
    EXPECT_EQ(proofs.find(kOne), nullptr);
}

TEST(ConnectionProofs, OfTooManyHandshakesTheOldestIsDropped) {
    ConnectionProofs proofs(2);
    FakeHandshakes ntlm("NTLM");
    for (const base::ConnectionId connection : {kOne, kTwo, kThree}) EXPECT_EQ(proofs.step(connection, ntlm, "hello").token, "who?");
    EXPECT_EQ(proofs.under_way(), 2U);
    EXPECT_EQ(proofs.step(kTwo, ntlm, "bob").account, "bob");
    EXPECT_EQ(proofs.step(kThree, ntlm, "carol").account, "carol");
    EXPECT_TRUE(proofs.step(kOne, ntlm, "bob").refusal);
    EXPECT_EQ(tests::FakeHandshakes::alive(), 0) << "none is left behind";
}

}  // namespace
