// presence/service_store.cc: what is kept, and when it is safe.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7; cluster.md 2 (write path)
#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "presence/record.h"
#include "presence/service.h"

namespace presence {

namespace {

constexpr std::uint64_t kIdBlock = 10'000;  // reserved at a time: one record per so many ids

Record node_record(const Node& node) {
    return put_record(node.key(), node.key(),
                      NodeRecord{node.path(), node.owner().key(), node.owner().url(), node.maker().key(),
                                 node.maker().url()});
}

std::string id_key(std::uint32_t id) { return std::to_string(id); }

}  // namespace

base::Error Service::not_safe(base::Error error) {
    if (error.code == base::Errc::internal) error.code = base::Errc::no_space;
    return error;
}

void Service::committed(Node* kept, bool safe) {
    if (!kept) return;
    if (kept->pending > 0) --kept->pending;
    kept->stored = kept->stored || safe;
}

void Service::drop_if_useless(Node* node) {
    const bool useless = node && !node->stored && node->pending == 0 && node->views().empty() &&
                         node->watchers.empty() && node->sinks.empty();
    if (useless) remove(*node);
}

void Service::commit(Node& node, Batch batch, Answer<void> then) {
    if (batch.empty() && node.stored) return then({});  // what lives in memory alone
    if (std::exchange(node.other_maker, false) || !node.stored) batch.records.insert(batch.records.begin(), node_record(node));
    ++node.pending;
    if (time_.stale()) batch.records.push_back(time_.record());
    journal_.commit(std::move(batch), [this, about = NodeMeanwhile(nodes_, node), then = std::move(then)](base::Result<void> safe) mutable {
        committed(about.in(nodes_), safe.has_value());
        if (!safe) safe = std::unexpected(not_safe(safe.error()));
        then(std::move(safe));
        drop_if_useless(about.in(nodes_));
    });
}

void Service::commit(const std::vector<Node*>& nodes, Batch batch, Answer<void> then) {
    std::vector<std::string> keys;
    Batch whole;  // the nodes' own records first
    for (Node* node : nodes) {
        if (std::exchange(node->other_maker, false) || !node->stored) whole.records.push_back(node_record(*node));
        ++node->pending;
        keys.push_back(node->key());
    }
    std::ranges::move(batch.records, std::back_inserter(whole.records));
    std::ranges::move(batch.messages, std::back_inserter(whole.messages));
    if (time_.stale()) whole.records.push_back(time_.record());
    journal_.commit(std::move(whole), [this, keys = std::move(keys), then = std::move(then)](base::Result<void> safe) mutable {
        for (const std::string& key : keys) committed(nodes_.find(key), safe.has_value());
        if (!safe) safe = std::unexpected(not_safe(safe.error()));
        then(std::move(safe));
        for (const std::string& key : keys) drop_if_useless(key);
    });
}

void Service::commit_unasked(Node& node, Batch batch) {
    commit(node, std::move(batch), [](const base::Result<void>&) {});
}

void Service::in_turn(const std::string& node_key, Turn act) {
    Turns& turns = turns_[node_key];
    turns.waiting.push_back(std::move(act));
    if (turns.waiting.size() == 1) run_turns(node_key);
}

// A loop: however many acts finish before they return, the stack does not grow with them.
void Service::run_turns(const std::string& node_key) {
    const std::string key = node_key;
    Turns& turns = turns_.at(key);
    while (!turns.waiting.empty()) {
        turns.inside = true;
        turns.ended = false;
        turns.waiting.front()([this, key] { turn_ended(key); });
        turns.inside = false;
        if (!turns.ended) return;
        turns.waiting.pop_front();
    }
    turns_.erase(key);
}

void Service::turn_ended(const std::string& node_key) {
    Turns& turns = turns_.at(node_key);
    turns.ended = true;
    if (turns.inside) return;
    turns.waiting.pop_front();
    run_turns(node_key);
}

/// The turns of several nodes. They are asked for all at once, so two such acts never wait for each other.
struct Service::Gathered {
    std::size_t missing;
    std::vector<base::Once<void()>> held;
    base::Once<void()> act;
    void got(base::Once<void()> finished) {
        held.push_back(std::move(finished));
        if (--missing == 0) act();
    }
};

void Service::in_turns(std::vector<std::string> node_keys, Turn act) {
    std::ranges::sort(node_keys);
    node_keys.erase(std::ranges::unique(node_keys).begin(), node_keys.end());
    auto turns = std::make_shared<Gathered>();
    turns->missing = node_keys.size();
    turns->act = [turns, act = std::move(act)]() mutable {
        act([turns] {
            for (base::Once<void()>& finished : turns->held) finished();
        });
    };
    for (const std::string& key : node_keys) {
        in_turn(key, [turns](base::Once<void()> finished) { turns->got(std::move(finished)); });
    }
}

std::uint64_t Service::keep_counter(const Counter& counter, std::uint32_t last, Batch& batch) const {
    if (last < counter.safe && counter.safe - last <= kIdBlock) return 0;
    const std::uint64_t reserved = last + kIdBlock;
    batch.records.push_back(put_record("", std::string(counter.name), CounterRecord{reserved}));
    return reserved;
}

void Service::watch_calendar() {
    wheel_.arm(calendar_, wheel_.now() + CalendarWatch::kEvery);
    if (!time_.news()) return;
    Batch batch;
    batch.records.push_back(time_.record());
    journal_.commit(std::move(batch), [this](const base::Result<void>& safe) {
        if (!safe) time_.lost();
    });
}

Record Service::subscription_record(SubscriptionId id, const SubscriptionTable::Terms& terms,
                                    base::Instant lease_end) const {
    SubscriptionRecord r;
    r.id = std::to_underlying(id);
    r.type = std::to_underlying(terms.type);
    r.proof = std::to_underlying(terms.proof);
    r.login = terms.is_login ? 1 : 0;
    r.lease_end = time_.of(lease_end);
    r.node = terms.node->key();
    r.watcher_key = terms.callback->watcher().key();
    r.watcher_url = terms.callback->watcher().url();
    r.callback = terms.callback->url();
    r.authority = realm_.spelling(terms.authority);
    const std::string source = terms.source.text();
    r.source = source;
    return put_record(r.node, id_key(std::to_underlying(id)), r);
}

Record Service::subscription_record(const Subscription& s) const {
    const SubscriptionTable::Terms terms{&s.node(), s.type(), s.callback(), s.authority(), s.proof(),
                                         s.login() != nullptr, s.callback()->source()};
    return subscription_record(s.id(), terms, s.active() ? s.lease_end() : s.lease_end() - kRevivable);
}

Record Service::prop_record(const Node& node, const PropName& name, const StoredProp& stored) const {
    PropRecord r{node.key(), std::string(name.ns()), std::string(name.local()), to_record(stored.value), {}, 0};
    if (stored.fallback) {
        r.fallback = to_record(*stored.fallback);
        r.lease_end = time_.of(stored.due());
    }
    return put_record(node.key(), prop_key(node.key(), name), r);
}

// The view's record (or, with no view any more, its end) and the node's state with it.
void Service::keep_view(const Node& node, const View* view, ViewId id, Batch& batch) const {
    const std::string key = node.key() + '\0' + id_key(std::to_underlying(id));
    if (view) {
        ViewRecord r;
        r.id = std::to_underlying(id);
        r.login = std::to_underlying(view->login);
        r.lease_end = time_.of(view->due());
        r.node = node.key();
        r.value = view->value.name();
        r.fallback = view->fallback.name();
        r.source = view->source.text();
        batch.records.push_back(put_record(node.key(), key, r));
    } else {
        batch.records.push_back(erase_record<ViewRecord>(node.key(), key));
    }
    batch.records.push_back(
        put_record(node.key(), node.key(), StateRecord{node.status().name(), node.fallback().name()}));
}

}  // namespace presence
