// ctl/commands_ticket.cc: rvpctl ticket.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl); msnp24 11
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>

namespace ctl {

using base::json::Value;

namespace {

struct TicketOptions {
    std::string name;
    std::optional<int> days;  // the daemon knows how many are usual, and the most
    bool revoke = false;
};

}  // namespace

void add_ticket(CLI::App& app, Terms& terms, Chosen& chosen) {
    auto options = std::make_shared<TicketOptions>();
    CLI::App* command = app.add_subcommand("ticket", "give out a ticket with which an account signs in by MSNP24");
    add_terms(*command, terms);
    command->add_option("NAME", options->name, "such as bob")->required();
    command->add_option("--days", options->days, "how long it is good for; 30 if not given")
        ->type_name("DAYS");
    command->add_flag("--revoke", options->revoke, "make void what was given out to him");
    command->callback([options, &terms, &chosen] {
        chosen = [options, &terms] {
            Value args = Value::object().set("user", options->name);
            if (options->days) args.set("days", *options->days);
            if (options->revoke) {
                return ask(terms, "ticket revoke", args, "ticket " + options->name + " --revoke", [](const Value& v) {
                    return "revoked " + shown(v, "tickets") + (shown(v, "tickets") == "1" ? " ticket of " : " tickets of ") +
                           shown(v, "user") + "\n";
                });
            }
            return ask(terms, "ticket", args, "ticket " + options->name, [](const Value& v) {
                return shown(v, "ticket") + "\n";
            });
        };
    });
}

}  // namespace ctl
