// server/memory_allowed.cc: how much memory the control group of this process may use.
// SPDX-License-Identifier: Apache-2.0
// Spec: cgroups(7)
#include "server/memory_allowed.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string_view>

namespace server {
namespace {

// Version 1 says "no bound" with the largest number of whole pages.
constexpr std::uint64_t kNoBound = std::uint64_t{1} << 60;

std::optional<std::size_t> read_bound(const std::string& file) {
    std::ifstream in(file);
    std::uint64_t bytes = 0;
    if (!(in >> bytes) || bytes == 0 || bytes >= kNoBound) return std::nullopt;  // "max" is no number
    return static_cast<std::size_t>(bytes);
}

// Of the group at `path` and those above it; in a container `path` may be one that only the host sees.
std::optional<std::size_t> least_bound(const std::string& root, std::string path, const std::string& name) {
    std::optional<std::size_t> least;
    for (;;) {
        if (const auto bound = read_bound(root + path + "/" + name)) least = std::min(least.value_or(*bound), *bound);
        const std::size_t slash = path.rfind('/');
        if (slash == std::string::npos) return least;
        path.resize(slash);
    }
}

}  // namespace

std::optional<std::size_t> memory_allowed(const std::string& groups, const std::string& mounted) {
    std::ifstream in(groups);
    std::optional<std::size_t> least;
    for (std::string line; std::getline(in, line);) {  // "4:memory:/path", or "0::/path" of version 2
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
        std::optional<std::size_t> bound;
        if (controllers.empty()) bound = least_bound(mounted, line.substr(second + 1), "memory.max");
        else if (controllers == "memory") bound = least_bound(mounted + "/memory", line.substr(second + 1), "memory.limit_in_bytes");
        if (bound) least = std::min(least.value_or(*bound), *bound);
    }
    return least;
}

}  // namespace server
