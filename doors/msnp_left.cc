// doors/msnp_left.cc: threads that somebody has left.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_left.h"

#include <utility>
#include <vector>

namespace doors {

presence::Record record_of_leaving(const std::string& account, const std::string& room_id, LeftRecord left) {
    return presence::put_record(account, account + '\0' + room_id, std::move(left));
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
