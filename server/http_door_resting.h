// server/http_door_resting.h: connections whose answer is written and whose next request has not begun.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (wire: plain nc)
#pragma once

#include "server/http_door_connection.h"

namespace server {

/// `nc -N` and the like shut their side once the request is sent and wait for us to close. libmicrohttpd takes no
/// second look at a socket whose end came together with the request, so this does: at once for a few, so that a person
/// does not wait; under load at the next tick, when most have gone on to their next request anyway. Thread: loop.
class Resting final : private base::TimerHook {
public:
    explicit Resting(base::Loop& loop) : loop_(loop) {}

    void add(Connection& c) {
        if (!c.rested.is_linked()) rested_.push_back(c);
    }
    /// Its next request has begun.
    static void leave(Connection& c) { c.rested.unlink(); }
    /// Looks at some of them now, and at the others at the next tick after `turn`.
    void look(base::Instant turn);

private:
    void on_due(base::Instant due) override;
    void close_half_closed(std::size_t most);

    base::Loop& loop_;
    ConnectionList<&Connection::rested> rested_;
};

}  // namespace server
