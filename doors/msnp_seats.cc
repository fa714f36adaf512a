// doors/msnp_seats.cc: where one endpoint of MSNP24 sits.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_seats.h"

#include <utility>
#include <vector>

#include "doors/msnp_thread.h"

namespace doors {

using presence::RoomEntered;
using presence::RoomRefusal;

namespace {

constexpr int kMostNicknames = 5;  // that are tried where somebody else is called so

}  // namespace

MsnpSeats::MsnpSeats(const MsnpHouse& house, presence::Caller caller, std::string seat)
    : house_(house), caller_(std::move(caller)), seat_(std::move(seat)) {}

MsnpSeats::~MsnpSeats() { end(); }

void MsnpSeats::end() {
    alive_.reset();
    leave_all();
}

void MsnpSeats::take_all() {
    seen_ = true;
    for (const presence::Room* room : house_.service.rooms().of(caller_.key)) {
        if (room->has_member(caller_.key) && takes_part(house_.service, *room, caller_.key)) bring(std::string(room->key()));
    }
}

void MsnpSeats::bring(const std::string& key) {
    if (!seen_ || has(key)) return;
    take(key, [this, key](const base::Result<void>&) {
        if (!seen_) leave(key);  // he has hidden meanwhile
    });
}

void MsnpSeats::give_up_all() {
    seen_ = false;
    const auto seats = seats_;
    for (const std::string& key : seats) {
        const presence::Room* room = house_.service.rooms().find(key);
        if (!room || room->has_member(caller_.key)) leave(key);
    }
}

void MsnpSeats::take(const std::string& key, Done done) {
    if (has(key)) return done({});
    enter(key, 0, std::move(done));
}

void MsnpSeats::make(presence::RoomEntry entry, Done done) {
    entry.seat = seat_;
    const std::string key = entry.room;
    auto made = [this, &house = house_, caller = caller_, seat = seat_, alive = std::weak_ptr(alive_), key,
                 done = std::move(done)](const base::Result<RoomEntered>& in) mutable {
        const bool inside = in && !in->refusal;
        if (alive.expired()) {
            if (inside) house.service.rooms().leave(caller.key, key, seat);
            return;
        }
        if (!in) return done(std::unexpected(in.error()));
        if (!inside) return done(base::fail(base::Errc::busy, "You may make no more threads."));
        seats_.insert(key);
        done({});
    };
    house_.service.rooms().enter(caller_, std::move(entry), std::move(made));
}

void MsnpSeats::enter(const std::string& key, int tried, Done done) {
    presence::RoomEntry entry;
    entry.room = key;
    entry.seat = seat_;
    entry.may_create = false;
    if (tried > 0) entry.nickname = std::string(presence::alias_of(caller_.key)) + " " + std::to_string(tried + 1);
    house_.service.rooms().enter(caller_, std::move(entry),
                                 [this, &house = house_, caller = caller_, seat = seat_, alive = std::weak_ptr(alive_), key, tried,
                                  done = std::move(done)](const base::Result<RoomEntered>& in) mutable {
        const bool inside = in && !in->refusal;
        if (alive.expired()) {
            if (inside) house.service.rooms().leave(caller.key, key, seat);
            return;
        }
        if (inside) {
            seats_.insert(key);
            return done({});
        }
        if (in && *in->refusal == RoomRefusal::nickname_conflict && tried + 1 < kMostNicknames) return enter(key, tried + 1, std::move(done));
        if (!in) return done(std::unexpected(in.error()));
        if (*in->refusal == RoomRefusal::max_users) return done(base::fail(base::Errc::busy, "The thread is full."));
        done(base::fail(base::Errc::denied, "The thread does not let you in: " + std::string(word_of(*in->refusal)) + "."));
    });
}

void MsnpSeats::leave(const std::string& key) {
    if (seats_.erase(key) > 0) house_.service.rooms().leave(caller_.key, key, seat_);
}

void MsnpSeats::leave_all() {
    const auto seats = std::exchange(seats_, {});
    for (const std::string& key : seats) house_.service.rooms().leave(caller_.key, key, seat_);
}

}  // namespace doors
