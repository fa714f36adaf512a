// server/http_door_resting.h: connections that wait for more of their peer, who may have ended.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (wire: plain nc)
#pragma once

#include <functional>
#include <utility>

#include "server/http_door_connection.h"

namespace server {

/// `nc -N` and the like shut their side once the request is sent and wait for us to close; others go before they have
/// sent all of it. libmicrohttpd takes no second look at a socket whose end came together with what it has read, so this
/// does: at once where they are few, so that a person does not wait; under load at the next tick, when most have gone on
/// anyway.
/// Thread: loop.
class Resting final : private base::TimerHook {
public:
    /// `busy`: libmicrohttpd may still hold what it has read and not looked at.
    Resting(base::Loop& loop, std::function<bool()> busy) : loop_(loop), busy_(std::move(busy)) {}

    void add(Connection& c) {
        if (!c.rested.is_linked()) rested_.push_back(c);
    }
    /// All of its request is there.
    static void leave(Connection& c) { c.rested.unlink(); }
    /// Looks at them now, or at the next tick after `turn`.
    void look(base::Instant turn);

private:
    void on_due(base::Instant due) override;
    [[nodiscard]] bool few() const;
    void close_half_closed();

    base::Loop& loop_;
    const std::function<bool()> busy_;
    ConnectionList<&Connection::rested> rested_;
};

}  // namespace server
