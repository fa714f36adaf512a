// server/backlog.h: how long what was handed to another thread has waited there.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 8
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace server {

/// Counts what one thread gives and another does. All but done() is the giver's.
class Backlog {
public:
    void given(std::size_t count, base::Instant now) {
        const bool idle = all_done_to_mark();
        given_ += count;
        if (idle) mark(now);
    }
    /// By the other thread, in the order of giving.
    void done(std::size_t count) { done_.fetch_add(count, std::memory_order_relaxed); }

    /// How long something that is not done yet has waited, at least; 0 when nothing has.
    [[nodiscard]] std::chrono::milliseconds age(base::Instant now) {
        if (!all_done_to_mark()) return now - marked_at_;
        mark(now);  // what was given since: from now on
        return std::chrono::milliseconds(0);
    }

private:
    [[nodiscard]] bool all_done_to_mark() const { return done_.load(std::memory_order_relaxed) >= marked_; }
    void mark(base::Instant now) {
        marked_ = given_;
        marked_at_ = now;
    }

    std::uint64_t given_ = 0;
    std::uint64_t marked_ = 0;  // this many had been given at marked_at_
    base::Instant marked_at_{};
    std::atomic<std::uint64_t> done_{0};
};

}  // namespace server
