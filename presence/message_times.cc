// presence/message_times.cc: when a message was sent.
// SPDX-License-Identifier: Apache-2.0
#include "presence/message_times.h"

#include <algorithm>

#include "presence/talks.h"

namespace presence {

namespace {

constexpr std::int64_t kSlack = std::chrono::milliseconds(kClockSlack).count();

}  // namespace

void MessageTimes::taken(const std::string& conversation, std::int64_t time_ms, std::int64_t wall_ms) {
    if (time_ms < wall_ms) return;
    if (time_ms - wall_ms > kSlack) {
        ahead_.emplace(time_ms, conversation);
        return;
    }
    std::int64_t& last = last_[conversation];
    last = std::max(last, time_ms);
}

std::int64_t MessageTimes::next(const std::string& conversation, std::int64_t wall_ms) {
    if (wall_ms > now_ || wall_ms < now_ - kSlack) {
        if (wall_ms < now_) {
            for (const auto& [talk, last] : last_) ahead_.emplace(last, talk);
            last_.clear();
        }
        now_ = wall_ms;
        std::erase_if(last_, [this](const auto& one) { return one.second < now_; });
        ahead_.erase(ahead_.begin(), ahead_.lower_bound({now_, ""}));
    }
    const auto [last, is_new] = last_.try_emplace(conversation, now_);
    if (!is_new) last->second = std::max(now_, last->second + 1);
    while (!ahead_.empty() && ahead_.contains({last->second, conversation})) ++last->second;
    return last->second;
}

}  // namespace presence
