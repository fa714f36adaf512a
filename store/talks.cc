// store/talks.cc: the archive's talks, page by page.
// SPDX-License-Identifier: Apache-2.0
#include "store/talks.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "store/rows.h"

namespace store {

using base::Result;
using presence::ArchivedMessage;
using presence::RecentPage;
using presence::RecentQuery;
using presence::TalkPage;
using presence::TalkQuery;

namespace {

std::int64_t signed_of(std::uint64_t id) { return static_cast<std::int64_t>(std::min(id, presence::kNoBound)); }

/// The one number, or text, that a query finds; nullopt: it finds nothing.
template <class... Args>
Result<std::optional<std::string>> find_text(Statement& select, const Args&... args) {
    auto rows = select.query(args...);
    if (!rows) return std::unexpected(rows.error());
    auto more = rows->next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::nullopt;
    return std::string(rows->bytes(0));
}

template <class... Args>
Result<std::uint64_t> find_number(Statement& select, const Args&... args) {
    auto rows = select.query(args...);
    if (!rows) return std::unexpected(rows.error());
    auto more = rows->next();
    if (!more) return std::unexpected(more.error());
    return *more ? static_cast<std::uint64_t>(rows->integer(0)) : 0;
}

/// One index entry, so that what is cheap in a small talk is in a large one.
constexpr const char* kNewest =
    "SELECT m.id FROM message m INDEXED BY message_conversation WHERE m.conversation = ?1 ORDER BY m.id DESC LIMIT 1";
constexpr const char* kNewestSince =
    "SELECT id FROM (SELECT m.id, m.time_ms FROM message m INDEXED BY message_conversation WHERE m.conversation = ?1"
    " AND m.id < ?2 AND m.text <> '' ORDER BY m.id DESC LIMIT 1) WHERE time_ms >= ?3";
constexpr const char* kAtTime =
    "SELECT id FROM message INDEXED BY message_time WHERE time_ms = ?2 AND conversation = ?1 AND id < ?3 AND text <> '' LIMIT 1";
constexpr const char* kHighest = "SELECT id FROM message ORDER BY id DESC LIMIT 1";
// The next talk behind ?1 of those that begin with ?2 and end before ?3, or that end with ?2: index message_second.
constexpr const char* kNextFirst =
    "SELECT conversation FROM message INDEXED BY message_conversation WHERE conversation > ?1 AND conversation >= ?2"
    " AND conversation < ?3 ORDER BY conversation LIMIT 1";
constexpr const char* kNextSecond =
    "SELECT conversation FROM message INDEXED BY message_second"
    " WHERE substr(conversation, instr(conversation, char(10)) + 1) = ?2 AND conversation > ?1"
    " ORDER BY conversation LIMIT 1";

std::string messages_sql() {
    return std::string("SELECT ") + kMessageColumns +
           " FROM message m INDEXED BY message_conversation WHERE m.conversation = ?1 AND m.id < ?2 AND m.id > ?3"
           " AND m.text <> '' ORDER BY m.id DESC";
}

/// What a message takes at most where it is written as XML inside XML: `"` becomes `&amp;quot;`.
std::size_t written_size(std::string_view octets) {
    constexpr std::size_t kEscape = 9;  // more than the character itself
    const auto escaped = std::ranges::count_if(octets, [](char c) { return std::string_view("\"'&<>\r").contains(c); });
    return octets.size() + kEscape * static_cast<std::size_t>(escaped);
}

/// `select` is of messages_sql().
Result<void> collect(const Database& db, Statement& select, const TalkQuery& query, TalkPage& page) {
    const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kMostTalkPage);
    const std::int64_t stop_ms = query.start_ms - std::chrono::milliseconds(presence::kClockSlack).count();
    std::size_t bytes = 0;
    auto rows = select.query(std::string_view(query.conversation), signed_of(query.below), signed_of(query.above));
    if (!rows) return std::unexpected(rows.error());
    for (;;) {
        auto more = rows->next();
        if (!more) return std::unexpected(more.error());
        if (!*more) return {};
        const std::int64_t time_ms = rows->integer(1);
        if (time_ms < stop_ms) return {};
        if (time_ms < query.start_ms) continue;
        if (page.messages.size() == limit || bytes >= kMostTalkBytes) {
            page.more = true;
            return {};
        }
        auto message = message_of(*rows, db.path());
        if (!message) return std::unexpected(message.error());
        if (message->conversation != query.conversation) {
            return std::unexpected(damaged(db.path(), "an index over messages is damaged"));
        }
        bytes += written_size(message->octets);
        page.messages.push_back(std::move(*message));
    }
}

/// Calls `visit` with each talk that he had with one other, or with himself, until that fails. There may be many, so they
/// are nowhere kept together.
template <class F>
Result<void> for_each_talk(Database& db, const std::string& key, F visit) {
    const std::string begin = key + "\n", end = key + "\x0b";
    Statement next_first(db, kNextFirst), next_second(db, kNextSecond);
    for (const bool first : {true, false}) {
        std::string last;
        for (;;) {
            auto next = first ? find_text(next_first, std::string_view(last), std::string_view(begin), std::string_view(end))
                              : find_text(next_second, std::string_view(last), std::string_view(key));
            if (!next) return std::unexpected(next.error());
            if (!*next) break;
            last = std::move(**next);
            if (std::ranges::count(last, '\n') > 1) continue;
            if (const auto done = visit(last); !done) return done;
        }
    }
    return {};
}

/// The newest talks among many, by the id of what was said last in each: so many, and whether there were more.
class NewestTalks {
public:
    using Talk = std::pair<std::uint64_t, std::string>;
    explicit NewestTalks(std::size_t limit) : limit_(limit) {}

    void add(std::uint64_t id, const std::string& talk) {
        if (talks_.size() == limit_ && id < talks_.front().first) {
            more_ = true;
            return;
        }
        talks_.emplace_back(id, talk);
        std::ranges::push_heap(talks_, std::ranges::greater());
        if (talks_.size() <= limit_) return;
        std::ranges::pop_heap(talks_, std::ranges::greater());
        talks_.pop_back();
        more_ = true;
    }
    [[nodiscard]] bool more() const { return more_; }
    /// Newest first.
    [[nodiscard]] std::vector<Talk> take() {
        std::ranges::sort(talks_, std::ranges::greater());
        return std::move(talks_);
    }

private:
    const std::size_t limit_;
    std::vector<Talk> talks_;  // a heap, the oldest on top
    bool more_ = false;
};

/// The newest message of a room, no newer than `high`, that is shown; 0: there is none, or it is too old.
Result<std::uint64_t> newest_shown(const Database& db, Statement& select, const presence::RecentRoom& room, std::uint64_t high,
                                   std::int64_t start_ms) {
    auto rows = select.query(std::string_view(room.conversation), signed_of(high + 1), std::int64_t{0});
    if (!rows) return std::unexpected(rows.error());
    for (std::size_t looked = 0; looked < presence::kMostHidden; ++looked) {
        auto more = rows->next();
        if (!more) return std::unexpected(more.error());
        if (!*more || rows->integer(1) < start_ms) return 0;
        auto message = message_of(*rows, db.path());
        if (!message) return std::unexpected(message.error());
        if (!room.shows || room.shows(*message)) return message->id;
    }
    return 0;
}

}  // namespace

Result<void> read_times_ahead(Database& db, std::int64_t from_ms, const TimeSink& sink) {
    const std::int64_t near_ms = from_ms + std::chrono::milliseconds(presence::kClockSlack).count();
    Statement near(db, "SELECT conversation, MAX(time_ms) FROM message INDEXED BY message_time WHERE time_ms BETWEEN ?1 AND ?2"
                       " GROUP BY conversation");
    Statement far(db, "SELECT conversation, time_ms FROM message INDEXED BY message_time WHERE time_ms > ?2 ORDER BY time_ms LIMIT ?1");
    const auto read = [&](Statement& select, std::int64_t first) -> Result<void> {
        auto rows = select.query(first, near_ms);
        if (!rows) return std::unexpected(rows.error());
        for (;;) {
            auto more = rows->next();
            if (!more) return std::unexpected(more.error());
            if (!*more) return {};
            sink(std::string(rows->bytes(0)), rows->integer(1));
        }
    };
    if (auto done = read(near, from_ms); !done) return done;
    return read(far, static_cast<std::int64_t>(kMostTimesAhead));
}

Result<TalkPage> read_talk(Database& db, const TalkQuery& query) {
    TalkPage page;
    Statement newest_of(db, kNewest), messages(db, messages_sql());
    const auto newest = find_number(newest_of, std::string_view(query.conversation));
    if (!newest) return std::unexpected(newest.error());
    page.newest = *newest;
    TalkQuery until_now = query;  // what comes while it is read is for the next time
    until_now.below = std::min(query.below, page.newest + 1);
    if (const auto done = collect(db, messages, until_now, page); !done) return std::unexpected(done.error());
    return page;
}

Result<RecentPage> read_recent(Database& db, const RecentQuery& query) {
    RecentPage page;
    page.high = query.high;
    if (page.high == 0) {
        Statement highest(db, kHighest);
        const auto high = find_number(highest);
        if (!high) return std::unexpected(high.error());
        page.high = *high;
    }
    Statement newest_since(db, kNewestSince), messages(db, messages_sql());  // prepared once, however many talks there are
    NewestTalks newest(std::clamp<std::size_t>(query.limit, 1, kMostTalkPage));  // ids first: of most talks no message is read
    const auto look = [&](const std::string& talk, const Result<std::uint64_t>& id) -> Result<void> {
        if (!id) return std::unexpected(id.error());
        if (*id > query.above && *id < query.below) newest.add(*id, talk);
        return {};
    };
    const auto talks = for_each_talk(db, query.key, [&](const std::string& talk) {
        return look(talk, find_number(newest_since, std::string_view(talk), signed_of(page.high + 1), query.start_ms));
    });
    if (!talks) return std::unexpected(talks.error());
    Statement at_time(db, kAtTime);
    for (const presence::RecentRoom& room : query.rooms) {
        const std::int64_t start_ms = std::max(query.start_ms, room.since_ms);
        if (room.until_ms != 0 && room.until_ms < start_ms) continue;
        const auto id = room.until_ms != 0 ? find_number(at_time, std::string_view(room.conversation), room.until_ms, signed_of(page.high + 1))
                                           : newest_shown(db, messages, room, page.high, start_ms);
        if (const auto done = look(room.conversation, id); !done) return std::unexpected(done.error());
    }
    page.more = newest.more();
    auto found = newest.take();
    std::size_t bytes = 0;
    for (auto& [id, talk] : found) {
        if (bytes >= kMostTalkBytes) {
            page.more = true;
            break;
        }
        TalkPage last;
        if (const auto done = collect(db, messages, {std::move(talk), id + 1, id - 1, 0, 1}, last); !done) {
            return std::unexpected(done.error());
        }
        for (const ArchivedMessage& message : last.messages) bytes += written_size(message.octets);
        std::ranges::move(last.messages, std::back_inserter(page.newest));
    }
    return page;
}

}  // namespace store
