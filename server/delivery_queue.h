// server/delivery_queue.h: what waits to be sent to one endpoint; the newest wins.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#pragma once

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "presence/ports.h"

namespace server {

/// A delivery in a DeliveryQueue, or taken from it to be sent.
struct QueuedDelivery : boost::intrusive::list_base_hook<>, boost::intrusive::unordered_set_base_hook<> {
    presence::Delivery delivery;
    std::uint64_t order = 0;  ///< rises with each push to the thread's queues
    base::Instant sent_at{};  ///< when it was put on the wire last
    std::uint32_t number = 0; ///< RVPD-Seq, once it has been on the wire; else 0
    std::uint32_t lost = 0;   ///< RVPD-Lost: dropped before it, and not told of yet
    bool given_up = false;    ///< while taken: not to be tried again
    bool silent = false;      ///< while taken: nobody waits for its fate any more
    bool orphan = false;      ///< while taken: its target is closed, and the id may name another

    [[nodiscard]] bool is_message() const { return delivery.persistence == presence::Persistence::message; }
};

/// Deliveries in some order.
using DeliveryList = boost::intrusive::list<QueuedDelivery>;

/// Owns the deliveries of all queues of a thread, and knows which slots have one waiting. Gives memory back only
/// when destroyed.
class DeliveryPool {
public:
    DeliveryPool();
    DeliveryPool(const DeliveryPool&) = delete;
    DeliveryPool& operator=(const DeliveryPool&) = delete;
    ~DeliveryPool();

private:
    friend class DeliveryQueue;
    struct SlotHash {
        std::size_t operator()(const QueuedDelivery& d) const;
    };
    struct SameSlot {
        bool operator()(const QueuedDelivery& a, const QueuedDelivery& b) const;
    };
    using Slots = boost::intrusive::unordered_set<QueuedDelivery, boost::intrusive::hash<SlotHash>,
                                                  boost::intrusive::equal<SameSlot>,
                                                  boost::intrusive::power_2_buckets<true>>;

    [[nodiscard]] QueuedDelivery& take(presence::Delivery&& delivery);
    void give_back(QueuedDelivery& d);
    [[nodiscard]] std::uint64_t next_order() { return ++last_order_; }
    [[nodiscard]] QueuedDelivery* waiting_in_slot_of(const QueuedDelivery& d);
    void enter_slot(QueuedDelivery& d);
    void leave_slot(QueuedDelivery& d);

    std::deque<QueuedDelivery> all_;
    std::vector<QueuedDelivery*> free_;
    std::vector<Slots::bucket_type> buckets_;
    Slots slots_;
    std::uint64_t last_order_ = 0;
};

/// The deliveries that wait for one connection, in order. All calls but remove_if, adopt, what names targets and ~ are O(1). Borrows
/// its pool.
class DeliveryQueue {
public:
    explicit DeliveryQueue(DeliveryPool& pool) : pool_(pool) {}
    DeliveryQueue(const DeliveryQueue&) = delete;
    DeliveryQueue& operator=(const DeliveryQueue&) = delete;
    ~DeliveryQueue();

    /// What waits for the same target, subscription and slot (presence only); null when nothing does.
    [[nodiscard]] QueuedDelivery* waiting_like(const presence::Delivery& delivery);
    /// Puts `delivery` into the place of one that waits, and that one's delivery into `delivery`.
    enum class Place { kept, last };
    void replace(QueuedDelivery& waiting, presence::Delivery& delivery, Place place);
    /// Appends.
    QueuedDelivery& push(presence::Delivery&& delivery);

    [[nodiscard]] std::size_t size() const { return presence_.size() + messages_.size(); }
    /// The first of all, the first message, the first presence; null when there is none.
    [[nodiscard]] QueuedDelivery* first();
    [[nodiscard]] QueuedDelivery* first_message() { return messages_.empty() ? nullptr : &messages_.front(); }
    [[nodiscard]] QueuedDelivery* first_presence() { return presence_.empty() ? nullptr : &presence_.front(); }

    /// Takes one of the firsts out, to be sent; put_back() or discard() must follow.
    void take(QueuedDelivery& d);
    /// Puts it where it was; false, with nothing done, when it is given up or a newer one came meanwhile.
    [[nodiscard]] bool put_back(QueuedDelivery& d);
    /// Ends one that was taken.
    void discard(QueuedDelivery& d) { pool_.give_back(d); }
    /// Takes all that match out, as take() does, and gives them to `taken`. O(size).
    void remove_if(const std::function<bool(const presence::Delivery&)>& matches,
                   const std::function<void(QueuedDelivery&)>& taken);
    /// Moves the messages for one target from `other` here, each to its place in the order. O(sizes).
    void adopt_messages(DeliveryQueue& other, presence::TargetId target);
    /// The first message for none of those that `busy` names; null when there is none.
    [[nodiscard]] const QueuedDelivery* first_message_but(const std::function<bool(presence::TargetId)>& busy) const;
    /// Moves all of `other` here, each to its place in the order; `moved` hears of each. O(sizes).
    void adopt(DeliveryQueue& other, const std::function<void(const QueuedDelivery&)>& moved);

private:
    [[nodiscard]] DeliveryList& list_of(const QueuedDelivery& d) { return d.is_message() ? messages_ : presence_; }

    DeliveryPool& pool_;
    DeliveryList presence_;
    DeliveryList messages_;
};

}  // namespace server
