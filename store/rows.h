// store/rows.h: records, messages and tallies as rows, each with its check sum.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "presence/ports.h"
#include "store/sqlite.h"

namespace store {

/// The sum kept beside a record. An unsigned 64-bit number; its bits are what SQLite's signed column holds.
[[nodiscard]] std::uint64_t sum_of_record(int kind, std::uint16_t shard, std::string_view key, std::string_view value);
[[nodiscard]] std::uint64_t sum_of_message(const presence::ArchivedMessage& message);

/// What message_of reads, in this order; `m` is what the query calls the table.
inline constexpr const char* kMessageColumns =
    "m.id, m.time_ms, m.conversation, m.sender, m.receivers, m.session_id, m.content_type, m.octets, m.text, m.sum";
inline constexpr int kMessageSum = 9;
/// The message in a row of kMessageColumns. Errc::internal, naming `path` and the message, if it is damaged.
[[nodiscard]] base::Result<presence::ArchivedMessage> message_of(const Rows& row, const std::string& path);
/// The same without a doubt, for those who only want to be rid of it.
[[nodiscard]] presence::ArchivedMessage message_as_found(const Rows& row);

/// The column `receivers`: "5:/a/bc4:/d/e", so that a key may hold any byte.
[[nodiscard]] std::string pack_receivers(const std::vector<std::string>& receivers);
[[nodiscard]] std::vector<std::string> unpack_receivers(std::string_view packed);

/// The number under which messages are tallied; records have that of their kind, 0 to 255.
inline constexpr int kMessageKind = 256;
/// And rows of recent records.
inline constexpr int kRecentKind = 257;

/// How many rows of a kind there are, and what their sums add up to (modulo 2^64).
struct Tally {
    std::int64_t rows = 0;
    std::uint64_t total = 0;
    std::int64_t commits = 0;  ///< the number of the last commit that changed it; the highest of all is the store's
    std::int64_t last = 0;     ///< the highest id ever given, to a message or a row of recent records

    void add(std::uint64_t sum) {
        ++rows;
        total += sum;
    }
    void remove(std::uint64_t sum) {
        --rows;
        total -= sum;
    }
    [[nodiscard]] bool counts_like(const Tally& other) const { return rows == other.rows && total == other.total; }
};

/// The store's id and all its tallies.
struct Tallies {
    std::string store;  ///< 32 hex letters
    std::map<int, Tally> of;
    [[nodiscard]] std::int64_t commits() const;
    [[nodiscard]] std::uint64_t sum_of(int kind) const;
};
/// Errc::internal, naming the file, if one of them is damaged.
[[nodiscard]] base::Result<Tallies> read_tallies(Database& db);

/// Gives the store a new id, its tallies unchanged.
[[nodiscard]] base::Result<void> rename_store(Database& db);

/// `path: what is wrong with it; restore a backup`.
[[nodiscard]] base::Error damaged(const std::string& path, const std::string& what);

}  // namespace store
