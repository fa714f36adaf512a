// base/clock.cc: CLOCK_BOOTTIME, CLOCK_REALTIME and which boot this is.
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <time.h>

#include <fstream>

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

std::string SystemClock::boot() const {
    std::string id;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
    return id;
}

}  // namespace base
