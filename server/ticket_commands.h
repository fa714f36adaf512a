// server/ticket_commands.h: rvpctl ticket, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#pragma once

#include <string>

#include "base/json.h"
#include "server/control.h"
#include "server/tickets.h"

namespace server {

/// `ticket` with user and days: an object with user, ticket and expires. `ticket revoke` with user: how many there were.
/// Thread: loop.
class TicketCommands {
public:
    explicit TicketCommands(Tickets& tickets) : tickets_(tickets) {}
    [[nodiscard]] static bool knows(const std::string& command) { return command == "ticket" || command == "ticket revoke"; }
    void run(const std::string& command, const base::json::Value& args, CommandAnswer answer);

private:
    Tickets& tickets_;
};

}  // namespace server
