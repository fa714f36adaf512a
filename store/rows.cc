// store/rows.cc: packing, unpacking and doubting rows.
// SPDX-License-Identifier: Apache-2.0
#include "store/rows.h"

#include <algorithm>
#include <charconv>

#include "store/sum.h"

namespace store {

using base::Errc;
using base::Result;
using presence::ArchivedMessage;

std::uint64_t sum_of_record(int kind, std::uint16_t shard, std::string_view key, std::string_view value) {
    return Sum().add(static_cast<std::uint64_t>(kind) << 16 | shard).add(key).add(value).value();
}

std::uint64_t sum_of_message(const ArchivedMessage& message) {
    return Sum()
        .add(message.id)
        .add(static_cast<std::uint64_t>(message.time_ms))
        .add(message.conversation)
        .add(message.sender)
        .add(pack_receivers(message.receivers))
        .add(message.session_id)
        .add(message.content_type)
        .add(message.octets)
        .add(message.text)
        .value();
}

std::string pack_receivers(const std::vector<std::string>& receivers) {
    std::string out;
    for (const std::string& receiver : receivers) out += std::to_string(receiver.size()) + ":" + receiver;
    return out;
}

std::vector<std::string> unpack_receivers(std::string_view packed) {
    std::vector<std::string> out;
    while (!packed.empty()) {
        std::size_t size = 0;
        const auto [end, bad] = std::from_chars(packed.data(), packed.data() + packed.size(), size);
        const auto head = static_cast<std::size_t>(end - packed.data());
        // Broken: the sum over what is read does not fit then, and the row counts as damaged.
        if (bad != std::errc() || head >= packed.size() || packed[head] != ':' || size > packed.size() - head - 1) break;
        out.emplace_back(packed.substr(head + 1, size));
        packed.remove_prefix(head + 1 + size);
    }
    return out;
}

ArchivedMessage message_as_found(const Rows& row) {
    ArchivedMessage out;
    out.id = static_cast<std::uint64_t>(row.integer(0));
    out.time_ms = row.integer(1);
    out.conversation = row.bytes(2);
    out.sender = row.bytes(3);
    out.receivers = unpack_receivers(row.bytes(4));
    out.session_id = row.bytes(5);
    out.content_type = row.bytes(6);
    out.octets = row.bytes(7);
    out.text = row.bytes(8);
    return out;
}

Result<ArchivedMessage> message_of(const Rows& row, const std::string& path) {
    ArchivedMessage out = message_as_found(row);
    if (sum_of_message(out) == static_cast<std::uint64_t>(row.integer(kMessageSum))) return out;
    return std::unexpected(damaged(path, "message " + std::to_string(out.id) + " is damaged"));
}

std::int64_t Tallies::commits() const {
    std::int64_t most = 0;
    for (const auto& [kind, tally] : of) most = std::max(most, tally.commits);
    return most;
}

std::uint64_t Tallies::sum_of(int kind) const {
    const Tally& tally = of.at(kind);
    return Sum()
        .add(store)
        .add(static_cast<std::uint64_t>(kind))
        .add(static_cast<std::uint64_t>(tally.rows))
        .add(tally.total)
        .add(static_cast<std::uint64_t>(tally.commits))
        .add(static_cast<std::uint64_t>(tally.last))
        .value();
}

Result<Tallies> read_tallies(Database& db) {
    Tallies out;
    auto id = db.text("SELECT lower(hex(id)) FROM store");
    if (!id) return std::unexpected(id.error());
    out.store = *id;
    Statement all(db, "SELECT kind, records, total, commits, last, sum FROM tally");
    auto read = for_each_row(all.query(), [&](const Rows& row) -> Result<void> {
        const auto kind = static_cast<int>(std::clamp<std::int64_t>(row.integer(0), -1, kRecentKind + 1));
        out.of[kind] = {row.integer(1), static_cast<std::uint64_t>(row.integer(2)), row.integer(3), row.integer(4)};
        if (out.sum_of(kind) == static_cast<std::uint64_t>(row.integer(5))) return {};
        return std::unexpected(damaged(db.path(), "its tally is damaged"));
    });
    if (!read) return std::unexpected(read.error());
    return out;
}

Result<void> rename_store(Database& db) {
    auto tallies = read_tallies(db);
    if (!tallies) return std::unexpected(tallies.error());
    auto whole = Transaction::begin(db, Transaction::Kind::writing);
    if (!whole) return std::unexpected(whole.error());
    if (auto done = db.run("UPDATE store SET id = randomblob(16)"); !done) return done;
    auto id = db.text("SELECT lower(hex(id)) FROM store");
    if (!id) return std::unexpected(id.error());
    tallies->store = *id;
    Statement sum(db, "UPDATE tally SET sum = ?2 WHERE kind = ?1");
    for (const auto& [kind, tally] : tallies->of) {
        if (auto done = sum.run(kind, tallies->sum_of(kind)); !done) return done;
    }
    return whole->commit();
}

base::Error damaged(const std::string& path, const std::string& what) {
    return {Errc::internal, path + ": " + what + "; restore a backup"};
}

}  // namespace store
