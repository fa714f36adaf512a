// base/timer_cells.h: where the hooks of a timer wheel wait: in rows of cells, not in lists.
// SPDX-License-Identifier: Apache-2.0
//
// Ten million hooks are in no cache. A list of them is walked at one cache miss after the other, since only a hook says
// where the next one is; a row of pointers says where all are, and they can be fetched ahead.
#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"

namespace base {

class TimerHook;
class TimerRows;
class TimerWheel;

/// Some cells, filled from the first to the last; an emptied one stays empty. A row without hooks goes back to its
/// TimerRows. Its address says it all: a cell finds its row by masking bits.
struct alignas(512) TimerRow : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    static constexpr std::size_t kCells = 59;

    TimerRows* owner = nullptr;
    std::uint32_t used = 0;  ///< cells that were filled once
    std::uint32_t held = 0;  ///< hooks in them, and one for whoever walks along the row
    std::array<TimerHook*, kCells> cells;

    [[nodiscard]] static TimerRow& of(TimerHook** cell) {
        return *reinterpret_cast<TimerRow*>(reinterpret_cast<std::uintptr_t>(cell) & ~(alignof(TimerRow) - 1));
    }
};
static_assert(sizeof(TimerRow) == alignof(TimerRow));

/// Hooks in the order in which they came.
struct TimerSlot {
    using List = boost::intrusive::list<TimerRow, boost::intrusive::constant_time_size<false>>;
    List early;  ///< those that moved down from a coarser level, who were armed before the others
    List late;
};

/// All rows of one wheel; what is spare is kept. Thread: that of the wheel.
class TimerRows {
public:
    TimerRows() = default;
    TimerRows(const TimerRows&) = delete;
    TimerRows& operator=(const TimerRows&) = delete;

    /// Puts the hook, which waits nowhere, behind all others.
    void append(TimerSlot::List& list, TimerHook& hook);
    /// How many hooks could wait in what memory there is.
    [[nodiscard]] std::size_t capacity() const { return slabs_.size() * kRowsOfSlab * TimerRow::kCells; }
    /// It waits nowhere any more.
    static void remove(TimerHook& hook);

    /// Takes out each hook of a list, oldest first, and hands it to `each`. What that removes, destroys or appends
    /// elsewhere is respected.
    template <class F>
    void drain(TimerSlot::List& list, F each) {
        while (!list.empty()) {
            TimerRow& row = list.front();
            ++row.held;
            fetch_first(row);
            for (std::size_t i = 0; i < row.used; ++i) {
                if (i + kAhead < row.used) __builtin_prefetch(row.cells[i + kAhead]);
                TimerHook* const hook = take(row.cells[i]);
                if (!hook) continue;
                --row.held;
                each(*hook);
            }
            let_go(row);
        }
    }

private:
    static constexpr std::size_t kRowsOfSlab = 128;
    static constexpr std::size_t kAhead = 8;  // hooks that are fetched before they are needed
    using Slab = std::array<TimerRow, kRowsOfSlab>;

    [[nodiscard]] TimerRow& fresh();
    static void let_go(TimerRow& row) {
        if (--row.held == 0) row.owner->retire(row);
    }
    void retire(TimerRow& row);
    [[nodiscard]] static TimerHook* take(TimerHook*& cell);
    static void fetch_first(const TimerRow& row);

    std::vector<std::unique_ptr<Slab>> slabs_;
    TimerSlot::List spare_;
};

/// What waits on a wheel: inherit it (once per purpose, through a member type if an object needs two) and
/// implement on_due. Leaves the wheel when destroyed. Thread: that of its wheel.
class TimerHook {
public:
    TimerHook() = default;
    TimerHook(const TimerHook&) = delete;
    TimerHook& operator=(const TimerHook&) = delete;

    [[nodiscard]] bool armed() const { return cell_ != nullptr; }
    /// When it is due; meaningful while armed.
    [[nodiscard]] Instant due() const { return Instant(std::chrono::milliseconds(due_ms_)); }
    /// Not armed any more. O(1).
    void cancel() {
        if (armed()) TimerRows::remove(*this);
    }

protected:
    ~TimerHook() { cancel(); }
    /// Called by TimerWheel::run once the due time has come; the hook is not armed any more then, so on_due may arm it
    /// again or destroy its object.
    virtual void on_due(Instant due) = 0;

private:
    friend class TimerRows;
    friend class TimerWheel;
    TimerHook** cell_ = nullptr;  // in which it waits
    std::int64_t due_ms_ = 0;
};

}  // namespace base
