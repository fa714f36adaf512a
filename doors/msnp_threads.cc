// doors/msnp_threads.cc: what happens in rooms, as people of the MSNP24 door are told.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_threads.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "doors/msnp_left.h"
#include "doors/msnp_thread.h"

namespace doors {

using presence::Occupant;
using presence::Room;
using presence::RoomDeed;
using presence::RoomEvent;
using presence::RoomLeft;
using presence::RoomMember;

namespace {

constexpr std::size_t kMostCounted = 10'000;  // people; then it is begun anew

}  // namespace

MsnpThreads::MsnpThreads(const MsnpHouse& house, const MsnpCrowd& crowd) : house_(house), crowd_(crowd) {
    house_.service.rooms().listen(*this);
}

MsnpThreads::~MsnpThreads() { house_.service.rooms().unlisten(*this); }

// The endpoints are known before the first is visited.
template <class F>
void MsnpThreads::for_each_endpoint(const Room& room, const std::vector<std::string>& others, F visit) const {
    std::vector<std::pair<std::string, MsnpMember*>> found;
    std::set<std::string_view> seen;
    const auto look = [&](const std::string& account) {
        if (!crowd_.has(account) || !seen.insert(account).second) return;
        for (MsnpMember* member : crowd_.of(account)) found.emplace_back(account, member);
    };
    for (const std::string& account : others) look(account);
    for (const Occupant& one : room.occupants()) look(one.account);
    for (const RoomMember& one : room.members()) {
        if (one.affiliation >= presence::Affiliation::member) look(one.account);
    }
    for (const auto& [account, member] : found) visit(account, *member);
}

void MsnpThreads::said(const Room& room, const presence::RoomMessage& message) {
    for_each_endpoint(room, {}, [&](const std::string& account, MsnpMember& member) {
        if (hears(house_.service, room, account)) member.room_said(room, message);
    });
}

// happened() tells of him next.
void MsnpThreads::affiliated(const Room& room, const RoomMember& now, presence::Affiliation before, const std::string&) {
    const bool left = before >= presence::Affiliation::member && now.affiliation < presence::Affiliation::member;
    if (left) leaving_[now.account] = std::max(now.since_ms, room.created_ms());
}

// Who is still inside has not left.
void MsnpThreads::keep_left(const Room& room, const RoomEvent& event) {
    presence::Batch batch;
    std::vector<std::string> leavers;
    for (const std::string& account : event.targets) {
        const auto joined = leaving_.extract(account);
        if (joined.empty() || event.deed != RoomDeed::removed || !presence::is_alias(account)) continue;
        LeftRecord left{static_cast<std::uint64_t>(joined.mapped()), static_cast<std::uint64_t>(event.time_ms), topic_of(room)};
        add_leaving(batch, room, account, std::move(left));
        leavers.push_back(account);
    }
    if (batch.empty() || house_.journal.failing()) return;
    house_.journal.commit(std::move(batch), [](const base::Result<void>&) {});
    for (const std::string& account : leavers) bound_left(account);
}

// The first time too: there may be as many as may from before a restart.
void MsnpThreads::bound_left(const std::string& account) {
    if (left_since_.size() >= kMostCounted) left_since_.clear();
    const auto [count, first] = left_since_.try_emplace(account, 0);
    if (!first && ++count->second < kLeftThreadsStep) return;
    count->second = 0;
    bound_left_threads(house_.journal, house_.service, account);
}

// Whoever was added has no seat yet, and whoever was removed none any more. Where all see the same it is written once.
void MsnpThreads::happened(const Room& room, const RoomEvent& event) {
    keep_left(room, event);
    const bool alike = looks_alike(room) && !event.hidden;
    std::string element;
    for_each_endpoint(room, event.targets, [&](const std::string& account, MsnpMember& member) {
        const bool target = std::ranges::find(event.targets, account) != event.targets.end();
        const bool removed = target && event.deed == RoomDeed::removed;
        if (removed || takes_part(house_.service, room, account)) {
            if (!alike || element.empty()) element = thread_element(room, account);
            member.room_happened(room, event, element);
        }
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
    forget_leavers(house_.journal, room);
    for_each_endpoint(room, {}, [&](const std::string& account, MsnpMember& member) {
        if (takes_part(house_.service, room, account)) member.room_ended(room);
    });
}

}  // namespace doors
