// store/talks.h: the archive's talks, page by page; see presence/talks.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "presence/talks.h"
#include "store/sqlite.h"

namespace store {

inline constexpr std::size_t kMostTalkPage = 200;
inline constexpr std::size_t kMostTalkBytes = 1U << 20;  ///< of octets on a page, and the last message whole

/// Both block. Errc::internal: a damaged message.
[[nodiscard]] base::Result<presence::TalkPage> read_talk(Database& db, const presence::TalkQuery& query);
[[nodiscard]] base::Result<presence::RecentPage> read_recent(Database& db, const presence::RecentQuery& query);

}  // namespace store
