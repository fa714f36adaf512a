// server/request_rate.cc: how many requests one address may make in a second.
// SPDX-License-Identifier: Apache-2.0
#include "server/request_rate.h"

#include <chrono>
#include <cstring>

namespace server {
namespace {

// The half of the address that tells who it is: of IPv4, which is kept v4-mapped, the lower one.
std::uint64_t household(const base::IpAddress& address) {
    std::uint64_t half = 0;
    std::memcpy(&half, address.bytes().data() + (address.is_v4() ? 8 : 0), sizeof half);
    return half;
}

}  // namespace

bool RequestRate::admits(const base::IpAddress& address, base::Instant now, std::size_t most) {
    if (most == 0) return true;
    if (now >= ends_) {
        counts_.clear();
        ends_ = now + std::chrono::seconds(1);
    }
    return ++counts_[household(address)] <= most;
}

}  // namespace server
