// presence/subscription.cc: all subscriptions, by id and by due time.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.1, 5.1.2
#include "presence/subscription.h"

namespace presence {
namespace {

constexpr std::size_t kFirstBuckets = 1024;

}  // namespace

void Subscription::on_due(base::Instant due) { table_->events_.lease_ended(*this, due); }

SubscriptionTable::SubscriptionTable(base::TimerWheel& wheel, SubscriptionEvents& events, std::uint32_t first_id)
    : wheel_(wheel), events_(events), last_id_(first_id - 1), buckets_(kFirstBuckets),
      set_(Set::bucket_traits(buckets_.data(), buckets_.size())) {}

SubscriptionTable::~SubscriptionTable() {
    set_.clear_and_dispose([this](Subscription* s) { destroy(s); });
}

SubscriptionId SubscriptionTable::next_id() {
    do {
        last_id_ = last_id_ >= kMaxWireId ? 1 : last_id_ + 1;
    } while (find(SubscriptionId(last_id_)));
    return SubscriptionId(last_id_);
}

Subscription& SubscriptionTable::add(SubscriptionId id, Terms terms, SubscriptionList& list, bool active,
                                     base::Instant lease_end) {
    if (size_ >= buckets_.size()) grow();
    // Owned by this table until remove().
    auto* s = new (pool_.allocate(sizeof(Subscription), alignof(Subscription))) Subscription;
    s->id_ = id;
    s->table_ = this;
    s->node_ = terms.node;
    s->type_ = terms.type;
    s->callback_ = std::move(terms.callback);
    s->authority_ = terms.authority;
    s->proof_ = terms.proof;
    if (terms.is_login) s->login_ = std::make_unique<Login>(Login{terms.source});
    ++s->watcher()->subscriptions;
    set_.insert(*s);
    ++size_;
    move(*s, list, active);
    wheel_.arm(*s, lease_end);
    return *s;
}

void SubscriptionTable::move(Subscription& subscription, SubscriptionList& to, bool active) {
    subscription.by_node.unlink();
    to.push_back(subscription);
    subscription.active_ = active;
}

Subscription* SubscriptionTable::find(SubscriptionId id) const {
    const auto it = set_.find(id);
    return it == set_.end() ? nullptr : const_cast<Subscription*>(&*it);
}

void SubscriptionTable::set_lease(Subscription& subscription, base::Instant lease_end) {
    wheel_.arm(subscription, lease_end);
}

void SubscriptionTable::remove(Subscription& subscription) {
    if (look_) look_(subscription);
    --subscription.watcher()->subscriptions;
    set_.erase(set_.iterator_to(subscription));
    --size_;
    destroy(&subscription);
}

void SubscriptionTable::destroy(Subscription* subscription) {
    subscription->~Subscription();
    pool_.deallocate(subscription, sizeof(Subscription), alignof(Subscription));
}

void SubscriptionTable::grow() {
    std::vector<Set::bucket_type> larger(buckets_.size() * 2);
    set_.rehash(Set::bucket_traits(larger.data(), larger.size()));
    buckets_.swap(larger);
}

}  // namespace presence
