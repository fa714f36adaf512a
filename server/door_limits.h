// server/door_limits.h: what the connections of a listener may cost, as rvpd.conf has it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6, 9 ([limits])
#pragma once

#include <cstddef>
#include <optional>

#include "server/config.h"
#include "server/http_door.h"

namespace server {

/// How many descriptors this process may have open now; throws std::runtime_error when the system does not tell.
[[nodiscard]] std::size_t descriptors_allowed();

/// What there is for all listeners together.
struct Means {
    std::size_t listeners = 1;  ///< at least 1
    std::size_t descriptors = 0;
    std::optional<std::size_t> memory{};  ///< in bytes; none: no bound is known
};

/// The table limits, for one of the listeners. Connections are fewer than asked for where the listeners together could
/// take more than three quarters of the descriptors: call-backs and the store need some as well; and where
/// they could take more than a third of the memory. Bodies are less where they could take more than a quarter of it.
[[nodiscard]] DoorLimits make_door_limits(const Config& config, const Means& means);

}  // namespace server
