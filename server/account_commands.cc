// server/account_commands.cc: rvpctl user, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
#include "server/account_commands.h"

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "server/admin_words.h"
#include "server/command_args.h"

namespace server {

using base::Errc;
using base::fail;
using base::json::Value;

namespace {

Value value_of(const AccountLine& line) {
    Value proofs = Value::array();
    if (line.md5) proofs.append("digest");
    if (line.sha256) proofs.append("digest-sha256");
    if (line.ntlm) proofs.append("ntlm");
    Value spellings = Value::array();
    for (const std::string& text : line.spellings) spellings.append(text);
    return Value::object().set("user", line.name).set("proofs", std::move(proofs)).set("spellings", std::move(spellings));
}

/// Answers with the account's name once the change is safe.
Accounts::Answer told(std::string user, CommandAnswer answer) {
    return [user = std::move(user), answer = std::move(answer)](base::Result<void> done) mutable {
        if (!done) return answer(std::unexpected(done.error()));
        answer(Value::object().set("user", user));
    };
}

}  // namespace

void AccountCommands::run(const std::string& command, const Value& args, CommandAnswer answer) {
    const std::string user = text_arg(args, "user");
    const bool needs_user = command != "user list" && command != "user import";
    if (needs_user && user.empty()) return answer(fail(Errc::malformed, command + " needs user, a text"));
    if (command == "user add") return add(args, std::move(answer));
    if (command == "user del") return accounts_.remove(user, told(user, std::move(answer)));
    if (command == "user passwd") return accounts_.set_password(user, text_arg(args, "password"), told(user, std::move(answer)));
    if (command == "user import") return import(args, std::move(answer));
    if (command == "user show") {
        const auto line = accounts_.show(user);
        return answer(line ? base::Result<Value>(value_of(*line)) : std::unexpected(line.error()));
    }
    if (command == "user list") {
        Value list = Value::array();
        for (const AccountLine& line : accounts_.list()) list.append(value_of(line));
        return answer(std::move(list));
    }
    base::Error unknown = unknown_word("command", command, {"user add", "user del", "user passwd", "user list", "user show", "user import"});
    unknown.code = Errc::not_implemented;
    answer(std::unexpected(std::move(unknown)));
}

void AccountCommands::add(const Value& args, CommandAnswer answer) {
    const std::string user = text_arg(args, "user");
    accounts_.add(user, text_arg(args, "password"),
                  [this, user, answer = std::move(answer)](base::Result<void> done) mutable {
                      if (!done) return answer(std::unexpected(done.error()));
                      give_node(*account_of(user, accounts_.settings().domains), std::move(answer));
                  });
}

// Where nodes do not come to be by themselves (nodes.auto_create), an account without one could do nothing.
void AccountCommands::give_node(const std::string& account, CommandAnswer answer) {
    service_.add_node(account, account, [account, answer = std::move(answer)](base::Result<void> made) mutable {
        if (!made && made.error().code != Errc::precondition) {
            return answer(fail(made.error().code, "the account is there, but not its node: " + made.error().text));
        }
        answer(Value::object().set("user", account));
    });
}

void AccountCommands::import(const Value& args, CommandAnswer answer) {
    const Value* list = args.find("entries");
    if (!list || !list->as_array()) return answer(fail(Errc::malformed, "user import needs entries, a list"));
    std::vector<AccountEntry> entries;
    for (const Value& one : *list->as_array()) {
        entries.push_back({text_arg(one, "user"), text_arg(one, "password"), text_arg(one, "ha1"), text_arg(one, "realm")});
    }
    auto done = [this, entries, answer = std::move(answer)](base::Result<void> kept) mutable {
        if (!kept) return answer(std::unexpected(kept.error()));
        std::set<std::string> names;
        for (const AccountEntry& entry : entries) names.insert(*account_of(entry.user, accounts_.settings().domains));
        struct Owed {
            CommandAnswer answer;
            std::size_t left;
            std::size_t all;
            std::optional<base::Error> error;
        };
        if (names.empty()) return answer(Value::object().set("accounts", 0));
        auto owed = std::make_shared<Owed>(Owed{std::move(answer), names.size(), names.size(), std::nullopt});
        for (const std::string& name : names) {
            give_node(name, [owed](base::Result<Value> made) {
                if (!made) owed->error = made.error();
                if (--owed->left > 0) return;
                if (owed->error) return owed->answer(std::unexpected(*owed->error));
                owed->answer(Value::object().set("accounts", owed->all));
            });
        }
    };
    accounts_.import(entries, std::move(done));
}

}  // namespace server
