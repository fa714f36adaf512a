// ctl/commands_send.cc: rvpctl send.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace ctl {

using base::json::Value;

namespace {

struct SendOptions {
    std::string name;
    std::string text;
    std::string from;
};

std::string show_sent(const Value& v) {
    if (shown(v, "accepted") == "kept") return "kept for " + shown(v, "to") + ", who is not there\n";
    return "delivered to " + shown(v, "to") + "\n";
}

}  // namespace

void add_send(CLI::App& app, Terms& terms, Chosen& chosen) {
    auto options = std::make_shared<SendOptions>();
    CLI::App* command = app.add_subcommand("send", "send somebody a message, and wait until it has arrived");
    add_terms(*command, terms);
    command->add_option("NAME", options->name, "a principal, or a node such as /groups/a")->required();
    command->add_option("TEXT", options->text, "what to say")->required();
    command->add_option("--from", options->from, "the principal it comes from; admin if not given")->type_name("NAME");
    command->callback([options, &terms, &chosen] {
        chosen = [options, &terms] {
            Value args = Value::object().set("name", options->name).set("text", options->text);
            if (!options->from.empty()) args.set("from", options->from);
            return ask(terms, "send", args, "send " + options->name, show_sent);
        };
    });
}

}  // namespace ctl
