// presence/message_times.h: when a message was sent: no two of a talk at once, and none before an older one.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 8.3, 12 (messageid)
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace presence {

/// Milliseconds of the wall clock that name a message within its talk. Remembers only what the clock has not passed.
/// Thread: loop.
class MessageTimes {
public:
    /// `wall_ms`, or the next that is free. A clock that is set back by up to kClockSlack is not followed; one that is
    /// set back further is.
    [[nodiscard]] std::int64_t next(const std::string& conversation, std::int64_t wall_ms);
    /// An earlier process gave that one; it matters if the clock has not passed it. Before the first next().
    void taken(const std::string& conversation, std::int64_t time_ms, std::int64_t wall_ms);

private:
    std::int64_t now_ = 0;
    std::unordered_map<std::string, std::int64_t> last_;  // of talks whose newest is at now_ or later
    std::set<std::pair<std::int64_t, std::string>> ahead_;  // what was given by a clock that was wrong
};

}  // namespace presence
