// store/recent.h: records as they were committed, batch by batch, before they have their places.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "presence/ports.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace store {

/// The records of one transaction as the bytes of one row, and back. nullopt: that is nothing packed.
void pack_record(std::string& row, const presence::Record& record);
[[nodiscard]] std::optional<std::vector<presence::Record>> unpack_records(std::string_view row);

/// What the table `recent` holds.
struct RecentRecords {
    std::vector<presence::Record> records;  ///< in the order of kind, shard and key; of each only the last
    std::int64_t last = 0;                  ///< row
    std::vector<std::uint64_t> sums;        ///< of the rows
    std::size_t bytes = 0;
};
/// Errc::internal names the file if a row is damaged.
[[nodiscard]] base::Result<RecentRecords> read_recent(Database& db);
/// Where a record stands among the others.
[[nodiscard]] inline auto order_of(const presence::Record& record) {
    return std::tuple(static_cast<unsigned char>(record.kind), record.shard, std::string_view(record.key));
}

/// The table `recent`: a commit writes all its records as one row at its end, which costs few pages however far apart
/// their places are. Later, when nobody waits, they are taken in the order of their places, and of each only the last.
/// Borrows its database; writes happen inside a transaction of the caller's, kept() or undone() after it.
/// Thread: that of the database.
class Recent {
public:
    explicit Recent(Database& db);

    /// With the next row.
    void add(const presence::Record& record);
    [[nodiscard]] bool added() const { return !batch_.empty(); }
    /// What was added, in its order; it comes with no row then.
    [[nodiscard]] std::vector<presence::Record> take_added();
    /// Whether a record of that kind is in it, or may be.
    [[nodiscard]] bool holds(char kind) const { return kinds_[static_cast<unsigned char>(kind)]; }
    [[nodiscard]] bool empty() const { return bytes_ == 0 && batch_.empty(); }
    /// Whether there are rows that this transaction has not given their places.
    [[nodiscard]] bool rows_left() const { return bytes_ > gone_bytes_; }
    /// Records in the row that was written last.
    [[nodiscard]] std::size_t last_added() const { return last_added_; }
    /// Of the rows that are there.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    /// Writes what was added, counted in `tally`, as the row after the last.
    [[nodiscard]] base::Result<void> seal(Tally& tally);
    /// The next record that is to have its place, in their order; null: all of them have. They are those of the rows that
    /// were there when the first was asked for, and so may be fewer than all. Errors are read_recent()'s. Lives until the
    /// next call.
    [[nodiscard]] base::Result<const presence::Record*> next();
    /// All that next() gave have their places: their rows go, and out of `tally`.
    [[nodiscard]] base::Result<void> forget(Tally& tally);
    /// What is there already, of a store that was opened.
    void start_with(const RecentRecords& there);

    void kept();
    void undone();

private:
    Database& db_;
    Statement append_, forget_;
    std::string batch_;                   // packed
    std::optional<RecentRecords> taken_;  // that are getting their places
    std::size_t at_ = 0;                  // of those
    std::array<bool, 256> kinds_{};
    std::size_t added_ = 0, last_added_ = 0;  // records
    std::size_t bytes_ = 0;
    std::size_t new_bytes_ = 0;   // of the transaction that runs
    std::size_t gone_bytes_ = 0;  // by it
};

}  // namespace store
