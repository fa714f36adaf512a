// presence/room_record.cc: a room as a record of the store.
// SPDX-License-Identifier: Apache-2.0
#include "presence/room_record.h"

#include <array>
#include <utility>

#include "presence/address.h"

namespace presence {

namespace {

// Bit by bit; a new one goes to the end.
constexpr std::array kFlagBits{&RoomConfig::publicroom,     &RoomConfig::moderated,        &RoomConfig::persistent,
                            &RoomConfig::membersonly,    &RoomConfig::nonanonymous,     &RoomConfig::passwordprotect,
                            &RoomConfig::subjectmodifyable, &RoomConfig::allowinvites,  &RoomConfig::enablelogging,
                            &RoomConfig::reservednick,   &RoomConfig::canchangenick,    &RoomConfig::allowregister};
constexpr std::uint64_t kLocked = 1U << 31;
constexpr std::array kRoles{Role::moderator, Role::participant, Role::visitor};

}  // namespace

RoomRecord to_record(const Room& room) {
    const RoomConfig& config = room.config();
    RoomRecord record;
    record.created_ms = static_cast<std::uint64_t>(room.created_ms());
    record.flags = room.locked() ? kLocked : 0;
    for (std::size_t i = 0; i < kFlagBits.size(); ++i) record.flags |= config.*kFlagBits[i] ? 1ULL << i : 0;
    record.maxusers = config.maxusers;
    for (const Role role : config.presencebroadcast) record.broadcast |= 1ULL << static_cast<unsigned>(role);
    record.password = config.password;
    record.longname = config.longname;
    record.description = config.description;
    record.subject = config.subject;
    for (const RoomMember& member : room.members()) {
        record.members.push_back({member.account, member.nickname, static_cast<std::uint64_t>(member.affiliation),
                                  static_cast<std::uint64_t>(member.since_ms)});
    }
    record.changed_ms = static_cast<std::uint64_t>(room.changed_ms());
    return record;
}

base::Result<Room> from_record(const std::string& key, const RoomRecord& record) {
    RoomConfig config;
    for (std::size_t i = 0; i < kFlagBits.size(); ++i) config.*kFlagBits[i] = (record.flags >> i & 1) != 0;
    config.maxusers = static_cast<std::uint32_t>(record.maxusers);
    config.presencebroadcast.clear();
    for (const Role role : kRoles) {
        if ((record.broadcast >> static_cast<unsigned>(role) & 1) != 0) config.presencebroadcast.push_back(role);
    }
    config.password = record.password;
    config.longname = record.longname;
    config.description = record.description;
    config.subject = record.subject;
    std::vector<RoomMember> members;
    for (const RoomMemberRecord& member : record.members) {
        if (member.affiliation > static_cast<std::uint64_t>(Affiliation::owner)) {
            return base::fail(base::Errc::internal, "a stored room has a member of no kind that is known");
        }
        members.push_back({key_of_account(member.account), static_cast<Affiliation>(member.affiliation), member.nickname,
                           static_cast<std::int64_t>(member.since_ms)});
    }
    Room room(key, static_cast<std::int64_t>(record.created_ms), std::move(config), (record.flags & kLocked) != 0,
              std::move(members));
    if (record.changed_ms != 0) room.changed_ms_ = static_cast<std::int64_t>(record.changed_ms);
    return room;
}

}  // namespace presence
