// base/stopwatch.h: durations finer than a clock tick, and how they are distributed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace base {

/// Time since some moment in the past. Only for figures that somebody looks at: nothing may be decided by it, so
/// that a test on a fake clock decides as the daemon would.
[[nodiscard]] std::chrono::nanoseconds stopwatch();

/// How long things took: how many of them up to each bound. A plain value; add() is O(bounds).
class Histogram {
public:
    static constexpr std::size_t kBounds = 16;
    /// In ascending order; what took longer than the last is counted too.
    static constexpr std::array<std::chrono::microseconds, kBounds> bounds() {
        using std::chrono::microseconds;
        return {microseconds(100),       microseconds(250),       microseconds(500),        microseconds(1'000),
                microseconds(2'500),     microseconds(5'000),     microseconds(10'000),     microseconds(25'000),
                microseconds(50'000),    microseconds(100'000),   microseconds(250'000),    microseconds(500'000),
                microseconds(1'000'000), microseconds(2'500'000), microseconds(10'000'000), microseconds(60'000'000)};
    }

    /// A negative duration counts as none.
    void add(std::chrono::nanoseconds took);
    Histogram& operator+=(const Histogram& other);

    /// How many took at most bounds()[i], and more than the bound before; the last: more than all bounds.
    [[nodiscard]] std::uint64_t count(std::size_t i) const { return counts_[i]; }
    [[nodiscard]] std::uint64_t total() const;
    [[nodiscard]] std::chrono::nanoseconds sum() const { return sum_; }
    /// The bound that this share (0 to 1) of them did not exceed; the last bound if some did; 0 when there are none.
    [[nodiscard]] std::chrono::microseconds quantile(double share) const;

private:
    std::array<std::uint64_t, kBounds + 1> counts_{};
    std::chrono::nanoseconds sum_{0};
};

}  // namespace base
