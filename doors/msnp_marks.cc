// doors/msnp_marks.cc: how far somebody has read his talks.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_marks.h"

#include <algorithm>
#include <utility>

namespace doors {
namespace {

constexpr std::size_t kMostTold = 64;  // messages that wait for the client's word
constexpr std::size_t kMostMarks = 5000;

void take_newer(std::map<std::string, MarkRecord>& marks, const std::map<std::string, MarkRecord>& others) {
    for (const auto& [talk, other] : others) {
        MarkRecord& mark = marks[talk];
        if (other.arrival > mark.arrival) mark = other;
    }
}

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
        MarkRecord& kept = (*kept_)[talk];
        if (mark.arrival <= kept.arrival) continue;
        kept = mark;
        batch.records.push_back(presence::put_record(own_, own_ + '\0' + talk, mark));
    }
    marks_.clear();
    if (!batch.empty() && !journal_.failing()) journal_.commit(std::move(batch), [](const base::Result<void>&) {});
}

// What he has read before, here or elsewhere, is not taken back: it is asked for with the first mark.
void MsnpMarks::learn_kept() {
    if (kept_) return;
    kept_ = std::make_shared<Marks>();
    scan([weak = std::weak_ptr(kept_)](const Marks& found) {
        if (const auto kept = weak.lock()) take_newer(*kept, found);
    });
}

void MsnpMarks::scan(std::move_only_function<void(const Marks&)> done) const {
    journal_.scan(presence::shard_of(own_), MarkRecord::kKind, own_ + '\0', own_ + '\0', kMostMarks,
                  [own = own_, done = std::move(done)](base::Result<std::vector<presence::Record>> records) mutable {
        Marks found;
        for (const presence::Record& record : records.value_or(std::vector<presence::Record>())) {
            if (auto mark = presence::read_record<MarkRecord>(record)) found[record.key.substr(own.size() + 1)] = std::move(*mark);
        }
        done(found);
    });
}

void MsnpMarks::all(std::move_only_function<void(MsnpHistory::Horizons)> done) const {
    scan([marks = marks_, done = std::move(done)](const Marks& found) mutable {
        take_newer(marks, found);
        MsnpHistory::Horizons horizons;
        for (const auto& [talk, mark] : marks) horizons[talk] = shown(mark);
        done(std::move(horizons));
    });
}

}  // namespace doors
