// store/tables.h: all writing to the tables, with statements kept ready, sums and tallies kept true.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "presence/ports.h"
#include "store/recent.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace store {

/// Borrows its database. Writes happen inside a transaction of the caller's: seal() just before it commits, kept()
/// or undone() after. Thread: that of the database.
class Tables {
public:
    Tables(Database& db, Tallies tallies);

    /// To be called first, of a store that was there. Errc::internal: recent records are damaged, or missing.
    [[nodiscard]] base::Result<void> look();
    /// Keeps it among the recent ones, save of a kind that has its place at once.
    [[nodiscard]] base::Result<void> apply(const presence::Record& record);
    /// Puts it in its place, or erases what stands there. None of its kind may be among the recent ones.
    [[nodiscard]] base::Result<void> place(const presence::Record& record);
    /// Gives up to `most` recent records their places; whether some are left, of later rows too.
    [[nodiscard]] base::Result<bool> place_recent(std::size_t most);
    /// All of them, and what this transaction has added.
    [[nodiscard]] base::Result<void> place_all();
    [[nodiscard]] const Recent& recent() const { return recent_; }
    /// From now on that kind has its place at once, since it is scanned for.
    void place_at_once(char kind) { at_once_[static_cast<unsigned char>(kind)] = true; }
    /// Gives the message its id; what stood there is not looked at.
    [[nodiscard]] base::Result<void> add(const presence::ArchivedMessage& message);
    /// No such message: nothing happens. A damaged one goes as well.
    [[nodiscard]] base::Result<void> remove_message(std::int64_t id);
    /// Takes `principal` (a key) off the receivers; a message without any goes.
    [[nodiscard]] base::Result<void> remove_receiver(std::int64_t id, std::string_view principal);
    /// Up to `limit` ids from a query that binds its own name first and the limit second.
    [[nodiscard]] base::Result<std::vector<std::int64_t>> sent_by(std::string_view url, std::size_t limit);
    [[nodiscard]] base::Result<std::vector<std::int64_t>> received_by(std::string_view principal, std::size_t limit);
    [[nodiscard]] base::Result<std::vector<std::int64_t>> older_than(std::int64_t time_ms, std::size_t limit);
    /// See Journal::scan; verified. Recent records count as if they had their places, but it is quicker when they do.
    [[nodiscard]] base::Result<std::vector<presence::Record>> scan(std::uint16_t shard, char kind,
                                                                   std::string_view prefix, std::string_view after,
                                                                   std::size_t limit);
    /// Moves words of erased messages out of the full-text index, a bite at a time; false when nothing is left to do.
    [[nodiscard]] base::Result<bool> tidy_text(bool first);

    /// Something is to be written even if nothing else changed.
    void touch() { changed_.insert(kMessageKind); }
    /// Writes the tallies of what changed, under the next commit number.
    [[nodiscard]] base::Result<void> seal();
    void kept();
    void undone();
    [[nodiscard]] bool changed() const { return !changed_.empty() || recent_.added(); }
    /// As of the last commit.
    [[nodiscard]] const Tallies& tallies() const { return kept_; }

private:
    [[nodiscard]] base::Result<std::vector<presence::Record>> scan_places(std::uint16_t shard, char kind, std::string_view prefix,
                                                                          std::string_view after, std::size_t limit);
    [[nodiscard]] base::Result<void> put(const presence::Record& record);
    [[nodiscard]] base::Result<void> erase(const presence::Record& record);
    Tally& change(int kind) {
        changed_.insert(kind);
        return now_.of[kind];
    }

    Database& db_;
    Tallies kept_;  // as on disk
    Tallies now_;   // with what this transaction did
    std::set<int> changed_;
    Recent recent_;
    std::array<bool, 256> at_once_{};
    Statement sum_of_, put_, erase_, scan_, tally_;
    Statement add_, add_receiver_, add_text_, message_, drop_, drop_receiver_, drop_text_, readdress_;
    Statement sent_, received_, old_;
};

}  // namespace store
