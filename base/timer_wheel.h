// base/timer_wheel.h: leases that end, in O(1) each.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace base {

/// What waits on a wheel: inherit it (once per purpose, through a member type if an object needs two) and
/// implement on_due. Unlinks itself when destroyed. Thread: that of its wheel.
class TimerHook : public boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    TimerHook() = default;
    TimerHook(const TimerHook&) = delete;
    TimerHook& operator=(const TimerHook&) = delete;

    [[nodiscard]] bool armed() const { return is_linked(); }
    /// When it is due; meaningful while armed.
    [[nodiscard]] Instant due() const { return Instant(std::chrono::milliseconds(due_ms_)); }
    /// Not armed any more. O(1).
    void cancel() {
        if (is_linked()) unlink();
    }

protected:
    ~TimerHook() = default;
    /// Called by TimerWheel::run once the due time has come; the hook is unlinked before, so on_due may arm it
    /// again or destroy its object.
    virtual void on_due(Instant due) = 0;

private:
    friend class TimerWheel;
    std::int64_t due_ms_ = 0;
};

/// A hierarchical timer wheel: 5 levels of 64 slots. It owns nothing, only links hooks. Arm and cancel are O(1);
/// each hook moves down at most 4 times before it is due. Reads no clock itself. Thread: one.
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
    /// Within a tick the order is that of arming (not promised beyond the 64^5 ticks that the wheel spans).
    /// Skips over empty stretches. Not from within on_due. Returns how many were called.
    std::size_t run(Instant now);

    /// The time up to which the wheel has run.
    [[nodiscard]] Instant now() const;

private:
    static constexpr int kLevelBits = 6;
    static constexpr int kSlots = 1 << kLevelBits;
    static constexpr int kLevels = 5;
    using Slot = boost::intrusive::list<TimerHook, boost::intrusive::constant_time_size<false>>;

    Slot& slot_for(std::int64_t tick);
    void cascade(int level, int slot);
    std::size_t expire(int slot);
    [[nodiscard]] int slot_now(int level) const;
    [[nodiscard]] std::int64_t next_event() const;
    [[nodiscard]] std::int64_t tick_of(std::int64_t due_ms) const;

    std::int64_t tick_ms_;
    std::int64_t now_tick_;
    std::array<std::array<Slot, kSlots>, kLevels> levels_;
    std::array<std::uint64_t, kLevels> occupied_{};  // hint: a clear bit means an empty slot
    bool running_ = false;
};

}  // namespace base
