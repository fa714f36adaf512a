// base/household.cc: which addresses are one household's.
// SPDX-License-Identifier: Apache-2.0
#include "base/household.h"

#include <cstring>

namespace base {

// The half of the address that tells who it is: of IPv4, which is kept v4-mapped, the lower one.
std::uint64_t household_of(const IpAddress& address) {
    std::uint64_t half = 0;
    std::memcpy(&half, address.bytes().data() + (address.is_v4() ? 8 : 0), sizeof half);
    return half;
}

}  // namespace base
