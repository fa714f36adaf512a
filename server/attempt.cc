// server/attempt.cc: one attempt to deliver a NOTIFY, for whoever looks on.
// SPDX-License-Identifier: Apache-2.0
#include "server/attempt.h"

#include <utility>

#include "server/request_ids.h"

namespace server {

void log_attempt(base::Log& log, base::LogLevel level, const Attempt& attempt) {
    log.write(level, "notify-attempt", {{"request", request_name(attempt.request)},
                                        {"subscription", std::to_string(static_cast<std::uint32_t>(attempt.subscription))},
                                        {"seq", std::to_string(attempt.number)},
                                        {"endpoint", attempt.endpoint},
                                        {"status", attempt.failure.empty() ? std::to_string(attempt.status) : attempt.failure},
                                        {"took_ms", std::to_string(attempt.took.count())}});
}

void AttemptTap::tell(Attempt&& attempt) {
    if (!wanted()) return;
    if (waiting_.load(std::memory_order_relaxed) >= kMost) {
        lost_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    waiting_.fetch_add(1, std::memory_order_relaxed);
    handoff_.send(std::move(attempt));
}

void AttemptTap::listen(Hear hear) {
    hear_ = std::move(hear);
    wanted_ = static_cast<bool>(hear_);
}

void AttemptTap::take(std::vector<Attempt>& batch) {
    waiting_.fetch_sub(batch.size(), std::memory_order_relaxed);
    const std::size_t lost = lost_.exchange(0, std::memory_order_relaxed);
    for (std::size_t i = 0; hear_ && i < batch.size(); ++i) hear_(batch[i], i == 0 ? lost : 0);
}

}  // namespace server
