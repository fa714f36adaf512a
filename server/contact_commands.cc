// server/contact_commands.cc: rvpctl contacts, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
#include "server/contact_commands.h"

#include <algorithm>
#include <queue>
#include <utility>
#include <vector>

#include "base/text.h"
#include "server/admin_words.h"
#include "server/command_args.h"

namespace server {

using base::Errc;
using base::fail;
using base::json::Value;

namespace {

// A page holds whole lists: so many at most, and no further one once it has so many contacts.
constexpr std::size_t kListsOfPage = 1000;
constexpr std::size_t kContactsOfPage = 5000;

/// The first principals behind `after` who have contacts, in order of key.
std::vector<const presence::Node*> owners_behind(const presence::NodeTable& nodes, const std::string& after) {
    const auto before = [](const presence::Node* a, const presence::Node* b) { return a->key() < b->key(); };
    std::priority_queue<const presence::Node*, std::vector<const presence::Node*>, decltype(before)> first(before);
    nodes.for_each([&](const presence::Node& node) {
        if (!node.contacts() || node.key() <= after) return;
        if (first.size() == kListsOfPage && first.top()->key() < node.key()) return;
        first.push(&node);
        if (first.size() > kListsOfPage) first.pop();
    });
    std::vector<const presence::Node*> owners;
    for (; !first.empty(); first.pop()) owners.push_back(first.top());
    std::ranges::reverse(owners);
    return owners;
}

}  // namespace

void ContactCommands::run(const std::string& command, const Value& args, CommandAnswer answer) {
    if (command == "contacts show") return show(args, std::move(answer));
    if (command == "contacts list") return list(args, std::move(answer));
    if (command == "contacts stage") return stage(args, std::move(answer));
    if (command == "contacts import") return import(args, std::move(answer));
    base::Error unknown = unknown_word("command", command, {"contacts show", "contacts list", "contacts stage", "contacts import"});
    unknown.code = Errc::not_implemented;
    answer(std::unexpected(std::move(unknown)));
}

base::Result<const presence::Node*> ContactCommands::node(const std::string& name) const {
    const auto known = service_.name_of(name);
    if (!known) return std::unexpected(known.error());
    if (const presence::Node* found = service_.nodes().find(known->key)) return found;
    return fail(Errc::not_found, "no node " + known->path);
}

// So that it is read back as the same account: by name where that says all, else by URL.
std::string ContactCommands::spelled(const std::string& account) const {
    if (!account.starts_with('/')) return account;
    const std::string name(presence::alias_of(account));
    const auto same = service_.contact_account(name);
    return same && *same == account && name == base::trim(name) ? name : service_.realm().url_of(account);
}

Value ContactCommands::told(const presence::ListedContact& contact, Value begun) const {
    Value groups = Value::array();
    for (const std::string& group : contact.groups) groups.append(group);
    return begun.set("account", spelled(contact.account))
        .set("nickname", contact.nickname)
        .set("groups", std::move(groups))
        .set("blocked", contact.blocked)
        .set("id", contact.id);
}

void ContactCommands::show(const Value& args, CommandAnswer answer) const {
    const std::string name = text_arg(args, "name");
    if (name.empty()) return answer(fail(Errc::malformed, "contacts show needs name, a text"));
    const auto owner = node(name);
    if (!owner) return answer(std::unexpected(owner.error()));
    Value all = Value::array();
    if (const auto* contacts = (*owner)->contacts()) {
        contacts->for_each([&](const presence::ListedContact& contact) { all.append(told(contact, Value::object())); });
    }
    answer(std::move(all));
}

void ContactCommands::list(const Value& args, CommandAnswer answer) const {
    std::vector<const presence::Node*> owners;
    if (const std::string name = text_arg(args, "name"); !name.empty()) {
        const auto owner = node(name);
        if (!owner) return answer(std::unexpected(owner.error()));
        if ((*owner)->contacts()) owners.push_back(*owner);
    } else {
        owners = owners_behind(service_.nodes(), text_arg(args, "after"));
    }
    Value all = Value::array();
    std::size_t count = 0;
    std::size_t done = 0;
    for (; done < owners.size() && count < kContactsOfPage; ++done) {
        const std::string owner = spelled(owners[done]->key());
        count += owners[done]->contacts()->size();
        owners[done]->contacts()->for_each([&](const presence::ListedContact& contact) {
            all.append(told(contact, Value::object().set("owner", owner)));
        });
    }
    const bool more = done < owners.size() || owners.size() == kListsOfPage;
    answer(Value::object().set("contacts", std::move(all)).set("next", more ? owners[done - 1]->key() : std::string()));
}

void ContactCommands::stage(const Value& args, CommandAnswer answer) {
    const Value* rows = args.find("rows");
    if (!rows) return answer(fail(Errc::malformed, "contacts stage needs rows, a list"));
    const auto token = stages_.add(text_arg(args, "import"), *rows);
    if (!token) return answer(std::unexpected(token.error()));
    answer(Value::object().set("import", *token));
}

void ContactCommands::import(const Value& args, CommandAnswer answer) {
    const Value* rows = args.find("rows");
    if (!rows) return answer(fail(Errc::malformed, "contacts import needs rows, a list"));
    const auto token = stages_.add(text_arg(args, "import"), *rows);
    if (!token) return answer(std::unexpected(token.error()));
    auto plan = stages_.finish(*token);
    if (!plan) return answer(std::unexpected(plan.error()));
    Value done = Value::object().set("owners", plan->lists.size()).set("contacts", plan->contacts);
    service_.put_contacts(std::move(plan->lists), [done = std::move(done), answer = std::move(answer)](base::Result<void> put) mutable {
        if (!put) return answer(std::unexpected(put.error()));
        answer(std::move(done));
    });
}

}  // namespace server
