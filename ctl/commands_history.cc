// ctl/commands_history.cc: rvpctl history search, export, erase.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7 (archive), 9 (rvpctl history)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <ostream>

namespace ctl {

using base::json::Value;

namespace {

constexpr int kPerPage = 200;

/// What both search and export are told.
struct HistoryOptions {
    std::vector<std::string> words;
    std::vector<std::string> between;
    std::string name, since, until, page;
    std::uint32_t limit = 50;
    bool oldest_first = false;
};

/// Milliseconds since 1970 of `2026-11-21` or `2026-11-21T01:02:03Z`; a part of a second is let pass.
std::optional<std::int64_t> time_of(const std::string& text) {
    for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"}) {
        std::tm fields{};
        const char* end = ::strptime(text.c_str(), format, &fields);
        if (!end) continue;
        if (*end == '.') end += std::strspn(end + 1, "0123456789") + 1;
        if (*end == 'Z') ++end;
        if (*end == '\0') return static_cast<std::int64_t>(::timegm(&fields)) * 1000;
    }
    return std::nullopt;
}

std::string check_time(const std::string& text) {
    return time_of(text) ? "" : "'" + text + "' is no date such as 2026-11-21 or 2026-11-21T01:02:03Z";
}

Value list_of(const std::vector<std::string>& texts) {
    Value list = Value::array();
    for (const std::string& text : texts) list.append(text);
    return list;
}

Value args_of(const HistoryOptions& o) {
    Value args = Value::object();
    if (!o.words.empty()) args.set("words", list_of(o.words));
    if (!o.between.empty()) args.set("between", list_of(o.between));
    if (!o.name.empty()) args.set("name", o.name);
    if (!o.since.empty()) args.set("from_ms", *time_of(o.since));
    if (!o.until.empty()) args.set("until_ms", *time_of(o.until));
    if (!o.page.empty()) args.set("token", o.page);
    if (o.oldest_first) args.set("oldest_first", true);
    return args.set("limit", o.limit);
}

std::string show_found(const Value& found) {
    const Value* messages = found.find("messages");
    std::string out = table(messages ? *messages : Value(),
                            {{"TIME", "time"}, {"FROM", "sender"}, {"TO", "receivers"}, {"TYPE", "content_type"}, {"TEXT", "text"}},
                            "nothing found");
    const Value* next = found.find("next");
    if (next && next->as_text() && !next->as_text()->empty()) out += "more: --page " + printable(*next->as_text()) + "\n";
    return out;
}

/// A list, as all commands give it; what comes after the page is no part of it, and is told on stderr.
int search_as_json(const Terms& terms, const HistoryOptions& o) {
    std::string next;
    Terms quiet{terms.socket, false, terms.out, terms.err};
    const int code = ask(quiet, "history find", args_of(o), "history search", [&next](const Value& found) {
        const Value* messages = found.find("messages");
        const Value* token = found.find("next");
        if (token && token->as_text()) next = *token->as_text();
        return (messages ? *messages : Value::array()).dump() + "\n";
    });
    if (!next.empty()) terms.err << "more: --page " << printable(next) << std::endl;
    return code;
}

void add_bounds(CLI::App& command, HistoryOptions& o) {
    command.add_option("--between", o.between, "only this conversation: everybody in it, or one group")
        ->type_name("NAME")
        ->delimiter(',');
    command.add_option("--since", o.since, "not before this day or time (UTC)")->type_name("TIME")->check(check_time);
    command.add_option("--until", o.until, "before this day or time (UTC)")->type_name("TIME")->check(check_time);
}

void add_search(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto o = std::make_shared<HistoryOptions>();
    CLI::App* command = group.add_subcommand("search", "find messages by their words, newest first");
    add_terms(*command, terms);
    command->add_option("WORD", o->words, "all of these are in it; a star at the end means: begins with");
    add_bounds(*command, *o);
    command->add_option("--limit", o->limit, "so many at a time")->check(CLI::Range(1U, 1000U));
    command->add_option("--page", o->page, "go on where the last one ended, as it said")->type_name("TOKEN");
    command->add_flag("--oldest-first", o->oldest_first);
    command->callback([o, &terms, &chosen] {
        chosen = [o, &terms] {
            return terms.json ? search_as_json(terms, *o)
                              : ask(terms, "history find", args_of(*o), "history search", show_found);
        };
    });
}

/// One JSON object per line, oldest first, whatever --json says. A failure in the middle is exit code 1.
int export_all(Terms& terms, HistoryOptions o) {
    auto client = Client::connect(terms.socket);
    if (!client) {
        terms.err << "rvpctl: " << client.error().text << std::endl;
        return kFailed;
    }
    bool any = false;
    do {
        const auto page = client->ask("history find", args_of(o), Client::Patience::endless);
        if (!page) {
            terms.err << "rvpctl: history export: " << printable(page.error().text) << std::endl;
            return kFailed;
        }
        const Value* messages = page->find("messages");
        const Value* next = page->find("next");
        if (!messages || !messages->as_array() || !next || !next->as_text()) {
            terms.err << "rvpctl: history export: the daemon gave no page" << std::endl;
            return kFailed;
        }
        any = any || !messages->as_array()->empty();
        for (const Value& message : *messages->as_array()) terms.out << message.dump() << '\n';
        if (!terms.out.flush()) {
            terms.err << "rvpctl: history export: cannot write" << std::endl;
            return kFailed;
        }
        o.page = *next->as_text();
    } while (!o.page.empty());
    if (!any) terms.err << "rvpctl: history export: there are no such messages" << std::endl;
    return 0;
}

void add_history_export(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto o = std::make_shared<HistoryOptions>();
    o->limit = kPerPage;
    o->oldest_first = true;
    CLI::App* command = group.add_subcommand("export", "print messages as JSON, one on each line, oldest first");
    add_terms(*command, terms);
    command->add_option("NAME", o->name, "only what this principal sent or received");
    add_bounds(*command, *o);
    command->callback([o, &terms, &chosen] { chosen = [o, &terms] { return export_all(terms, *o); }; });
}

void add_erase(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand("erase", "forget all that somebody sent, and that he received it");
    add_terms(*command, terms);
    command->add_option("NAME", *name, "the principal")->required();
    command->callback([name, &terms, &chosen] {
        chosen = [name, &terms] {
            return ask(terms, "history erase", Value::object().set("name", *name), "history erase " + *name,
                       [](const Value& v) {
                           return "erased " + shown(v, "principal") + " from " + shown(v, "messages") + (shown(v, "messages") == "1" ? " message\n" : " messages\n");
                       },
                       Client::Patience::endless);
        };
    });
}

}  // namespace

void add_history(CLI::App& app, Terms& terms, Chosen& chosen) {
    CLI::App* group = app.add_subcommand("history", "search, export and erase archived messages");
    group->require_subcommand(0, 1);  // main says which is missing
    add_search(*group, terms, chosen);
    add_history_export(*group, terms, chosen);
    add_erase(*group, terms, chosen);
}

}  // namespace ctl
