// base/clock.h: the one place that asks what time it is; real or fake.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace base {

/// Marks time points counted since boot, suspend included (CLOCK_BOOTTIME): a clock step moves no lease.
struct BootTime {
    using rep = std::int64_t;
    using period = std::milli;
    using duration = std::chrono::milliseconds;
    using time_point = std::chrono::time_point<BootTime>;
    static constexpr bool is_steady = true;
};
using Instant = BootTime::time_point;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Tells the time. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    /// Monotonic, survives suspend; leases live on it.
    [[nodiscard]] virtual Instant now() const = 0;
    /// The calendar; only the store and log lines may use it.
    [[nodiscard]] virtual WallTime wall() const = 0;
    /// Names the boot that now() counts from; "" if the system does not tell. As long as it stays the same, now()
    /// goes on over a restart of the process, whatever happens to the calendar.
    [[nodiscard]] virtual std::string boot() const = 0;
    /// A fake clock stands still until told; loops on it run no timer of their own.
    [[nodiscard]] virtual bool is_fake() const { return false; }
};

/// CLOCK_BOOTTIME, CLOCK_REALTIME and /proc/sys/kernel/random/boot_id.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override;
    [[nodiscard]] WallTime wall() const override;
    [[nodiscard]] std::string boot() const override;
};

/// Moves only when told. Used by tests; whoever moves it must tick the loops afterwards.
class FakeClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return Instant(std::chrono::milliseconds(now_ms_.load())); }
    [[nodiscard]] WallTime wall() const override { return WallTime(std::chrono::milliseconds(wall_ms_.load())); }
    [[nodiscard]] std::string boot() const override { return "boot " + std::to_string(boots_.load()); }
    [[nodiscard]] bool is_fake() const override { return true; }
    /// Time passes: both clocks move by `by` (>= 0).
    void advance(std::chrono::milliseconds by) {
        now_ms_ += by.count();
        wall_ms_ += by.count();
    }
    /// Somebody sets the calendar: only the wall clock moves, either way.
    void step_wall(std::chrono::milliseconds by) { wall_ms_ += by.count(); }
    /// The machine starts anew: the time since boot begins again, the calendar goes on. Nobody may hold an Instant.
    void reboot() {
        ++boots_;
        now_ms_ = 60'000;
    }

private:
    std::atomic<std::int64_t> now_ms_{1'000'000};
    std::atomic<std::int64_t> wall_ms_{1'000'000'000'000};
    std::atomic<int> boots_{1};
};

}  // namespace base
