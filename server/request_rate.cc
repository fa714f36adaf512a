// server/request_rate.cc: how many requests one address may make in a second.
// SPDX-License-Identifier: Apache-2.0
#include "server/request_rate.h"

#include <chrono>

#include "base/household.h"

namespace server {

bool RequestRate::admits(const base::IpAddress& address, base::Instant now, std::size_t most) {
    if (most == 0) return true;
    if (now >= ends_) {
        counts_.clear();
        ends_ = now + std::chrono::seconds(1);
    }
    return ++counts_[base::household_of(address)] <= most;
}

}  // namespace server
