// tests/server/http_door_sending_test.cc: which answers are put off, and when they are sent.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 8
#include "server/http_door_sending.h"

#include <gtest/gtest.h>

namespace server {
namespace {

constexpr auto kMore = [] { return true; };
constexpr auto kNoMore = [] { return false; };

struct SendingTest : ::testing::Test {
    /// So many answers are there at once in this run; returns how many of them are put off.
    int put_off(int answers) {
        int now = 0;
        for (int n = 0; n < answers; ++n) now += sending.puts_off() ? 1 : 0;
        held += now;
        return now;
    }
    /// Those who wait for `many` held answers go away.
    void go(int many) {
        for (; many > 0; --many, --held) sending.let_go();
    }
    /// This run sends all that are held.
    void send() {
        ASSERT_TRUE(sending.sends());
        go(held);
    }
    /// Many have asked before.
    void be_busy() {
        sending.begin_run(kNoMore);
        put_off(3);
        sending.begin_run(kNoMore);
        send();
    }

    Sending sending;
    int held = 0;
};

TEST_F(SendingTest, WhoAsksAloneIsAnsweredAtOnce) {
    for (int n = 0; n < 5; ++n) {
        sending.begin_run(kNoMore);
        EXPECT_EQ(put_off(1), 0);
    }
}

TEST_F(SendingTest, OfSeveralTheFirstIsAnsweredAtOnceAndTheOthersInTheNextRun) {
    sending.begin_run(kNoMore);
    EXPECT_EQ(put_off(3), 2);
    EXPECT_FALSE(sending.sends());
    sending.begin_run(kNoMore);
    send();
}

TEST_F(SendingTest, WhereManyAskEvenTheFirstIsPutOff) {
    be_busy();
    sending.begin_run(kNoMore);
    EXPECT_EQ(put_off(3), 3);
}

TEST_F(SendingTest, WhileOthersAskNothingIsSentButForFourRuns) {
    be_busy();
    for (int round = 0; round < 3; ++round) {
        for (int run = 0; run < 4; ++run) {
            sending.begin_run(kMore);
            EXPECT_FALSE(sending.sends()) << round << ' ' << run;
            EXPECT_EQ(put_off(2), 2);
        }
        sending.begin_run(kMore);
        send();
    }
}

TEST_F(SendingTest, WhatComesAndAsksForNothingHoldsNobodyUp) {
    be_busy();
    sending.begin_run(kMore);
    put_off(2);
    sending.begin_run(kMore);  // somebody's head is there by halves
    EXPECT_FALSE(sending.sends());
    sending.begin_run(kMore);
    send();
}

TEST_F(SendingTest, WhenSoManyWaitTheyAreSent) {
    be_busy();
    sending.begin_run(kMore);
    put_off(127);
    sending.begin_run(kMore);
    EXPECT_FALSE(sending.sends());
    put_off(1);
    sending.begin_run(kMore);
    send();
}

TEST_F(SendingTest, WhoAsksAndGoesHoldsNobodyUp) {
    be_busy();
    sending.begin_run(kMore);
    put_off(1);
    for (int run = 0; run < 2; ++run) {
        sending.begin_run(kMore);
        EXPECT_FALSE(sending.sends()) << run;
        put_off(63);
        go(63);
    }
    put_off(1);
    sending.begin_run(kMore);
    send();
}

TEST_F(SendingTest, WhenFewAskAgainTheFirstIsAnsweredAtOnceAgain) {
    be_busy();
    sending.begin_run(kNoMore);
    EXPECT_EQ(put_off(1), 1);
    sending.begin_run(kNoMore);
    send();
    sending.begin_run(kNoMore);
    EXPECT_EQ(put_off(1), 0);
}

TEST_F(SendingTest, WhereAllHaveGoneNothingIsSent) {
    be_busy();
    sending.begin_run(kNoMore);
    put_off(1);
    go(1);
    sending.begin_run(kMore);
    EXPECT_FALSE(sending.sends());
}

}  // namespace
}  // namespace server
