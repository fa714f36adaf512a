// server/account_commands.h: rvpctl user, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl user)
#pragma once

#include <string>

#include "base/json.h"
#include "presence/service.h"
#include "server/accounts.h"
#include "server/control.h"

namespace server {

/// The commands `user add | del | passwd | list | show | import`. An account that is added or imported gets its node
/// if there is none; one that is removed leaves its node. Borrows both. Thread: loop.
class AccountCommands {
public:
    AccountCommands(Accounts& accounts, presence::Service& service) : accounts_(accounts), service_(service) {}

    /// Whether run() is the one to ask.
    [[nodiscard]] static bool knows(const std::string& command) { return command.starts_with("user "); }
    /// Is a CommandHandler.
    void run(const std::string& command, const base::json::Value& args, CommandAnswer answer);

private:
    void add(const base::json::Value& args, CommandAnswer answer);
    void import(const base::json::Value& args, CommandAnswer answer);
    void give_node(const std::string& account, CommandAnswer answer);

    Accounts& accounts_;
    presence::Service& service_;
};

}  // namespace server
