// server/request_rate.h: how many requests one address may make in a second.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (hostile input has a bound everywhere)
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/clock.h"
#include "base/ip.h"

namespace server {

/// Counts the requests of each address, of IPv6 those of each /64, since one household has that many. A count lasts for
/// a second from the first request after the last count ended. Holds as many counts as addresses asked in that second.
/// Thread: one.
class RequestRate {
public:
    /// Counts one, and says whether it is among the first `most` of its address; 0: there is no bound.
    bool admits(const base::IpAddress& address, base::Instant now, std::size_t most);

private:
    base::Instant ends_{};
    std::unordered_map<std::uint64_t, std::size_t> counts_;
};

}  // namespace server
