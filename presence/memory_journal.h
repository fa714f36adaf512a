// presence/memory_journal.h: a store that lasts as long as the process: `store.path = ":memory:"`.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (store.path)
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "presence/message_record.h"
#include "presence/ports.h"

namespace presence {

/// Keeps only what is asked back while the server runs, kept messages; everything else has its place in the tables
/// already. Answers from inside the call. Bounded by what may be kept (presence/history).
class MemoryJournal final : public Journal {
public:
    void commit(Batch batch, base::Once<void(base::Result<void>)> done) override {
        for (Record& record : batch.records) {
            if (record.kind != MessageRecord::kKind) continue;
            if (record.act == Record::Act::put) messages_[{record.shard, record.key}] = std::move(record.value);
            else messages_.erase({record.shard, record.key});
        }
        done({});
    }
    base::Result<void> load(std::string_view, const RecordSink&) override { return {}; }
    void scan(std::uint16_t shard, char kind, std::string prefix, std::string after, std::size_t limit,
              base::Once<void(base::Result<std::vector<Record>>)> done) override {
        std::vector<Record> found;
        auto at = messages_.lower_bound({shard, std::max(prefix, after)});
        for (; kind == MessageRecord::kKind && at != messages_.end() && found.size() < limit; ++at) {
            const auto& [of, key] = at->first;
            if (of != shard || !key.starts_with(prefix)) break;
            if (key != after) found.push_back({Record::Act::put, shard, kind, key, at->second});
        }
        done(std::move(found));
    }
    [[nodiscard]] bool failing() const override { return false; }

private:
    std::map<std::pair<std::uint16_t, std::string>, std::string> messages_;
};

}  // namespace presence
