// server/tcp_info.h: what the kernel counts on a TCP connection.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace server {

/// The bytes that the peer's kernel has had acknowledged on the connection `fd`; 0 when it is none.
[[nodiscard]] std::uint64_t bytes_received(int fd);

}  // namespace server
