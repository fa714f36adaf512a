// doors/msnp_rate.h: how fast one connection of MSNP24 may ask: so much in the long run, and more at a time.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 9; design 6 (hostile input has a bound everywhere)
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace doors {

struct MsnpPace {
    std::size_t per_second = 100;  ///< 0: no bound
    std::size_t at_once = 2000;
};

/// A bucket of tokens that was full when the first was taken. Thread: one.
class MsnpRate {
public:
    /// Takes so many, if there are so many; if it never holds so many, all that it can hold.
    [[nodiscard]] bool admits(const MsnpPace& pace, base::Instant now, std::size_t tokens = 1) {
        if (pace.per_second == 0) return true;
        const std::int64_t now_us = std::chrono::microseconds(now.time_since_epoch()).count();
        const std::int64_t each_us = std::max<std::int64_t>(1'000'000 / static_cast<std::int64_t>(pace.per_second), 1);
        const std::int64_t full_us = std::max(full_us_, now_us);
        const auto most = static_cast<std::int64_t>(std::max<std::size_t>(pace.at_once, 1));
        const auto wanted = std::clamp<std::int64_t>(static_cast<std::int64_t>(tokens), 1, most);
        if (full_us - now_us > each_us * (most - wanted)) return false;
        full_us_ = full_us + each_us * wanted;
        return true;
    }

private:
    std::int64_t full_us_ = INT64_MIN;  // when it would be, if nothing more were taken
};

}  // namespace doors
