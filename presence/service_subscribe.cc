// presence/service_subscribe.cc: SUBSCRIBE, UNSUBSCRIBE, SUBSCRIPTIONS, and how subscriptions end.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1-5.3; design 3.2, 4, 6
#include <utility>

#include "base/ip_spelling.h"
#include "presence/record.h"
#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

// Which rights (any of them) a SUBSCRIBE needs (design 6). A principal's presence is what he guards; of other nodes
// seeing the values is enough.
const std::vector<Right>& rights_to_subscribe(const SubscribeRequest& request) {
    static const std::vector<Right> kToHear{Right::receive_from};
    static const std::vector<Right> kToWatchSomebody{Right::presence};
    static const std::vector<Right> kToWatchAnything{Right::presence, Right::read};
    if (request.type == NotificationType::notify) return kToHear;
    return is_alias(request.node.key) ? kToWatchSomebody : kToWatchAnything;
}

// Whether the call-back is the requester's own URL or address. A host name counts as his: the courier checks what
// it connects to against his address (design 6). But a node of another domain is his only if it is he.
bool own_callback(const Caller& caller, const Realm& realm, const Settings& settings, const Address& callback) {
    if (realm.has_key(callback, caller.key)) return true;
    if (settings.other_domain && settings.other_domain(callback.authority(), callback.path())) return false;
    if (realm.ours(callback.authority()) && !callback.is_service()) return false;
    const auto ip = base::address_of_host(host_of(callback.authority()));
    return !ip || *ip == caller.source || (ip->is_loopback() && caller.source.is_loopback());
}

std::unexpected<base::Error> unknown_id(SubscriptionId id) {
    return fail(Errc::precondition, "Subscription-Id " + std::to_string(std::to_underlying(id)) +
                                        " is unknown or ended more than 10 minutes ago (RVP 5.1.2)");
}

std::unexpected<base::Error> needs_proof(SubscriptionId id) {
    return fail(Errc::unproven, "who made subscription " + std::to_string(std::to_underlying(id)) +
                                    " had proved himself, and so must you (RVP 6)");
}

SubscriptionTable::Terms terms_of(const Caller& caller, Node& node, const SubscribeRequest& request, CallBackRef callback) {
    SubscriptionTable::Terms terms;
    terms.node = &node;
    terms.type = request.type;
    terms.callback = std::move(callback);
    terms.authority = request.node.authority;
    terms.proof = caller.proof;
    terms.is_login = request.type == NotificationType::notify && node.alias() && node.owned_by(caller.key);
    terms.source = caller.source;
    return terms;
}

}  // namespace

// What somebody made after proving who he is, nobody may renew or end by merely saying so.
bool Service::as_proven(const Caller& caller, const Subscription& subscription) const {
    const bool proven = subscription.proof() != Proof::assertion && settings_.provable != 0;
    return !proven || caller.proof != Proof::assertion;
}

base::Result<CallBackRef> Service::open_callback(const Caller& caller, const Node& node,
                                                 const SubscribeRequest& request, const PrincipalRef& watcher) {
    if (request.to_mailbox) {
        return callbacks_.open(request.callback, nullptr, watcher, [&caller] { return Contact{caller.url, ""}; }, caller.source, clock_.now());
    }
    // At his own node nearly everybody is called back, and needs no right for it.
    CallBack* const same = request.callback == caller.url ? callbacks_.opened_last(request.callback, *watcher) : nullptr;
    if (same) return CallBackRef(same);
    // A client's own URL may carry a query; a node's may not, and CallBackTable says so.
    const auto address = Address::parse(std::string_view(request.callback).substr(0, request.callback.find('?')));
    if (!address) return fail(Errc::malformed, "Call-Back: " + address.error().text + " (RVP 5.1.4)");
    if (!own_callback(caller, realm_, settings_, *address) && !node.may(caller, Right::subscribe_others)) {
        auto refused = no_right(caller, node, request.node, {Right::subscribe_others});
        if (refused.error().code == Errc::unproven) return refused;
        return fail(Errc::denied, "Call-Back is neither the requester's own URL nor his address, and " + caller.url +
                                      " has no right subscribe-others on " + request.node.path + " (RVP 5.7.1)");
    }
    const auto to = [this, &caller] { return contact_of(caller.key, caller.url); };
    return callbacks_.open(request.callback, &*address, watcher, to, caller.source, clock_.now());
}

Contact Service::contact_of(std::string_view key, std::string_view url) const {
    const Node* own = nodes_.find(key);
    return {std::string(url), own ? own->displayname() : std::string(alias_of(url))};
}

void Service::subscribe(const Caller& caller, SubscribeRequest request, Answer<Subscribed> done) {
    if (Rooms::is_room(request.node.key) && request.type == NotificationType::notify) {
        return subscribe_to_room(caller, std::move(request), std::move(done));
    }
    const std::size_t before = nodes_.size();
    auto node = need_or_make(caller, request.node, rights_to_subscribe(request));
    if (!node) return done(std::unexpected(node.error()));
    const bool was_there = nodes_.size() == before;
    subscribe_at(caller, **node, was_there, std::move(request), std::move(done));
}

void Service::subscribe_at(const Caller& caller, Node& node, bool was_there, SubscribeRequest request, Answer<Subscribed> done) {
    const PrincipalRef watcher = principals_.intern(caller.key, caller.url);
    if (watcher->subscriptions >= settings_.subscriptions_per_principal) {
        return done(fail(Errc::busy, caller.url +
                                         " holds as many subscriptions as one principal may "
                                         "(limits.subscriptions_per_principal)"));
    }
    auto callback = open_callback(caller, node, request, watcher);
    if (!callback) {
        if (!was_there) remove(node);  // only an authorised SUBSCRIBE makes a node (design 6)
        return done(std::unexpected(callback.error()));
    }
    Subscribed made{subscriptions_.next_id(), grant(settings_.subscription, request.lifetime), {}};
    const base::Instant lease_end = clock_.now() + made.lifetime;
    auto terms = terms_of(caller, node, request, std::move(*callback));
    Batch batch;
    const std::uint64_t reserved = keep_counter(subscription_ids_, subscriptions_.last_id(), batch);
    if (!terms.callback->is_mailbox()) batch.records.push_back(subscription_record(made.id, terms, lease_end));
    commit(node, std::move(batch), [this, about = NodeMeanwhile(nodes_, node), terms = std::move(terms), made, lease_end, reserved,
                                      done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(safe.error()));
        subscription_ids_.kept(reserved);
        Node* still = about.in(nodes_);
        const std::string& key = about.key();
        if (!still) {
            forget_stored(key, made.id);
            return done(fail(Errc::not_found, "the node was deleted meanwhile (RVP 4.1.2)"));
        }
        terms.node = still;
        const bool property = terms.type == NotificationType::propchange;
        SubscriptionList& list = still->list_of(terms.type);
        const Subscription& s = subscriptions_.add(made.id, std::move(terms), list, true, lease_end);
        if (sits(s) && !sit_down(s)) {  // the room has changed its mind meanwhile
            end_seat(s);
            return done(fail(Errc::denied, "no way into the room " + key));
        }
        if (property) made.present = visible_props(*still, s.watcher()->key(), s.proof(), fanout_.blind(s));
        const bool logged_on = s.login() != nullptr;
        done(std::move(made));
        if (logged_on) history_.logged_on(key);
    });
}

// A node of the same name may come to be, and must not find it after a restart.
void Service::forget_stored(const std::string& node_key, SubscriptionId id) {
    Batch batch;
    batch.records.push_back(subscription_erasure(node_key, id));
    journal_.commit(std::move(batch), [](base::Result<void>) {});
}

void Service::renew(const Caller& caller, SubscriptionId id, std::optional<std::chrono::seconds> lifetime,
                    Answer<Subscribed> done) {
    const Subscription* known = subscriptions_.find(id);
    if (!known || known->ending()) return done(unknown_id(id));
    if (known->watcher()->key() != caller.key) {
        return done(fail(Errc::denied, "only its watcher may renew a subscription (RVP 5.1.2)"));
    }
    if (!as_proven(caller, *known)) return done(needs_proof(id));
    if (!known->active() && sits(*known)) {  // to come back is to come in
        const NodeName room{known->node().key(), known->node().path(), 0};
        if (const auto why = rooms_.refuses(room.key, caller.key)) return done(std::unexpected(no_way_in(*why, room)));
    }
    const Subscribed renewed{id, grant(settings_.subscription, lifetime), {}};
    const base::Instant lease_end = clock_.now() + renewed.lifetime;
    const SubscriptionTable::Terms terms{&known->node(), known->type(), known->callback(), known->authority(), known->proof(),
                                         known->login() != nullptr, known->callback()->source()};
    Batch batch;
    if (!terms.callback->is_mailbox()) batch.records.push_back(subscription_record(id, terms, lease_end));
    commit(known->node(), std::move(batch), [this, renewed, lease_end, request = caller.request,
                                             done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(safe.error()));
        Subscription* subscription = subscriptions_.find(renewed.id);
        if (!subscription) return done(unknown_id(renewed.id));
        if (!subscription->active() && sits(*subscription) && !sit_down(*subscription)) {  // not any more
            const std::string room = subscription->node().path();
            end_seat(*subscription);
            return done(fail(Errc::denied, "no way into the room " + room + " any more"));
        }
        if (!subscription->active()) revive(*subscription, request);
        subscriptions_.set_lease(*subscription, lease_end);
        done(renewed);
    });
}

void Service::revive(Subscription& subscription, std::uint64_t request) {
    const base::Instant expired_at = subscription.lease_end() - kRevivable;
    Node& node = subscription.node();
    SubscriptionTable::move(subscription, node.list_of(subscription.type()), true);
    const bool missed = subscription.type() == NotificationType::propchange && node.told_at >= expired_at;
    if (missed) fanout_.tell_present(node, subscription, request);
    if (subscription.login()) history_.logged_on(node.key());
}

void Service::unsubscribe(const Caller& caller, SubscriptionId id, Answer<void> done) {
    Subscription* known = subscriptions_.find(id);
    if (!known || known->ending()) return done(unknown_id(id));
    if (known->watcher()->key() != caller.key && !known->node().owned_by(caller.key)) {
        return done(fail(Errc::denied, "only its watcher or the node's owner may end a subscription (RVP 5.2)"));
    }
    if (known->watcher()->key() == caller.key && !as_proven(caller, *known)) return done(needs_proof(id));
    known->set_ending(true);
    Batch batch;
    if (!known->callback()->is_mailbox()) {
        batch.records.push_back(subscription_erasure(known->node().key(), id));
    }
    commit(known->node(), std::move(batch), [this, id, request = caller.request,
                                             done = std::move(done)](base::Result<void> safe) mutable {
        Subscription* subscription = subscriptions_.find(id);
        if (!subscription) return done(unknown_id(id));
        if (!safe) {
            subscription->set_ending(false);
            return done(std::unexpected(safe.error()));
        }
        if (subscription->active()) end_active(*subscription, clock_.now(), Ending::asked, request);
        subscriptions_.remove(*subscription);
        done({});
    });
}

void Service::end_with_mailbox(SubscriptionId id) {
    Subscription* subscription = subscriptions_.find(id);
    if (!subscription || !subscription->callback()->is_mailbox()) return;
    if (subscription->active()) end_active(*subscription, clock_.now(), Ending::unasked);
    subscriptions_.remove(*subscription);
}

base::Result<std::vector<SubscriptionLine>> Service::subscriptions(const Caller& caller, const NodeName& name,
                                                                   NotificationType type) {
    auto node = need(caller, name, Right::subscriptions);
    if (!node) return std::unexpected(node.error());
    const base::Instant now = clock_.now();
    std::vector<SubscriptionLine> lines;
    for (const Subscription& s : (*node)->list_of(type)) {
        const auto left = std::chrono::duration_cast<std::chrono::seconds>(s.lease_end() - now);
        lines.push_back({s.id(), s.watcher()->url(), s.callback()->url(), std::max(left, std::chrono::seconds(0))});
    }
    return lines;
}

void Service::lease_ended(Subscription& subscription, base::Instant due) {
    if (!subscription.active()) {
        Batch batch;
        if (!subscription.callback()->is_mailbox()) {
            batch.records.push_back(subscription_erasure(subscription.node().key(), subscription.id()));
        }
        commit_unasked(subscription.node(), std::move(batch));
        return subscriptions_.remove(subscription);
    }
    ++tally_.subscriptions_due;
    end_active(subscription, due, Ending::unasked);
    subscriptions_.set_lease(subscription, due + kRevivable);
}

void Service::end_active(Subscription& subscription, base::Instant now, Ending ending, std::uint64_t request) {
    fanout_.forget(subscription);
    SubscriptionTable::move(subscription, subscription.node().expired, false);
    get_up(subscription);
    if (subscription.login()) end_views_under(subscription, now, ending, request);
}

void Service::end_views_under(const Subscription& login, base::Instant now, Ending ending, std::uint64_t request) {
    Node& node = login.node();
    Batch batch;
    for (std::size_t i = node.views().size(); i-- > 0;) {
        View& view = *node.views()[i];
        if (view.login != login.id()) continue;
        const ViewId id = view.id();
        node.end_view(view, Status(view.fallback));
        keep_view(node, nullptr, id, batch);
    }
    if (batch.empty()) return;
    commit_unasked(node, std::move(batch));
    state_may_have_changed(node, now, ending, std::nullopt, request);
}

void Service::login_is_dead(Subscription& login, base::Instant now) {
    end_views_under(login, now, Ending::unasked);
    if (login.lease_end() <= now + kDeadLogin) return;
    subscriptions_.set_lease(login, now + kDeadLogin);
    Batch batch;
    if (!login.callback()->is_mailbox()) batch.records.push_back(subscription_record(login));
    commit_unasked(login.node(), std::move(batch));
}

}  // namespace presence
