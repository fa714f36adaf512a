// ctl/commands.h: the list of rvpctl's commands; each one lives in a file of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ctl/asking.h"

#include <functional>

namespace CLI {
class App;
}

namespace ctl {

/// What the command line asked for, set while it is parsed and run by main afterwards; returns the exit
/// code.
using Chosen = std::function<int()>;

/// Each adds its command with its options to `app`. When the command is given, `chosen` is set. Both
/// must outlive the parsing. A new command is one file, one line here and one line in main.cc.
void add_listen(CLI::App& app, Chosen& chosen);

// These ask the daemon; `terms` must outlive the command.
void add_status(CLI::App& app, Terms& terms, Chosen& chosen);
void add_node(CLI::App& app, Terms& terms, Chosen& chosen);
void add_sub(CLI::App& app, Terms& terms, Chosen& chosen);
void add_presence(CLI::App& app, Terms& terms, Chosen& chosen);
void add_explain(CLI::App& app, Terms& terms, Chosen& chosen);
void add_acl(CLI::App& app, Terms& terms, Chosen& chosen);
void add_history(CLI::App& app, Terms& terms, Chosen& chosen);
void add_contacts(CLI::App& app, Terms& terms, Chosen& chosen);
void add_backup(CLI::App& app, Terms& terms, Chosen& chosen);
void add_bench(CLI::App& app, Terms& terms, Chosen& chosen);
void add_reload(CLI::App& app, Terms& terms, Chosen& chosen);
void add_room(CLI::App& app, Terms& terms, Chosen& chosen);
void add_send(CLI::App& app, Terms& terms, Chosen& chosen);
void add_ticket(CLI::App& app, Terms& terms, Chosen& chosen);
void add_trace(CLI::App& app, Terms& terms, Chosen& chosen);
void add_user(CLI::App& app, Terms& terms, Chosen& chosen);

}  // namespace ctl
