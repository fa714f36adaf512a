// ctl/commands_presence.cc: rvpctl presence show, set.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl), 3 (presence rules)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace ctl {

using base::json::Value;

namespace {

std::string show_presence(const Value& v) {
    std::string out = shown(v, "node") + " is " + shown(v, "effective");
    if (shown(v, "told") != shown(v, "effective"))
        out += "; watchers still believe " + shown(v, "told");
    out += "\n";
    const Value* views = v.find("views");
    return out + table(views ? *views : Value(),
                       {{"VIEW", "id"},
                        {"STATE", "state"},
                        {"LEFT", "seconds_left", Column::As::seconds},
                        {"LOGIN", "login"},
                        {"ADDRESS", "address"},
                        {"THEN", "then"}},
                       "no live view");
}

void add_presence_show(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand("show", "a state, and the views that make it");
    add_terms(*command, terms);
    command->add_option("NAME", *name, "a principal or the path of a node")->required();
    command->callback([name, &terms, &chosen] {
        chosen = [name, &terms] {
            return ask(terms, "presence show", Value::object().set("name", *name),
                       "presence show " + *name, show_presence);
        };
    });
}

void add_presence_set(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto name = std::make_shared<std::string>();
    auto state = std::make_shared<std::string>();
    CLI::App* command =
        group.add_subcommand("set", "a state by a view of rvpctl's own; offline ends that view");
    add_terms(*command, terms);
    command->add_option("NAME", *name, "a principal or the path of a node")->required();
    command->add_option("STATE", *state, "online, busy, away, idle, offline, …")->required();
    command->callback([name, state, &terms, &chosen] {
        chosen = [name, state, &terms] {
            const Value args = Value::object().set("name", *name).set("state", *state);
            return ask(terms, "presence set", args, "presence set " + *name + " " + *state,
                       show_presence);
        };
    });
}

}  // namespace

void add_presence(CLI::App& app, Terms& terms, Chosen& chosen) {
    CLI::App* group = app.add_subcommand("presence", "show and set states");
    group->require_subcommand(0, 1);  // main says which is missing
    add_presence_show(*group, terms, chosen);
    add_presence_set(*group, terms, chosen);
}

}  // namespace ctl
