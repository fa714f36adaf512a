// server/attempt.h: one attempt to deliver a NOTIFY, for whoever looks on.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl trace, logs)
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/handoff.h"
#include "base/log.h"
#include "base/loop.h"
#include "presence/ids.h"

namespace server {

struct Attempt {
    std::uint64_t request = 0;  ///< what caused it, see RequestIds; 0: nothing that came in, but a lease that ended
    presence::SubscriptionId subscription{};
    std::uint32_t number = 0;  ///< RVPD-Seq; 0: it was never on the wire
    bool message = false;      ///< else a property change
    std::string endpoint;      ///< host:port
    int status = 0;            ///< of the answer; 0: there was none
    std::string failure;       ///< why there was none
    std::chrono::milliseconds took{};
};

/// `notify-attempt request=d05a3f1000001 subscription=7 seq=1 endpoint=127.0.0.1:9001 status=200 took_ms=2`.
void log_attempt(base::Log& log, base::LogLevel level, const Attempt& attempt);

/// Carries attempts from the courier threads to the loop while somebody looks on, at most kMost at a time; what is
/// beyond is counted.
class AttemptTap {
public:
    static constexpr std::size_t kMost = 10'000;

    explicit AttemptTap(base::Loop& loop)
        : handoff_(loop, [this](std::vector<Attempt>& batch) { take(batch); }) {}

    /// Any thread. Cheap.
    [[nodiscard]] bool wanted() const { return wanted_.load(std::memory_order_relaxed); }
    /// Any thread.
    void tell(Attempt&& attempt);

    /// `hear` is called on the loop with each attempt, and how many were lost before it. Empty: nobody looks on.
    /// Call on the loop.
    using Hear = std::function<void(const Attempt& attempt, std::size_t lost)>;
    void listen(Hear hear);

private:
    void take(std::vector<Attempt>& batch);

    Hear hear_;  // loop
    std::atomic<bool> wanted_{false};
    std::atomic<std::size_t> waiting_{0};
    std::atomic<std::size_t> lost_{0};
    base::Handoff<Attempt> handoff_;
};

}  // namespace server
