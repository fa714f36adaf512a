// ctl/commands_status.cc: rvpctl status.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

namespace ctl {

using base::json::Value;

namespace {

std::string show_status(const Value& v) {
    std::string out = "rvpd " + shown(v, "version") + " for " + shown(v, "domain") + ", up " +
                      duration(v, "uptime_seconds") + " since " + shown(v, "started") + "\n";
    if (const Value* listeners = v.find("listeners"); listeners && listeners->as_array()) {
        for (const Value& one : *listeners->as_array()) {
            out += "listening         " + shown(one, "door") + " " + shown(one, "scheme") + "://" + shown(one, "address") + "\n";
        }
    }
    const Value* unfit = v.find("unfit");
    if (unfit && unfit->as_array()) {
        out += unfit->as_array()->empty() ? "ready             yes\n" : "";
        for (const Value& why : *unfit->as_array()) out += "NOT READY         " + shown(why) + "\n";
    }
    out += "nodes             " + shown(v, "nodes") + "\n";
    out += "subscriptions     " + shown(v, "subscriptions") + "\n";
    out += "principals online " + shown(v, "principals_online") + "\n";
    out += "messages kept     " + shown(v, "messages_kept") + "\n";
    return out;
}

}  // namespace

void add_status(CLI::App& app, Terms& terms, Chosen& chosen) {
    CLI::App* command = app.add_subcommand("status", "how rvpd is doing");
    add_terms(*command, terms);
    command->callback([&terms, &chosen] {
        chosen = [&terms] { return ask(terms, "status", Value::object(), "status", show_status); };
    });
}

}  // namespace ctl
