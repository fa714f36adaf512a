// ctl/commands_node.cc: rvpctl node add, del, list.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl), 6 (nodes)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace ctl {

using base::json::Value;

namespace {

std::string show_nodes(const Value& list) {
    return table(list,
                 {{"NODE", "node"},
                  {"STATE", "state"},
                  {"VIEWS", "views"},
                  {"WATCHERS", "watchers"},
                  {"LOGINS", "logins"},
                  {"OWNER", "owner"}},
                 "no nodes");
}

struct NodeOptions {
    std::string path;
    std::string owner;
};

void add_node_add(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto options = std::make_shared<NodeOptions>();
    CLI::App* command = group.add_subcommand("add", "make a node");
    add_terms(*command, terms);
    command
        ->add_option("PATH", options->path,
                     "its path, such as /groups/a, or the name of a principal")
        ->required();
    command
        ->add_option("--owner", options->owner,
                     "the principal it belongs to; an alias belongs to itself")
        ->type_name("NAME");
    command->callback([options, &terms, &chosen] {
        chosen = [options, &terms] {
            Value args = Value::object().set("path", options->path);
            if (!options->owner.empty()) args.set("owner", options->owner);
            return ask(terms, "node add", args, "node add " + options->path, [](const Value& v) {
                return "added " + shown(v, "node") + ", which belongs to " + shown(v, "owner") +
                       "\n";
            });
        };
    });
}

void add_node_del(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto options = std::make_shared<NodeOptions>();
    CLI::App* command = group.add_subcommand("del", "end everything on a node and remove it");
    add_terms(*command, terms);
    command->add_option("PATH", options->path, "its path, or the name of a principal")->required();
    command->callback([options, &terms, &chosen] {
        chosen = [options, &terms] {
            return ask(terms, "node del", Value::object().set("path", options->path),
                       "node del " + options->path,
                       [](const Value& v) { return "removed " + shown(v, "node") + "\n"; });
        };
    });
}

void add_node_list(CLI::App& group, Terms& terms, Chosen& chosen) {
    CLI::App* command = group.add_subcommand("list", "every node");
    add_terms(*command, terms);
    command->callback([&terms, &chosen] {
        chosen = [&terms] {
            return ask(terms, "node list", Value::object(), "node list", show_nodes);
        };
    });
}

}  // namespace

void add_node(CLI::App& app, Terms& terms, Chosen& chosen) {
    CLI::App* group = app.add_subcommand("node", "make, remove and list nodes");
    group->require_subcommand(0, 1);  // main says which is missing
    add_node_add(*group, terms, chosen);
    add_node_del(*group, terms, chosen);
    add_node_list(*group, terms, chosen);
}

}  // namespace ctl
