// doors/msnp_left.cc: threads that somebody has left.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_left.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace doors {

namespace {

constexpr std::size_t kLeaversAtATime = 500;

std::string left_key(const std::string& account, const std::string& room_id) { return account + '\0' + room_id; }
std::string leaver_key(const std::string& room_id, const std::string& account) { return room_id + '\0' + account; }

void forget_leavers_behind(presence::Journal& journal, const std::string& room_key, const std::string& room_id, const std::string& after) {
    journal.scan(presence::shard_of(room_key), LeaverRecord::kKind, leaver_key(room_id, ""), after, kLeaversAtATime,
                 [&journal, room_key, room_id](base::Result<std::vector<presence::Record>> records) {
        const auto found = records.value_or(std::vector<presence::Record>());
        if (found.empty() || journal.failing()) return;
        presence::Batch gone;
        for (const presence::Record& record : found) {
            const std::string account = record.key.substr(room_id.size() + 1);
            gone.records.push_back(presence::erase_record<LeaverRecord>(room_key, record.key));
            gone.records.push_back(presence::erase_record<LeftRecord>(account, left_key(account, room_id)));
        }
        journal.commit(std::move(gone), [](const base::Result<void>&) {});
        if (found.size() == kLeaversAtATime) forget_leavers_behind(journal, room_key, room_id, found.back().key);
    });
}

}  // namespace

void add_leaving(presence::Batch& batch, const presence::Room& room, const std::string& account, LeftRecord left) {
    batch.records.push_back(presence::put_record(account, left_key(account, room.id()), std::move(left)));
    batch.records.push_back(presence::put_record(room.key(), leaver_key(room.id(), account), LeaverRecord()));
}

void bound_left_threads(presence::Journal& journal, const presence::Service& service, const std::string& account) {
    const std::string prefix = left_key(account, "");
    journal.scan(presence::shard_of(account), LeftRecord::kKind, prefix, prefix, 2 * kMostLeftThreads,
                 [&journal, &service, account](base::Result<std::vector<presence::Record>> records) {
        constexpr std::size_t kStay = kMostLeftThreads - kLeftThreadsStep;
        const auto found = records.value_or(std::vector<presence::Record>());
        if (found.size() <= kStay || journal.failing()) return;
        std::vector<std::pair<std::uint64_t, std::string>> left;  // when, and the key; what cannot be read goes first
        for (const presence::Record& record : found) {
            const auto read = presence::read_record<LeftRecord>(record);
            left.emplace_back(read ? read->left : 0, record.key);
        }
        std::ranges::sort(left);
        left.resize(left.size() - kStay);
        presence::Batch gone;
        for (const auto& [when, key] : left) {
            const std::string room_id = key.substr(account.size() + 1);
            gone.records.push_back(presence::erase_record<LeftRecord>(account, key));
            const presence::Room* room = service.rooms().find_by_id(room_id);
            if (room) gone.records.push_back(presence::erase_record<LeaverRecord>(room->key(), leaver_key(room_id, account)));
        }
        journal.commit(std::move(gone), [](const base::Result<void>&) {});
    });
}

void forget_leavers(presence::Journal& journal, const presence::Room& room) {
    forget_leavers_behind(journal, room.key(), room.id(), leaver_key(room.id(), ""));
}

void find_left_threads(presence::Journal& journal, const presence::Service& service, const std::string& account,
                       std::move_only_function<void(LeftThreads)> done) {
    const std::string prefix = account + '\0';
    journal.scan(presence::shard_of(account), LeftRecord::kKind, prefix, prefix, kMostLeftThreads,
                 [&journal, &service, account, done = std::move(done)](base::Result<std::vector<presence::Record>> records) mutable {
        LeftThreads found;
        presence::Batch ended;
        for (const presence::Record& record : records.value_or(std::vector<presence::Record>())) {
            const std::string room_id = record.key.substr(account.size() + 1);
            auto left = presence::read_record<LeftRecord>(record);
            if (!service.rooms().find_by_id(room_id)) {
                ended.records.push_back(presence::erase_record<LeftRecord>(account, record.key));
            } else if (left) {
                found.emplace(room_id, std::move(*left));
            }
        }
        if (!ended.empty() && !journal.failing()) journal.commit(std::move(ended), [](const base::Result<void>&) {});
        done(std::move(found));
    });
}

}  // namespace doors
