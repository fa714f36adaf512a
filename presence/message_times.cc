// presence/message_times.cc: when a message was sent.
// SPDX-License-Identifier: Apache-2.0
#include "presence/message_times.h"

#include <algorithm>

#include "presence/talks.h"

namespace presence {

std::int64_t MessageTimes::next(const std::string& conversation, std::int64_t wall_ms) {
    constexpr std::int64_t kSlack = std::chrono::milliseconds(kClockSlack).count();
    if (wall_ms > now_ || wall_ms < now_ - kSlack) {
        if (wall_ms < now_) last_.clear();
        now_ = wall_ms;
        std::erase_if(last_, [this](const auto& one) { return one.second < now_; });
    }
    const auto [last, is_new] = last_.try_emplace(conversation, now_);
    if (!is_new) last->second = std::max(now_, last->second + 1);
    return last->second;
}

}  // namespace presence
