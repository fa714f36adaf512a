// server/rvp_desk.h: rvp/desk behind a door, until the daemon is to end.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9
#pragma once

#include <functional>
#include <utility>

#include "rvp/desk.h"
#include "server/http_desk.h"

namespace server {

/// Once closed it answers 503: whoever comes again finds the next daemon. Thread: loop.
class RvpDesk final : public HttpDesk {
public:
    using Closed = std::function<void(base::ConnectionId)>;
    /// `closed` hears of each connection that is no more, and must not throw.
    RvpDesk(rvp::Verbs verbs, Closed closed) : desk_(std::move(verbs)), on_closed_(std::move(closed)) {}

    void serve(const base::Request& request, base::Responder responder) override {
        if (!closed_) return desk_.serve(request, std::move(responder));
        base::Response response = refusal({base::Errc::busy, "the server is about to end; come again"});
        response.with("Retry-After", "1");
        response.after = base::AfterAnswer::close;
        responder(std::move(response));
    }
    [[nodiscard]] base::Response refusal(const base::Error& error) const override { return desk_.refusal(error); }

    void closed(base::ConnectionId connection) noexcept override { on_closed_(connection); }

    void set_bounds(const base::xml::Bounds& bounds, std::size_t property_bytes) {
        desk_.set_bounds(bounds, property_bytes);
    }
    void close() { closed_ = true; }

private:
    rvp::Desk desk_;
    Closed on_closed_;
    bool closed_ = false;
};

}  // namespace server
