// tests/faults/disk_test.cc: a disk that is full, or makes nothing safe, under a daemon that goes on serving.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "tests/faults/crowd.h"

#include <gtest/gtest.h>

namespace faults {
namespace {

/// The faults of disk_shim.cc.
class Disk : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override { rvpd.start(); }

    const Sink sink;
    Rvpd rvpd;
    Crowd crowd{"w", 8, sink, 7};
};

TEST_P(Disk, RefusesDurableActsAndGoesOnWithStatesUntilItIsMended) {
    crowd.act_while(rvpd, [&] { crowd.await_answers(400); });
    ASSERT_EQ(crowd.account(rvpd), "");
    Writer& one = crowd.writers().front();
    while (one.subscriptions().size() < 2) ASSERT_EQ(one.subscribe(), Outcome::kept);
    const std::string mine = one.subscriptions().front();

    rvpd.spoil_disk(GetParam());
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(one.subscribe(), Outcome::refused);
        EXPECT_EQ(one.renew(mine), Outcome::refused);
        EXPECT_EQ(one.unsubscribe(mine), Outcome::refused);
        EXPECT_EQ(one.set_property(), Outcome::refused);
        EXPECT_EQ(one.set_acl(), Outcome::refused);
        EXPECT_EQ(one.turn_node(), Outcome::refused);
        EXPECT_EQ(one.set_contact(), Outcome::refused);
        EXPECT_EQ(one.set_state(), Outcome::unsafe);
        EXPECT_EQ(crowd.account(rvpd), "") << "something refused left a trace";
    }
    rvpd.mend_disk();
    EXPECT_EQ(one.subscribe(), Outcome::kept);
    EXPECT_EQ(one.unsubscribe(mine), Outcome::kept);
    EXPECT_EQ(one.set_state(), Outcome::kept);
    crowd.act_while(rvpd, [&] { crowd.await_answers(400); });
    EXPECT_EQ(crowd.account(rvpd), "");
    rvpd.kill();
    rvpd.start();
    EXPECT_EQ(crowd.account(rvpd), "");
}

TEST_P(Disk, EveryAnswerIsTrueWhileItComesAndGoes) {
    crowd.act_while(rvpd, [&] {
        for (int turn = 0; turn < 10; ++turn) {
            crowd.await_answers(150);
            rvpd.spoil_disk(GetParam());
            crowd.await_answers(150);
            rvpd.mend_disk();
        }
        crowd.await_answers(150);
    });
    EXPECT_GT(crowd.refused(), 0U);
    EXPECT_EQ(crowd.account(rvpd), "");
    rvpd.kill();
    rvpd.start();
    EXPECT_EQ(crowd.account(rvpd), "");
}

TEST_P(Disk, AKillMeanwhileCostsNoPromise) {
    crowd.act_while(rvpd, [&] {
        crowd.await_answers(400);
        rvpd.spoil_disk(GetParam());
        crowd.await_answers(200);
        rvpd.kill();
    });
    rvpd.mend_disk();
    rvpd.start();
    EXPECT_EQ(crowd.account(rvpd), "") << rvpd.log();
}

INSTANTIATE_TEST_SUITE_P(Full, Disk, testing::Values("disk-full"));
INSTANTIATE_TEST_SUITE_P(MakesNothingSafe, Disk, testing::Values("sync-fails"));

}  // namespace
}  // namespace faults
