// ctl/bench.h: asks a daemon the same thing again and again, and says how fast it answers.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl bench)
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ctl {

struct BenchSettings {
    std::string address;               ///< "127.0.0.1:8080" or "[::1]:8080"
    std::string request;               ///< whole, as it goes over the wire
    std::size_t connections = 8;       ///< >= 1; each asks again when it has its answer
    std::uint64_t requests = 5'000;    ///< in all
    std::chrono::seconds patience{10};  ///< without any answer; then it is given up
};

struct BenchResult {
    std::map<int, std::uint64_t> statuses;       ///< how many answers had which
    std::vector<std::chrono::nanoseconds> took;  ///< of each request, ascending
    std::chrono::nanoseconds whole{};
    std::string refusal;  ///< what the first answer that was not 2xx said, a line of it; "" when there was none
    /// What this share (0 to 1) of the requests did not exceed; 0 when there are none.
    [[nodiscard]] std::chrono::nanoseconds quantile(double share) const;
};

/// Blocks. Errc::internal says what went wrong first: no connection, an answer without Content-Length, a connection
/// that was closed, or the end of patience.
[[nodiscard]] base::Result<BenchResult> bench(const BenchSettings& settings);

}  // namespace ctl
