// server/door_limits.cc: what the connections of a listener may cost.
// SPDX-License-Identifier: Apache-2.0
#include "server/door_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <stdexcept>

namespace server {
namespace {

constexpr std::size_t kBesidePool = 2048;  // of a connection's memory

}  // namespace

std::size_t descriptors_allowed() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw std::runtime_error("the limit of descriptors cannot be read");
    return limit.rlim_cur;
}

DoorLimits make_door_limits(const Config& config, const Means& means) {
    const auto size = [](std::int64_t bytes) { return static_cast<std::size_t>(bytes); };
    DoorLimits l;
    l.head_bytes = size(config.limit_head_bytes);
    l.headers = size(config.limit_headers);
    l.body_bytes = size(config.limit_body_bytes);
    l.drain_bytes = size(config.limit_drain_bytes);
    l.bodies_bytes = size(config.limit_bodies_bytes);
    std::size_t connections = std::min(size(config.limit_connections), means.descriptors / 4 * 3 / means.listeners);
    if (means.memory) {
        l.bodies_bytes = std::min(l.bodies_bytes, *means.memory / 4 / means.listeners);
        connections = std::min(connections, *means.memory / 3 / means.listeners / (l.head_bytes + kPoolBesideHead + kBesidePool));
    }
    l.connections = static_cast<unsigned>(std::max<std::size_t>(connections, 1));
    l.connections_per_address = static_cast<unsigned>(config.limit_connections_per_address);
    l.requests_per_address = size(config.limit_requests_per_address);
    l.head_time = config.limit_head_time;
    l.body_time = config.limit_body_time;
    l.idle_time = config.limit_idle_time;
    return l;
}

}  // namespace server
