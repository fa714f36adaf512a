// tests/server/admission_test.cc: newcomers wait when the way in or the way out is behind, each by its own budget.
// SPDX-License-Identifier: Apache-2.0
#include "server/admission.h"

#include <gtest/gtest.h>

#include "server/backlog.h"
#include "tests/server/loopback.h"

namespace server {
namespace {

using namespace std::chrono_literals;

class AdmissionTest : public ::testing::Test {
protected:
    /// What a handler has posted may come behind what the test posts next: then it is done by the second.
    void catch_up() {
        main_.call([] {});
        main_.call([] {});
    }
    /// One turn of the loop, in which `newcomers` come and each takes `each`: how many were let in.
    int turn(int newcomers, std::chrono::milliseconds each) {
        int admitted = 0;
        main_.call([&] {
            for (int i = 0; i < newcomers; ++i) {
                if (admission_.closed()) continue;
                ++admitted;
                clock_.advance(each);
            }
        });
        catch_up();
        return admitted;
    }

    base::FakeClock clock_;
    loopback::LoopThread main_{clock_};
    std::chrono::milliseconds out_age_{0};
    Admission admission_{main_.loop(), {.in = 100ms, .out = 1000ms}, [this] { return out_age_; }};
};

TEST_F(AdmissionTest, ATurnOfTheLoopTakesNewcomersForItsBudget) {
    EXPECT_EQ(turn(1000, 1ms), 101);
    EXPECT_EQ(turn(1000, 10ms), 11);
    EXPECT_EQ(turn(5, 20ms), 5);
}

TEST_F(AdmissionTest, WhatWaitsBehindThemIsServedBeforeTheNext) {
    std::string order;
    main_.call([&] {
        main_.loop().post([&] { order += " delivery"; });
        while (!admission_.closed()) clock_.advance(10ms);
        order += "closed";
        main_.loop().post([&] { order += admission_.closed() ? " closed" : " open"; });
    });
    catch_up();
    EXPECT_EQ(order, "closed delivery open");
}

TEST_F(AdmissionTest, TimeWithoutNewcomersIsNotTheirs) {
    EXPECT_EQ(turn(1, 0ms), 1);
    clock_.advance(10s);
    EXPECT_EQ(turn(1, 0ms), 1);
}

TEST_F(AdmissionTest, TheWayOutHasABudgetOfItsOwn) {
    out_age_ = 1000ms;
    EXPECT_EQ(turn(3, 0ms), 3);
    out_age_ = 1001ms;
    EXPECT_EQ(turn(3, 0ms), 0);
    out_age_ = 0ms;
    EXPECT_EQ(turn(3, 0ms), 3);
}

TEST(Backlog, IsAsOldAsTheOldestThatIsNotDone) {
    const base::Instant start{1000s};
    Backlog backlog;
    EXPECT_EQ(backlog.age(start), 0ms);
    backlog.given(3, start);
    backlog.given(2, start + 1s);
    EXPECT_EQ(backlog.age(start + 2s), 2s);
    backlog.done(2);
    EXPECT_EQ(backlog.age(start + 3s), 3s) << "one of the first three still waits";
    backlog.done(1);
    EXPECT_EQ(backlog.age(start + 4s), 0ms) << "from now on the other two are looked at";
    EXPECT_EQ(backlog.age(start + 6s), 2s);
    backlog.done(2);
    EXPECT_EQ(backlog.age(start + 7s), 0ms);
    backlog.given(1, start + 9s);
    EXPECT_EQ(backlog.age(start + 10s), 1s);
}

}  // namespace
}  // namespace server
