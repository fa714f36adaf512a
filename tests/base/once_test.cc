// tests/base/once_test.cc: a debt is paid once, or the unpaid function pays for it.
// SPDX-License-Identifier: Apache-2.0
#include "base/once.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace base {
namespace {

static_assert(!std::is_copy_constructible_v<Once<void()>>);
static_assert(std::is_nothrow_move_constructible_v<Once<void()>>);

TEST(Once, PaysWithItsArguments) {
    std::string got;
    Once<void(int, std::string)> once([&](int n, std::string s) { got = s + std::to_string(n); });
    EXPECT_TRUE(once);
    once(7, "a");
    EXPECT_EQ(got, "a7");
    EXPECT_FALSE(once);
}

TEST(Once, CarriesMoveOnlyClosuresAndArguments) {
    int got = 0;
    Once<void(std::unique_ptr<int>)> once(
        [&got, own = std::make_unique<int>(40)](std::unique_ptr<int> more) { got = *own + *more; });
    once(std::make_unique<int>(2));
    EXPECT_EQ(got, 42);
}

TEST(Once, PassesReferencesThrough) {
    int n = 1;
    Once<void(int&)> once([](int& ref) { ref = 5; });
    once(n);
    EXPECT_EQ(n, 5);
}

TEST(Once, AnEmptyOneOwesNothing) {
    Once<void()> once;
    EXPECT_FALSE(once);
}

TEST(Once, MovingMovesTheDebt) {
    int paid = 0, unpaid = 0;
    {
        Once<void()> first([&] { ++paid; }, [&] { ++unpaid; });
        Once<void()> second(std::move(first));
        EXPECT_FALSE(first);  // NOLINT: moved from on purpose
        EXPECT_TRUE(second);
        second();
    }
    EXPECT_EQ(paid, 1);
    EXPECT_EQ(unpaid, 0);
}

TEST(Once, RunsTheUnpaidFunctionWhenDropped) {
    int paid = 0, unpaid = 0;
    { Once<void()> once([&] { ++paid; }, [&] { ++unpaid; }); }
    EXPECT_EQ(paid, 0);
    EXPECT_EQ(unpaid, 1);
}

/// A callback that knows itself what is due when it is dropped.
struct Debtor {
    std::shared_ptr<std::string> told;
    void operator()(int n) const { *told += "paid " + std::to_string(n) + " "; }
    void unpaid() const { *told += "unpaid "; }
};

TEST(Once, ACallbackMaySayItselfWhatRunsWhenItIsDropped) {
    const auto told = std::make_shared<std::string>();
    { Once<void(int)> once(Debtor{told}); }
    EXPECT_EQ(*told, "unpaid ");
    Once<void(int)> once(Debtor{told});
    once(7);
    EXPECT_EQ(*told, "unpaid paid 7 ");
    EXPECT_EQ(told.use_count(), 1) << "nothing of it is kept";
}

/// Counts how often it is moved.
struct Traveller {
    int moves = 0;
    Traveller() = default;
    Traveller(Traveller&& other) noexcept : moves(other.moves + 1) {}
};

TEST(Once, WhatIsNotGivenAwayIsCopied) {
    const std::string mine = "a text that has memory of its own";
    std::string got;
    Once<void(std::string)> once([&](std::string&& text) { got = std::move(text); });
    once(mine);
    EXPECT_EQ(got, mine);
    EXPECT_EQ(mine, "a text that has memory of its own");
}

TEST(Once, AnArgumentOnItsWayIsNotMoved) {
    int moves = -1;
    Once<void(Traveller)> inner([&](Traveller&& arrived) { moves = arrived.moves; });
    Once<void(Traveller)> outer([inner = std::move(inner)](Traveller&& passed) mutable { inner(std::move(passed)); });
    outer(Traveller());
    EXPECT_EQ(moves, 0);
}

TEST(Once, SettlesTheOldDebtWhenAssignedOver) {
    int old_unpaid = 0, new_paid = 0, new_unpaid = 0;
    {
        Once<void()> once([] {}, [&] { ++old_unpaid; });
        once = Once<void()>([&] { ++new_paid; }, [&] { ++new_unpaid; });
        EXPECT_EQ(old_unpaid, 1);
        once();
    }
    EXPECT_EQ(new_paid, 1);
    EXPECT_EQ(new_unpaid, 0);
    EXPECT_EQ(old_unpaid, 1);
}

TEST(Once, MayBeDestroyedByItsOwnCall) {
    std::optional<Once<void()>> once;
    int paid = 0, unpaid = 0;
    once.emplace(
        [&, kept = std::make_shared<int>(7)] {
            once.reset();
            paid += *kept;
        },
        [&] { ++unpaid; });
    (*once)();
    EXPECT_EQ(paid, 7);
    EXPECT_EQ(unpaid, 0);
}

TEST(Once, DroppingItUnpaidWithoutARemedyStopsTheProcess) {
    EXPECT_DEATH({ Once<void()> once([] {}); }, "dropped without its call");
}

TEST(Once, CallingItTwiceStopsTheProcess) {
    EXPECT_DEATH(
        {
            Once<void()> once([] {});
            once();
            once();
        },
        "called twice");
}

}  // namespace
}  // namespace base
