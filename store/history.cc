// store/history.cc: one question as SQL, its answer verified row by row.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "store/history.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "store/rows.h"

namespace store {

using base::Errc;
using base::Result;
using presence::ArchivedMessage;

namespace {

/// A page ends early once it holds so much.
constexpr std::size_t kMostBytes = 8U << 20;

/// The last message of the page before.
struct Place {
    std::int64_t time_ms = 0;
    std::int64_t id = 0;
};

std::string token_of(const ArchivedMessage& message) {
    return std::to_string(message.time_ms) + "." + std::to_string(message.id);
}

std::optional<Place> place_of(std::string_view token) {
    Place out;
    const char* const end = token.data() + token.size();
    const auto time = std::from_chars(token.data(), end, out.time_ms);
    if (time.ec != std::errc() || time.ptr == end || *time.ptr != '.') return std::nullopt;
    const auto id = std::from_chars(time.ptr + 1, end, out.id);
    if (id.ec != std::errc() || id.ptr != end || out.id < 1) return std::nullopt;
    return out;
}

/// ?1 words, ?2 id and ?6 time of the place, ?3 conversation, ?4 from, ?5 until, ?7 how many.
std::string sql_of(const HistoryQuery& query) {
    const bool newest = query.order == HistoryQuery::Order::newest_first;
    const std::string past = newest ? " < " : " > ";
    const std::string order = newest ? " DESC" : " ASC";
    std::string sql = std::string("SELECT ") + kMessageColumns + " FROM ";
    if (!query.words.empty()) {
        sql += "message_text CROSS JOIN message m ON m.id = message_text.rowid"
               " WHERE message_text MATCH ?1 AND message_text.rowid" + past + "?2";
        if (!query.conversation.empty()) sql += " AND m.conversation = ?3";
    } else if (!query.conversation.empty()) {
        sql += "message m INDEXED BY message_conversation WHERE m.conversation = ?3 AND m.id" + past + "?2";
    } else {
        sql += "message m INDEXED BY message_time WHERE (m.time_ms, m.id)" + past + "(?6, ?2)";
    }
    sql += " AND m.time_ms >= ?4 AND m.time_ms < ?5 ORDER BY ";
    if (!query.words.empty()) sql += "message_text.rowid" + order;
    else if (!query.conversation.empty()) sql += "m.id" + order;
    else sql += "m.time_ms" + order + ", m.id" + order;
    return sql + " LIMIT ?7";
}

std::unexpected<base::Error> why(const Database& db, const HistoryQuery& query, base::Error error) {
    if (query.words.empty() || !db.blames_statement()) return std::unexpected(std::move(error));
    return base::fail(Errc::malformed, "these words make no query: " + db.complaint());
}

}  // namespace

Result<HistoryPage> read_history(Database& db, const HistoryQuery& query) {
    const bool newest = query.order == HistoryQuery::Order::newest_first;
    Place after{newest ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min(),
                newest ? std::numeric_limits<std::int64_t>::max() : 0};
    if (!query.token.empty()) {
        const auto place = place_of(query.token);
        if (!place) return base::fail(Errc::malformed, "this token was never given: " + query.token.substr(0, 60));
        after = *place;
    }
    const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kMostPerPage);
    HistoryPage page;
    std::size_t bytes = 0;
    Statement select(db, sql_of(query));
    auto rows = select.query(std::string_view(query.words), after.id, std::string_view(query.conversation),
                             query.from_ms, query.until_ms, after.time_ms, limit + 1);
    if (!rows) return why(db, query, rows.error());
    for (;;) {
        auto more = rows->next();
        if (!more) return why(db, query, more.error());
        if (!*more) return page;
        // One more than asked for: there is another page.
        if (page.messages.size() == limit || bytes >= kMostBytes) {
            page.next = token_of(page.messages.back());
            return page;
        }
        auto message = message_of(*rows, db.path());
        if (!message) return std::unexpected(message.error());
        // An index that points elsewhere is believed by SQLite, not by us.
        if (!query.conversation.empty() && message->conversation != query.conversation) {
            return std::unexpected(damaged(db.path(), "an index over messages is damaged"));
        }
        bytes += message->octets.size() + message->text.size();
        page.messages.push_back(std::move(*message));
    }
}

}  // namespace store
