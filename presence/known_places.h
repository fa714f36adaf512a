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

#include "base/ip.h"
#include "presence/callback.h"
#include "presence/ports.h"
#include "presence/record.h"

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

    // What find() will touch comes from memory in three steps that each need the one before; asked for in advance,
    // the steps of many records overlap.
    void want_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask()]); }
    void want_entry(std::uint64_t hash) const {
        const Slot& slot = slots_[hash & mask()];
        if (slot.hash == hash) __builtin_prefetch(slot.entry);
    }
    void want_rest(std::uint64_t hash) const {
        const Slot& slot = slots_[hash & mask()];
        if (slot.hash != hash) return;
        __builtin_prefetch(slot.entry->bytes.data());
        __builtin_prefetch(slot.entry->place.callback.get());
        __builtin_prefetch(&slot.entry->place.callback->watcher());
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
        std::uint64_t hash = 0;
    };
    using Apply = std::function<base::Result<void>(const Item&)>;
    SubscriptionQueue(const KnownPlaces& places, Apply apply) : places_(places), apply_(std::move(apply)) {}

    /// Applies the one that has waited long enough, if there is one. Errc::internal: `record` is broken; or apply's.
    [[nodiscard]] base::Result<void> push(const Record& record) {
        Item& item = items_[pushed_ % kLength];
        item.record = record;
        auto head = read_head(item.record);
        if (!head) return std::unexpected(head.error());
        item.head = *head;
        item.hash = KnownPlaces::hash_of(head->place);
        ++pushed_;
        places_.want_slot(item.hash);
        if (pushed_ > kStep) places_.want_entry(items_[(pushed_ - kStep) % kLength].hash);
        if (pushed_ > 2 * kStep) places_.want_rest(items_[(pushed_ - 2 * kStep) % kLength].hash);
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
    static constexpr std::size_t kLength = 32;
    static constexpr std::size_t kStep = 10;

    const KnownPlaces& places_;
    Apply apply_;
    std::array<Item, kLength> items_;
    std::size_t pushed_ = 0, applied_ = 0;
};

/// What a start needs while it reads subscriptions.
struct Reopening {
    explicit Reopening(SubscriptionQueue::Apply apply) : queue(places, std::move(apply)) {}
    KnownPlaces places;
    SubscriptionQueue queue;
};

}  // namespace presence
