// base/key_index.h: owns objects that are found by a text which they hold.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fetch.h"

namespace base {

/// What `key_of` (a function, or a member function) gives of an object is its text: unique, and the same for as long as the
/// object is in here. To find one costs two looks into memory that is far away, its slot and itself: there is one row of
/// slots with the hashes in it, at most three quarters of them taken, and whoever finds his own taken stands in the next
/// that is free.
/// Not thread-safe. What is added may move the slots, never the objects.
template <class T, auto key_of>
class KeyIndex {
public:
    [[nodiscard]] std::size_t size() const { return size_; }

    /// Null: there is none.
    [[nodiscard]] T* find(std::string_view key) const {
        if (size_ == 0) return nullptr;
        const std::size_t hash = hash_of(key);
        for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
            const Slot& slot = slots_[at];
            if (!slot.object) return nullptr;
            if (slot.hash == hash && std::invoke(key_of, *slot.object) == key) return slot.object.get();
        }
    }
    /// The two steps of a find() that is to come, for whoever has other work between them. This one has the slot fetched.
    [[nodiscard]] std::size_t foresee(std::string_view key) const {
        const std::size_t hash = hash_of(key);
        if (size_ > 0) fetch(&slots_[hash & mask()]);
        return hash;
    }
    /// And this gives, of what foresee() returned, the object that find() will look at first: most likely the one it
    /// finds. Nothing of it has been read. Null: there is none.
    [[nodiscard]] const T* foreseen(std::size_t hash) const {
        if (size_ == 0) return nullptr;
        std::size_t at = hash & mask();
        while (slots_[at].object && slots_[at].hash != hash) at = (at + 1) & mask();
        return slots_[at].object.get();
    }
    /// No other object may have its key.
    T& add(std::unique_ptr<T> object) {
        if (4 * (size_ + 1) > 3 * slots_.size()) grow();
        T& added = *object;
        const std::size_t hash = hash_of(std::invoke(key_of, added));
        put({hash, std::move(object)});
        ++size_;
        return added;
    }
    /// It must be in here.
    [[nodiscard]] std::unique_ptr<T> take(const T& object) {
        std::size_t at = hash_of(std::invoke(key_of, object)) & mask();
        while (slots_[at].object.get() != &object) at = (at + 1) & mask();
        std::unique_ptr<T> taken = std::move(slots_[at].object);
        --size_;
        close_gap(at);
        return taken;
    }
    /// In no particular order; `visit` must not add or take any.
    template <class F>
    void for_each(F visit) const {
        for (const Slot& slot : slots_) {
            if (slot.object) visit(*slot.object);
        }
    }

private:
    struct Slot {
        std::size_t hash = 0;
        std::unique_ptr<T> object;  // null: free
    };

    static constexpr std::size_t kFewest = 16;  // a power of two, as all their numbers

    static std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }

    void put(Slot slot) {
        std::size_t at = slot.hash & mask();
        while (slots_[at].object) at = (at + 1) & mask();
        slots_[at] = std::move(slot);
    }
    void grow() {
        std::vector<Slot> old(slots_.empty() ? kFewest : 2 * slots_.size());
        old.swap(slots_);
        for (Slot& slot : old) {
            if (slot.object) put(std::move(slot));
        }
    }
    /// Whoever stood behind the gap because his own slot was taken moves up, so that he is still found.
    void close_gap(std::size_t gap) {
        for (std::size_t at = (gap + 1) & mask(); slots_[at].object; at = (at + 1) & mask()) {
            const std::size_t wanted = slots_[at].hash & mask();
            const bool may_move = ((at - wanted) & mask()) >= ((at - gap) & mask());
            if (!may_move) continue;
            slots_[gap] = std::move(slots_[at]);
            gap = at;
        }
    }

    std::vector<Slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace base
