// ctl/commands_contacts.cc: rvpctl contacts show, export, import.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/contact_file.h"
#include "ctl/table.h"
#include "ctl/text_file.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>

namespace ctl {

using base::Result;
using base::json::Value;

namespace {

// A request may have 64 KiB; what is round the rows takes less than the rest.
constexpr std::size_t kPieceBytes = 60 * 1024;
constexpr std::size_t kContactFileBytes = std::size_t(64) << 20;

int failed(const Terms& terms, const std::string& asked, const std::string& why) {
    terms.err << "rvpctl: " << printable(asked) << ": " << printable(why) << std::endl;
    return kFailed;
}

void add_show(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand("show", "whom somebody has in his list");
    add_terms(*command, terms);
    command->add_option("NAME", *name, "such as bob")->required();
    command->callback([name, &terms, &chosen] {
        chosen = [name, &terms] {
            return ask(terms, "contacts show", Value::object().set("name", *name), "contacts show " + *name,
                       [](const Value& list) {
                           return table(list, {{"ACCOUNT", "account"}, {"NICKNAME", "nickname"}, {"GROUPS", "groups"}, {"BLOCKED", "blocked"}},
                                        "no contacts");
                       });
        };
    });
}

// -- export

/// CSV, whatever --json says. A failure in the middle is exit code 1.
int export_all(const Terms& terms, const std::string& name) {
    const std::string asked = "contacts export" + (name.empty() ? "" : " " + name);
    std::string after;
    terms.out << contacts_header();
    do {
        Value args = Value::object().set("after", after);
        if (!name.empty()) args.set("name", name);
        auto client = Client::connect(terms.socket);
        if (!client) return failed(terms, asked, client.error().text);
        const auto page = client->ask("contacts list", args, Client::Patience::endless);
        if (!page) return failed(terms, asked, page.error().text);
        const Value* contacts = page->find("contacts");
        const Value* next = page->find("next");
        if (!contacts || !contacts->as_array() || !next || !next->as_text()) return failed(terms, asked, "the daemon gave no page");
        for (const Value& contact : *contacts->as_array()) terms.out << contact_rows(contact);
        if (!terms.out.flush()) return failed(terms, asked, "cannot write");
        after = *next->as_text();
    } while (!after.empty());
    return kDone;
}

void add_contacts_export(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand("export", "print contact lists as CSV");
    add_terms(*command, terms);
    command->add_option("NAME", *name, "only this principal's list");
    command->callback([name, &terms, &chosen] { chosen = [name, &terms] { return export_all(terms, *name); }; });
}

// -- import

Value maybe(const std::optional<std::string>& text) { return text ? Value(*text) : Value(); }

/// The daemon counts the lines as we do: `12: what is wrong`.
std::string in_file(const std::string& text, const std::string& path) {
    const std::size_t colon = text.find(": ");
    const bool numbered = colon != std::string::npos && base::parse_number(text.substr(0, colon));
    return numbered ? path + ":" + text : text;
}

/// Sends the rows in as many pieces as they take; the daemon does nothing before the last.
Result<Value> send_rows(const Terms& terms, const std::vector<ContactRow>& rows) {
    std::string token;
    for (std::size_t next = 0;;) {
        Value piece = Value::array();
        for (std::size_t bytes = 0; next < rows.size(); ++next) {
            const ContactRow& r = rows[next];
            Value row(std::vector<Value>{r.line, r.owner, r.account, maybe(r.nickname), maybe(r.group),
                                         r.blocked ? Value(*r.blocked) : Value()});
            bytes += row.dump().size() + 1;
            if (bytes > kPieceBytes && !piece.as_array()->empty()) break;
            piece.append(std::move(row));
        }
        Value args = Value::object().set("rows", std::move(piece));
        if (!token.empty()) args.set("import", token);
        auto client = Client::connect(terms.socket);
        if (!client) return std::unexpected(client.error());
        const bool last = next == rows.size();
        auto answer = client->ask(last ? "contacts import" : "contacts stage", args, Client::Patience::endless);
        if (!answer || last) return answer;
        const Value* given = answer->find("import");
        token = given && given->as_text() ? *given->as_text() : "";
    }
}

std::string said(const Value& done) {
    const auto count = [&done](std::string_view name, const std::string& one, const std::string& many) {
        const Value* value = done.find(name);
        const std::int64_t number = value ? value->as_int().value_or(0) : 0;
        return std::to_string(number) + " " + (number == 1 ? one : many);
    };
    return "imported " + count("contacts", "contact", "contacts") + " of " + count("owners", "principal", "principals") + "\n";
}

int import_file(const Terms& terms, const std::string& path, const std::string& owner) {
    const std::string asked = "contacts import";
    const auto bytes = read_file(path, kContactFileBytes);
    if (!bytes) return failed(terms, asked, bytes.error().text);
    const auto rows = read_contacts(*bytes, path, owner);
    if (!rows) return failed(terms, asked, rows.error().text);
    const auto done = send_rows(terms, *rows);
    if (!done) return failed(terms, asked, in_file(done.error().text, path));
    terms.out << (terms.json ? done->dump() + "\n" : said(*done)) << std::flush;
    return terms.out ? kDone : kFailed;
}

void add_import(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto path = std::make_shared<std::string>();
    auto owner = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand("import", "add the contacts of a CSV file or a registry export, or change them");
    add_terms(*command, terms);
    command->add_option("FILE", *path, "CSV with a header line, or a .reg file")->required();
    command->add_option("--owner", *owner, "whose contacts they are, if the file does not say")->type_name("NAME");
    command->callback([=, &terms, &chosen] { chosen = [=, &terms] { return import_file(terms, *path, *owner); }; });
}

}  // namespace

void add_contacts(CLI::App& app, Terms& terms, Chosen& chosen) {
    CLI::App* group = app.add_subcommand("contacts", "the contact lists that doors share");
    group->require_subcommand(0, 1);  // main says which is missing
    add_import(*group, terms, chosen);
    add_contacts_export(*group, terms, chosen);
    add_show(*group, terms, chosen);
}

}  // namespace ctl
