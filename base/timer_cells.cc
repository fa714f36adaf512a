// base/timer_cells.cc: hooks into cells and out of them.
// SPDX-License-Identifier: Apache-2.0
#include "base/timer_cells.h"

#include <utility>

#include "base/fetch.h"

namespace base {

TimerRow& TimerRows::fresh() {
    if (spare_.empty()) {
        slabs_.push_back(std::make_unique<Slab>());
        for (TimerRow& row : *slabs_.back()) {
            row.owner = this;
            spare_.push_back(row);
        }
    }
    TimerRow& row = spare_.back();  // which was in use last, and is in the cache
    spare_.pop_back();
    row.used = row.held = 0;
    return row;
}

void TimerRows::retire(TimerRow& row) {
    row.unlink();
    spare_.push_back(row);
}

TimerHook* TimerRows::take(TimerHook*& cell) {
    TimerHook* const hook = std::exchange(cell, nullptr);
    if (hook) hook->cell_ = nullptr;
    return hook;
}

// And the row behind it, which lies anywhere.
void TimerRows::fetch_first(const TimerRow& row) {
    for (std::size_t i = 0; i < kAhead && i < row.used; ++i) __builtin_prefetch(row.cells[i]);
    fetch(TimerSlot::List::node_algorithms::node_traits::get_next(TimerSlot::List::value_traits::to_node_ptr(row)), sizeof row);
}

void TimerRows::append(TimerSlot::List& list, TimerHook& hook) {
    if (list.empty() || list.back().used == TimerRow::kCells) list.push_back(fresh());
    TimerRow& row = list.back();
    TimerHook*& cell = row.cells[row.used++];
    ++row.held;
    cell = &hook;
    hook.cell_ = &cell;
}

void TimerRows::remove(TimerHook& hook) {
    TimerRow& row = TimerRow::of(hook.cell_);
    *hook.cell_ = nullptr;
    hook.cell_ = nullptr;
    let_go(row);
}

}  // namespace base
