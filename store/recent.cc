// store/recent.cc: records as they were committed, batch by batch, before they have their places.
// SPDX-License-Identifier: Apache-2.0
#include "store/recent.h"

#include <algorithm>
#include <utility>

#include "store/sum.h"

namespace store {

using base::Result;
using presence::Record;

namespace {

void append_number(std::string& out, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

/// Takes a number of so many bytes off the front; there are that many.
std::uint64_t take_number(std::string_view& from, std::size_t bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes; ++i) number |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
    from.remove_prefix(bytes);
    return number;
}

// act, kind, shard, size of the key, size of the value; lowest byte first, whatever the machine.
constexpr std::size_t kHead = 1 + 1 + 2 + 4 + 4;

std::uint64_t sum_of_row(std::int64_t n, std::string_view row) {
    return Sum().add(static_cast<std::uint64_t>(n)).add(row).value();
}

/// Of each place the last; in their order.
void keep_newest(std::vector<Record>& records) {
    std::ranges::stable_sort(records, {}, [](const Record& r) { return order_of(r); });
    std::size_t kept = 0;
    for (std::size_t at = 0; at < records.size(); ++at) {
        if (kept == 0 || order_of(records[kept - 1]) != order_of(records[at])) ++kept;
        if (kept - 1 != at) records[kept - 1] = std::move(records[at]);
    }
    records.resize(kept);
}

}  // namespace

void pack_record(std::string& row, const Record& r) {
    append_number(row, r.act == Record::Act::put ? 1 : 0, 1);
    row.push_back(r.kind);
    append_number(row, r.shard, 2);
    append_number(row, r.key.size(), 4);
    append_number(row, r.value.size(), 4);
    row.append(r.key).append(r.value);
}

std::optional<std::vector<Record>> unpack_records(std::string_view row) {
    std::vector<Record> out;
    while (!row.empty()) {
        if (row.size() < kHead) return std::nullopt;
        Record& r = out.emplace_back();
        const std::uint64_t act = take_number(row, 1);
        if (act > 1) return std::nullopt;
        r.act = act == 1 ? Record::Act::put : Record::Act::erase;
        r.kind = static_cast<char>(take_number(row, 1));
        r.shard = static_cast<std::uint16_t>(take_number(row, 2));
        const std::uint64_t key = take_number(row, 4);
        const std::uint64_t value = take_number(row, 4);
        if (key + value > row.size()) return std::nullopt;
        r.key = row.substr(0, key);
        r.value = row.substr(key, value);
        row.remove_prefix(key + value);
    }
    return out;
}

Result<RecentRecords> read_recent(Database& db) {
    Statement all(db, "SELECT n, records, sum FROM recent ORDER BY n");
    RecentRecords out;
    auto read = for_each_row(all.query(), [&](const Rows& row) -> Result<void> {
        out.last = row.integer(0);
        const std::string_view packed = row.bytes(1);
        const auto sum = static_cast<std::uint64_t>(row.integer(2));
        auto records = unpack_records(packed);
        if (!records || sum_of_row(out.last, packed) != sum) {
            return std::unexpected(damaged(db.path(), "its recent records " + std::to_string(out.last) + " are damaged"));
        }
        std::ranges::move(*records, std::back_inserter(out.records));
        out.sums.push_back(sum);
        out.bytes += packed.size();
        return {};
    });
    if (!read) return std::unexpected(read.error());
    keep_newest(out.records);
    return out;
}

Recent::Recent(Database& db)
    : db_(db),
      append_(db, "INSERT INTO recent (n, records, sum) VALUES (?1, ?2, ?3)"),
      forget_(db, "DELETE FROM recent WHERE n <= ?1") {}

void Recent::add(const Record& record) {
    pack_record(batch_, record);
    ++added_;
    kinds_[static_cast<unsigned char>(record.kind)] = true;
}

std::vector<Record> Recent::take_added() {
    auto added = unpack_records(batch_);
    batch_.clear();
    added_ = 0;
    return added ? std::move(*added) : std::vector<Record>();
}

Result<void> Recent::seal(Tally& tally) {
    const std::int64_t n = tally.last + 1;
    const std::uint64_t sum = sum_of_row(n, batch_);
    if (auto done = append_.run(n, Blob{batch_}, sum); !done) return done;
    tally.add(sum);
    tally.last = n;
    new_bytes_ = batch_.size();
    return {};
}

void Recent::start_with(const RecentRecords& there) {
    bytes_ = there.bytes;
    for (const Record& record : there.records) kinds_[static_cast<unsigned char>(record.kind)] = true;
}

Result<const Record*> Recent::next() {
    if (!taken_) {
        auto taken = read_recent(db_);
        if (!taken) return std::unexpected(taken.error());
        taken_ = std::move(*taken);
        at_ = 0;
    }
    return at_ < taken_->records.size() ? &taken_->records[at_++] : nullptr;
}

Result<void> Recent::forget(Tally& tally) {
    if (auto done = forget_.run(taken_->last); !done) return done;
    for (const std::uint64_t sum : taken_->sums) tally.remove(sum);
    gone_bytes_ += taken_->bytes;
    taken_.reset();
    return {};
}

void Recent::kept() {
    batch_.clear();
    if (new_bytes_ > 0) last_added_ = added_;
    added_ = 0;
    bytes_ += std::exchange(new_bytes_, 0);
    bytes_ -= std::exchange(gone_bytes_, 0);
    if (bytes_ == 0) kinds_.fill(false);
}

void Recent::undone() {
    batch_.clear();
    taken_.reset();  // what got its place in this transaction has it no more
    added_ = new_bytes_ = gone_bytes_ = 0;
}

}  // namespace store
