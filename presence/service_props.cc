// presence/service_props.cc: PROPFIND and PROPPATCH; how a change of state comes to be told.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4, 5.5; design 3
#include <algorithm>
#include <utility>

#include "presence/record.h"
#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

ViewId Service::next_view_id() {
    last_view_id_ = last_view_id_ >= kMaxWireId ? 1 : last_view_id_ + 1;
    return ViewId(last_view_id_);
}

void Service::patch(const Caller& caller, PatchRequest request, Answer<std::vector<Granted>> done) {
    auto node = need_or_make(caller, request.node, {Right::write});
    if (!node) return done(std::unexpected(node.error()));
    bool only_state = true;
    for (const PatchItem& item : request.items) {
        const auto* state = std::get_if<StatePatch>(&item);
        only_state = only_state && state;
        const auto sound = state ? check_state(caller, **node, *state) : check_prop(**node, std::get<PropPatch>(item));
        if (!sound) return done(std::unexpected(sound.error()));
    }
    if (only_state) return patch_now(caller, **node, request, std::move(done));
    const std::string key = request.node.key;
    in_turn(key, [this, caller, request = std::move(request), done = std::move(done)](base::Once<void()> finished) mutable {
        patch_when_safe(caller, std::move(request), [done = std::move(done), finished = std::move(finished)](auto granted) mutable {
            done(std::move(granted));
            finished();
        });
    });
}

// r:state is told at once; only the answer waits for the store, and says so when it failed (design 7).
void Service::patch_now(const Caller& caller, Node& node, const PatchRequest& request,
                        Answer<std::vector<Granted>> done) {
    auto granted = apply(caller, node, request);
    Batch batch;
    for (const Granted& g : granted) {
        const auto* state = std::get_if<StateGranted>(&g);
        if (state) keep_view(node, node.find_view(state->view), state->view, batch);
    }
    const std::uint64_t reserved = keep_counter(view_ids_, last_view_id_, batch);
    commit(node, std::move(batch), [this, granted = std::move(granted), reserved,
                                    done = std::move(done)](const base::Result<void>& safe) mutable {
        if (safe) view_ids_.kept(reserved);
        for (Granted& g : granted) {
            if (auto* state = std::get_if<StateGranted>(&g)) state->durable = safe.has_value();
        }
        done(std::move(granted));
    });
}

// Everything else is applied and told once it is on disk.
void Service::patch_when_safe(const Caller& caller, PatchRequest request, Answer<std::vector<Granted>> done) {
    Node* node = nodes_.find(request.node.key);
    if (!node) return done(no_node(request.node));
    Batch batch;
    for (const PatchItem& item : request.items) {
        if (const auto* prop = std::get_if<PropPatch>(&item)) keep_prop(*node, *prop, batch);
    }
    commit(*node, std::move(batch), [this, caller, request = std::move(request),
                                     done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(safe.error()));
        Node* still = nodes_.find(request.node.key);
        if (!still) return done(no_node(request.node));
        patch_now(caller, *still, request, std::move(done));
    });
}

void Service::keep_prop(Node& node, const PropPatch& patch, Batch& batch) {
    if (!patch.value) {
        batch.records.push_back(erase_record<PropRecord>(node.key(), prop_key(node.key(), patch.name)));
        return;
    }
    StoredProp wanted(node, *this, patch.name);
    wanted.value = *patch.value;
    if (patch.fallback) {
        wanted.fallback = patch.fallback;
        wheel_.arm(wanted, clock_.now() + grant(settings_.state, patch.timeout));
    }
    batch.records.push_back(prop_record(node, patch.name, wanted));
}

std::vector<Granted> Service::apply(const Caller& caller, Node& node, const PatchRequest& request) {
    std::vector<Granted> granted;
    std::vector<PropChange> changes;
    for (const PatchItem& item : request.items) {
        if (const auto* state = std::get_if<StatePatch>(&item)) {
            granted.emplace_back(patch_state(caller, node, *state));
        } else {
            granted.emplace_back(patch_prop(node, std::get<PropPatch>(item), changes));
        }
    }
    if (!changes.empty()) {
        Change change;
        change.props = std::move(changes);
        change.request = caller.request;
        fanout_.tell(node, change);
    }
    return granted;
}

base::Result<void> Service::check_state(const Caller& caller, const Node& node, const StatePatch& patch) const {
    const bool has_view = (patch.view && node.find_view(*patch.view)) || (!patch.login && node.resolve_view(caller).view);
    if (!has_view && !patch.value.is_offline() && node.views().size() >= settings_.views_per_node) {
        return fail(Errc::busy, "the node has as many views as it may (limits.views_per_principal)");
    }
    return {};
}

StateGranted Service::patch_state(const Caller& caller, Node& node, const StatePatch& patch) {
    const base::Instant now = clock_.now();
    StateGranted granted{patch.value, patch.fallback.value_or(Status()), grant(settings_.state, patch.timeout), {}};
    View* view = patch.view ? node.find_view(*patch.view) : nullptr;
    SubscriptionId login{};
    // A client may sign off by its view-id after its view is gone; that must not end another log-on's (RVP 5.5).
    const bool signs_off_the_dead = patch.view && patch.value.is_offline();
    // Nor may a log-on that ended while the store was asked leave a view behind, which nothing would end.
    const Subscription* under = patch.login ? subscriptions_.find(*patch.login) : nullptr;
    const bool comes_too_late = !view && patch.login && !(under && under->active());
    if (!view && patch.login) {
        login = *patch.login;
    } else if (!view && !signs_off_the_dead) {
        std::tie(view, login) = std::pair(node.resolve_view(caller).view, node.resolve_view(caller).login);
    }

    if (patch.value.is_offline() || comes_too_late) {
        granted.view = view ? view->id() : patch.view.value_or(ViewId{});
        if (granted.view == ViewId{}) granted.view = next_view_id();
        if (view) {
            node.end_view(*view, Status());
            state_may_have_changed(node, now, Ending::asked, std::nullopt, caller.request);
        }
        return granted;
    }
    if (!view) view = node.add_view(next_view_id(), login, *this, settings_.views_per_node);
    granted.view = view->id();
    node.touch(*view, caller);
    view->fallback = granted.fallback;
    const bool status_changed = node.set_value(*view, patch.value);
    wheel_.arm(*view, now + granted.timeout);
    state_may_have_changed(node, now, Ending::asked, status_changed ? std::optional(view->login) : std::nullopt,
                           caller.request);
    return granted;
}

void Service::state_may_have_changed(Node& node, base::Instant now, Ending ending,
                                     std::optional<SubscriptionId> status_set_under, std::uint64_t request) {
    const Status effective = node.effective();
    if (effective == node.told && !status_set_under) return node.linger.cancel();
    // A default-value of invisible lingers as offline does, or its timing would give it away (design 3.5).
    if (ending == Ending::unasked && effective.for_others().is_offline() && settings_.linger.count() > 0) {
        if (!node.linger.armed()) wheel_.arm(node.linger, now + settings_.linger);
        return;
    }
    node.linger.cancel();
    Change change;
    change.state = true;
    change.before = retell(node, effective);
    change.status_set_under = status_set_under;
    change.request = request;
    node.told_at = now;
    fanout_.tell(node, change);
}

void Service::linger_ended(Node& node) {
    state_may_have_changed(node, node.linger.due(), Ending::asked, std::nullopt);
}

void Service::view_lease_ended(View& view, base::Instant due) {
    Node& node = view.node();
    const ViewId id = view.id();
    ++tally_.views_due;
    node.end_view(view, Status(view.fallback));
    Batch batch;
    keep_view(node, nullptr, id, batch);
    commit_unasked(node, std::move(batch));
    state_may_have_changed(node, due, Ending::unasked, std::nullopt);
}

base::Result<void> Service::check_prop(const Node& node, const PropPatch& patch) const {
    const bool one_more = patch.value && !node.has_stored(patch.name);
    if (one_more && node.stored_properties() >= settings_.properties_per_node) {
        return fail(Errc::busy, "the node has as many properties as it may (limits.properties_per_node)");
    }
    return {};
}

PropGranted Service::patch_prop(Node& node, const PropPatch& patch, std::vector<PropChange>& changes) {
    const auto before = node.property(patch.name, realm_.mail_domain());
    PropGranted granted{patch.name, patch.value, {}, {}};
    if (!patch.value) {
        node.remove_property(patch.name);
    } else {
        StoredProp& stored = node.store_property(patch.name);
        stored.value = *patch.value;
        stored.fallback.reset();
        stored.cancel();
        if (patch.fallback) {
            stored.fallback = patch.fallback;
            granted.fallback = stored.fallback;
            granted.timeout = grant(settings_.state, patch.timeout);
            wheel_.arm(stored, clock_.now() + *granted.timeout);
        }
    }
    const auto after = node.property(patch.name, realm_.mail_domain());
    if (before != after) changes.push_back({patch.name, after});
    return granted;
}

void Service::property_lease_ended(Node& node, const PropName& name) {
    StoredProp* stored = node.find_stored(name);
    if (!stored || !stored->fallback) return;
    ++tally_.properties_due;
    const bool differs = stored->value != *stored->fallback;
    stored->value = std::move(*stored->fallback);
    stored->fallback.reset();
    Batch batch;
    batch.records.push_back(prop_record(node, name, *stored));
    commit_unasked(node, std::move(batch));
    if (!differs) return;
    Change change;
    change.props.push_back({name, node.property(name, realm_.mail_domain())});
    fanout_.tell(node, change);
}

/// Somebody looks at a node: what he may see of it is asked once, however many properties he looks at.
class Service::Look {
public:
    /// `blind`: if it is known already (Fanout::blind).
    Look(const Service& service, const Node& node, const std::string& key, Proof proof, std::optional<bool> blind = {})
        : service_(service), node_(node), key_(key), proof_(proof), blind_(blind) {}

    [[nodiscard]] bool may(const PropName& name) {
        const bool presence = is_presence_prop(name);
        auto& known = presence ? may_presence_ : may_read_;
        if (!known) known = node_.may(key_, proof_, presence ? Right::presence : Right::read);
        return *known;
    }
    /// nullopt: there is none for him.
    [[nodiscard]] std::optional<PropValue> value(const PropName& name) {
        if (!may(name)) return std::nullopt;
        if (is_presence_prop(name) && node_.alias() && blind()) return std::nullopt;
        if (name != prop_state()) return node_.property(name, service_.realm_.mail_domain());
        if (!node_.alias() && node_.views().empty() && node_.told.is_offline()) return std::nullopt;  // never had a state
        return node_.owned_by(key_) ? node_.told.for_owner() : node_.told.for_others();
    }

private:
    [[nodiscard]] bool blind() {
        if (!blind_) blind_ = service_.fanout_.blind(key_, node_);
        return *blind_;
    }

    const Service& service_;
    const Node& node_;
    const std::string& key_;
    const Proof proof_;
    std::optional<bool> may_presence_, may_read_, blind_;
};

std::vector<Prop> Service::visible_props(const Node& node, const std::string& key, Proof proof, std::optional<bool> blind) const {
    constexpr std::size_t kMostHave = 5;
    Look look(*this, node, key, proof, blind);
    std::vector<Prop> props;
    props.reserve(kMostHave);
    node.for_each_property_name([&](const PropName& name) {
        if (auto value = look.value(name)) props.emplace_back(name, std::move(*value));
    });
    return props;
}

base::Result<Found> Service::find(const Caller& caller, const NodeName& name, const FindWanted& wanted) {
    Node* node = nodes_.find(name.key);
    if (!node) return no_node(name);
    Found found;
    if (const auto* names = std::get_if<std::vector<PropName>>(&wanted)) {
        Look look(*this, *node, caller.key, caller.proof);
        found.props.reserve(names->size());
        for (const PropName& prop : *names) {
            if (!look.may(prop)) {
                found.not_allowed.push_back(prop);
            } else if (auto value = look.value(prop)) {
                found.props.emplace_back(prop, std::move(*value));
            } else {
                found.missing.push_back(prop);
            }
        }
        return found;
    }
    if (auto may = need(caller, name, Right::list); !may) return std::unexpected(may.error());
    found.props = visible_props(*node, caller.key, caller.proof);
    if (std::holds_alternative<FindNames>(wanted)) {
        for (Prop& prop : found.props) prop.value = Text{};
    }
    return found;
}

}  // namespace presence
