// base/stopwatch.cc: durations finer than a clock tick, and how they are distributed.
// SPDX-License-Identifier: Apache-2.0
#include "base/stopwatch.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace base {

std::chrono::nanoseconds stopwatch() { return std::chrono::steady_clock::now().time_since_epoch(); }

void Histogram::add(std::chrono::nanoseconds took) {
    static constexpr auto kUpTo = bounds();
    took = std::max(took, std::chrono::nanoseconds(0));
    std::size_t i = 0;  // nearly everything is found among the first few
    while (i < kBounds && took > kUpTo[i]) ++i;
    ++counts_[i];
    sum_ += took;
}

Histogram& Histogram::operator+=(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    sum_ += other.sum_;
    return *this;
}

std::uint64_t Histogram::total() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

std::chrono::microseconds Histogram::quantile(double share) const {
    const auto all = static_cast<double>(total());
    if (all == 0) return std::chrono::microseconds(0);
    const double wanted = std::max(1.0, std::ceil(all * share));
    double seen = 0;
    for (std::size_t i = 0; i < kBounds; ++i) {
        seen += static_cast<double>(counts_[i]);
        if (seen >= wanted) return bounds()[i];
    }
    return bounds().back();
}

}  // namespace base
