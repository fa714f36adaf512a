// tests/doors/msnp_marks_test.cc: how far somebody has read, as far as anybody knows.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 8
#include "doors/msnp_marks.h"

#include <gtest/gtest.h>

#include "tests/fake_journal.h"

namespace {

constexpr const char* kBob = "/instmsg/aliases/bob";

struct MsnpMarksTest : testing::Test {
    std::string horizon(const doors::MsnpMarks& marks) {
        std::string found = "none";
        marks.all([&found](doors::MsnpHistory::Horizons all) {
            if (const auto at = all.find("talk"); at != all.end()) found = at->second;
        });
        journal.complete_all();
        return found;
    }
    tests::FakeJournal journal;
};

TEST_F(MsnpMarksTest, WhatWasReadIsNotTakenBack) {
    doors::MsnpMarks marks(journal, kBob);
    marks.told(1, "talk", 100, "one");
    marks.told(2, "talk", 200, "two");
    EXPECT_EQ(horizon(marks), "none");
    marks.acknowledged(2, 1000);
    EXPECT_EQ(horizon(marks), "200;1000;two");
    marks.keep();
    journal.complete_all();
    marks.acknowledged(1, 1001);  // late
    EXPECT_EQ(horizon(marks), "200;1000;two");
    marks.keep();
    journal.complete_all();
    EXPECT_EQ(horizon(marks), "200;1000;two");
}

TEST_F(MsnpMarksTest, NorByTheNextOneToSignIn) {
    {
        doors::MsnpMarks marks(journal, kBob);
        marks.told(1, "talk", 200, "two");
        marks.acknowledged(1, 1000);
        marks.keep();
        journal.complete_all();
    }
    doors::MsnpMarks again(journal, kBob);
    again.told(1, "talk", 100, "one");
    again.acknowledged(1, 2000);
    journal.complete_all();
    again.keep();
    journal.complete_all();
    EXPECT_EQ(horizon(again), "200;1000;two");
}

}  // namespace
