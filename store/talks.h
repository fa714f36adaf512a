// store/talks.h: the archive's talks, page by page; see presence/talks.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "presence/talks.h"
#include "store/sqlite.h"

namespace store {

inline constexpr std::size_t kMostTalkPage = 200;
inline constexpr std::size_t kMostTalkBytes = 1U << 20;  ///< of octets on a page, and the last message whole

/// What gets the time of a message and its talk.
using TimeSink = std::function<void(const std::string& conversation, std::int64_t time_ms)>;
inline constexpr std::size_t kMostTimesAhead = 100'000;  ///< of the far ones

/// Of the messages at `from_ms` or later: the newest of each talk within presence::kClockSlack, and of what is further
/// ahead, since the clock was wrong, the next kMostTimesAhead. Blocks.
[[nodiscard]] base::Result<void> read_times_ahead(Database& db, std::int64_t from_ms, const TimeSink& sink);

/// Both block. Errc::internal: a damaged message.
[[nodiscard]] base::Result<presence::TalkPage> read_talk(Database& db, const presence::TalkQuery& query);
[[nodiscard]] base::Result<presence::RecentPage> read_recent(Database& db, const presence::RecentQuery& query);

}  // namespace store
