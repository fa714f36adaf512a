// tests/base/handoff_test.cc: everything arrives once, in order, on the receiver's thread.
// SPDX-License-Identifier: Apache-2.0
#include "base/handoff.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace base {
namespace {

using namespace std::chrono_literals;

struct HandoffTest : testing::Test {
    FakeClock clock;
    Loop loop{clock, 10ms};
    void run_what_is_queued() {
        loop.post([this] { loop.stop(); });
        loop.run();
    }
};

TEST_F(HandoffTest, GivesWhatGatheredAsOneBatchInOrder) {
    std::vector<std::vector<int>> batches;
    Handoff<int> handoff(loop, [&](std::vector<int>& batch) { batches.push_back(batch); });
    handoff.send(1);
    std::vector<int> more{2, 3};
    handoff.send_all(more);
    handoff.send(4);
    EXPECT_TRUE(more.empty());
    run_what_is_queued();
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{1, 2, 3, 4}}));
}

TEST_F(HandoffTest, WakesUpAgainForWhatComesLater) {
    std::vector<std::vector<int>> batches;
    Handoff<int> handoff(loop, [&](std::vector<int>& batch) { batches.push_back(batch); });
    std::vector<int> first{1, 2};
    handoff.send_all(first);
    loop.post([&] {
        handoff.send(3);
        loop.post([this] { loop.stop(); });
    });
    loop.run();
    EXPECT_EQ(batches, (std::vector<std::vector<int>>{{1, 2}, {3}}));
}

TEST_F(HandoffTest, TheReceiverMaySendToItself) {
    std::vector<int> got;
    Handoff<int>* self = nullptr;
    Handoff<int> handoff(loop, [&](std::vector<int>& batch) {
        for (int n : batch) {
            got.push_back(n);
            if (n == 0) return loop.stop();
            self->send(n - 1);
        }
    });
    self = &handoff;
    handoff.send(3);
    loop.run();
    EXPECT_EQ(got, (std::vector{3, 2, 1, 0}));
}

TEST_F(HandoffTest, CarriesMoveOnlyThings) {
    std::vector<std::unique_ptr<int>> got;
    Handoff<std::unique_ptr<int>> handoff(loop, [&](std::vector<std::unique_ptr<int>>& batch) {
        for (auto& item : batch) got.push_back(std::move(item));
    });
    handoff.send(std::make_unique<int>(1));
    std::vector<std::unique_ptr<int>> more;
    more.push_back(std::make_unique<int>(2));
    handoff.send_all(more);
    run_what_is_queued();
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(*got[0] + 10 * *got[1], 21);
}

TEST_F(HandoffTest, SendingNothingWakesNobody) {
    int calls = 0;
    Handoff<int> handoff(loop, [&](std::vector<int>&) { ++calls; });
    std::vector<int> nothing;
    handoff.send_all(nothing);
    run_what_is_queued();
    EXPECT_EQ(calls, 0);
}

TEST_F(HandoffTest, WhatIsOnTheRoadWhenItGoesIsDropped) {
    int calls = 0;
    auto item = std::make_shared<int>(1);
    {
        Handoff<std::shared_ptr<int>> handoff(loop, [&](std::vector<std::shared_ptr<int>>&) { ++calls; });
        handoff.send(item);
    }
    run_what_is_queued();
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(item.use_count(), 1);
}

TEST_F(HandoffTest, LosesAndReordersNothingBetweenManyThreads) {
    constexpr int kSenders = 4;
    constexpr int kEach = 20'000;
    struct Item {
        int sender;
        int number;
    };
    std::vector<int> next(kSenders, 0);
    int total = 0;
    std::thread::id receiver;
    Handoff<Item> handoff(loop, [&](std::vector<Item>& batch) {
        EXPECT_EQ(std::this_thread::get_id(), receiver);
        for (const Item& item : batch) {
            ASSERT_EQ(item.number, next[item.sender]++);
            ++total;
        }
        if (total == kSenders * kEach) loop.stop();
    });
    std::vector<std::thread> senders;
    receiver = std::this_thread::get_id();
    for (int sender = 0; sender < kSenders; ++sender) {
        senders.emplace_back([&handoff, sender] {
            std::vector<Item> some;
            for (int n = 0; n < kEach; ++n) {
                // Runs of 0 to 6 at once, then one alone.
                if (n % 8 == 7) {
                    handoff.send_all(some);
                    handoff.send({sender, n});
                } else {
                    some.push_back({sender, n});
                }
            }
            handoff.send_all(some);
        });
    }
    loop.run();
    for (auto& sender : senders) sender.join();
    EXPECT_EQ(total, kSenders * kEach);
}

}  // namespace
}  // namespace base
