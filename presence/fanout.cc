// presence/fanout.cc: one notification in, its deliveries out.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.4, 5.5, 5.6; design 3, 4
#include "presence/fanout.h"

#include <functional>

#include "presence/settings.h"

namespace presence {
namespace {

// A property change by PROPPATCH is hop 1 (client to server); its NOTIFY is the next one (RVP 5.6).
constexpr int kPropHop = 2;

bool visible(const PropName& name, bool presence, bool read) { return is_presence_prop(name) ? presence : read; }

// Changes of the same set of properties share a slot: the newest wins.
std::uint32_t slot_of(const std::vector<PropChange>& changes) {
    std::size_t slot = 0;
    for (const PropChange& c : changes) slot = (slot * 31 + std::hash<std::string_view>()(c.name.local())) * 31 + std::hash<std::string_view>()(c.name.ns());
    return static_cast<std::uint32_t>(slot);
}

// A right taken back ends what it once allowed: the ACL is asked at delivery (design 3.6).
bool may_receive(const Subscription& sink) {
    return sink.login() || sink.node().room || sink.node().may(*sink.watcher(), sink.proof(), Right::receive_from);
}

const Status& seen_by(const Status& state, bool owner, Status& scratch) {
    scratch = owner ? state.for_owner() : state.for_others();
    return scratch;
}

// What is told to who loses sight of a node's presence, and to who gains it: of each property that the right guards,
// what a node that never set it shows, and the truth. Empty when these are the same.
std::pair<Change, Change> sights_of(const Node& node) {
    std::pair<Change, Change> sights;
    const auto differ = [&sights](const PropName& name, std::optional<PropValue> blank, std::optional<PropValue> truth) {
        if (blank == truth) return;
        sights.first.props.push_back({name, std::move(blank)});
        sights.second.props.push_back({name, std::move(truth)});
    };
    differ(prop_state(), Status(), node.told.for_others());
    for (const PropName& name : {prop_mobile_state(), prop_mobile_description(), prop_show(), prop_status_text()}) {
        differ(name, node.unset_property(name), node.property(name, ""));
    }
    return sights;
}

}  // namespace

// Most changes go to log-ons by way of their watcher's own node, which is there as long as he is.
Node* Fanout::node_behind(CallBack& callback) const {
    if (Node* const known = callback.node_at(nodes_.removals())) return known;
    Node* const found = nodes_.find(callback.node_key());
    if (found) callback.remember(*found, nodes_.removals());
    return found;
}

// Visits the Carrier's targets behind a call-back: itself, or the log-ons of the node it names, and so on. Each node is
// expanded once per walk, so that neither a ring nor a thousand call-backs to one group costs more than what is there.
// False: a node calls back one that led to it.
template <class F>
bool Fanout::for_each_target(CallBack& callback, Proof proof, std::uint64_t walk, int depth, F&& visit) {
    if (!callback.is_node()) {
        visit(callback);
        return true;
    }
    Node* const node = node_behind(callback);
    // To lead another's notifications to a node needs the same right as to send it any.
    if (!node || !node->may(callback.watcher(), proof, Right::send_to)) return true;
    if (depth >= kMaxHops || node->expanding) return false;
    if (!node->mark(walk)) return true;
    node->expanding = true;
    bool sound = true;
    for (Subscription& sink : node->sinks) {
        if (may_receive(sink)) sound = for_each_target(*sink.callback(), sink.proof(), walk, depth + 1, visit) && sound;
    }
    node->expanding = false;
    return sound;
}

// One change being told: renders each audience's version once, and keeps each call-back to one delivery.
class Fanout::Telling {
public:
    Telling(Fanout& fanout, Node& node, const Change& change)
        : fanout_(fanout), node_(node), change_(change), number_(++fanout.changes_) {}

    void to(Subscription& subscription, bool owner, bool presence, bool read) {
        const Version* version = version_for(subscription.authority(), owner, presence, read);
        if (!version->what) return;
        const std::uint64_t walk = ++fanout_.walks_;
        fanout_.for_each_target(*subscription.callback(), subscription.proof(), walk, 0, [&](CallBack& callback) {
            if (!callback.mark(number_)) return;
            Delivery delivery;
            delivery.target = callback.target();
            delivery.subscription = subscription.id();
            delivery.what = version->what;
            delivery.slot = version->slot;
            fanout_.carrier_.push(std::move(delivery));
        });
    }

private:
    struct Version {
        std::uint16_t authority;
        bool owner, presence, read;
        std::uint32_t slot;
        std::shared_ptr<const Prepared> what;  // null: nothing to tell this audience
    };

    const Version* version_for(std::uint16_t authority, bool owner, bool presence, bool read) {
        for (const Version& v : versions_) {
            if (v.authority == authority && v.owner == owner && v.presence == presence && v.read == read) return &v;
        }
        versions_.push_back(make(authority, owner, presence, read));
        return &versions_.back();
    }

    Version make(std::uint16_t authority, bool owner, bool presence, bool read) {
        PropNotification payload;
        if (change_.state && presence) {
            Status before;
            Status now;
            const bool differs = seen_by(change_.before, owner, before) != seen_by(node_.told, owner, now);
            // Other log-ons of the owner are told of a new status even if nothing else about the state moved.
            if (differs || (owner && change_.status_set_under)) payload.changes.push_back({prop_state(), now});
        }
        for (const PropChange& c : change_.props) {
            if (visible(c.name, presence, read)) payload.changes.push_back(c);
        }
        Version version{authority, owner, presence, read, slot_of(payload.changes), nullptr};
        if (payload.changes.empty()) return version;
        payload.from.href = Address(fanout_.realm_.spelling(authority), node_.path()).url();
        payload.from.description = node_.displayname();
        Notification notification{std::move(payload), fanout_.realm_.spelling(authority), kPropHop, AckType::deep_or,
                                  change_.request};
        version.what = fanout_.carrier_.prepare(notification);
        return version;
    }

    Fanout& fanout_;
    Node& node_;
    const Change& change_;
    std::uint64_t number_;
    std::vector<Version> versions_;
};

void Fanout::tell(Node& node, const Change& change) {
    Telling telling(*this, node, change);
    for (Subscription& s : node.watchers) {
        const Principal& watcher = *s.watcher();
        telling.to(s, node.owned_by(watcher), node.may(watcher, s.proof(), Right::presence) && !blind(s),
                   node.may(watcher, s.proof(), Right::read));
    }
    if (!change.status_set_under) return;
    for (Subscription& s : node.sinks) {
        if (s.login() && s.id() != *change.status_set_under) telling.to(s, true, true, false);
    }
}

void Fanout::tell_present(Node& node, Subscription& subscription, std::uint64_t request) {
    const std::string& key = subscription.watcher()->key();
    const bool owner = node.owned_by(key);
    const bool sees = node.may(key, subscription.proof(), Right::presence) && !blind(subscription);
    Status scratch;
    Change present;  // who lost sight meanwhile is corrected too (design 3.6)
    present.request = request;
    present.props.push_back({prop_state(), sees ? seen_by(node.told, owner, scratch) : Status()});
    Telling(*this, node, present).to(subscription, owner, true, true);
}

bool Fanout::blind(const Subscription& s) const {
    return s.watcher()->shuts_out && blind(s.watcher()->key(), s.node());
}

bool Fanout::blind(const std::string& watcher_key, const Node& node) const {
    if (node.owned_by(watcher_key)) return false;
    const Node* own = nodes_.find(watcher_key);
    return own && own->shuts_anybody_out() && own->shuts_out(node.key());
}

void Fanout::tell_sight(Node& node, const Acl& before, std::uint64_t request) {
    tell_sight(node, [&](const Subscription& s) {
        const std::string& key = s.watcher()->key();
        return before.may(key, s.proof(), Right::presence) && !node.shuts_out(key) && !blind(s);
    }, request);
}

void Fanout::tell_sight(Node& node, const std::function<bool(const Subscription&)>& saw_before, std::uint64_t request) {
    auto [lost, gained] = sights_of(node);
    if (lost.props.empty()) return;  // looks the same with sight and without
    lost.request = gained.request = request;
    Telling without(*this, node, lost);
    Telling see(*this, node, gained);
    for (Subscription& s : node.watchers) {
        const std::string& key = s.watcher()->key();
        if (node.owned_by(key)) continue;
        const bool saw = saw_before(s);
        const bool sees = node.may(key, s.proof(), Right::presence) && !blind(s);
        if (saw && !sees) without.to(s, false, true, true);
        if (!saw && sees) see.to(s, false, true, true);
    }
}

base::Result<std::vector<Destination>> Fanout::destinations(
    Node& node, const std::function<bool(const Subscription&)>& counts) {
    std::vector<Destination> to;
    const std::uint64_t number = ++changes_;
    const std::uint64_t walk = ++walks_;
    node.mark(walk);
    node.expanding = true;
    bool sound = true;
    for (Subscription& s : node.sinks) {
        if (!may_receive(s) || (counts && !counts(s))) continue;
        sound = for_each_target(*s.callback(), s.proof(), walk, 0, [&](CallBack& callback) {
            if (callback.mark(number)) to.push_back({callback.target(), s.id(), s.lease_end()});
        }) && sound;
    }
    node.expanding = false;
    if (!sound && to.empty()) {
        return base::fail(base::Errc::loop, "call-backs of nodes lead in a ring (RVP-Hop-Count, RVP 5.6)");
    }
    return to;
}

void Fanout::forget(Subscription& subscription) {
    for_each_target(*subscription.callback(), subscription.proof(), ++walks_, 0,
                    [&](CallBack& callback) { carrier_.forget(callback.target(), subscription.id()); });
}

std::vector<Serving> Fanout::serving(Subscription& subscription) {
    std::vector<Serving> found;
    for_each_target(*subscription.callback(), subscription.proof(), ++walks_, 0,
                    [&](CallBack& callback) { found.push_back({callback.target(), subscription.id()}); });
    return found;
}

}  // namespace presence
