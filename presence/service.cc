// presence/service.cc: what all verbs share: finding and making nodes, granting leases, hearing fates.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.2, 5.7; design 4, 6
#include "presence/service.h"

#include <algorithm>
#include <utility>

#include "presence/known_places.h"

namespace presence {

using base::Errc;
using base::fail;

Service::Service(const Realm& realm, Settings settings, Carrier& carrier, Journal& journal, base::TimerWheel& wheel,
                 const base::Clock& clock)
    : realm_(realm), settings_(std::move(settings)), carrier_(carrier), journal_(journal), wheel_(wheel),
      clock_(clock), random_(settings_.first_id), callbacks_(realm, carrier, settings_.call_backs),
      subscriptions_(wheel, *this, settings_.first_id), fanout_(realm, nodes_, carrier), time_(clock),
      history_(*this, outbox_, carrier, journal, wheel, clock, time_, settings_.keep),
      outbox_(carrier, wheel,
              [this](SubscriptionId id) {
                  const Subscription* s = subscriptions_.find(id);
                  return s && s->active() ? std::optional(s->lease_end()) : std::nullopt;
              }),
      last_view_id_(settings_.first_id), rooms_(*this, realm, wheel, clock, settings_.rooms, settings_.archive) {}

Service::~Service() = default;

std::chrono::seconds Service::grant(const LeaseRule& rule, std::optional<std::chrono::seconds> asked) {
    const auto granted = std::clamp(asked.value_or(rule.fallback), rule.least, rule.most);
    const auto spread = granted.count() * settings_.jitter_percent / 100;
    if (spread <= 0) return granted;
    const auto cut = std::chrono::seconds(std::uniform_int_distribution<std::int64_t>(0, spread)(random_));
    return std::max(rule.least, granted - cut);
}

bool Service::auto_created(const NodeName& name) const {
    return std::any_of(settings_.auto_create.begin(), settings_.auto_create.end(), [&](const std::string& prefix) {
        return name.key.size() > prefix.size() && name.key.starts_with(prefix);
    });
}

void Service::change(Settings settings) {
    history_.change(settings.keep);
    rooms_.change(settings.rooms, settings.archive);
    settings_ = std::move(settings);
}

namespace {

bool counts_as_online(const Node& node) {
    return node.alias() && !node.told.is_offline() && !node.told.is_invisible();
}

}  // namespace

Status Service::retell(Node& node, Status now) {
    tally_.online -= counts_as_online(node) ? 1 : 0;
    Status before = std::exchange(node.told, std::move(now));
    node.by_online.unlink();
    if (counts_as_online(node)) {
        ++tally_.online;
        online_.push_front(node);
    }
    return before;
}

void Service::remove(Node& node) {
    tally_.online -= counts_as_online(node) ? 1 : 0;
    nodes_.remove(node);
}

std::unexpected<base::Error> Service::no_node(const NodeName& name) {
    return fail(Errc::not_found, "no node " + name.path + " (RVP 4.1.2)");
}

namespace {

std::string_view right_name(Right right) {
    const auto it = std::find_if(kRights.begin(), kRights.end(), [right](const auto& r) { return r.second == right; });
    return it->first;  // every right is in the table
}

std::string no_right_text(const Caller& caller, const NodeName& name, Right right) {
    return caller.url + " has no right " + std::string(right_name(right)) + " on " + name.path;
}

}  // namespace

// Who has proved himself is not asked to do so in another way: clients take that for a wrong password.
std::unexpected<base::Error> Service::no_right(const Caller& caller, const Node& node, const NodeName& name,
                                               const std::vector<Right>& any_of) const {
    const std::string text = no_right_text(caller, name, any_of.front());
    if (caller.proof != Proof::assertion) return fail(Errc::denied, text + " (RVP 5.7)");
    for (const Proof proof : {Proof::digest, Proof::ntlm}) {
        if ((settings_.provable & static_cast<Credentials>(proof)) == 0) continue;
        if (std::ranges::none_of(any_of, [&](Right right) { return node.may(caller.key, proof, right); })) continue;
        return fail(Errc::unproven, text + " without proof of who he is (RVP 5.7.2, 6)");
    }
    return fail(Errc::denied, text + " (RVP 5.7)");
}

base::Result<Node*> Service::need(const Caller& caller, const NodeName& name, Right right) {
    Node* node = nodes_.find(name.key);
    if (!node) return no_node(name);
    if (!node->may(caller, right)) return no_right(caller, *node, name, {right});
    return node;
}

base::Result<Node*> Service::need_or_make(const Caller& caller, const NodeName& name,
                                          const std::vector<Right>& any_of) {
    const auto has_one = [&](const auto& may) { return std::any_of(any_of.begin(), any_of.end(), may); };
    if (Node* node = nodes_.find(name.key)) {
        if (!has_one([&](Right r) { return node->may(caller, r); })) return no_right(caller, *node, name, any_of);
        // He would have made it himself by now; whoever was first does not pay for it for ever.
        if (node->owned_by(caller.key) && node->maker().key() != caller.key) nodes_.charge(*node, principals_.intern(caller.key, caller.url));
        return node;
    }
    if (!auto_created(name) || Rooms::is_room(name.key)) return no_node(name);
    const bool own = !is_alias(name.key) || name.key == caller.key;
    const Acl initial = Acl::initial(is_alias(name.key));
    if (!own && !has_one([&](Right r) { return initial.may(caller.key, caller.proof, r); })) {
        return fail(Errc::denied, no_right_text(caller, name, any_of.front()) + " (RVP 5.7)");
    }
    return make_node(caller, name);
}

/// The caller, if he may make one more.
base::Result<PrincipalRef> Service::maker_of_node(const Caller& caller) {
    PrincipalRef maker = principals_.intern(caller.key, caller.url);
    if (maker->nodes >= settings_.nodes_per_principal) {
        return fail(Errc::busy, caller.url + " has made as many nodes as one principal may (limits.nodes_per_principal)");
    }
    if (nodes_.made_by_domain_of(caller.key) >= settings_.nodes_per_domain) {
        return fail(Errc::busy, "people of the domain of " + caller.url + " have made as many nodes as they may (limits.nodes_per_domain)");
    }
    return maker;
}

base::Result<Node*> Service::make_node(const Caller& caller, const NodeName& name) {
    const auto may = maker_of_node(caller);
    if (!may) return std::unexpected(may.error());
    const PrincipalRef& maker = *may;
    const std::string url = Address(realm_.spelling(name.authority), name.path).url();
    PrincipalRef owner = is_alias(name.key) ? principals_.intern(name.key, url) : maker;
    return &nodes_.add(name.key, name.path, std::move(owner), maker, *this);
}

void Service::settled(TargetId target, SubscriptionId, DeliveryToken token, Fate fate) {
    const base::Instant now = clock_.now();
    if (token != DeliveryToken{}) outbox_.settled(token, fate, now);
    if (fate != Fate::refused && fate != Fate::gone) return;
    const CallBack* dead = callbacks_.find(target);
    Node* node = dead ? nodes_.find(dead->watcher().key()) : nullptr;
    if (!node) return;
    for (Subscription& s : node->sinks) {
        if (s.login() && s.callback().get() == dead) login_is_dead(s, now);
    }
}

}  // namespace presence
