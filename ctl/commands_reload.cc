// ctl/commands_reload.cc: rvpctl reload.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace ctl {

using base::json::Value;

namespace {

bool needs_restart(const Value& change) { return shown(change, "effect") == "restart"; }

std::string show_changes(const Value& list, const std::string& when_none, const std::string& waiting) {
    std::string out = table(list, {{"OPTION", "option"}, {"FROM", "from"}, {"TO", "to"}, {"EFFECT", "effect"}}, when_none);
    const auto* items = list.as_array();
    if (items && std::ranges::any_of(*items, needs_restart)) out += waiting;
    return out;
}

}  // namespace

void add_reload(CLI::App& app, Terms& terms, Chosen& chosen) {
    auto diff = std::make_shared<bool>(false);
    CLI::App* command = app.add_subcommand("reload", "read the configuration again, as SIGHUP does");
    add_terms(*command, terms);
    command->add_flag("--diff", *diff, "only show what would change");
    command->callback([diff, &terms, &chosen] {
        chosen = [diff, &terms] {
            Value args = Value::object();
            if (*diff) args.set("diff", true);
            return ask(terms, "reload", args, "reload", [look = *diff](const Value& list) {
                return look ? show_changes(list, "nothing would change", "what says restart would wait for one\n")
                            : show_changes(list, "reloaded; nothing changed", "what says restart waits for one\n");
            });
        };
    });
}

}  // namespace ctl
