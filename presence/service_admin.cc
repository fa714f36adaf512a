// presence/service_admin.cc: what an admin may ask and do.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3.7, 9 (rvpctl)
#include <algorithm>

#include "presence/record.h"
#include "presence/room_record.h"
#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

std::chrono::seconds left_until(base::Instant end, base::Instant now) {
    return std::max(std::chrono::duration_cast<std::chrono::seconds>(end - now), std::chrono::seconds(0));
}

// Nobody on the wire has connection 0, so the admin's view is found again only by the admin.
Caller admin_for(const Node& node) {
    Caller admin;
    admin.key = node.owner().key();
    admin.url = node.owner().url();
    admin.proof = Proof::internal;
    return admin;
}

std::string rule_of(const Node& node) {
    const Status effective = node.effective();
    if (node.views().empty()) {
        return effective.is_offline() ? "no view is live, so the node is offline"
                                      : "no view is live, and the last one left " + effective.name() + " as its default";
    }
    if (effective.is_idle()) return "every live view is idle";
    return "the last state other than idle and offline that any view set is " + effective.name();
}

}  // namespace

base::Result<NodeName> Service::name_of(const std::string& name) const {
    if (name.empty()) return fail(Errc::malformed, "the name is empty");
    std::string text = name;
    const std::size_t at = text.find('@');
    if (text.find('/') == std::string::npos) {
        if (at != std::string::npos && text.substr(at + 1) != realm_.mail_domain()) {
            return fail(Errc::not_found, name + " is not of the mail domain " + realm_.mail_domain());
        }
        text = alias_key(text.substr(0, at));
    }
    const auto address = Address::from_target(text, realm_.domain());
    if (!address) return std::unexpected(address.error());
    if (!realm_.ours(address->authority())) return fail(Errc::not_found, name + " is in another domain");
    return NodeName{realm_.key(*address), address->path(), 0};
}

void Service::add_node(const std::string& path, const std::string& owner, Answer<void> done) {
    const auto node = name_of(path);
    const auto principal = name_of(owner);
    if (!node) return done(std::unexpected(node.error()));
    if (!principal) return done(std::unexpected(principal.error()));
    if (!is_alias(principal->key)) return done(fail(Errc::malformed, owner + " is no principal"));
    if (is_alias(node->key) && node->key != principal->key) {
        return done(fail(Errc::malformed, "an alias belongs to its own principal: --owner " + std::string(alias_of(path))));
    }
    if (Rooms::is_room(node->key)) return done(fail(Errc::malformed, node->path + " is a room: who enters it makes it"));
    if (nodes_.find(node->key)) return done(fail(Errc::precondition, "node " + node->path + " is there already"));
    const std::string url = Address(realm_.domain(), principal->path).url();
    const PrincipalRef maker = principals_.intern(principal->key, url);
    // A commit that fails takes the node away again.
    commit(nodes_.add(node->key, node->path, maker, maker, *this), {}, std::move(done));
}

void Service::remove_node(const std::string& path, Answer<void> done, std::uint64_t request) {
    const auto name = name_of(path);
    if (!name) return done(std::unexpected(name.error()));
    // What other acts have under way must not come back once the records are erased.
    in_turn(name->key, [this, name = *name, request, done = std::move(done)](base::Once<void()> finished) mutable {
        auto over = [done = std::move(done), finished = std::move(finished)](base::Result<void> gone) mutable {
            done(std::move(gone));
            finished();
        };
        if (!nodes_.find(name.key)) return over(fail(Errc::not_found, "no node " + name.path));
        rooms_.forget(name.key, [this, name, request, over = std::move(over)](base::Result<void> left) mutable {
            if (!left) return over(std::move(left));
            remove_when_safe(name, request, std::move(over));
        });
    });
}

void Service::remove_when_safe(const NodeName& name, std::uint64_t request, Answer<void> done) {
    if (!nodes_.find(name.key)) return done(fail(Errc::not_found, "no node " + name.path));
    journal_.commit(erasure_of(*nodes_.find(name.key)), [this, name, request, done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(safe.error()));
        Node* node = nodes_.find(name.key);
        if (!node) return done(fail(Errc::not_found, "no node " + name.path));
        const base::Instant now = clock_.now();
        while (!node->views().empty()) node->end_view(*node->views().back(), Status());
        state_may_have_changed(*node, now, Ending::asked, std::nullopt, request);
        if (const ContactList* list = node->contacts()) {
            list->for_each([&](const ListedContact& contact) {
                if (asks_.erase(contact.account, name.key)) tell_ask_over(contact.account, name.key);
            });
        }
        asks_.erase_all(name.key);
        if (node->alias()) node->owner_mutable().shuts_out = false;
        if (node->room) rooms_.node_is_gone(name.key);
        remove_with_all(*node);
        done({});
    });
}

void Service::remove_with_all(Node& node) {
    Batch late;  // what was stored of them after the erasure was
    for (SubscriptionList* list : {&node.watchers, &node.sinks, &node.expired}) {
        while (!list->empty()) {
            Subscription& s = list->front();
            late.records.push_back(subscription_erasure(node.key(), s.id()));
            subscriptions_.remove(s);
        }
    }
    history_.drop(node.key());
    remove(node);
    if (!late.empty()) journal_.commit(std::move(late), [](base::Result<void>) {});
}

// All records about a node.
Batch Service::erasure_of(const Node& node) const {
    Batch batch;
    const std::string& key = node.key();
    batch.records.push_back(erase_record<NodeRecord>(key, key));
    batch.records.push_back(erase_record<AclRecord>(key, key));
    batch.records.push_back(erase_record<StateRecord>(key, key));
    for (const auto& [name, stored] : node.stored_props()) {
        batch.records.push_back(erase_record<PropRecord>(key, prop_key(key, name)));
    }
    for (const auto& view : node.views()) keep_view(node, nullptr, view->id(), batch);
    for (const SubscriptionList* list : {&node.watchers, &node.sinks, &node.expired}) {
        for (const Subscription& s : *list) {
            batch.records.push_back(subscription_erasure(key, s.id()));
        }
    }
    if (node.contacts()) {
        node.contacts()->for_each([&](const ListedContact& contact) {
            batch.records.push_back(erase_record<ListedContactRecord>(key, key + '\0' + contact.account));
            if (!asks_.waits(contact.account, key)) return;
            batch.records.push_back(erase_record<AskRecord>(contact.account, contact.account + '\0' + key));
        });
    }
    for (const PresenceAsk& ask : asks_.of(key)) {
        batch.records.push_back(erase_record<AskRecord>(key, key + '\0' + ask.account));
    }
    if (node.privacy()) {
        for (const PrivacyList& list : node.privacy()->all()) batch.records.push_back(erase_record<PrivacyRecord>(key, key + '\0' + list.name));
    }
    if (node.room) batch.records.push_back(erase_record<RoomRecord>(key, key));
    history_.erase(key, batch);
    // The ends of its views put its state; the node goes, so that goes last.
    batch.records.push_back(erase_record<StateRecord>(key, key));
    return batch;
}

std::vector<NodeLine> Service::list_nodes() const {
    std::vector<NodeLine> lines;
    nodes_.for_each([&](const Node& node) {
        const auto count = [](const SubscriptionList& list) {
            return static_cast<std::size_t>(std::distance(list.begin(), list.end()));
        };
        lines.push_back({node.path(), node.owner().url(), node.told.for_others().name(), node.views().size(),
                         count(node.watchers), count(node.sinks)});
    });
    std::sort(lines.begin(), lines.end(), [](const NodeLine& a, const NodeLine& b) { return a.path < b.path; });
    return lines;
}

void Service::report(const std::vector<SubscriptionId>& ids, base::Once<void(std::vector<EndpointReport>)> done) {
    std::vector<Serving> asked;
    std::vector<std::size_t> until;  // where in `asked` each id's end
    for (const SubscriptionId id : ids) {
        if (Subscription* subscription = subscriptions_.find(id)) {
            const std::vector<Serving> serving = fanout_.serving(*subscription);
            asked.insert(asked.end(), serving.begin(), serving.end());
        }
        until.push_back(asked.size());
    }
    auto choose = [until, done = std::move(done)](std::vector<EndpointReport> found) mutable {
        std::vector<EndpointReport> reports;
        for (std::size_t next = 0; const std::size_t end : until) {
            EndpointReport worst;
            if (next == end) worst.reason = "nobody is logged on there";
            for (bool first = true; next < end; ++next, first = false) {
                if (first || found[next].state > worst.state) worst = std::move(found[next]);
            }
            reports.push_back(std::move(worst));
        }
        done(std::move(reports));
    };
    carrier_.report(std::move(asked), std::move(choose));
}

base::Result<std::vector<SubscriptionDetail>> Service::list_subscriptions(const std::string& of) const {
    std::string key;
    if (!of.empty()) {
        const auto name = name_of(of);
        if (!name) return std::unexpected(name.error());
        key = name->key;
    }
    const base::Instant now = clock_.now();
    std::vector<SubscriptionDetail> lines;
    subscriptions_.for_each([&](const Subscription& s) {
        if (!key.empty() && s.node().key() != key && s.watcher()->key() != key) return;
        lines.push_back({s.id(), s.node().path(), s.watcher()->url(), s.callback()->url(), s.type(),
                         left_until(s.lease_end(), now), s.active()});
    });
    std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return lines;
}

void Service::end_subscription(SubscriptionId id, Answer<void> done, std::uint64_t request) {
    const Subscription* known = subscriptions_.find(id);
    Caller owner;
    owner.request = request;
    if (known) owner.key = known->node().owner().key();
    unsubscribe(owner, id, std::move(done));
}

base::Result<void> Service::replay_subscription(SubscriptionId id, std::uint64_t request) {
    Subscription* subscription = subscriptions_.find(id);
    const std::string text = std::to_string(std::to_underlying(id));
    if (!subscription) return fail(Errc::precondition, "no subscription " + text);
    if (!subscription->active()) return fail(Errc::precondition, "subscription " + text + " has expired");
    Node& node = subscription->node();
    if (subscription->type() == NotificationType::propchange) {
        fanout_.tell_present(node, *subscription, request);
    } else {
        history_.logged_on(node.key());
    }
    return {};
}

void Service::set_presence(const std::string& name, const Status& status, Answer<std::vector<Granted>> done,
                           std::uint64_t request) {
    const auto node_name = name_of(name);
    if (!node_name) return done(std::unexpected(node_name.error()));
    const Node* node = nodes_.find(node_name->key);
    if (!node) return done(fail(Errc::not_found, "no node " + node_name->path));
    Caller admin = admin_for(*node);
    admin.request = request;
    StatePatch patch{status, Status(), settings_.state.most, {}};
    // The admin's is a view of its own, never one of the user's (design 9).
    for (const auto& view : node->views()) {
        if (view->connection == admin.connection) patch.view = view->id();
    }
    if (!patch.view && !status.is_offline()) {
        View* view = nodes_.find(node_name->key)->add_view(next_view_id(), {}, *this, settings_.views_per_node);
        if (!view) return done(fail(Errc::busy, "the node has as many views as it may (limits.views_per_principal)"));
        view->connection = admin.connection;
        patch.view = view->id();
    }
    if (!patch.view) return done(std::vector<Granted>{});  // offline without a view of ours: nothing to end
    this->patch(admin, {*node_name, {patch}}, std::move(done));
}

base::Result<Explanation> Service::explain(const std::string& name, const std::string& watcher) const {
    const auto node_name = name_of(name);
    if (!node_name) return std::unexpected(node_name.error());
    const Node* node = nodes_.find(node_name->key);
    if (!node) return fail(Errc::not_found, "no node " + node_name->path);
    std::string watcher_key;
    Explanation e;
    if (!watcher.empty()) {
        const auto foreign = Address::parse(watcher);
        const auto own = name_of(watcher);
        if (!own && !foreign) return std::unexpected(own.error());
        watcher_key = own ? own->key : realm_.key(*foreign);
        e.watcher = own ? Address(realm_.domain(), own->path).url() : foreign->url();
    }
    const base::Instant now = clock_.now();
    const bool owner = node->owned_by(watcher_key);
    e.path = node->path();
    e.told = node->told.name();
    e.effective = node->effective().name();
    e.rule = rule_of(*node);
    e.since = node->told_at == base::Instant{} ? std::chrono::seconds(0) : left_until(now, node->told_at);
    if (node->linger.armed()) e.linger_left = left_until(node->linger.due(), now);
    for (const auto& v : node->views()) {
        e.views.push_back({v->id(), v->value.name(), v->fallback.name(), left_until(v->due(), now), v->login,
                           v->connection == base::ConnectionId{} ? "admin" : v->source.text()});
    }
    e.may_see = node->may(watcher_key, Proof::assertion, Right::presence);
    if (!owner) {
        if (const Ace* ace = node->acl().deciding(watcher_key, Proof::assertion, Right::presence)) e.decided_by = *ace;
        const bool blind = fanout_.blind(watcher_key, *node);
        e.may_see = e.may_see && !blind;
        if (blind || node->shuts_out(watcher_key)) {  // as ACL prints it
            e.decided_by = Ace{watcher_key, e.watcher, kAnyCredentials, {}, {Right::presence}};
        }
    }
    e.sees = e.may_see ? (owner ? node->told.for_owner() : node->told.for_others()).name() : "offline";
    return e;
}

}  // namespace presence
