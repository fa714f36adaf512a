// base/household.h: which addresses are one household's, for what is counted against hostile input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/ip.h"

namespace base {

/// The same number for all addresses of a /64 of IPv6, since one household has that many; of IPv4 one for each.
[[nodiscard]] std::uint64_t household_of(const IpAddress& address);

}  // namespace base
