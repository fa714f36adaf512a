// doors/msnp_marks.cc: how far somebody has read his talks.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_marks.h"

#include <algorithm>
#include <utility>

namespace doors {
namespace {

constexpr std::size_t kMostTold = 64;  // messages that wait for the client's word
constexpr std::size_t kMostMarks = 5000;

std::string shown(const MarkRecord& mark) {
    return std::to_string(mark.arrival) + ";" + std::to_string(mark.read) + ";" + mark.client_id;
}

}  // namespace

void MsnpMarks::told(std::uint64_t ack, const std::string& talk, std::int64_t time_ms, const std::string& client_id) {
    told_.push_back({ack, talk, time_ms, client_id});
    if (told_.size() > kMostTold) told_.pop_front();
}

void MsnpMarks::mark(const Told& told, std::int64_t now_ms) {
    learn_kept();
    MarkRecord& mark = marks_[told.talk];
    if (static_cast<std::uint64_t>(told.time_ms) < mark.arrival) return;
    // Of a message that no client numbered, its own id stands for that.
    const std::string client_id = told.client_id.empty() ? std::to_string(told.time_ms) : told.client_id;
    mark = {static_cast<std::uint64_t>(told.time_ms), static_cast<std::uint64_t>(now_ms), client_id};
}

void MsnpMarks::acknowledged(std::uint64_t ack, std::int64_t now_ms) {
    const auto found = std::ranges::find(told_, ack, &Told::ack);
    if (ack == 0 || found == told_.end()) return;
    mark(*found, now_ms);
    told_.erase(found);
}

void MsnpMarks::seen(std::int64_t message_id, std::int64_t now_ms) {
    const auto found = std::ranges::find(told_, message_id, &Told::time_ms);
    if (found != told_.end()) mark(*found, now_ms);
}

void MsnpMarks::wrote(const std::string& talk, std::int64_t time_ms, const std::string& client_id, std::int64_t now_ms) {
    mark({0, talk, time_ms, client_id}, now_ms);
}

void MsnpMarks::keep() {
    if (marks_.empty()) return;
    presence::Batch batch;
    for (auto& [talk, mark] : marks_) {
        std::uint64_t& kept = (*kept_)[talk];
        if (mark.arrival <= kept) continue;
        kept = mark.arrival;
        batch.records.push_back(presence::put_record(own_, own_ + '\0' + talk, mark));
    }
    marks_.clear();
    if (!batch.empty() && !journal_.failing()) journal_.commit(std::move(batch), [](const base::Result<void>&) {});
}

// What he has read before, here or elsewhere, is not taken back: it is asked for with the first mark.
void MsnpMarks::learn_kept() {
    if (kept_) return;
    kept_ = std::make_shared<std::map<std::string, std::uint64_t>>();
    journal_.scan(presence::shard_of(own_), MarkRecord::kKind, own_ + '\0', own_ + '\0', kMostMarks,
                  [weak = std::weak_ptr(kept_), own = own_](const base::Result<std::vector<presence::Record>>& records) {
        const auto kept = weak.lock();
        if (!kept || !records) return;
        for (const presence::Record& record : *records) {
            const auto mark = presence::read_record<MarkRecord>(record);
            std::uint64_t& arrival = (*kept)[record.key.substr(own.size() + 1)];
            if (mark) arrival = std::max(arrival, mark->arrival);
        }
    });
}

void MsnpMarks::all(std::move_only_function<void(MsnpHistory::Horizons)> done) const {
    journal_.scan(presence::shard_of(own_), MarkRecord::kKind, own_ + '\0', own_ + '\0', kMostMarks,
                  [marks = marks_, own = own_, done = std::move(done)](base::Result<std::vector<presence::Record>> records) mutable {
        if (records) {
            for (const presence::Record& record : *records) {
                const auto kept = presence::read_record<MarkRecord>(record);
                if (!kept) continue;
                MarkRecord& mark = marks[record.key.substr(own.size() + 1)];
                if (kept->arrival > mark.arrival) mark = *kept;
            }
        }
        MsnpHistory::Horizons horizons;
        for (const auto& [talk, mark] : marks) horizons[talk] = shown(mark);
        done(std::move(horizons));
    });
}

}  // namespace doors
