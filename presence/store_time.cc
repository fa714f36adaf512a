// presence/store_time.cc: a time line over boots and steps of the calendar.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 4 (leases), 7
#include "presence/store_time.h"

#include <algorithm>

namespace presence {

using std::chrono::milliseconds;

namespace {

/// What a calendar that is only kept in step with the world may differ by; more, and somebody has set it.
constexpr milliseconds kStep{500};
constexpr std::chrono::seconds kStale{1};

milliseconds wall_of(const base::Clock& clock) { return clock.wall().time_since_epoch(); }
milliseconds of_record(std::uint64_t number) { return milliseconds(static_cast<std::int64_t>(number)); }
std::uint64_t to_record(milliseconds time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
}

}  // namespace

StoreTime::StoreTime(const base::Clock& clock)
    : clock_(clock), ahead_(wall_of(clock) - clock.now().time_since_epoch()), written_(line() - kStale) {}

void StoreTime::resume(const ClockRecord& record) {
    const milliseconds known = of_record(record.line);
    const milliseconds step = of_record(record.wall) - known;
    const milliseconds now = clock_.now().time_since_epoch();
    const milliseconds same_boot = now - of_record(record.boot_time) + known;
    // A time since boot that went back is another one, whatever it is called.
    const bool same = !record.boot.empty() && record.boot == clock_.boot() && same_boot >= known;
    ahead_ = (same ? same_boot : std::max(known, wall_of(clock_) - step)) - now;
    step_ = step;
    written_ = known;
    news_ = !same;
}

std::uint64_t StoreTime::of(base::Instant when) const { return to_record(when.time_since_epoch() + ahead_); }

base::Instant StoreTime::instant_of(std::uint64_t line) const { return base::Instant(of_record(line) - ahead_); }

bool StoreTime::news() {
    const milliseconds step = wall_of(clock_) - line();
    if (std::chrono::abs(step - step_) > kStep) {
        step_ = step;
        news_ = true;
    }
    return news_;
}

bool StoreTime::stale() {
    if (line() - written_ < kStale) return false;
    written_ = line();
    return true;
}

Record StoreTime::record() {
    news_ = false;
    written_ = line();
    step_ = wall_of(clock_) - line();
    ClockRecord r;
    r.boot = clock_.boot();
    r.boot_time = to_record(clock_.now().time_since_epoch());
    r.line = to_record(line());
    r.wall = to_record(wall_of(clock_));
    return put_record("", "clock", r);
}

}  // namespace presence
