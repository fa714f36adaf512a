// server/request_ids.cc: how the number of a request is printed.
// SPDX-License-Identifier: Apache-2.0
#include "server/request_ids.h"

#include <array>
#include <cstdio>

namespace server {

std::string request_name(std::uint64_t request) {
    if (request == 0) return "-";
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "%llx", static_cast<unsigned long long>(request));
    return text.data();
}

}  // namespace server
