// store/tables.cc: the SQL of the writer.
// SPDX-License-Identifier: Apache-2.0
#include "store/tables.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/check.h"
#include "store/merge.h"

namespace store {

using base::Result;
using presence::ArchivedMessage;
using presence::Record;

namespace {

int kind_of(char kind) { return static_cast<unsigned char>(kind); }

Result<std::vector<std::int64_t>> ids_of(Result<Rows> rows) {
    std::vector<std::int64_t> out;
    auto read = for_each_row(std::move(rows), [&out](const Rows& row) -> Result<void> {
        out.push_back(row.integer(0));
        return {};
    });
    if (!read) return std::unexpected(read.error());
    return out;
}

}  // namespace

Tables::Tables(Database& db, Tallies tallies)
    : db_(db),
      kept_(std::move(tallies)),
      now_(kept_),
      recent_(db),
      sum_of_(db, "SELECT sum FROM rec WHERE kind = ?1 AND shard = ?2 AND k = ?3"),
      put_(db, "INSERT INTO rec (kind, shard, k, v, sum) VALUES (?1, ?2, ?3, ?4, ?5)"
               " ON CONFLICT (kind, shard, k) DO UPDATE SET v = excluded.v, sum = excluded.sum"),
      erase_(db, "DELETE FROM rec WHERE kind = ?1 AND shard = ?2 AND k = ?3 RETURNING sum"),
      scan_(db, "SELECT k, v, sum FROM rec WHERE kind = ?1 AND shard = ?2 AND k >= ?3 AND k <> ?4 ORDER BY k LIMIT ?5"),
      tally_(db, "INSERT OR REPLACE INTO tally (kind, records, total, commits, last, sum)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
      add_(db, "INSERT INTO message (id, time_ms, conversation, sender, receivers, session_id, content_type, octets,"
               " text, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
      add_receiver_(db, "INSERT OR IGNORE INTO receiver (principal, message) VALUES (?1, ?2)"),
      add_text_(db, "INSERT INTO message_text (rowid, text) VALUES (?1, ?2)"),
      message_(db, std::string("SELECT ") + kMessageColumns + " FROM message m WHERE m.id = ?1"),
      drop_(db, "DELETE FROM message WHERE id = ?1"),
      drop_receiver_(db, "DELETE FROM receiver WHERE principal = ?1 AND message = ?2"),
      drop_text_(db, "INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', ?1, ?2)"),
      readdress_(db, "UPDATE message SET receivers = ?2, sum = ?3 WHERE id = ?1"),
      sent_(db, "SELECT id FROM message WHERE sender = ?1 LIMIT ?2"),
      received_(db, "SELECT message FROM receiver WHERE principal = ?1 LIMIT ?2"),
      old_(db, "SELECT id FROM message WHERE time_ms < ?1 ORDER BY time_ms LIMIT ?2") {}

Result<void> Tables::look() {
    const auto there = read_recent(db_, kept_);
    if (!there) return std::unexpected(there.error());
    recent_.start_with(*there);
    return {};
}

Result<void> Tables::apply(const Record& record) {
    if (at_once_[static_cast<unsigned char>(record.kind)]) return place(record);
    recent_.add(record);
    return {};
}

Result<bool> Tables::place_recent(std::size_t most) {
    if (!recent_.rows_left()) return false;
    for (; most > 0; --most) {
        const auto next = recent_.next();
        if (!next) return std::unexpected(next.error());
        if (!*next) break;
        if (auto done = place(**next); !done) return std::unexpected(done.error());
    }
    if (most == 0) return true;
    if (auto done = recent_.forget(change(kRecentKind)); !done) return std::unexpected(done.error());
    return recent_.rows_left();
}

Result<void> Tables::place_all() {
    while (recent_.rows_left()) {
        const auto placed = place_recent(std::numeric_limits<std::size_t>::max());
        if (!placed) return std::unexpected(placed.error());
    }
    for (const Record& record : recent_.take_added()) {
        if (auto done = place(record); !done) return done;
    }
    return {};
}

Result<void> Tables::place(const Record& record) {
    return record.act == Record::Act::put ? put(record) : erase(record);
}

Result<void> Tables::put(const Record& record) {
    const int kind = kind_of(record.kind);
    const Blob key{record.key};
    const std::uint64_t sum = sum_of_record(kind, record.shard, record.key, record.value);
    bool known = false;
    std::uint64_t before = 0;
    {
        auto rows = sum_of_.query(kind, record.shard, key);
        if (!rows) return std::unexpected(rows.error());
        auto found = rows->next();
        if (!found) return std::unexpected(found.error());
        known = *found;
        if (known) before = static_cast<std::uint64_t>(rows->integer(0));
    }
    if (auto done = put_.run(kind, record.shard, key, Blob{record.value}, sum); !done) return done;
    Tally& tally = change(kind);
    if (known) tally.remove(before);
    tally.add(sum);
    return {};
}

Result<void> Tables::erase(const Record& record) {
    const int kind = kind_of(record.kind);
    return for_each_row(erase_.query(kind, record.shard, Blob{record.key}), [&](const Rows& row) -> Result<void> {
        change(kind).remove(static_cast<std::uint64_t>(row.integer(0)));
        return {};
    });
}

Result<void> Tables::add(const ArchivedMessage& given) {
    ArchivedMessage message = given;
    const std::int64_t id = now_.of[kMessageKind].last + 1;
    message.id = static_cast<std::uint64_t>(id);
    const std::uint64_t sum = sum_of_message(message);
    const std::string receivers = pack_receivers(message.receivers);
    const std::string_view conversation = message.conversation, sender = message.sender, text = message.text;
    const std::string_view session = message.session_id, type = message.content_type;
    if (auto done = add_.run(id, message.time_ms, conversation, sender, Blob{receivers}, session, type,
                             Blob{message.octets}, text, sum);
        !done) {
        return done;
    }
    for (const std::string& receiver : message.receivers) {
        if (auto done = add_receiver_.run(std::string_view(receiver), id); !done) return done;
    }
    if (!text.empty()) {
        if (auto done = add_text_.run(id, text); !done) return done;
    }
    Tally& tally = change(kMessageKind);
    tally.add(sum);
    tally.last = id;
    return {};
}

Result<void> Tables::remove_message(std::int64_t id) {
    ArchivedMessage message;
    std::uint64_t sum = 0;
    {
        auto rows = message_.query(id);
        if (!rows) return std::unexpected(rows.error());
        auto found = rows->next();
        if (!found) return std::unexpected(found.error());
        if (!*found) return {};
        message = message_as_found(*rows);
        sum = static_cast<std::uint64_t>(rows->integer(kMessageSum));
    }
    if (!message.text.empty()) {
        if (auto done = drop_text_.run(id, std::string_view(message.text)); !done) return done;
    }
    for (const std::string& receiver : message.receivers) {
        if (auto done = drop_receiver_.run(std::string_view(receiver), id); !done) return done;
    }
    if (auto done = drop_.run(id); !done) return done;
    change(kMessageKind).remove(sum);
    return {};
}

Result<void> Tables::remove_receiver(std::int64_t id, std::string_view principal) {
    ArchivedMessage message;
    std::uint64_t before = 0;
    {
        auto rows = message_.query(id);
        if (!rows) return std::unexpected(rows.error());
        auto found = rows->next();
        if (!found) return std::unexpected(found.error());
        if (!*found) return drop_receiver_.run(principal, id);
        message = message_as_found(*rows);
        before = static_cast<std::uint64_t>(rows->integer(kMessageSum));
    }
    // A damaged message can never be read again: it goes whole, and is not made to look sound.
    const bool sound = sum_of_message(message) == before;
    std::erase(message.receivers, principal);
    if (auto done = drop_receiver_.run(principal, id); !done) return done;
    if (!sound || message.receivers.empty()) return remove_message(id);
    const std::uint64_t sum = sum_of_message(message);
    const std::string receivers = pack_receivers(message.receivers);
    if (auto done = readdress_.run(id, Blob{receivers}, sum); !done) return done;
    Tally& tally = change(kMessageKind);
    tally.remove(before);
    tally.add(sum);
    return {};
}

Result<std::vector<std::int64_t>> Tables::sent_by(std::string_view url, std::size_t limit) {
    return ids_of(sent_.query(url, limit));
}
Result<std::vector<std::int64_t>> Tables::received_by(std::string_view principal, std::size_t limit) {
    return ids_of(received_.query(principal, limit));
}
Result<std::vector<std::int64_t>> Tables::older_than(std::int64_t time_ms, std::size_t limit) {
    return ids_of(old_.query(time_ms, limit));
}

Result<std::vector<Record>> Tables::scan(std::uint16_t shard, char kind, std::string_view prefix,
                                         std::string_view after, std::size_t limit) {
    if (!recent_.holds(kind)) return scan_places(shard, kind, prefix, after, limit);
    auto recent = read_recent(db_);
    if (!recent) return std::unexpected(recent.error());
    std::erase_if(recent->records, [&](const Record& r) {
        return r.kind != kind || r.shard != shard || !r.key.starts_with(prefix) || r.key <= after;
    });
    // Each of them may take one away.
    auto placed = scan_places(shard, kind, prefix, after, limit + recent->records.size());
    if (!placed) return placed;
    std::vector<Record> out;
    Merge merge(recent->records, [&out](Record& r) { out.push_back(std::move(r)); });
    merge.begin(kind);
    for (Record& record : *placed) merge.see(record);
    merge.end();
    out.resize(std::min(out.size(), limit));
    return out;
}

Result<std::vector<Record>> Tables::scan_places(std::uint16_t shard, char kind, std::string_view prefix,
                                                std::string_view after, std::size_t limit) {
    std::vector<Record> out;
    auto rows = scan_.query(kind_of(kind), shard, Blob{std::max(prefix, after)}, Blob{after}, limit);
    if (!rows) return std::unexpected(rows.error());
    for (;;) {
        auto more = rows->next();
        if (!more) return std::unexpected(more.error());
        if (!*more || !rows->bytes(0).starts_with(prefix)) return out;
        Record& record = out.emplace_back();
        record.shard = shard;
        record.kind = kind;
        record.key = rows->bytes(0);
        record.value = rows->bytes(1);
        const std::uint64_t sum = sum_of_record(kind_of(kind), shard, record.key, record.value);
        if (sum != static_cast<std::uint64_t>(rows->integer(2))) {
            return std::unexpected(damaged(db_.path(), "a record of kind '" + std::string(1, kind) + "' is damaged"));
        }
    }
}

Result<bool> Tables::tidy_text(bool first) {
    // A negative number of pages begins to merge the whole index into one piece, a positive one goes on with it; it
    // has nothing left to do when it changes less than two rows. The old pieces hold the words of what was erased.
    constexpr int kPages = 200;
    const auto before = db_.number("SELECT total_changes()");
    if (!before) return std::unexpected(before.error());
    const std::string pages = std::to_string(first ? -kPages : kPages);
    auto done = db_.run("INSERT INTO message_text (message_text, rank) VALUES ('merge', " + pages + ")");
    if (!done) return std::unexpected(done.error());
    const auto after = db_.number("SELECT total_changes()");
    if (!after) return std::unexpected(after.error());
    touch();
    return *after - *before >= 2;
}

Result<void> Tables::seal() {
    if (recent_.added()) {
        if (auto done = recent_.seal(change(kRecentKind)); !done) return done;
    }
    if (changed_.empty()) return {};
    const std::int64_t number = kept_.commits() + 1;
    for (const int kind : changed_) {
        Tally& tally = now_.of[kind];
        tally.commits = number;
        auto done = tally_.run(kind, tally.rows, tally.total, number, tally.last, now_.sum_of(kind));
        if (!done) return done;
    }
    return {};
}

void Tables::kept() {
    for (const int kind : changed_) kept_.of[kind] = now_.of[kind];
    changed_.clear();
    recent_.kept();
}

void Tables::undone() {
    now_ = kept_;
    changed_.clear();
    recent_.undone();
}

}  // namespace store
