// ctl/commands_explain.cc: rvpctl explain: why somebody sees what he sees, in sentences.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3.7, 9 (rvpctl)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace ctl {

using base::json::Value;

namespace {

bool names(const Value& entry, std::string_view member, std::string_view word) {
    const Value* list = entry.find(member);
    if (!list || !list->as_array()) return false;
    return std::ranges::any_of(*list->as_array(), [&](const Value& one) {
        return one.as_text() && *one.as_text() == word;
    });
}

/// Which line of the ACL decided about the right `presence`.
std::string permission(const Value& v, const std::string& watcher) {
    const Value* entry = v.find("decided_by");
    if (shown(v, "owner") == "yes") return watcher + " owns the node and may see everything.";
    if (!entry || !entry->as_object())
        return "No ACL entry lets " + watcher + " see the presence, so it is shown as offline.";
    const std::string whose = shown(*entry, "who");
    const std::string line = "the ACL entry for " + whose + " (credentials " +
                             shown(*entry, "credentials") + ") " +
                             (names(*entry, "deny", "presence") ? "denies it" : "grants it");
    return shown(v, "may_see") == "yes"
               ? "The right to see presence: " + line + "."
               : "The right to see presence: " + line + ", so it is shown as offline.";
}

std::string view_line(const Value& view) {
    std::string line = "  view " + shown(view, "id") + " set " + shown(view, "state") + ", " +
                       duration(view, "seconds_left") + " left";
    line +=
        shown(view, "login") == "-" ? ", without a login" : ", under login " + shown(view, "login");
    line += shown(view, "address") == "admin" ? ", made by rvpctl"
                                              : ", last used from " + shown(view, "address");
    return line + ", then " + shown(view, "then") + "\n";
}

std::string views(const Value& v) {
    const Value* list = v.find("views");
    if (!list || !list->as_array() || list->as_array()->empty()) return "";
    const std::size_t count = list->as_array()->size();
    std::string out =
        std::to_string(count) + (count == 1 ? " view is live:\n" : " views are live:\n");
    for (const Value& view : *list->as_array()) out += view_line(view);
    return out;
}

std::string show_explanation(const Value& v) {
    const std::string watcher = shown(v, "watcher");
    const std::string who = watcher == "-" ? "the world" : watcher;
    const std::string sees = shown(v, "sees"), told = shown(v, "told"),
                      effective = shown(v, "effective");
    std::string out = shown(v, "node") + " is shown to " + who + " as " + sees + ".\n";
    out += "The state is " + effective + ": " + shown(v, "rule") + ".\n" + views(v);
    if (shown(v, "linger_seconds_left") != "-") {
        out += "Watchers still believe " + told + ": a change to offline lingers, and is told in " +
               duration(v, "linger_seconds_left") + " unless somebody comes back.\n";
    } else if (told != effective) {
        out += "Watchers were told " + told + " last.\n";
    }
    out += shown(v, "seconds_since_told") == "-"
               ? "Watchers were never told of a change.\n"
               : "Watchers were told " + duration(v, "seconds_since_told") + " ago.\n";
    if (shown(v, "may_see") == "yes" && sees != told)
        out += "Others are shown " + told + " as " + sees + ".\n";
    return out + permission(v, who) + "\n";
}

}  // namespace

void add_explain(CLI::App& app, Terms& terms, Chosen& chosen) {
    auto name = std::make_shared<std::string>();
    auto watcher = std::make_shared<std::string>();
    CLI::App* command =
        app.add_subcommand("explain", "which view, lease, rule and ACL line make a state");
    add_terms(*command, terms);
    command->add_option("NAME", *name, "a principal or the path of a node")->required();
    command->add_option("--as", *watcher, "what this principal sees, instead of everybody")
        ->type_name("WATCHER");
    command->callback([name, watcher, &terms, &chosen] {
        chosen = [name, watcher, &terms] {
            Value args = Value::object().set("name", *name);
            if (!watcher->empty()) args.set("as", *watcher);
            const std::string asked =
                "explain " + *name + (watcher->empty() ? "" : " --as " + *watcher);
            return ask(terms, "explain", args, asked, show_explanation);
        };
    });
}

}  // namespace ctl
