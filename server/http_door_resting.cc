// server/http_door_resting.cc: connections that wait for more of their peer, who may have ended.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_resting.h"

#include <sys/socket.h>

#include <cstdint>

namespace server {
namespace {

constexpr std::size_t kLookNow = 4;  // a system call each

}  // namespace

void Resting::look(base::Instant turn) {
    close_half_closed(kLookNow);
    if (!rested_.empty() && !armed()) loop_.wheel().arm(*this, turn);
}

void Resting::on_due(base::Instant) {
    if (!busy_()) close_half_closed(SIZE_MAX);  // else look() comes
}

void Resting::close_half_closed(std::size_t most) {
    for (; most > 0 && !rested_.empty(); --most) {
        Connection& c = rested_.front();
        rested_.pop_front();
        const bool waits = !c.exchange || !c.exchange->asked;
        char next;
        if (waits && recv(c.fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0) shutdown(c.fd, SHUT_RDWR);
    }
}

}  // namespace server
