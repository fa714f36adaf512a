// base/timer_cells.h: where the hooks of a timer wheel wait: in rows of cells, not in lists.
// SPDX-License-Identifier: Apache-2.0
//
// Ten million hooks are in no cache. A list of them is walked at one cache miss after the other, since only a hook says
// where the next one is; a row of pointers says where all are, and they can be fetched ahead.
#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace base {

class TimerHook;
class TimerRows;

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

}  // namespace base
