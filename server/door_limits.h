// server/door_limits.h: what the connections of a listener may cost, as rvpd.conf has it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6, 9 ([limits])
#pragma once

#include <cstddef>

#include "server/config.h"
#include "server/http_door.h"

namespace server {

/// How many descriptors this process may have open now; throws std::runtime_error when the system does not tell.
[[nodiscard]] std::size_t descriptors_allowed();

/// The table limits, for one of `listeners` (at least 1). Connections are fewer than asked for where the listeners
/// together could take more than three quarters of `descriptors`: call-backs and the store need some as well.
[[nodiscard]] DoorLimits make_door_limits(const Config& config, std::size_t listeners, std::size_t descriptors);

}  // namespace server
