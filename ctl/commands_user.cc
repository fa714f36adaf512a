// ctl/commands_user.cc: rvpctl user add, del, passwd, list, show, import.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "base/digest.h"
#include "base/text.h"
#include "ctl/account_file.h"
#include "ctl/client.h"
#include "ctl/commands.h"
#include "ctl/password.h"
#include "ctl/table.h"
#include "ctl/text_file.h"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <ostream>

namespace ctl {

using base::json::Value;

namespace {

// A request may have 64 KiB; JSON may double what is in it.
constexpr std::size_t kBatchBytes = 24 * 1024;
constexpr std::size_t kAccountFileBytes = std::size_t(1) << 28;

/// Prints why `asked` failed.
int failed(const Terms& terms, const std::string& asked, const base::Error& error) {
    terms.err << "rvpctl: " << printable(asked) << ": " << printable(error.text) << std::endl;
    return kFailed;
}

/// `user add NAME` and `user passwd NAME`.
void add_with_password(CLI::App& group, Terms& terms, Chosen& chosen, const std::string& word,
                       const std::string& what, const std::string& said) {
    auto user = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand(word, what + "; asks for the password, or reads one line");
    add_terms(*command, terms);
    command->add_option("NAME", *user, "such as bob")->required();
    command->callback([=, &terms, &chosen] {
        chosen = [=, &terms] {
            const std::string asked = "user " + word + " " + *user;
            auto password = read_password(STDIN_FILENO, *user);
            if (!password) return failed(terms, asked, password.error());
            const Value args = Value::object().set("user", *user).set("password", *password);
            base::wipe(*password);
            return ask(terms, "user " + word, args, asked,
                       [said](const Value& v) { return said + shown(v, "user") + "\n"; });
        };
    });
}

void add_user_del(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto user = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand("del", "remove an account; its node stays");
    add_terms(*command, terms);
    command->add_option("NAME", *user, "such as bob")->required();
    command->callback([user, &terms, &chosen] {
        chosen = [user, &terms] {
            return ask(terms, "user del", Value::object().set("user", *user), "user del " + *user,
                       [](const Value& v) { return "removed " + shown(v, "user") + "\n"; });
        };
    });
}

void add_user_list(CLI::App& group, Terms& terms, Chosen& chosen) {
    CLI::App* command = group.add_subcommand("list", "every account");
    add_terms(*command, terms);
    command->callback([&terms, &chosen] {
        chosen = [&terms] {
            return ask(terms, "user list", Value::object(), "user list", [](const Value& list) {
                return table(list, {{"USER", "user"}, {"PROOFS", "proofs"}}, "no accounts");
            });
        };
    });
}

void add_user_show(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto user = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand("show", "how an account can prove itself");
    add_terms(*command, terms);
    command->add_option("NAME", *user, "such as bob")->required();
    command->callback([user, &terms, &chosen] {
        chosen = [user, &terms] {
            return ask(terms, "user show", Value::object().set("user", *user), "user show " + *user,
                       [](const Value& v) {
                           return "user       " + shown(v, "user") + "\nproofs     " + shown(v, "proofs") +
                                  "\nspellings  " + shown(v, "spellings") + "\n";
                       });
        };
    });
}

// -- import

Value value_of(const FileAccount& account) {
    Value one = Value::object().set("user", account.user);
    if (!account.password.empty()) one.set("password", account.password);
    if (!account.ha1.empty()) one.set("ha1", account.ha1);
    if (!account.realm.empty()) one.set("realm", account.realm);
    return one;
}

/// The daemon counts the entries of a batch; the file has lines.
base::Error in_file(const base::Error& error, const std::string& path, const FileAccount* first, std::size_t count) {
    const std::size_t colon = error.text.find(": ");
    const auto number = base::parse_number(error.text.substr(0, colon), count);
    if (colon == std::string::npos || !number || *number == 0) return error;
    return {error.code, path + ":" + std::to_string(first[*number - 1].line) + error.text.substr(colon)};
}

/// How many of `accounts`, from `begin` on, go into one request: those of one user together.
std::size_t batch_end(const std::vector<FileAccount>& accounts, std::size_t begin) {
    std::size_t bytes = 0;
    std::size_t end = begin;
    while (end < accounts.size()) {
        std::size_t next = end;
        std::size_t more = 0;
        for (; next < accounts.size() && plain_user(accounts[next].user) == plain_user(accounts[end].user); ++next) {
            more += value_of(accounts[next]).dump().size();
        }
        if (end > begin && bytes + more > kBatchBytes) break;
        bytes += more;
        end = next;
    }
    return end;
}

base::Result<std::int64_t> import_all(const Terms& terms, const std::string& path) {
    auto text = read_file(path, kAccountFileBytes);
    if (!text) return std::unexpected(text.error());
    auto accounts = read_accounts(*text, path);
    base::wipe(*text);
    if (!accounts) return std::unexpected(accounts.error());
    std::ranges::stable_sort(*accounts, {}, [](const FileAccount& a) { return plain_user(a.user); });
    std::int64_t made = 0;
    for (std::size_t begin = 0; begin < accounts->size();) {
        const std::size_t end = batch_end(*accounts, begin);
        Value entries = Value::array();
        for (std::size_t i = begin; i < end; ++i) entries.append(value_of((*accounts)[i]));
        auto client = Client::connect(terms.socket);
        if (!client) return std::unexpected(client.error());
        const auto result = client->ask("user import", Value::object().set("entries", std::move(entries)));
        if (!result) return std::unexpected(in_file(result.error(), path, &(*accounts)[begin], end - begin));
        const Value* count = result->find("accounts");
        made += count ? count->as_int().value_or(0) : 0;
        begin = end;
    }
    return made;
}

void add_user_import(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto path = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand("import", "add or replace the accounts of an htdigest or CSV file");
    add_terms(*command, terms);
    command->add_option("FILE", *path, "user:realm:ha1 lines, or CSV with a header line")->required();
    command->callback([path, &terms, &chosen] {
        chosen = [path, &terms] {
            const auto made = import_all(terms, *path);
            if (!made) return failed(terms, "user import", made.error());
            if (terms.json) terms.out << Value::object().set("accounts", *made).dump() << "\n";
            else terms.out << "imported " << *made << (*made == 1 ? " account\n" : " accounts\n");
            terms.out << std::flush;
            return terms.out ? kDone : kFailed;
        };
    });
}

}  // namespace

void add_user(CLI::App& app, Terms& terms, Chosen& chosen) {
    CLI::App* group = app.add_subcommand("user", "accounts, and how they prove who they are");
    group->require_subcommand(0, 1);  // main says which is missing
    add_with_password(*group, terms, chosen, "add", "make an account and its node", "added ");
    add_with_password(*group, terms, chosen, "passwd", "set an account's password", "set the password of ");
    add_user_del(*group, terms, chosen);
    add_user_list(*group, terms, chosen);
    add_user_show(*group, terms, chosen);
    add_user_import(*group, terms, chosen);
}

}  // namespace ctl
