// server/drain.h: the end of the daemon: what is owed is paid first, within a deadline.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (SIGTERM)
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/log.h"
#include "base/loop.h"
#include "base/timer_wheel.h"
#include "server/courier.h"

namespace server {

/// Stops the loop once nothing is owed and no notification can be sent any more, or when its time is over. What
/// waits out the pause of an endpoint that does not answer is not waited for. Thread: loop.
class Drain final : private base::TimerHook {
public:
    /// `owes`: whether an answer is owed to somebody, or something waits to be on disk. All must outlive it.
    Drain(base::Loop& loop, base::Log& log, Courier& courier, std::function<bool()> owes)
        : loop_(loop), log_(log), courier_(courier), owes_(std::move(owes)) {}

    /// Nothing new may come in any more. A second call does nothing.
    void begin(std::chrono::seconds time);
    [[nodiscard]] bool begun() const { return deadline_ != base::Instant{}; }

private:
    void on_due(base::Instant) override { look(); }
    void look();
    void judge(bool couriers_busy);

    base::Loop& loop_;
    base::Log& log_;
    Courier& courier_;
    const std::function<bool()> owes_;
    base::Instant deadline_{};
    std::shared_ptr<Drain*> self_ = std::make_shared<Drain*>(this);  // what a courier answers may come too late
};

}  // namespace server
