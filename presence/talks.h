// presence/talks.h: what a client asks the archive: which talks somebody had, and what was said in one, newest first.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 8
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/once.h"
#include "base/result.h"
#include "presence/ports.h"

namespace presence {

inline constexpr std::uint64_t kNoBound = INT64_MAX;  // of ids, which SQLite signs

/// How far the times of a talk's messages may run against their order: the calendar was set back.
inline constexpr std::chrono::hours kClockSlack{1};

/// Messages of one talk that hold text, between two ids, newest first. Those older than `start_ms` are left out, and
/// the search ends behind them.
struct TalkQuery {
    std::string conversation;  ///< as archived
    std::uint64_t below = kNoBound;
    std::uint64_t above = 0;
    std::int64_t start_ms = 0;
    std::size_t limit = 100;
};
struct TalkPage {
    std::vector<ArchivedMessage> messages;
    std::uint64_t newest = 0;  ///< highest id in the talk; 0: nothing was said
    bool more = false;
};

/// A room whose talk is looked at, too: what was said there since then, as far as it is shown.
struct RecentRoom {
    std::string conversation;  ///< its key
    std::int64_t since_ms = 0;
    /// Whether a row may be seen; null: all may. Asked of any thread, at most kMostHidden times for each room: what lies
    /// deeper below what is hidden counts as nothing.
    std::function<bool(const ArchivedMessage&)> shows{};
    /// He has left it, and the message of that time is the only one that counts; 0: he is in it.
    std::int64_t until_ms = 0;
};
inline constexpr std::size_t kMostHidden = 1000;

/// The newest message with text of each talk that `key` had with one other, and in each of `rooms`, as things stood when
/// the highest id was `high`; where something was said last comes first.
struct RecentQuery {
    std::string key;         ///< of his node
    std::uint64_t high = 0;  ///< 0: now
    std::uint64_t below = kNoBound;  ///< both of the newest message
    std::uint64_t above = 0;
    std::int64_t start_ms = 0;
    std::size_t limit = 100;
    std::vector<RecentRoom> rooms{};
};
struct RecentPage {
    std::vector<ArchivedMessage> newest;
    std::uint64_t high = 0;
    bool more = false;
};

/// The archive, as doors read it. A page costs the same wherever it stands. Answers on the loop. Errc: busy, internal.
class Talks {
public:
    virtual ~Talks() = default;
    virtual void talk(TalkQuery query, base::Once<void(base::Result<TalkPage>)> done) = 0;
    virtual void recent(RecentQuery query, base::Once<void(base::Result<RecentPage>)> done) = 0;
};

}  // namespace presence
