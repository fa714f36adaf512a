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
