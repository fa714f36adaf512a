// server/delivery_queue.cc: two lists that share one order, and a hash over the presence that waits.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#include "server/delivery_queue.h"

#include <algorithm>
#include <utility>

namespace server {

// ---- Pool --------------------------------------------------------------------------------------------------

namespace {
constexpr std::size_t kFirstBuckets = 1024;  // a power of two, like all that follow
}

std::size_t DeliveryPool::SlotHash::operator()(const QueuedDelivery& d) const {
    std::uint64_t key = static_cast<std::uint64_t>(d.delivery.target) << 32;
    key |= static_cast<std::uint32_t>(d.delivery.subscription);
    key = (key ^ d.delivery.slot) * 0x9e3779b97f4a7c15u;
    return static_cast<std::size_t>(key ^ (key >> 32));
}

bool DeliveryPool::SameSlot::operator()(const QueuedDelivery& a, const QueuedDelivery& b) const {
    return a.delivery.target == b.delivery.target && a.delivery.subscription == b.delivery.subscription &&
           a.delivery.slot == b.delivery.slot;
}

DeliveryPool::DeliveryPool()
    : buckets_(kFirstBuckets), slots_(Slots::bucket_traits(buckets_.data(), buckets_.size())) {}

DeliveryPool::~DeliveryPool() { slots_.clear(); }

QueuedDelivery& DeliveryPool::take(presence::Delivery&& delivery) {
    if (free_.empty()) free_.push_back(&all_.emplace_back());
    QueuedDelivery& d = *free_.back();
    free_.pop_back();
    d.delivery = std::move(delivery);
    d.order = next_order();
    d.number = d.lost = 0;
    d.given_up = d.silent = d.orphan = false;
    return d;
}

void DeliveryPool::give_back(QueuedDelivery& d) {
    d.delivery.what.reset();
    free_.push_back(&d);
}

QueuedDelivery* DeliveryPool::waiting_in_slot_of(const QueuedDelivery& d) {
    const auto it = slots_.find(d);
    return it == slots_.end() ? nullptr : &*it;
}

void DeliveryPool::enter_slot(QueuedDelivery& d) {
    if (slots_.size() >= buckets_.size()) {
        std::vector<Slots::bucket_type> more(buckets_.size() * 2);
        slots_.rehash(Slots::bucket_traits(more.data(), more.size()));
        buckets_.swap(more);
    }
    slots_.insert(d);
}

void DeliveryPool::leave_slot(QueuedDelivery& d) { slots_.erase(slots_.iterator_to(d)); }

// ---- Queue -------------------------------------------------------------------------------------------------

DeliveryQueue::~DeliveryQueue() {
    while (QueuedDelivery* d = first()) {
        take(*d);
        discard(*d);
    }
}

QueuedDelivery* DeliveryQueue::waiting_like(const presence::Delivery& delivery) {
    if (delivery.persistence == presence::Persistence::message || presence_.empty()) return nullptr;
    QueuedDelivery key;
    key.delivery.target = delivery.target;
    key.delivery.subscription = delivery.subscription;
    key.delivery.slot = delivery.slot;
    return pool_.waiting_in_slot_of(key);
}

void DeliveryQueue::replace(QueuedDelivery& waiting, presence::Delivery& delivery, Place place) {
    std::swap(waiting.delivery, delivery);
    waiting.number = 0;  // what had it may have been heard
    if (place == Place::kept) return;
    waiting.order = pool_.next_order();
    presence_.splice(presence_.end(), presence_, presence_.iterator_to(waiting));
}

QueuedDelivery& DeliveryQueue::push(presence::Delivery&& delivery) {
    QueuedDelivery& d = pool_.take(std::move(delivery));
    list_of(d).push_back(d);
    if (!d.is_message()) pool_.enter_slot(d);
    return d;
}

QueuedDelivery* DeliveryQueue::first() {
    QueuedDelivery* message = first_message();
    QueuedDelivery* presence = first_presence();
    if (!message || !presence) return message ? message : presence;
    return message->order < presence->order ? message : presence;
}

void DeliveryQueue::take(QueuedDelivery& d) {
    DeliveryList& list = list_of(d);
    list.erase(list.iterator_to(d));
    if (!d.is_message()) pool_.leave_slot(d);
}

bool DeliveryQueue::put_back(QueuedDelivery& d) {
    if (d.given_up || (!d.is_message() && pool_.waiting_in_slot_of(d))) return false;
    if (!d.is_message()) pool_.enter_slot(d);
    list_of(d).push_front(d);
    return true;
}

void DeliveryQueue::remove_if(const std::function<bool(const presence::Delivery&)>& matches,
                              const std::function<void(QueuedDelivery&)>& taken) {
    for (DeliveryList* list : {&messages_, &presence_}) {
        for (auto it = list->begin(); it != list->end();) {
            QueuedDelivery& d = *it++;
            if (!matches(d.delivery)) continue;
            take(d);
            taken(d);
        }
    }
}

void DeliveryQueue::adopt(DeliveryQueue& other, const std::function<void(const QueuedDelivery&)>& moved) {
    const auto earlier = [](const QueuedDelivery& a, const QueuedDelivery& b) { return a.order < b.order; };
    for (DeliveryList* list : {&other.messages_, &other.presence_}) std::ranges::for_each(*list, moved);
    messages_.merge(other.messages_, earlier);
    presence_.merge(other.presence_, earlier);
}

void DeliveryQueue::adopt_messages(DeliveryQueue& other, presence::TargetId target) {
    DeliveryList moved;
    for (auto it = other.messages_.begin(); it != other.messages_.end();) {
        QueuedDelivery& d = *it++;
        if (d.delivery.target != target) continue;
        other.messages_.erase(other.messages_.iterator_to(d));
        moved.push_back(d);
    }
    messages_.merge(moved, [](const QueuedDelivery& a, const QueuedDelivery& b) { return a.order < b.order; });
}

const QueuedDelivery* DeliveryQueue::first_message_but(const std::function<bool(presence::TargetId)>& busy) const {
    const auto found = std::ranges::find_if(messages_, [&busy](const QueuedDelivery& d) { return !busy(d.delivery.target); });
    return found == messages_.end() ? nullptr : &*found;
}

}  // namespace server
