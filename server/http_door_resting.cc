// server/http_door_resting.cc: connections that wait for more of their peer, who may have ended.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_resting.h"

#include <sys/socket.h>

#include <cstddef>
#include <iterator>

namespace server {
namespace {

constexpr std::ptrdiff_t kFew = 4;  // a system call each

}  // namespace

void Resting::look(base::Instant turn) {
    if (few()) return close_half_closed();
    if (!armed()) loop_.wheel().arm(*this, turn);
}

bool Resting::few() const {
    auto last = rested_.begin();
    std::ranges::advance(last, kFew, rested_.end());
    return last == rested_.end();
}

void Resting::on_due(base::Instant) {
    if (!busy_()) close_half_closed();  // else look() comes
}

void Resting::close_half_closed() {
    while (!rested_.empty()) {
        Connection& c = rested_.front();
        rested_.pop_front();
        const bool waits = !c.exchange || !c.exchange->asked;
        char next;
        if (waits && recv(c.fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0) shutdown(c.fd, SHUT_RDWR);
    }
}

}  // namespace server
