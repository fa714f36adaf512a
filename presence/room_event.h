// presence/room_event.h: what becomes of a room's people and its subject, as all who belong to it may learn, also later.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 7, 8 (ThreadActivity); design 7
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "presence/ports.h"
#include "presence/room.h"

namespace presence {

enum class RoomDeed : std::uint8_t {
    added,    ///< belongs to the room from now on; or is inside, as nothing that outlives his going
    removed,  ///< neither belongs to it nor is inside
    raised,   ///< became admin or owner
    lowered,  ///< is none any more
    subject,  ///< the subject is another
};

struct RoomEvent {
    RoomDeed deed = RoomDeed::added;
    std::string by;                    ///< account of whoever did it
    std::vector<std::string> targets;  ///< accounts to whom it was done
    std::string value{};               ///< the subject
    std::int64_t time_ms = 0;          ///< wall clock; within the room as of a message
    bool hidden = false;               ///< for nobody but the targets: the room tells nobody of their role
};

/// What made `after` of the room `before`, but for the times.
[[nodiscard]] std::vector<RoomEvent> events_between(const Room& before, const Room& after, const std::string& by);

/// What the archive's row of it says it is. No message that is text is ever called so.
inline constexpr std::string_view kRoomEventType = "application/x-rvpd-room-event";

/// The content of the archive's row: content type, octets, a text that people can read, time. Whose room it is, and who
/// gets it, is for the caller.
[[nodiscard]] ArchivedMessage to_archived(const RoomEvent& event);
[[nodiscard]] bool is_room_event(const ArchivedMessage& row);
/// nullopt: it is a message, or damaged.
[[nodiscard]] std::optional<RoomEvent> read_room_event(const ArchivedMessage& row);

}  // namespace presence
