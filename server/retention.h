// server/retention.h: what is too old leaves the archive, once a day.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7 (archive), 9 (message.archive_days)
#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/log.h"
#include "base/timer_wheel.h"
#include "store/archive.h"

namespace server {

/// Deletes messages older than `age`, soon after the start and each day after. Borrows all; gone before the archive.
/// Thread: loop.
class Retention final : public base::TimerHook {
public:
    Retention(store::Archive& archive, base::TimerWheel& wheel, const base::Clock& clock, base::Log& log,
              std::chrono::days age)
        : archive_(archive), wheel_(wheel), clock_(clock), log_(log), age_(age) {
        wheel_.arm(*this, clock_.now() + kFirst);
    }

private:
    static constexpr std::chrono::minutes kFirst{1};
    static constexpr std::chrono::days kAgain{1};

    void on_due(base::Instant due) override {
        wheel_.arm(*this, due + kAgain);
        const auto before = clock_.wall() - age_;
        archive_.expire(before.time_since_epoch().count(), [&log = log_](base::Result<std::size_t> deleted) {
            if (!deleted) log.error("archive-retention", {{"error", deleted.error().text}});
            else if (*deleted > 0) log.info("archive-retention", {{"deleted", std::to_string(*deleted)}});
        });
    }

    store::Archive& archive_;
    base::TimerWheel& wheel_;
    const base::Clock& clock_;
    base::Log& log_;
    const std::chrono::days age_;
};

}  // namespace server
