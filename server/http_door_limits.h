// server/http_door_limits.h: the bounds of a door.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (hostile input has a bound everywhere)
#pragma once

#include <chrono>
#include <cstddef>

namespace server {

/// What libmicrohttpd's pool of each connection holds beside a head of the most bytes: its table of headers, and the head
/// of the answer.
inline constexpr std::size_t kPoolBesideHead = 5120;

/// What one connection may cost. All bounds are of the whole door but where said.
struct DoorLimits {
    std::size_t head_bytes = 16384;
    std::size_t headers = 64;
    std::size_t body_bytes = 1 << 20;
    std::size_t drain_bytes = 8 << 20;  ///< of a body over its limit, read so that the client can read its 413
    std::size_t bodies_bytes = 256 << 20;   ///< of bodies that all connections hold together, requests' and answers'
    unsigned connections = 20000;
    unsigned connections_per_address = 10000;
    std::size_t requests_per_address = 10000;  ///< in a second; 0: no bound
    std::chrono::seconds head_time{10};  ///< also for the handshake of TLS
    std::chrono::seconds body_time{30};  ///< also for the client to read its answer
    std::chrono::seconds idle_time{900};
};

}  // namespace server
