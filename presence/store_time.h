// presence/store_time.h: the calendar by which the store's leases end, whatever somebody does to the clock.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 4 (leases), 7
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "presence/record.h"

namespace presence {

/// Leases live on the time since boot, which nobody can set; the store needs a time that outlives a boot. So it has a
/// line of its own: the calendar of the day when the store was made, carried on by the time since boot. What somebody
/// does to the calendar meanwhile is noted as the step between the two, and is how the line is found again after the
/// machine started anew. It never runs backwards: not before what the store knew last. Borrows the clock.
class StoreTime {
public:
    explicit StoreTime(const base::Clock& clock);

    /// Takes up the line of a store. Within the boot that wrote it the calendar is not asked at all.
    void resume(const ClockRecord& record);
    /// The line at `when`, in milliseconds, and back.
    [[nodiscard]] std::uint64_t of(base::Instant when) const;
    [[nodiscard]] base::Instant instant_of(std::uint64_t line) const;

    /// Looks whether the calendar was set since, and whether the store should hear of it (or of another boot).
    [[nodiscard]] bool news();
    /// Whether so much time passed that a commit should carry the record along; true once for each such time. Thus
    /// the line goes on behind the last lease that was granted, or at most a second before it.
    [[nodiscard]] bool stale();
    /// The record that says all this, as of now; news() is quiet then.
    [[nodiscard]] Record record();
    /// The record did not get to the store.
    void lost() { news_ = true; }

private:
    [[nodiscard]] std::chrono::milliseconds line() const { return clock_.now().time_since_epoch() + ahead_; }

    const base::Clock& clock_;
    std::chrono::milliseconds ahead_;    ///< of the time since boot
    std::chrono::milliseconds step_{0};  ///< by which the calendar is ahead of the line
    std::chrono::milliseconds written_;  ///< the line when the record was last made
    bool news_ = false;
};

}  // namespace presence
