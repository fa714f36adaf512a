// server/admin_commands.cc: the commands that rvpctl can ask of the daemon.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl), 3.7 (explain)
#include "server/admin_commands.h"

#include "base/text.h"
#include "server/admin_words.h"
#include "server/command_args.h"

#include <algorithm>
#include <utility>

namespace server {

using base::Errc;
using base::fail;
using base::json::Value;

namespace {

// Beyond that, looking for a node with a name like the one asked for takes too long.
constexpr std::size_t kMostToCompare = 10000;

}  // namespace

/// The handlers, and the table that names them.
struct AdminTable {
    struct Arg {
        std::string_view name;
        std::string_view shape;  ///< "text", "number" or "list"
        bool required = true;
    };
    struct Row {
        std::string_view command;
        std::vector<Arg> args;
        void (*run)(AdminCommands&, const Value& args, std::uint64_t request, CommandAnswer answer);
    };
    static const std::vector<Row>& rows();
    static base::Result<void> check(const Row& row, const Value& args);

    /// The node that an admin named; not_found suggests another.
    static base::Result<presence::Node*> node(const AdminCommands& a, const std::string& name);
    static base::Error no_node(const AdminCommands& a, const std::string& name,
                               const std::string& path);
    static base::Result<presence::Subscription*> subscription(const AdminCommands& a,
                                                              const Value& args);
    static base::Result<presence::Ace> ace(const AdminCommands& a, const Value& args);

    static void status(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void node_add(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void node_del(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void node_list(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void sub_list(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void sub_show(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void sub_replay(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void sub_end(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void presence_show(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void presence_set(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void explain(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void acl_show(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void acl_set(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
    static void backup(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer);
};

const std::vector<AdminTable::Row>& AdminTable::rows() {
    using T = AdminTable;
    static const std::vector<Row> kRows = {
        {"status", {}, &T::status},
        {"node add", {{"path", "text"}, {"owner", "text", false}}, &T::node_add},
        {"node del", {{"path", "text"}}, &T::node_del},
        {"node list", {}, &T::node_list},
        {"sub list", {{"name", "text", false}}, &T::sub_list},
        {"sub show", {{"id", "number"}}, &T::sub_show},
        {"sub end", {{"id", "number"}}, &T::sub_end},
        {"sub replay", {{"id", "number"}}, &T::sub_replay},
        {"presence show", {{"name", "text"}}, &T::presence_show},
        {"presence set", {{"name", "text"}, {"state", "text"}}, &T::presence_set},
        {"explain", {{"name", "text"}, {"as", "text", false}}, &T::explain},
        {"acl show", {{"name", "text"}}, &T::acl_show},
        {"acl set",
         {{"name", "text"},
          {"who", "text"},
          {"grant", "list", false},
          {"deny", "list", false},
          {"credentials", "text", false}},
         &T::acl_set},
        {"backup", {{"file", "text"}}, &T::backup},
    };
    return kRows;
}

base::Result<void> AdminTable::check(const Row& row, const Value& args) {
    const std::string command(row.command);
    std::vector<std::string_view> known;
    for (const Arg& arg : row.args) {
        known.push_back(arg.name);
        const Value* value = args.find(arg.name);
        if (!value && !arg.required) continue;
        const bool fits = value && (arg.shape == "text"     ? value->as_text() != nullptr
                                    : arg.shape == "number" ? value->as_int().has_value()
                                                            : value->as_array() != nullptr);
        if (!fits) {
            return fail(Errc::malformed, command + " needs " + std::string(arg.name) + ", a " +
                                             std::string(arg.shape));
        }
    }
    for (const auto& member : *args.as_object()) {
        if (std::ranges::find(known, member.name) != known.end()) continue;
        return std::unexpected(unknown_word("argument of " + command, member.name, known));
    }
    return {};
}

// -- finding what was named

base::Error AdminTable::no_node(const AdminCommands& a, const std::string& name,
                                const std::string& path) {
    std::string text = "no node " + path;
    if (a.service_.nodes().size() <= kMostToCompare) {
        const bool short_name = name.find('/') == std::string::npos;
        std::vector<std::string_view> names;
        a.service_.nodes().for_each([&](const presence::Node& node) {
            if (!short_name)
                names.push_back(node.path());
            else if (node.alias())
                names.push_back(presence::alias_of(node.path()));
        });
        if (const auto meant = base::nearest(name, names))
            text.append("; did you mean ").append(*meant).append("?");
    }
    return {Errc::not_found, std::move(text)};
}

base::Result<presence::Node*> AdminTable::node(const AdminCommands& a, const std::string& name) {
    const auto known = a.service_.name_of(name);
    if (!known) return std::unexpected(known.error());
    if (presence::Node* found = a.service_.nodes().find(known->key)) return found;
    return std::unexpected(no_node(a, name, known->path));
}

base::Result<presence::Subscription*> AdminTable::subscription(const AdminCommands& a,
                                                               const Value& args) {
    const std::int64_t id = *args.find("id")->as_int();
    if (id > 0 && id <= presence::kMaxWireId) {
        if (auto* found =
                a.service_.table().find(presence::SubscriptionId(static_cast<std::uint32_t>(id))))
            return found;
    }
    return fail(Errc::not_found, "no subscription " + std::to_string(id));
}

// -- status, nodes

void AdminTable::status(AdminCommands& a, const Value&, std::uint64_t, CommandAnswer answer) {
    Value listeners = Value::array();
    for (const auto& one : a.facts_.listeners) {
        listeners.append(Value::object().set("door", one.door).set("address", one.address).set("scheme", one.scheme));
    }
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(a.clock_.now() - a.started_);
    Value v = Value::object();
    v.set("version", a.facts_.version).set("domain", a.service_.realm().domain());
    v.set("started", text_of(a.started_wall_)).set("uptime_seconds", up.count());
    v.set("nodes", a.service_.nodes().size()).set("subscriptions", a.service_.table().size());
    v.set("principals_online", a.service_.tally().online).set("messages_kept", a.service_.history().size());
    Value unfit = Value::array();
    for (const std::string& why : a.facts_.unfit ? a.facts_.unfit() : std::vector<std::string>()) unfit.append(why);
    v.set("unfit", std::move(unfit));
    v.set("listeners", std::move(listeners));
    answer(std::move(v));
}

void AdminTable::node_add(AdminCommands& a, const Value& args, std::uint64_t, CommandAnswer answer) {
    const std::string path = text_arg(args, "path");
    std::string owner = text_arg(args, "owner");
    const auto name = a.service_.name_of(path);
    if (!name) return answer(std::unexpected(name.error()));
    if (owner.empty()) {
        if (!presence::is_alias(name->key))
            return answer(fail(Errc::malformed, path + " is no alias, so it needs an owner"));
        owner = path;
    }
    auto done = [&a, key = name->key,
                 answer = std::move(answer)](base::Result<void> added) mutable {
        if (!added) return answer(std::unexpected(added.error()));
        const presence::Node* made = a.service_.nodes().find(key);
        if (!made) return answer(fail(Errc::internal, "the node is gone already"));
        answer(Value::object().set("node", made->path()).set("owner", made->owner().url()));
    };
    a.service_.add_node(path, owner, std::move(done));
}

void AdminTable::node_del(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer) {
    const auto found = node(a, text_arg(args, "path"));
    if (!found) return answer(std::unexpected(found.error()));
    const std::string path = (*found)->path();
    a.service_.remove_node(path,
                           [path, answer = std::move(answer)](base::Result<void> gone) mutable {
                               if (!gone) return answer(std::unexpected(gone.error()));
                               answer(Value::object().set("node", path));
                           },
                           request);
}

void AdminTable::node_list(AdminCommands& a, const Value&, std::uint64_t, CommandAnswer answer) {
    Value list = Value::array();
    for (const auto& line : a.service_.list_nodes()) list.append(node_value(line));
    answer(std::move(list));
}

// -- subscriptions

void AdminTable::sub_list(AdminCommands& a, const Value& args, std::uint64_t, CommandAnswer answer) {
    const std::string name = text_arg(args, "name");
    const auto found = a.service_.list_subscriptions(name);
    if (!found) return answer(std::unexpected(found.error()));
    if (found->empty() && !name.empty()) {  // nothing there, or nobody of that name?
        if (const auto known = node(a, name); !known) return answer(std::unexpected(known.error()));
    }
    std::vector<presence::SubscriptionId> ids;
    for (const auto& detail : *found) ids.push_back(detail.id);
    a.service_.report(ids, [details = *found, answer = std::move(answer)](auto reports) mutable {
        Value list = Value::array();
        for (std::size_t i = 0; i < details.size(); ++i) list.append(subscription_value(details[i], reports[i]));
        answer(std::move(list));
    });
}

void AdminTable::sub_show(AdminCommands& a, const Value& args, std::uint64_t, CommandAnswer answer) {
    const auto found = subscription(a, args);
    if (!found) return answer(std::unexpected(found.error()));
    const presence::Login* login = (*found)->login();
    Value address = login ? Value(login->source.text()) : Value();
    a.service_.report({(*found)->id()},
                      [detail = detail_of(**found, a.clock_.now()), logged_on = login != nullptr,
                       address = std::move(address), answer = std::move(answer)](auto reports) mutable {
                          Value v = subscription_value(detail, reports.front());
                          v.set("login", logged_on).set("address", std::move(address));
                          answer(std::move(v));
                      });
}

namespace {

Value named(const presence::Subscription& subscription) {
    Value v = Value::object().set("id", std::to_underlying(subscription.id()));
    return v.set("node", subscription.node().path()).set("principal", subscription.watcher()->url());
}

}  // namespace

void AdminTable::sub_replay(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer) {
    const auto found = subscription(a, args);
    if (!found) return answer(std::unexpected(found.error()));
    const auto told = a.service_.replay_subscription((*found)->id(), request);
    if (!told) return answer(std::unexpected(told.error()));
    answer(named(**found));
}

void AdminTable::sub_end(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer) {
    const auto found = subscription(a, args);
    if (!found) return answer(std::unexpected(found.error()));
    const presence::SubscriptionId id = (*found)->id();
    Value was = named(**found);
    a.service_.end_subscription(
        id, [was = std::move(was), answer = std::move(answer)](base::Result<void> ended) mutable {
            if (!ended) return answer(std::unexpected(ended.error()));
            answer(std::move(was));
        },
        request);
}

// -- presence

namespace {

/// An Explanation says 0 s for a node of which nobody was ever told anything.
Value with_time(const presence::Node& node, Value explained) {
    if (node.told_at == base::Instant{}) explained.set("seconds_since_told", Value());
    return explained;
}

}  // namespace

void AdminTable::presence_show(AdminCommands& a, const Value& args, std::uint64_t, CommandAnswer answer) {
    const auto found = node(a, text_arg(args, "name"));
    if (!found) return answer(std::unexpected(found.error()));
    const auto all = a.service_.explain(text_arg(args, "name"), "");
    if (!all) return answer(std::unexpected(all.error()));
    answer(with_time(**found, presence_value(*all)));
}

void AdminTable::presence_set(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer) {
    const std::string name = text_arg(args, "name");
    const auto found = node(a, name);
    if (!found) return answer(std::unexpected(found.error()));
    const auto state = read_state(text_arg(args, "state"));
    if (!state) return answer(std::unexpected(state.error()));
    auto done = [&a, name, answer = std::move(answer)](
                    base::Result<std::vector<presence::Granted>> set) mutable {
        if (!set) return answer(std::unexpected(set.error()));
        const auto now = a.service_.explain(name, "");
        if (!now) return answer(std::unexpected(now.error()));
        const auto still = node(a, name);
        if (!still) return answer(std::unexpected(still.error()));
        answer(with_time(**still, presence_value(*now)));
    };
    a.service_.set_presence(name, *state, std::move(done), request);
}

void AdminTable::explain(AdminCommands& a, const Value& args, std::uint64_t, CommandAnswer answer) {
    const auto found = node(a, text_arg(args, "name"));
    if (!found) return answer(std::unexpected(found.error()));
    const auto why = a.service_.explain(text_arg(args, "name"), text_arg(args, "as"));
    if (!why) return answer(std::unexpected(why.error()));
    answer(with_time(**found, explanation_value(*why)));
}

// -- ACL: the admin acts as the node's owner, who may everything

namespace {

presence::Caller owner_of(const presence::Node& node) {
    presence::Caller owner;
    owner.key = node.owner().key();
    owner.url = node.owner().url();
    owner.proof = presence::Proof::internal;
    return owner;
}

presence::NodeName name_of(const presence::Node& node) {
    return {node.key(), node.path(), 0};
}

}  // namespace

base::Result<presence::Ace> AdminTable::ace(const AdminCommands& a, const Value& args) {
    presence::Ace ace;
    if (const std::string who = text_arg(args, "who"); who != "all") {
        const auto own = a.service_.name_of(who);
        const auto foreign = presence::Address::parse(who);
        if (!own && (!foreign || foreign->is_service())) return std::unexpected(own.error());
        const presence::Address address =
            own ? presence::Address(a.service_.realm().domain(), own->path) : *foreign;
        ace.key = a.service_.realm().key(address);
        ace.url = address.url();
    }
    const auto grant = read_rights(texts_arg(args, "grant"));
    if (!grant) return std::unexpected(grant.error());
    const auto deny = read_rights(texts_arg(args, "deny"));
    if (!deny) return std::unexpected(deny.error());
    if (grant->empty() && deny->empty())
        return fail(Errc::malformed, "acl set needs rights to grant or to deny");
    if ((grant->bits() & deny->bits()) != 0) {
        return fail(Errc::malformed, "acl set cannot grant and deny the same right");
    }
    ace.grant = *grant;
    ace.deny = *deny;
    if (args.find("credentials")) {
        const auto credentials = read_credentials(text_arg(args, "credentials"));
        if (!credentials) return std::unexpected(credentials.error());
        ace.credentials = *credentials;
    }
    return ace;
}

void AdminTable::acl_show(AdminCommands& a, const Value& args, std::uint64_t, CommandAnswer answer) {
    const auto found = node(a, text_arg(args, "name"));
    if (!found) return answer(std::unexpected(found.error()));
    const auto acl = a.service_.read_acl(owner_of(**found), name_of(**found));
    if (!acl) return answer(std::unexpected(acl.error()));
    answer(acl_value(*acl));
}

void AdminTable::acl_set(AdminCommands& a, const Value& args, std::uint64_t request, CommandAnswer answer) {
    const auto found = node(a, text_arg(args, "name"));
    if (!found) return answer(std::unexpected(found.error()));
    const auto change = ace(a, args);
    if (!change) return answer(std::unexpected(change.error()));
    if ((*found)->owned_by(change->key)) {
        return answer(fail(Errc::malformed, change->url + " owns " + (*found)->path() +
                                                " and has every right always"));
    }
    presence::Caller owner = owner_of(**found);
    owner.request = request;
    a.service_.merge_acl(owner, name_of(**found), {*change},
                         [answer = std::move(answer)](base::Result<presence::Acl> merged) mutable {
                             if (!merged) return answer(std::unexpected(merged.error()));
                             answer(acl_value(*merged));
                         });
}

// -- store

void AdminTable::backup(AdminCommands& a, const Value& args, std::uint64_t, CommandAnswer answer) {
    const std::string file = text_arg(args, "file");
    if (!a.make_backup_)
        return answer(fail(Errc::precondition, "store.path is \":memory:\": there is nothing to back up"));
    // The daemon's folder is nobody's idea of "here".
    if (!file.starts_with('/'))
        return answer(fail(Errc::malformed, "'" + file + "' is no absolute path (it begins with no /)"));
    a.make_backup_(file, [file, answer = std::move(answer)](base::Result<void> made) mutable {
        if (!made) return answer(std::unexpected(made.error()));
        answer(Value::object().set("file", file));
    });
}

AdminCommands::AdminCommands(presence::Service& service, const base::Clock& clock, AdminFacts facts,
                             MakeBackup make_backup)
    : service_(service),
      clock_(clock),
      facts_(std::move(facts)),
      make_backup_(std::move(make_backup)),
      started_(clock.now()),
      started_wall_(clock.wall()) {}

void AdminCommands::run(const std::string& command, const Value& args, std::uint64_t request,
                        CommandAnswer answer) {
    std::vector<std::string_view> known;
    for (const AdminTable::Row& row : AdminTable::rows()) {
        known.push_back(row.command);
        if (row.command != command) continue;
        if (const auto fits = AdminTable::check(row, args); !fits)
            return answer(std::unexpected(fits.error()));
        return row.run(*this, args, request, std::move(answer));
    }
    base::Error unknown = unknown_word("command", command, known);
    unknown.code = Errc::not_implemented;
    answer(std::unexpected(std::move(unknown)));
}

}  // namespace server
