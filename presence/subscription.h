// presence/subscription.h: which watcher, which node, until when.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.1 (ids), 5.1.2 (leases), 5.1.5 (duplicates stay apart)
#pragma once

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <vector>

#include "base/fetch.h"
#include "base/ip.h"
#include "base/timer_wheel.h"
#include "presence/acl.h"
#include "presence/callback.h"
#include "presence/ids.h"
#include "presence/principal.h"

namespace presence {

class Node;
class SubscriptionTable;

enum class NotificationType : std::uint8_t { propchange, notify };

/// What only a login subscription has: where it was made.
struct Login {
    base::IpAddress source;
};

/// One watcher's subscription to one node. Owned by SubscriptionTable; the node and the wheel only link it.
/// It is active until its lease ends or it is removed; an expired one is kept a while without effect, so that a
/// late renewal revives it (rvp-in-practice 8.5). Thread: loop.
class Subscription final : public base::TimerHook {
public:
    using ById = boost::intrusive::unordered_set_member_hook<
        boost::intrusive::link_mode<boost::intrusive::normal_link>, boost::intrusive::store_hash<false>>;
    using ByNode = boost::intrusive::list_member_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

    [[nodiscard]] SubscriptionId id() const { return id_; }
    [[nodiscard]] Node& node() const { return *node_; }
    [[nodiscard]] NotificationType type() const { return type_; }
    [[nodiscard]] const PrincipalRef& watcher() const { return callback_->watcher_ref(); }
    [[nodiscard]] const CallBackRef& callback() const { return callback_; }
    /// Which of our authorities the SUBSCRIBE used for the node (Realm::spelling); 0 is the domain.
    [[nodiscard]] std::uint16_t authority() const { return authority_; }
    /// How the watcher proved himself when he subscribed; the ACL judges each delivery by it.
    [[nodiscard]] Proof proof() const { return proof_; }
    /// Asked to end, and waiting for the store: it can be renewed no more.
    [[nodiscard]] bool ending() const { return ending_; }
    void set_ending(bool ending) { ending_ = ending; }
    /// Set on a login subscription: pragma/notify of a principal to his own node.
    [[nodiscard]] const Login* login() const { return login_.get(); }
    [[nodiscard]] bool active() const { return active_; }
    /// End of the lease; of an expired one, end of the time in which it can be revived.
    [[nodiscard]] base::Instant lease_end() const { return due(); }

    ById by_id;      ///< SubscriptionTable's
    ByNode by_node;  ///< one of its node's lists: see SubscriptionTable::move

private:
    friend class SubscriptionTable;
    Subscription() = default;
    void on_due(base::Instant due) override;

    Node* node_ = nullptr;
    SubscriptionTable* table_ = nullptr;
    CallBackRef callback_;
    std::unique_ptr<Login> login_;
    SubscriptionId id_{};
    std::uint16_t authority_ = 0;
    NotificationType type_ = NotificationType::propchange;
    bool ending_ = false;
    bool active_ = false;
    Proof proof_ = Proof::assertion;
};
using SubscriptionList = boost::intrusive::list<
    Subscription,
    boost::intrusive::member_hook<Subscription, Subscription::ByNode, &Subscription::by_node>,
    boost::intrusive::constant_time_size<false>>;

/// Told when a lease ends; the subscription is still linked everywhere.
class SubscriptionEvents {
public:
    virtual ~SubscriptionEvents() = default;
    /// Of an active one: its lease is over. Of an expired one: nobody can revive it any more.
    virtual void lease_ended(Subscription& subscription, base::Instant due) = 0;
};

/// Owns all subscriptions, found by id in O(1); gives out ids that count up and are not given again before 2^31
/// others were.
class SubscriptionTable {
public:
    SubscriptionTable(base::TimerWheel& wheel, SubscriptionEvents& events, std::uint32_t first_id);
    ~SubscriptionTable();
    SubscriptionTable(const SubscriptionTable&) = delete;
    SubscriptionTable& operator=(const SubscriptionTable&) = delete;

    struct Terms {
        Node* node;
        NotificationType type;
        CallBackRef callback;  ///< the watcher's
        std::uint16_t authority;
        Proof proof;
        bool is_login;
        base::IpAddress source;
    };
    /// The greatest id given out so far.
    [[nodiscard]] std::uint32_t last_id() const { return last_id_; }
    /// Ids up to this may have been given out before a restart.
    void skip_to(std::uint32_t last) { last_id_ = last; }
    /// An id that is free now; reserve it by using it before the next call.
    [[nodiscard]] SubscriptionId next_id();
    /// A new subscription that stands in that list of its node: active until `lease_end`, or expired already and to be
    /// revived until `lease_end`.
    Subscription& add(SubscriptionId id, Terms terms, SubscriptionList& list, bool active, base::Instant lease_end);
    /// From the list of its node where it stands to another.
    static void move(Subscription& subscription, SubscriptionList& to, bool active);
    [[nodiscard]] Subscription* find(SubscriptionId id) const;
    /// The two steps of an add() or find() that is to come, for whoever has other work between them: the place of `id` is
    /// fetched, and then who stands first in it.
    void foresee(SubscriptionId id) const { base::fetch(&buckets_[set_.bucket(id)]); }
    void foresee_first(SubscriptionId id) const {
        const std::size_t place = set_.bucket(id);
        if (const auto first = set_.begin(place); first != set_.end(place)) base::fetch(&*first);
    }
    void set_lease(Subscription& subscription, base::Instant lease_end);
    /// Destroys it.
    void remove(Subscription& subscription);
    /// `look` sees each one a last time before it is removed. Empty: nobody does.
    void watch_ends(std::function<void(const Subscription&)> look) { look_ = std::move(look); }
    [[nodiscard]] std::size_t size() const { return size_; }
    /// Calls `visit` for each; it must not add or remove any.
    template <class F>
    void for_each(F visit) const {
        for (const Subscription& s : set_) visit(s);
    }

    /// The same, for the first `most` in no particular order.
    template <class F>
    void for_some(std::size_t most, F visit) const {
        for (auto it = set_.begin(); most > 0 && it != set_.end(); ++it, --most) visit(*it);
    }

private:
    friend class Subscription;
    struct KeyOfId {
        using type = SubscriptionId;
        type operator()(const Subscription& s) const { return s.id(); }
    };
    struct HashId {
        // They count up, and the next should find its bucket beside that of the one before, in the cache. But no further:
        // who looks for any would have to pass all that are free in one stretch.
        std::size_t operator()(SubscriptionId id) const {
            const auto number = static_cast<std::size_t>(id);
            return ((number >> 3) * 0x9e3779b97f4a7c15U >> 20) << 3 | (number & 7);
        }
    };
    using Set = boost::intrusive::unordered_set<
        Subscription, boost::intrusive::member_hook<Subscription, Subscription::ById, &Subscription::by_id>,
        boost::intrusive::key_of_value<KeyOfId>, boost::intrusive::hash<HashId>,
        boost::intrusive::power_2_buckets<true>, boost::intrusive::constant_time_size<false>>;

    void grow();
    void destroy(Subscription* subscription);

    std::pmr::unsynchronized_pool_resource pool_;  // ten million of one size: no malloc header for each
    base::TimerWheel& wheel_;
    SubscriptionEvents& events_;
    std::function<void(const Subscription&)> look_;
    std::uint32_t last_id_;
    std::size_t size_ = 0;
    std::vector<Set::bucket_type> buckets_;
    Set set_;
};

}  // namespace presence
