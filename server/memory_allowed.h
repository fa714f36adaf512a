// server/memory_allowed.h: how much memory the control group of this process may use.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (hostile input has a bound everywhere)
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace server {

/// In bytes: the least of what this process's control group and those above it may use, as systemd's MemoryMax and
/// containers set it, in version 1 or 2 of the kernel's files; nullopt where there is no bound, or none to be read. The
/// arguments are for tests.
[[nodiscard]] std::optional<std::size_t> memory_allowed(const std::string& groups = "/proc/self/cgroup",
                                                        const std::string& mounted = "/sys/fs/cgroup");

}  // namespace server
