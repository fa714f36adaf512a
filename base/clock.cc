// base/clock.cc: CLOCK_BOOTTIME and CLOCK_REALTIME.
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <time.h>

namespace base {
namespace {

std::chrono::milliseconds read(clockid_t id) {
    timespec ts{};
    clock_gettime(id, &ts);
    return std::chrono::milliseconds(static_cast<std::int64_t>(ts.tv_sec) * 1000 + ts.tv_nsec / 1'000'000);
}

}  // namespace

Instant SystemClock::now() const { return Instant(read(CLOCK_BOOTTIME)); }
WallTime SystemClock::wall() const { return WallTime(read(CLOCK_REALTIME)); }

}  // namespace base
