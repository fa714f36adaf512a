// server/tcp_info.cc: what the kernel counts on a TCP connection.
// SPDX-License-Identifier: Apache-2.0
#include "server/tcp_info.h"

#include <linux/tcp.h>  // the one with tcpi_bytes_received; it cannot stand beside Asio's <netinet/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace server {

std::uint64_t bytes_received(int fd) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return info.tcpi_bytes_received;
}

}  // namespace server
