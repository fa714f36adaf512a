// doors/msnp_threads.cc: what happens in rooms, as people of the MSNP24 door are told.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_threads.h"

#include <algorithm>
#include <set>
#include <utility>

#include "doors/msnp_thread.h"

namespace doors {

using presence::Occupant;
using presence::Room;
using presence::RoomDeed;
using presence::RoomEvent;
using presence::RoomLeft;
using presence::RoomMember;

MsnpThreads::MsnpThreads(const MsnpHouse& house, const MsnpCrowd& crowd) : house_(house), crowd_(crowd) {
    house_.service.rooms().listen(*this);
}

MsnpThreads::~MsnpThreads() { house_.service.rooms().unlisten(*this); }

template <class F>
void MsnpThreads::for_each_endpoint(const Room& room, const std::vector<std::string>& others, F visit) const {
    std::set<std::string> accounts(others.begin(), others.end());
    for (const Occupant& one : room.occupants()) accounts.insert(one.account);
    for (const RoomMember& one : room.members()) {
        if (one.affiliation >= presence::Affiliation::member) accounts.insert(one.account);
    }
    for (const std::string& account : accounts) {
        for (MsnpMember* member : crowd_.of(account)) visit(account, *member);
    }
}

void MsnpThreads::said(const Room& room, const presence::RoomMessage& message) {
    for_each_endpoint(room, {}, [&](const std::string& account, MsnpMember& member) {
        if (hears(house_.service, room, account)) member.room_said(room, message);
    });
}

// Whoever was added has no seat yet, and whoever was removed none any more.
void MsnpThreads::happened(const Room& room, const RoomEvent& event) {
    for_each_endpoint(room, event.targets, [&](const std::string& account, MsnpMember& member) {
        const bool target = std::ranges::find(event.targets, account) != event.targets.end();
        const bool removed = target && event.deed == RoomDeed::removed;
        if (removed || takes_part(house_.service, room, account)) member.room_happened(room, event);
        if (target && event.deed == RoomDeed::added) member.room_opens(room.key(), event.by);
    });
}

// In a room for all, who is invited is a member of the thread from then on: clients know no invitations.
void MsnpThreads::invited(const Room& room, const std::string& account, const std::string& by, const std::string&) {
    for (MsnpMember* member : crowd_.of(account)) member->room_opens(room.key(), by);
}

void MsnpThreads::left(const Room& room, const Occupant& who, RoomLeft why, const std::string&) {
    for (MsnpMember* member : crowd_.of(who.account)) {
        member->room_lost(room.key());
        if (why == RoomLeft::destroyed && !room.has_member(who.account)) member->room_ended(room);
    }
}

void MsnpThreads::closed(const Room& room) {
    for_each_endpoint(room, {}, [&](const std::string& account, MsnpMember& member) {
        if (takes_part(house_.service, room, account)) member.room_ended(room);
    });
}

}  // namespace doors
