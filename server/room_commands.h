// server/room_commands.h: rvpctl room, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.7 to 3.11; design 9 (rvpctl)
#pragma once

#include <string>

#include "base/json.h"
#include "presence/service.h"
#include "server/control.h"

namespace server {

/// `room list`: all rooms. `room show` with room: those who are something to it, or inside. `room affiliate` with room,
/// name, affiliation (none, outcast, member, admin or owner) and perhaps nickname (reserved for him), and `room kick` with room and name: what its owners may
/// do, and with text, the reason that he is told. Borrows all. Thread: loop.
class RoomCommands {
public:
    explicit RoomCommands(presence::Service& service) : service_(service) {}

    [[nodiscard]] static bool knows(const std::string& command) { return command.starts_with("room "); }
    /// Is a CommandHandler.
    void run(const std::string& command, const base::json::Value& args, CommandAnswer answer);

private:
    [[nodiscard]] base::json::Value list() const;
    [[nodiscard]] presence::Caller owner_of(const presence::Room& room) const;
    [[nodiscard]] base::json::Value people(const presence::Room& room) const;
    void affiliate(const presence::Room& room, const base::json::Value& args, CommandAnswer answer);
    void kick(const presence::Room& room, const base::json::Value& args, CommandAnswer answer);

    presence::Service& service_;
};

}  // namespace server
