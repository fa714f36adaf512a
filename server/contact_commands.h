// server/contact_commands.h: rvpctl contacts, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl contacts)
#pragma once

#include <string>

#include "base/json.h"
#include "presence/service.h"
#include "server/contact_import.h"
#include "server/control.h"

namespace server {

/// The commands `contacts show` (one list), `contacts list` (a page of all lists, for export), `contacts stage` (a
/// piece of a file) and `contacts import` (its last piece, or the only one: all of the file takes effect, or nothing).
/// Borrows all. Thread: loop.
class ContactCommands {
public:
    ContactCommands(presence::Service& service, base::TimerWheel& wheel, const base::Clock& clock)
        : service_(service), stages_(service, wheel, clock) {}

    /// Whether run() is the one to ask.
    [[nodiscard]] static bool knows(const std::string& command) { return command.starts_with("contacts "); }
    /// Is a CommandHandler.
    void run(const std::string& command, const base::json::Value& args, CommandAnswer answer);

private:
    void show(const base::json::Value& args, CommandAnswer answer) const;
    void list(const base::json::Value& args, CommandAnswer answer) const;
    void stage(const base::json::Value& args, CommandAnswer answer);
    void import(const base::json::Value& args, CommandAnswer answer);
    [[nodiscard]] base::Result<const presence::Node*> node(const std::string& name) const;
    [[nodiscard]] std::string spelled(const std::string& account) const;
    [[nodiscard]] base::json::Value told(const presence::ListedContact& contact, base::json::Value begun) const;

    presence::Service& service_;
    ImportStages stages_;
};

}  // namespace server
