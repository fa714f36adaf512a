// presence/room_record.h: a room as a record of the store.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "presence/record.h"
#include "presence/room.h"

namespace presence {

struct RoomMemberRecord {
    std::string account, nickname;
    std::uint64_t affiliation = 0;
    std::uint64_t since_ms = 0;  ///< written by RoomRecord, behind all that an earlier version wrote
    template <class C>
    void fields(C& c) { c(account), c(nickname), c(affiliation); }
};
/// `r`, key = node key. Who is inside is not kept: whoever sits there by a subscription has that, others come again.
struct RoomRecord {
    static constexpr char kKind = 'r';
    std::uint64_t created_ms = 0, flags = 0, maxusers = 0, broadcast = 0;
    std::string password, longname, description, subject;
    std::vector<RoomMemberRecord> members;
    std::uint64_t changed_ms = 0;  ///< 0 in what an earlier version stored
    template <class C>
    void fields(C& c) {
        c(created_ms), c(flags), c(maxusers), c(broadcast);
        c(password), c(longname), c(description), c(subject), c(members);
        c.appended(changed_ms);
        for (RoomMemberRecord& member : members) c.appended(member.since_ms);
    }
};

[[nodiscard]] RoomRecord to_record(const Room& room);
/// Nobody is inside. Errc::internal: no such room can be.
[[nodiscard]] base::Result<Room> from_record(const std::string& key, const RoomRecord& record);

}  // namespace presence
