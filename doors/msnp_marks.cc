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
    // Of a message that no client numbered, its own id stands for that.
    const std::string client_id = told.client_id.empty() ? std::to_string(told.time_ms) : told.client_id;
    horizon_->read(told.talk, {static_cast<std::uint64_t>(told.time_ms), static_cast<std::uint64_t>(now_ms), client_id});
}

void MsnpMarks::acknowledged(std::uint64_t ack, std::int64_t now_ms) {
    const auto found = std::ranges::find(told_, ack, &Told::ack);
    if (ack == 0 || found == told_.end()) return;
    mark(*found, now_ms);
    told_.erase(found);
}

// Only within a talk is a message's number its own; the client says of none which is meant.
void MsnpMarks::seen(std::int64_t message_id, std::int64_t now_ms) {
    for (const Told& told : told_) {
        if (told.time_ms == message_id) mark(told, now_ms);
    }
}

void MsnpMarks::wrote(const std::string& talk, std::int64_t time_ms, const std::string& client_id, std::int64_t now_ms) {
    mark({0, talk, time_ms, client_id}, now_ms);
}

// -- for all endpoints

void MsnpHorizon::read(const std::string& talk, const MarkRecord& mark) {
    learn();
    take_newer(marks_, {{talk, mark}});
}

// Written over what is on disk only once that is known: it may be newer.
void MsnpHorizon::keep() {
    if (marks_.empty()) return;
    if (learnt_ == Learnt::all) return write();
    keep_ = true;
    learn();
}

void MsnpHorizon::write() {
    if (journal_.failing()) return;  // the next one tries again
    presence::Batch batch;
    for (auto& [talk, mark] : std::exchange(marks_, {})) {
        MarkRecord& kept = kept_[talk];
        if (mark.arrival <= kept.arrival) continue;
        kept = mark;
        batch.records.push_back(presence::put_record(own_, own_ + '\0' + talk, mark));
    }
    if (!batch.empty()) journal_.commit(std::move(batch), [](const base::Result<void>&) {});
}

void MsnpHorizon::learn() {
    if (learnt_ != Learnt::nothing) return;
    learnt_ = Learnt::asked;
    scan([self = shared_from_this()](const base::Result<Marks>& found) {
        self->learnt_ = found ? Learnt::all : Learnt::nothing;
        if (!found) return;  // whoever reads or keeps next asks again
        take_newer(self->kept_, *found);
        if (std::exchange(self->keep_, false)) self->write();
    });
}

void MsnpHorizon::scan(std::move_only_function<void(base::Result<Marks>)> done) const {
    journal_.scan(presence::shard_of(own_), MarkRecord::kKind, own_ + '\0', own_ + '\0', kMostMarks,
                  [own = own_, done = std::move(done)](base::Result<std::vector<presence::Record>> records) mutable {
        if (!records) return done(std::unexpected(records.error()));
        Marks found;
        for (const presence::Record& record : *records) {
            if (auto mark = presence::read_record<MarkRecord>(record)) found[record.key.substr(own.size() + 1)] = std::move(*mark);
        }
        done(std::move(found));
    });
}

void MsnpHorizon::all(std::move_only_function<void(MsnpHistory::Horizons)> done) const {
    Marks known = kept_;
    take_newer(known, marks_);
    scan([marks = std::move(known), done = std::move(done)](const base::Result<Marks>& found) mutable {
        if (found) take_newer(marks, *found);  // else what is known without the store
        MsnpHistory::Horizons horizons;
        for (const auto& [talk, mark] : marks) horizons[talk] = shown(mark);
        done(std::move(horizons));
    });
}

// It takes itself out when the last endpoint, and what that has asked, is through.
std::shared_ptr<MsnpHorizon> MsnpHorizons::of(presence::Journal& journal, const std::string& own) {
    std::weak_ptr<MsnpHorizon>& known = (*all_)[own];
    if (auto horizon = known.lock()) return horizon;
    const std::shared_ptr<MsnpHorizon> made(new MsnpHorizon(journal, own), [all = std::weak_ptr(all_), own](MsnpHorizon* gone) {
        if (const auto still = all.lock()) still->erase(own);
        delete gone;
    });
    known = made;
    return made;
}

}  // namespace doors
