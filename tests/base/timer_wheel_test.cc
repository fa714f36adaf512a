// tests/base/timer_wheel_test.cc: the wheel against its promises and against a sorted list.
// SPDX-License-Identifier: Apache-2.0
#include "base/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace base {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

Instant at(std::int64_t ms) { return Instant(milliseconds(ms)); }

class Hook final : public TimerHook {
public:
    explicit Hook(std::function<void(Instant)> fn) : fn_(std::move(fn)) {}

private:
    void on_due(Instant due) override { fn_(due); }
    std::function<void(Instant)> fn_;
};

/// A wheel with 10 ms ticks, and hooks that note their name and the wheel's time when called.
struct TimerWheelTest : testing::Test {
    std::unique_ptr<Hook> hook(int name) {
        return std::make_unique<Hook>([this, name](Instant) { note(name); });
    }
    void note(int name) { called.emplace_back(name, wheel.now().time_since_epoch().count()); }

    using Calls = std::vector<std::pair<int, std::int64_t>>;
    TimerWheel wheel{at(1000), 10ms};
    Calls called;
};

TEST_F(TimerWheelTest, CallsWhatIsDueInOrder) {
    auto a = hook(1), b = hook(2), c = hook(3);
    wheel.arm(*a, at(1300));
    wheel.arm(*b, at(1100));
    wheel.arm(*c, at(1200));
    EXPECT_EQ(wheel.run(at(1250)), 2u);
    EXPECT_EQ(called, (Calls{{2, 1100}, {3, 1200}}));
    EXPECT_TRUE(a->armed());
    EXPECT_FALSE(b->armed());
    EXPECT_EQ(wheel.run(at(1300)), 1u);
    EXPECT_EQ(called.back(), (std::pair<int, std::int64_t>{1, 1300}));
}

TEST_F(TimerWheelTest, IsDueAtTheFirstTickBoundaryNotBeforeItsTime) {
    auto a = hook(1), b = hook(2);
    wheel.arm(*a, at(1011));
    wheel.arm(*b, at(1020));
    EXPECT_EQ(wheel.run(at(1019)), 0u);
    EXPECT_EQ(wheel.now(), at(1010));
    EXPECT_EQ(wheel.run(at(1020)), 2u);
    EXPECT_EQ(called, (Calls{{1, 1020}, {2, 1020}}));
}

TEST_F(TimerWheelTest, ATimeAlreadyPastIsDueAtTheNextTick) {
    auto a = hook(1), b = hook(2);
    wheel.arm(*a, at(-5));
    wheel.arm(*b, wheel.now());
    EXPECT_EQ(wheel.run(at(1009)), 0u);
    EXPECT_EQ(wheel.run(at(1010)), 2u);
    EXPECT_EQ(called, (Calls{{1, 1010}, {2, 1010}}));
}

TEST_F(TimerWheelTest, GivesTheHookTheTimeItWasArmedFor) {
    Instant told{};
    Hook a([&](Instant due) { told = due; });
    wheel.arm(a, at(1234));
    EXPECT_EQ(a.due(), at(1234));
    wheel.run(at(2000));
    EXPECT_EQ(told, at(1234));
}

TEST_F(TimerWheelTest, CancelledAndDestroyedHooksAreNotCalled) {
    auto a = hook(1), b = hook(2), c = hook(3);
    for (auto* h : {a.get(), b.get(), c.get()}) wheel.arm(*h, at(5000));
    a->cancel();
    a->cancel();
    b.reset();
    EXPECT_FALSE(a->armed());
    EXPECT_EQ(wheel.run(at(9000)), 1u);
    EXPECT_EQ(called, (Calls{{3, 5000}}));
}

TEST_F(TimerWheelTest, ArmingAgainMovesTheHook) {
    auto a = hook(1);
    wheel.arm(*a, at(1100));
    wheel.arm(*a, at(90'000));
    EXPECT_EQ(wheel.run(at(89'999)), 0u);
    wheel.arm(*a, at(90'500));
    EXPECT_EQ(wheel.run(at(1'000'000)), 1u);
    EXPECT_EQ(called, (Calls{{1, 90'500}}));
}

TEST_F(TimerWheelTest, KeepsTheOrderOfArmingWithinATickWhicheverLevelHooksCameFrom) {
    constexpr std::int64_t kDue = 10LL * (5 * 256 * 256 * 256 + 7);
    std::vector<std::unique_ptr<Hook>> hooks;
    // Armed from ever nearer, hence on lower and lower levels.
    for (std::int64_t ahead : {40'000'000, 20'000'000, 70'000, 65'600, 65'536, 65'535, 300, 257, 256, 255, 7, 2, 1}) {
        wheel.run(at(kDue - 10 * ahead));
        for (int twice = 0; twice < 2; ++twice) {
            hooks.push_back(hook(static_cast<int>(hooks.size())));
            wheel.arm(*hooks.back(), at(kDue));
        }
    }
    EXPECT_EQ(wheel.run(at(kDue)), hooks.size());
    ASSERT_EQ(called.size(), hooks.size());
    for (std::size_t i = 0; i < called.size(); ++i) EXPECT_EQ(called[i], std::pair(static_cast<int>(i), kDue));
}

TEST_F(TimerWheelTest, MeetsTheEdgesOfEveryLevelExactly) {
    std::vector<std::unique_ptr<Hook>> hooks;
    Calls expected;
    for (int level = 1; level <= 4; ++level) {
        for (std::int64_t off : {-1, 0, 1}) {
            const std::int64_t ticks = 100 + (std::int64_t{1} << (8 * level)) + off;
            hooks.push_back(hook(static_cast<int>(hooks.size())));
            wheel.arm(*hooks.back(), at(10 * ticks));
            expected.emplace_back(static_cast<int>(hooks.size()) - 1, 10 * ticks);
        }
    }
    wheel.run(at(std::int64_t{10} << 33));
    EXPECT_EQ(called, expected);
}

TEST_F(TimerWheelTest, WaitsForWhatLiesBeyondItsRange) {
    constexpr std::int64_t kYear = 365LL * 24 * 3600 * 1000;
    auto a = hook(1), b = hook(2), never = hook(3);
    wheel.arm(*a, at(3 * kYear));
    wheel.arm(*b, at(2 * kYear + 5));
    wheel.arm(*never, Instant::max());
    EXPECT_EQ(wheel.run(at(2 * kYear)), 0u);
    EXPECT_EQ(wheel.run(at(10 * kYear)), 2u);
    EXPECT_EQ(called, (Calls{{2, 2 * kYear + 10}, {1, 3 * kYear}}));
    EXPECT_TRUE(never->armed());
}

TEST_F(TimerWheelTest, SaysTheTickWhileCallingSoThatAPeriodDoesNotDrift) {
    std::vector<std::int64_t> when;
    std::unique_ptr<Hook> beat;
    beat = std::make_unique<Hook>([&](Instant) {
        when.push_back(wheel.now().time_since_epoch().count());
        wheel.arm(*beat, wheel.now() + 250ms);
    });
    wheel.arm(*beat, at(1250));
    EXPECT_EQ(wheel.run(at(2200)), 4u);
    EXPECT_EQ(when, (std::vector<std::int64_t>{1250, 1500, 1750, 2000}));
    EXPECT_EQ(wheel.now(), at(2200));
    EXPECT_TRUE(beat->armed());
}

TEST_F(TimerWheelTest, AHookThatArmsItselfForNowIsCalledOncePerTick) {
    std::unique_ptr<Hook> again;
    again = std::make_unique<Hook>([&](Instant) { wheel.arm(*again, wheel.now()); });
    wheel.arm(*again, at(1010));
    EXPECT_EQ(wheel.run(at(1100)), 10u);
}

TEST_F(TimerWheelTest, OnDueMayCancelMoveOrDestroyOthersOfTheSameTick) {
    auto cancelled = hook(1), moved = hook(2), destroyed = hook(3), last = hook(4);
    Hook first([&](Instant) {
        note(0);
        cancelled->cancel();
        wheel.arm(*moved, at(2500));
        destroyed.reset();
    });
    wheel.arm(first, at(2000));
    for (auto* h : {cancelled.get(), moved.get(), destroyed.get(), last.get()}) wheel.arm(*h, at(2000));
    EXPECT_EQ(wheel.run(at(3000)), 3u);
    EXPECT_EQ(called, (Calls{{0, 2000}, {4, 2000}, {2, 2500}}));
}

TEST_F(TimerWheelTest, OnDueMayDestroyItsOwnObject) {
    std::unique_ptr<Hook> self;
    bool gone = false;
    self = std::make_unique<Hook>([&](Instant) {
        bool& flag = gone;  // the closure dies with its hook
        auto& owner = self;
        owner.reset();
        flag = true;
    });
    wheel.arm(*self, at(1500));
    EXPECT_EQ(wheel.run(at(1500)), 1u);
    EXPECT_TRUE(gone);
    EXPECT_EQ(self, nullptr);
}

TEST_F(TimerWheelTest, WhoIsArmedAgainAndAgainTakesNoMoreMemory) {
    std::vector<std::unique_ptr<Hook>> all;
    for (int name = 0; name < 1000; ++name) all.push_back(hook(name));
    const auto arm_all = [&](std::int64_t from) {
        for (std::size_t i = 0; i < all.size(); ++i) wheel.arm(*all[i], at(from + static_cast<std::int64_t>(i * 7919 % 3'600'000)));
    };
    arm_all(10'000);
    for (std::int64_t from = 0; from < 200'000; from += 1000) arm_all(from + 10'000);
    const std::size_t before = wheel.capacity();
    for (std::int64_t from = 0; from < 2'000'000; from += 1000) arm_all(from + 10'000);
    EXPECT_EQ(wheel.capacity(), before);
    EXPECT_EQ(wheel.run(at(10'000'000)), all.size());
}

TEST_F(TimerWheelTest, DoesNotRunBackwards) {
    auto a = hook(1);
    wheel.run(at(5000));
    wheel.arm(*a, at(4000));
    EXPECT_EQ(wheel.run(at(4500)), 0u);
    EXPECT_EQ(wheel.now(), at(5000));
    EXPECT_EQ(wheel.run(at(5010)), 1u);
}

TEST(TimerWheel, LeavesItsHooksUnarmedWhenItGoes) {
    Hook near([](Instant) {}), far([](Instant) {});
    {
        TimerWheel wheel(at(0), 1ms);
        wheel.arm(near, at(5));
        wheel.arm(far, at(5'000'000));
    }
    EXPECT_FALSE(near.armed());
    EXPECT_FALSE(far.armed());
}

TEST(TimerWheel, WorksAcrossTimeZeroAndWithATickThatDoesNotDivideTheStart) {
    TimerWheel wheel(at(-1001), 7ms);
    std::vector<std::int64_t> when;
    Hook a([&](Instant) { when.push_back(wheel.now().time_since_epoch().count()); });
    EXPECT_EQ(wheel.now(), at(-1001));
    wheel.arm(a, at(-8));
    EXPECT_EQ(wheel.run(at(-8)), 0u);
    EXPECT_EQ(wheel.run(at(-7)), 1u);
    wheel.arm(a, at(1));
    EXPECT_EQ(wheel.run(at(700)), 1u);
    EXPECT_EQ(when, (std::vector<std::int64_t>{-7, 7}));
}

/// A sorted list that keeps the wheel's promises the slow way.
class Model {
public:
    Model(std::int64_t now_ms, std::int64_t tick_ms) : tick_ms_(tick_ms), now_tick_(now_ms / tick_ms) {}
    void cancel(int name) {
        if (auto it = where_.find(name); it != where_.end()) {
            due_.erase(it->second);
            where_.erase(it);
        }
    }
    void arm(int name, std::int64_t due_ms) {
        cancel(name);
        const std::int64_t tick = std::max((due_ms + tick_ms_ - 1) / tick_ms_, now_tick_ + 1);
        where_[name] = due_.emplace(tick, name);
    }
    /// The next that is due up to `now_ms`, with the time at which it is called; -1 when there is none.
    std::pair<int, std::int64_t> next(std::int64_t now_ms) {
        const auto first = due_.begin();
        if (first == due_.end() || first->first > now_ms / tick_ms_) {
            now_tick_ = now_ms / tick_ms_;
            return {-1, 0};
        }
        now_tick_ = first->first;
        const int name = first->second;
        cancel(name);
        return {name, now_tick_ * tick_ms_};
    }

private:
    std::int64_t tick_ms_;
    std::int64_t now_tick_;
    std::multimap<std::int64_t, int> due_;  // equal keys stay in the order of arming
    std::map<int, std::multimap<std::int64_t, int>::iterator> where_;
};

/// Random acts on a wheel and on the model; every call must come at the same time and in the same order. Some
/// hooks act again when they are called, by a rule that both sides follow.
void compare_with_model(unsigned seed, std::int64_t longest_ms) {
    constexpr int kHooks = 300;
    constexpr int kActs = 100'000;
    std::mt19937_64 random(seed);
    const auto below = [&](std::int64_t n) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    };
    const auto some_time = [&] { return below(1 + (longest_ms >> below(30))); };
    std::int64_t now = 12'345'678;
    TimerWheel wheel(at(now), 10ms);
    Model model(now, 10);
    std::int64_t until = 0;
    std::vector<std::unique_ptr<Hook>> hooks(kHooks);
    for (int name = 0; name < kHooks; ++name) {
        hooks[name] = std::make_unique<Hook>([&, name](Instant) {
            const auto tick_time = wheel.now().time_since_epoch().count();
            ASSERT_EQ(std::pair(name, tick_time), model.next(until)) << "seed " << seed;
            if (name % 7 != 0) return;
            const int other = static_cast<int>((name * 31 + tick_time) % kHooks);
            if (tick_time % 3 == 0) {
                hooks[other]->cancel();
                model.cancel(other);
            } else {
                wheel.arm(*hooks[other], at(tick_time + other * 20));
                model.arm(other, tick_time + other * 20);
            }
        });
    }
    std::size_t called = 0;
    for (int act = 0; act < kActs && !testing::Test::HasFailure(); ++act) {
        const int name = static_cast<int>(below(kHooks));
        switch (below(8)) {
            case 0:
                hooks[name]->cancel();
                model.cancel(name);
                break;
            case 1:
                now += some_time();
                until = now;
                called += wheel.run(at(now));
                ASSERT_EQ(model.next(now).first, -1) << "left uncalled; seed " << seed << ", act " << act;
                ASSERT_EQ(wheel.now(), at(now / 10 * 10));
                break;
            default: {
                const std::int64_t due = now - 50 + some_time();
                wheel.arm(*hooks[name], at(due));
                model.arm(name, due);
            }
        }
    }
    EXPECT_GT(called, 5'000u) << "too quiet to prove anything";
}

TEST(TimerWheel, AgreesWithASortedListOverShortTimes) { compare_with_model(1, 20'000); }
TEST(TimerWheel, AgreesWithASortedListOverHours) { compare_with_model(2, 5LL * 3600 * 1000); }
TEST(TimerWheel, AgreesWithASortedListOverItsWholeRange) { compare_with_model(3, (10LL << 30) - 1000); }

}  // namespace
}  // namespace base
