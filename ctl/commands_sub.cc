// ctl/commands_sub.cc: rvpctl sub list, show, end.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <memory>

namespace ctl {

using base::json::Value;

namespace {

constexpr std::uint32_t kMostId = 0x7fffffff;

std::string show_subscriptions(const Value& list) {
    return table(list,
                 {{"ID", "id"},
                  {"TYPE", "type"},
                  {"NODE", "node"},
                  {"PRINCIPAL", "principal"},
                  {"LEFT", "seconds_left", Column::As::seconds},
                  {"ACTIVE", "active"},
                  {"ENDPOINT", "endpoint.state"},
                  {"CALL-BACK", "call_back"}},
                 "no subscriptions");
}

std::string show_subscription(const Value& v) {
    const bool active = shown(v, "active") == "yes";
    std::string out = "subscription " + shown(v, "id") + ": " + shown(v, "type") + " on " +
                      shown(v, "node") + "\n";
    out += "principal  " + shown(v, "principal") +
           (shown(v, "login") == "yes" ? ", to whom it is a log-on" : "") + "\n";
    out += "call-back  " + shown(v, "call_back") + "\n";
    out += "lease      " +
           (active ? "ends in " + duration(v, "seconds_left")
                   : "has ended; can be revived for " + duration(v, "seconds_left")) +
           "\n";
    if (shown(v, "address") != "-") out += "made from  " + shown(v, "address") + "\n";
    const std::string reason = shown(v, "endpoint.reason");
    out += "endpoint   " + shown(v, "endpoint.state") + (reason == "-" ? "" : ": " + reason) + "\n";
    if (shown(v, "endpoint.attempts") == "-" || shown(v, "endpoint.attempts") == "0") return out;
    out += "deliveries " + shown(v, "endpoint.delivered") + " of " + shown(v, "endpoint.attempts") +
           " attempts, " + shown(v, "endpoint.drops") + " dropped, " + shown(v, "endpoint.queued") + " queued\n";
    const std::string failure = shown(v, "endpoint.failure");
    out += "last       " + (failure == "-" ? shown(v, "endpoint.status") + " after " + shown(v, "endpoint.latency_ms") + " ms"
                                           : failure) + "\n";
    const std::string next_try = shown(v, "endpoint.next_try_ms");
    if (next_try != "-") out += "next try   in " + next_try + " ms\n";
    return out;
}

void add_sub_list(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* command =
        group.add_subcommand("list", "every subscription, or those of one node or principal");
    add_terms(*command, terms);
    command->add_option("NAME", *name, "on this node or by this principal only");
    command->callback([name, &terms, &chosen] {
        chosen = [name, &terms] {
            Value args = Value::object();
            if (!name->empty()) args.set("name", *name);
            return ask(terms, "sub list", args, "sub list" + (name->empty() ? "" : " " + *name),
                       show_subscriptions);
        };
    });
}

void add_sub_of_id(CLI::App& group, const char* verb, const char* meaning, Terms& terms,
                   Chosen& chosen, Show show) {
    auto id = std::make_shared<std::uint32_t>(0);
    CLI::App* command = group.add_subcommand(verb, meaning);
    add_terms(*command, terms);
    command->add_option("ID", *id, "its Subscription-Id")
        ->required()
        ->check(CLI::Range(std::uint32_t(1), kMostId));
    command->callback(
        [id, words = std::string("sub ") + verb, show = std::move(show), &terms, &chosen] {
            chosen = [id, words, show, &terms] {
                return ask(terms, words, Value::object().set("id", *id),
                           words + " " + std::to_string(*id), show);
            };
        });
}

}  // namespace

void add_sub(CLI::App& app, Terms& terms, Chosen& chosen) {
    CLI::App* group = app.add_subcommand("sub", "list, show, replay and end subscriptions");
    group->require_subcommand(0, 1);  // main says which is missing
    add_sub_list(*group, terms, chosen);
    add_sub_of_id(*group, "show", "one subscription", terms, chosen, show_subscription);
    add_sub_of_id(*group, "end", "end a subscription, as UNSUBSCRIBE does", terms, chosen,
                  [](const Value& v) {
                      return "ended subscription " + shown(v, "id") + " of " +
                             shown(v, "principal") + " to " + shown(v, "node") + "\n";
                  });
    add_sub_of_id(*group, "replay", "tell it the present state again", terms, chosen,
                  [](const Value& v) {
                      return "told subscription " + shown(v, "id") + " of " + shown(v, "principal") +
                             " again how " + shown(v, "node") + " is\n";
                  });
}

}  // namespace ctl
