// presence/quota.h: how many somebody holds, and how many of them are of this minute.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (caps per target and per principal)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace presence {

/// What one may hold, and get anew in a minute of the clock.
struct QuotaBound {
    std::size_t held;
    std::size_t per_minute;
};

/// Counts against a QuotaBound. Small, since there is one in each principal.
class Quota {
public:
    enum class Verdict { free, full, hasty };
    [[nodiscard]] Verdict may_take(const QuotaBound& bound, base::Instant now) const {
        if (held_ >= bound.held) return Verdict::full;
        return minute_ == minute_of(now) && taken_ >= bound.per_minute ? Verdict::hasty : Verdict::free;
    }
    void take(base::Instant now) {
        if (minute_ != minute_of(now)) taken_ = 0;
        minute_ = minute_of(now);
        ++taken_;
        ++held_;
    }
    void give_back() { --held_; }
    [[nodiscard]] bool unused() const { return held_ == 0; }

private:
    static std::uint32_t minute_of(base::Instant now) {
        return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::minutes>(now.time_since_epoch()).count());
    }

    std::uint32_t held_ = 0;
    std::uint32_t minute_ = 0;
    std::uint32_t taken_ = 0;  // in that minute
};

}  // namespace presence
