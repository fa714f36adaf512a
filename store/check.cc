// store/check.cc: rows against sums, sums against tallies, pages against SQLite.
// SPDX-License-Identifier: Apache-2.0
#include "store/check.h"

#include <algorithm>
#include <string>
#include <vector>

#include "store/schema.h"

namespace store {

using base::Result;
using presence::Record;

namespace {

std::string kind_text(int kind) {
    if (kind == kMessageKind) return "messages";
    if (kind == kRecentKind) return "recent records";
    return kind > 32 && kind < 127 ? std::string("records of kind '") + static_cast<char>(kind) + "'"
                                   : "records of kind " + std::to_string(kind);
}

Result<void> compare(const Database& db, int kind, const Tally& counted, const Tallies& tallies) {
    const auto promised = tallies.of.find(kind);
    const Tally wanted = promised == tallies.of.end() ? Tally{} : promised->second;
    if (counted.counts_like(wanted)) return {};
    return std::unexpected(damaged(db.path(), kind_text(kind) + " are missing or not the latest (" +
                                                  std::to_string(counted.rows) + " found, " +
                                                  std::to_string(wanted.rows) + " kept)"));
}

Result<void> check_messages(Database& db, const Tallies& tallies) {
    // As a table, not by an index: what an index lost is what we look for.
    Statement all(db, std::string("SELECT ") + kMessageColumns + " FROM message m NOT INDEXED ORDER BY m.id");
    // The index by principal is a table for SQLite, so its own check would not miss a row.
    Statement listed(db, "SELECT count(*) FROM receiver WHERE principal = ?1 AND message = ?2");
    Tally counted;
    std::int64_t places = 0;
    auto read = for_each_row(all.query(), [&](const Rows& row) -> Result<void> {
        auto message = message_of(row, db.path());
        if (!message) return std::unexpected(message.error());
        counted.add(static_cast<std::uint64_t>(row.integer(kMessageSum)));
        for (const std::string& receiver : message->receivers) {
            auto found = listed.query(std::string_view(receiver), row.integer(0));
            if (!found) return std::unexpected(found.error());
            if (auto counted_one = found->next(); !counted_one || !*counted_one) return std::unexpected(db.error("cannot count"));
            if (found->integer(0) != 1) {
                return std::unexpected(damaged(db.path(), "a receiver of message " + std::to_string(message->id) +
                                                              " is missing"));
            }
        }
        std::vector<std::string>& all_of_it = message->receivers;
        std::sort(all_of_it.begin(), all_of_it.end());
        places += std::unique(all_of_it.begin(), all_of_it.end()) - all_of_it.begin();
        return {};
    });
    if (!read) return read;
    const auto kept = db.number("SELECT count(*) FROM receiver");
    if (!kept) return std::unexpected(kept.error());
    if (*kept != places) return std::unexpected(damaged(db.path(), "it lists receivers of no message"));
    return compare(db, kMessageKind, counted, tallies);
}

Result<void> check_kinds(Database& db, const Tallies& tallies) {
    Statement kinds(db, "SELECT DISTINCT kind FROM rec");
    auto known = for_each_row(kinds.query(), [&](const Rows& row) -> Result<void> {
        const std::int64_t kind = row.integer(0);
        if (kind >= 0 && kind < kMessageKind && tallies.of.contains(static_cast<int>(kind))) return {};
        return std::unexpected(damaged(db.path(), "it has records of a kind that was never written"));
    });
    if (!known) return known;
    for (const auto& [kind, tally] : tallies.of) {
        if (kind >= kMessageKind) continue;
        if (auto read = read_records(db, kind, tallies, [](const Record&) {}); !read) return read;
    }
    return {};
}

}  // namespace

Result<RecentRecords> read_recent(Database& db, const Tallies& tallies) {
    auto recent = read_recent(db);
    if (!recent) return recent;
    Tally counted;
    for (const std::uint64_t sum : recent->sums) counted.add(sum);
    if (auto all = compare(db, kRecentKind, counted, tallies); !all) return std::unexpected(all.error());
    return recent;
}

Result<void> read_records(Database& db, int kind, const Tallies& tallies,
                          const presence::RecordSink& sink) {
    Statement all(db, "SELECT shard, k, v, sum FROM rec WHERE kind = ?1 ORDER BY shard, k");
    Tally counted;
    Record record;
    auto read = for_each_row(all.query(kind), [&](const Rows& row) -> Result<void> {
        const std::int64_t shard = row.integer(0);
        record.act = Record::Act::put;
        record.kind = static_cast<char>(kind);
        record.shard = static_cast<std::uint16_t>(shard);
        record.key = row.bytes(1);
        record.value = row.bytes(2);
        const std::uint64_t sum = sum_of_record(kind, record.shard, record.key, record.value);
        if (shard != record.shard || sum != static_cast<std::uint64_t>(row.integer(3))) {
            return std::unexpected(damaged(db.path(), "one of its " + kind_text(kind) + " is damaged"));
        }
        counted.add(sum);
        sink(record);
        return {};
    });
    if (!read) return read;
    return compare(db, kind, counted, tallies);
}

Result<void> check_store(Database& db) {
    if (auto ours = check_identity(db); !ours) return ours;
    // One snapshot, or what is written meanwhile would look like damage.
    auto snapshot = Transaction::begin(db, Transaction::Kind::reading);
    if (!snapshot) return std::unexpected(snapshot.error());
    const auto tallies = read_tallies(db);
    if (!tallies) return std::unexpected(tallies.error());
    if (auto good = check_kinds(db, *tallies); !good) return good;
    if (auto good = check_messages(db, *tallies); !good) return good;
    // A backup of an earlier schema has no such table yet.
    const auto schema = db.number("PRAGMA user_version");
    if (!schema) return std::unexpected(schema.error());
    if (*schema >= kSchemaWithRecent) {
        if (auto good = read_recent(db, *tallies); !good) return std::unexpected(good.error());
    }
    const auto verdict = db.text("PRAGMA integrity_check(1)");
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict != "ok") {
        std::string line = *verdict;
        for (char& c : line) c = c == '\n' ? ' ' : c;
        return std::unexpected(damaged(db.path(), "it is damaged: " + line));
    }
    return {};
}

}  // namespace store
