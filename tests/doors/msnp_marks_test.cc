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
    doors::MsnpMarks endpoint() { return doors::MsnpMarks(horizons.of(journal, kBob)); }
    /// An endpoint that has read message "two", and gone: "200;1000;two" is kept.
    void read_and_gone() {
        doors::MsnpMarks marks = endpoint();
        marks.told(1, "talk", 200, "two");
        marks.acknowledged(1, 1000);
        marks.keep();
        journal.complete_all();
    }
    tests::FakeJournal journal;
    doors::MsnpHorizons horizons;
};

TEST_F(MsnpMarksTest, WhatWasReadIsNotTakenBack) {
    doors::MsnpMarks marks = endpoint();
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

TEST_F(MsnpMarksTest, WhatIsSeenIsSoInEachTalkThatHasAMessageOfThatNumber) {
    doors::MsnpMarks marks = endpoint();
    marks.told(1, "other", 100, "first");
    marks.told(2, "talk", 100, "second");
    marks.told(3, "talk", 101, "third");
    marks.seen(100, 1000);
    EXPECT_EQ(horizon(marks), "100;1000;second");
    marks.all([](doors::MsnpHistory::Horizons all) { EXPECT_EQ(all.at("other"), "100;1000;first"); });
    journal.complete_all();
}

TEST_F(MsnpMarksTest, NorByTheNextOneToSignIn) {
    read_and_gone();
    doors::MsnpMarks again = endpoint();
    again.told(1, "talk", 100, "one");
    again.acknowledged(1, 2000);
    journal.complete_all();
    again.keep();
    journal.complete_all();
    EXPECT_EQ(horizon(again), "200;1000;two");
}

TEST_F(MsnpMarksTest, OfTwoEndpointsTheNewerWordCountsWhicheverIsKeptLast) {
    doors::MsnpMarks desk = endpoint(), phone = endpoint();
    desk.told(1, "talk", 100, "one");
    desk.acknowledged(1, 1000);
    desk.keep();
    journal.complete_all();
    phone.told(1, "talk", 200, "two");
    phone.acknowledged(1, 2000);
    phone.keep();
    journal.complete_all();
    EXPECT_EQ(horizon(desk), "200;2000;two");
    desk.told(2, "talk", 150, "between");
    desk.acknowledged(2, 3000);
    EXPECT_EQ(horizon(desk), "200;2000;two");
    desk.keep();
    journal.complete_all();
    EXPECT_EQ(horizon(phone), "200;2000;two");
}

TEST_F(MsnpMarksTest, NothingIsWrittenOverWhatIsNotKnownYet) {
    read_and_gone();
    {
        doors::MsnpMarks late = endpoint();  // and gone before it has learnt what was read
        late.told(1, "talk", 100, "one");
        late.told(2, "other", 300, "three");
        late.acknowledged(1, 2000);
        late.acknowledged(2, 2000);
        late.keep();
    }
    journal.complete_all();
    const doors::MsnpMarks marks = endpoint();
    EXPECT_EQ(horizon(marks), "200;1000;two");
    marks.all([](const doors::MsnpHistory::Horizons& all) { EXPECT_EQ(all.at("other"), "300;2000;three"); });
    journal.complete_all();
}

TEST_F(MsnpMarksTest, NorOverWhatCouldNotBeLearnt) {
    read_and_gone();
    doors::MsnpMarks late = endpoint();
    late.told(1, "talk", 100, "one");
    journal.fail_next_scan();
    late.acknowledged(1, 2000);
    late.keep();
    journal.complete_all();
    EXPECT_EQ(horizon(late), "200;1000;two");
    late.keep();
    journal.complete_all();
    EXPECT_EQ(horizon(late), "200;1000;two");
}

TEST_F(MsnpMarksTest, WhatAFailingDiskDidNotTakeIsKeptLater) {
    doors::MsnpMarks marks = endpoint();
    marks.told(1, "talk", 200, "two");
    marks.acknowledged(1, 1000);
    journal.complete_all();
    journal.fail_next(1);
    journal.commit({{presence::Record{}}, {}}, [](const auto&) {});
    journal.complete_all();
    ASSERT_TRUE(journal.failing());
    marks.keep();
    journal.commit({{presence::Record{}}, {}}, [](const auto&) {});
    journal.complete_all();
    marks.keep();
    journal.complete_all();
    EXPECT_EQ(journal.records.size(), 2U);
}

}  // namespace
