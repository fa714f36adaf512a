// presence/known_places.h: call-backs that a start has opened, found by the bytes of the records that name them.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7, 11 (restart)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fetch.h"
#include "base/ip.h"
#include "presence/callback.h"
#include "presence/node.h"
#include "presence/ports.h"
#include "presence/record.h"
#include "presence/subscription.h"

namespace presence {

/// What a subscription's record says of its watcher and where to tell him.
struct KnownPlace {
    CallBackRef callback;
    std::uint16_t authority = 0;  ///< Realm::index_of
    base::IpAddress source;
};

/// Most watchers have many subscriptions: with SubscriptionHead::place as the key, what was read, parsed and looked
/// up in three tables for the first is one look-up for the others. Thread: loop.
class KnownPlaces {
public:
    [[nodiscard]] static std::uint64_t hash_of(std::string_view bytes) { return std::hash<std::string_view>()(bytes) | 1; }

    /// Null: not met before.
    [[nodiscard]] const KnownPlace* find(std::uint64_t hash, std::string_view bytes) const {
        for (std::size_t at = hash & mask(); slots_[at].hash != 0; at = (at + 1) & mask()) {
            if (slots_[at].hash == hash && slots_[at].entry->bytes == bytes) return &slots_[at].entry->place;
        }
        return nullptr;
    }
    const KnownPlace& add(std::uint64_t hash, std::string_view bytes, KnownPlace place) {
        if (2 * entries_.size() >= slots_.size()) grow();
        Entry& entry = entries_.emplace_back(std::move(place), std::string(bytes));
        put({hash, &entry});
        return entry.place;
    }

    // What find() and who finds it will look at comes from memory in four steps that each need the one before; asked for
    // in advance, the steps of many records overlap.
    void foresee(std::uint64_t hash) const { base::fetch(&slots_[hash & mask()]); }
    void foresee_entry(std::uint64_t hash) const { base::fetch(foreseen(hash)); }
    void foresee_call_back(std::uint64_t hash) const {
        const Entry* const entry = foreseen(hash);
        if (!entry) return;
        base::fetch(entry->bytes.data(), entry->bytes.size());
        base::fetch(entry->place.callback.get());
    }
    void foresee_watcher(std::uint64_t hash) const {
        if (const Entry* const entry = foreseen(hash)) base::fetch(&entry->place.callback->watcher());
    }

private:
    struct Entry {
        Entry(KnownPlace p, std::string b) : place(std::move(p)), bytes(std::move(b)) {}
        KnownPlace place;
        std::string bytes;
    };
    struct Slot {
        std::uint64_t hash = 0;  ///< 0: free
        const Entry* entry = nullptr;
    };

    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    [[nodiscard]] const Entry* foreseen(std::uint64_t hash) const {
        const Slot& slot = slots_[hash & mask()];
        return slot.hash == hash ? slot.entry : nullptr;
    }
    void put(const Slot& slot) {
        std::size_t at = slot.hash & mask();
        while (slots_[at].hash != 0) at = (at + 1) & mask();
        slots_[at] = slot;
    }
    void grow() {
        const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
        for (const Slot& slot : before) {
            if (slot.hash != 0) put(slot);
        }
    }

    std::vector<Slot> slots_ = std::vector<Slot>(1024);  // a power of two, at most half of it taken
    std::deque<Entry> entries_;                          // stay where they are
};

/// Holds subscriptions' records back for a moment, in their order, while memory fetches what they will need.
/// Thread: loop.
class SubscriptionQueue {
public:
    struct Item {
        Record record;
        SubscriptionHead head;  ///< into `record`
        std::uint64_t hash = 0;      ///< of its place
        std::size_t node_hash = 0;   ///< as NodeTable::foresee() gave it
    };
    using Apply = std::function<base::Result<void>(const Item&)>;
    SubscriptionQueue(const KnownPlaces& places, const NodeTable& nodes, const SubscriptionTable& subscriptions, Apply apply)
        : places_(places), nodes_(nodes), subscriptions_(subscriptions), apply_(std::move(apply)) {}

    /// Takes `record`, and applies the one that has waited long enough, if there is one. Errc::internal: `record` is broken;
    /// or apply's.
    [[nodiscard]] base::Result<void> push(Record& record) {
        Item& item = items_[pushed_ % kLength];
        std::swap(item.record, record);
        auto head = read_head(item.record);
        if (!head) return std::unexpected(head.error());
        item.head = *head;
        item.hash = KnownPlaces::hash_of(head->place);
        item.node_hash = nodes_.foresee(head->node);
        places_.foresee(item.hash);
        subscriptions_.foresee(item.head.subscription());
        foresee_more();
        ++pushed_;
        return pushed_ - applied_ < kLength ? base::Result<void>() : apply_(items_[applied_++ % kLength]);
    }
    /// Applies all that wait.
    [[nodiscard]] base::Result<void> flush() {
        while (applied_ < pushed_) {
            if (auto done = apply_(items_[applied_++ % kLength]); !done) return done;
        }
        return {};
    }

private:
    static constexpr std::size_t kLength = 16;
    static constexpr std::size_t kStep = 4;
    static_assert(4 * kStep <= kLength);  // the last fetch, too, comes a step before its use

    /// The next step of those that were pushed one, two and three steps before.
    void foresee_more() const {
        const auto before = [this](std::size_t steps) {
            return pushed_ < steps * kStep ? nullptr : &items_[(pushed_ - steps * kStep) % kLength];
        };
        if (const Item* item = before(1)) {
            places_.foresee_entry(item->hash);
            base::fetch(nodes_.foreseen(item->node_hash));
            subscriptions_.foresee_first(item->head.subscription());
        }
        if (const Item* item = before(2)) {
            places_.foresee_call_back(item->hash);
            if (const Node* node = nodes_.foreseen(item->node_hash)) base::fetch(node->key().data(), node->key().size());
        }
        if (const Item* item = before(3)) places_.foresee_watcher(item->hash);
    }

    const KnownPlaces& places_;
    const NodeTable& nodes_;
    const SubscriptionTable& subscriptions_;
    Apply apply_;
    std::array<Item, kLength> items_;
    std::size_t pushed_ = 0, applied_ = 0;
};

/// What a start needs while it reads subscriptions.
struct Reopening {
    Reopening(const NodeTable& nodes, const SubscriptionTable& subscriptions, SubscriptionQueue::Apply apply)
        : queue(places, nodes, subscriptions, std::move(apply)) {}
    KnownPlaces places;
    SubscriptionQueue queue;
};

}  // namespace presence
