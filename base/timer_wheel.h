// base/timer_wheel.h: leases that end, in O(1) each.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/timer_cells.h"

namespace base {

/// A hierarchical timer wheel: 4 levels of 256 slots. It owns no hook. Arm and cancel are O(1);
/// each hook moves down at most 3 times before it is due, once if that is within 65,536 ticks. Reads no clock itself. Thread: one.
class TimerWheel {
public:
    /// `tick` >= 1 ms is the resolution: a hook is due at the first tick boundary not before its time.
    TimerWheel(Instant start, std::chrono::milliseconds tick);
    ~TimerWheel();
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    /// Arms (or re-arms) `hook` for `due`; a time already past is due at the next tick. O(1).
    void arm(TimerHook& hook, Instant due);

    /// Calls on_due of everything due up to `now`, in order of ticks; while it runs, now() is the tick's time,
    /// so what on_due arms relative to now() is called in the same run if it falls due before `now`.
    /// Within a tick the order is that of arming (not promised beyond the 256^4 ticks that the wheel spans).
    /// Skips over empty stretches. Not from within on_due. Returns how many were called.
    std::size_t run(Instant now);

    /// How many hooks could wait in what memory the wheel has: that of the most there ever were, and some more.
    [[nodiscard]] std::size_t capacity() const { return rows_.capacity(); }
    /// The time up to which the wheel has run.
    [[nodiscard]] Instant now() const;

private:
    // With ten million leases each move is a cache miss or two, so few moves count for more than small levels: at a
    // tick of 250 ms a lease of four hours is on level 1.
    static constexpr int kLevelBits = 8;
    static constexpr int kSlots = 1 << kLevelBits;
    static constexpr int kLevels = 4;
    /// A set of slots of one level.
    class SlotSet {
    public:
        void add(int slot) { word(slot) |= bit(slot); }
        /// Whether it was there.
        bool remove(int slot) {
            const bool was = (word(slot) & bit(slot)) != 0;
            word(slot) &= ~bit(slot);
            return was;
        }
        /// How far the next one is behind `slot`, going round: 1 to kSlots; 0 when there is none.
        [[nodiscard]] int next_after(int slot) const;

    private:
        static constexpr int kBits = 64;
        static constexpr std::uint64_t bit(int slot) { return std::uint64_t{1} << (slot % kBits); }
        std::uint64_t& word(int slot) { return words_[static_cast<std::size_t>(slot / kBits)]; }
        std::array<std::uint64_t, kSlots / kBits> words_{};
    };

    TimerSlot& slot_for(std::int64_t tick);
    void cascade(int level, int slot);
    std::size_t expire(int slot);
    [[nodiscard]] int slot_now(int level) const;
    [[nodiscard]] std::int64_t next_event() const;
    [[nodiscard]] std::int64_t tick_of(std::int64_t due_ms) const;

    std::int64_t tick_ms_;
    std::int64_t now_tick_;
    TimerRows rows_;
    std::array<std::array<TimerSlot, kSlots>, kLevels> levels_;
    std::array<SlotSet, kLevels> occupied_{};  // hint: a slot that is not in it is empty
    bool running_ = false;
};

}  // namespace base
