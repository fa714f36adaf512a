// base/timer_wheel.cc: hooks wait in the slot of the coarsest level that still tells them apart from now.
// SPDX-License-Identifier: Apache-2.0
#include "base/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>

namespace base {

// A hook whose tick is 256^L to 256^(L+1)-1 ticks ahead waits on level L, in the slot that bits 8L to 8L+7 of its
// tick name: 1 to 256 slots ahead of the present one, so the present slot holds only what is due a full turn from
// now. When the wheel enters a slot of level L >= 1, its hooks move to lower levels.

namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

}  // namespace

TimerWheel::TimerWheel(Instant start, std::chrono::milliseconds tick)
    : tick_ms_(tick.count()), now_tick_(0) {
    assert(tick_ms_ >= 1 && "a tick is at least a millisecond");
    now_tick_ = floor_div(start.time_since_epoch().count(), tick_ms_);
}

TimerWheel::~TimerWheel() {
    for (auto& level : levels_) {
        for (TimerSlot& slot : level) {
            for (auto* list : {&slot.early, &slot.late}) rows_.drain(*list, [](TimerHook&) {});
        }
    }
}

Instant TimerWheel::now() const { return Instant(std::chrono::milliseconds(now_tick_ * tick_ms_)); }

std::int64_t TimerWheel::tick_of(std::int64_t due_ms) const { return ceil_div(due_ms, tick_ms_); }

int TimerWheel::slot_now(int level) const {
    return static_cast<int>((now_tick_ >> (level * kLevelBits)) & (kSlots - 1));
}

int TimerWheel::SlotSet::next_after(int slot) const {
    const int from = (slot + 1) % kSlots;
    constexpr int kWords = kSlots / kBits;
    // The first word twice: its bits from `from` on at first, those before it at last.
    for (int step = 0; step <= kWords; ++step) {
        const int at = (from / kBits + step) % kWords;
        std::uint64_t bits = words_[static_cast<std::size_t>(at)];
        if (step == 0) bits &= ~std::uint64_t{0} << (from % kBits);
        if (step == kWords) bits &= bit(from) - 1;
        if (bits == 0) continue;
        const int found = at * kBits + std::countr_zero(bits);
        return (found - slot + kSlots - 1) % kSlots + 1;
    }
    return 0;
}

/// The slot in which to wait for `tick` (>= now_tick_), marked as occupied.
TimerSlot& TimerWheel::slot_for(std::int64_t tick) {
    constexpr std::int64_t kRange = std::int64_t{1} << (kLevels * kLevelBits);
    // Beyond the range a hook waits as long as it can and is then linked anew.
    tick = std::min(tick, now_tick_ + kRange - 1);
    const auto ahead = static_cast<std::uint64_t>(tick - now_tick_);
    const int level = (static_cast<int>(std::bit_width(ahead | 1)) - 1) / kLevelBits;
    const int slot = static_cast<int>((tick >> (level * kLevelBits)) & (kSlots - 1));
    occupied_[level].add(slot);
    return levels_[level][slot];
}

void TimerWheel::arm(TimerHook& hook, Instant due) {
    hook.cancel();
    hook.due_ms_ = due.time_since_epoch().count();
    rows_.append(slot_for(std::max(tick_of(hook.due_ms_), now_tick_ + 1)).late, hook);
}

/// The next tick at which some slot may have to be emptied; the maximum if there is none.
std::int64_t TimerWheel::next_event() const {
    auto next = std::numeric_limits<std::int64_t>::max();
    for (int level = 0; level < kLevels; ++level) {
        const int ahead = occupied_[level].next_after(slot_now(level));
        if (ahead == 0) continue;
        const int shift = level * kLevelBits;
        next = std::min(next, ((now_tick_ >> shift) + ahead) << shift);
    }
    return next;
}

void TimerWheel::cascade(int level, int slot) {
    if (!occupied_[level].remove(slot)) return;
    const auto down = [this](TimerHook& hook) { rows_.append(slot_for(tick_of(hook.due_ms_)).early, hook); };
    rows_.drain(levels_[level][slot].early, down);
    rows_.drain(levels_[level][slot].late, down);
}

std::size_t TimerWheel::expire(int slot) {
    if (!occupied_[0].remove(slot)) return 0;
    std::size_t called = 0;
    const auto call = [&called](TimerHook& hook) {
        hook.on_due(hook.due());
        ++called;
    };
    // Nothing that on_due arms can land in this slot, since it would have to be a full turn ahead, and that is
    // level 1; what on_due cancels or destroys leaves it by itself.
    rows_.drain(levels_[0][slot].early, call);
    rows_.drain(levels_[0][slot].late, call);
    return called;
}

std::size_t TimerWheel::run(Instant now) {
    assert(!running_ && "TimerWheel::run called from within on_due");
    running_ = true;
    const std::int64_t last = floor_div(now.time_since_epoch().count(), tick_ms_);
    std::size_t called = 0;
    for (auto next = next_event(); next <= last; next = next_event()) {
        now_tick_ = next;
        int coarsest = 0;
        while (coarsest + 1 < kLevels && slot_now(coarsest) == 0) ++coarsest;
        // Downwards: what comes from higher was armed earlier. What waits on a lower level for the same tick was armed
        // later than all of it.
        for (int level = coarsest; level >= 1; --level) cascade(level, slot_now(level));
        called += expire(slot_now(0));
    }
    now_tick_ = std::max(now_tick_, last);
    running_ = false;
    return called;
}

}  // namespace base
