// server/heap.h: large pages for a large heap.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "base/timer_wheel.h"

namespace server {

/// What a million people take lies so far apart that much of the time of each look goes into finding its page. So once
/// the heap is large the kernel is asked for large pages (madvise(2); it gives them where
/// /sys/kernel/mm/transparent_hugepage/enabled says `madvise` or `always`), and the heap grows in steps that hold some.
/// Small ones stay as they are: a daemon in a small control group has no memory to spare for pages half full.
/// Thread: the main one, whose heap it is.
class Heap final : private base::TimerHook {
public:
    Heap(base::TimerWheel& wheel, const base::Clock& clock);

private:
    void on_due(base::Instant) override;
    void ask_for_large_pages();

    base::TimerWheel& wheel_;
    const base::Clock& clock_;
    const std::uintptr_t begin_;
    std::uintptr_t asked_to_;  // up to here it was asked
};

}  // namespace server
