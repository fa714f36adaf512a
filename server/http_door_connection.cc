// server/http_door_connection.cc: one TCP connection of a door, and how long it may take for what it does.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_connection.h"

#include <sys/socket.h>

#include <algorithm>

#include "server/http_door_limits.h"
#include "server/http_door_tls.h"
#include "server/tcp_info.h"

namespace server {

void Connection::on_due(base::Instant due) { deadlines.due(*this, due); }

bool Connection::in_session() const { return !certificate || has_shaken_hands(mhd); }

void Deadlines::idle(Connection& c) {
    c.idle_since = turn_;
    c.bytes_when_idle.reset();
    arm(c, Connection::Waits::head, std::min(limits_.head_time, limits_.idle_time));
}

void Deadlines::due(Connection& c, base::Instant at) {
    if (at < c.deadline) return loop_.wheel().arm(c, c.deadline);
    if (c.waits == Connection::Waits::answer) return waits_long(c);
    if (c.exchange && c.exchange->answer) return;  // is about to be sent, which arms it
    // Nothing of a next request has come: an idle connection may stay until its idle time is over. Some clients keep
    // one open, silent, for a whole session (rvp-in-practice 1.0).
    bool silent = c.waits == Connection::Waits::head && !c.exchange && c.in_session();
    if (silent) {
        const std::uint64_t bytes = bytes_received(c.fd);
        silent = c.bytes_when_idle.value_or(bytes) == bytes;
        c.bytes_when_idle = bytes;
    }
    if (silent && at < c.idle_since + limits_.idle_time) {
        c.deadline = std::min<base::Instant>(at + limits_.head_time, c.idle_since + limits_.idle_time);
        return loop_.wheel().arm(c, c.deadline);
    }
    shutdown(c.fd, SHUT_RDWR);  // libmicrohttpd notices and closes
}

}  // namespace server
