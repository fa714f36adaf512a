// server/request_ids.h: a number for each request, by which the log says what belongs together.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (logs)
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace server {

/// Numbers for all that the daemon is asked, over HTTP and by rvpctl, and for its connections. Each is given once; the
/// next run of the daemon goes on above them, for a message that is kept is delivered then under the number of the
/// request that brought it. So they begin at the second of the start: 2^24 of them for each second that the run before
/// lasted are more than can come. Thread: loop.
class RequestIds {
public:
    explicit RequestIds(base::WallTime start) {
        constexpr std::chrono::sys_days kEpoch = std::chrono::year(2020) / 1 / 1;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(start - kEpoch).count();
        last_ = static_cast<std::uint64_t>(seconds > 0 ? seconds : 0) << kBits;
    }
    RequestIds(const RequestIds&) = delete;
    RequestIds& operator=(const RequestIds&) = delete;

    [[nodiscard]] std::uint64_t next() { return ++last_; }

private:
    static constexpr int kBits = 24;
    std::uint64_t last_ = 0;
};

/// `d05a3f1000001`, as the log and rvpctl trace print it; `-` for 0.
[[nodiscard]] std::string request_name(std::uint64_t request);

}  // namespace server
