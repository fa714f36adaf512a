// tests/bench/dialogue.h: one blocking keep-alive HTTP connection: a request, its whole answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/bench/common.h"

#include <sys/time.h>

#include <string>

namespace bench {

class Dialogue {
public:
    explicit Dialogue(std::uint16_t port) : fd_(connect_to({htonl(INADDR_LOOPBACK)}, port)) {
        const timeval patience{10, 0};
        setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }

    void send(const std::string& request) {
        if (::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size())) {
            stop_errno("send to the daemon");
        }
    }
    /// The answer to what was sent, head and body.
    std::string receive() {
        std::string got;
        char piece[16 * 1024];
        while (framed_length(got) == 0) {
            const ssize_t n = ::recv(fd_.get(), piece, sizeof piece, 0);
            if (n <= 0) stop("the daemon gave no answer within 10 s: " + got);
            got.append(piece, static_cast<std::size_t>(n));
        }
        return got;
    }

private:
    base::Fd fd_;
};

}  // namespace bench
