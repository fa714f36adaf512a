// server/rvp_desk.h: rvp/desk behind a door, until the daemon is to end.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9
#pragma once

#include <utility>

#include "rvp/desk.h"
#include "server/http_desk.h"

namespace server {

/// Once closed it answers 503: whoever comes again finds the next daemon. Thread: loop.
class RvpDesk final : public HttpDesk {
public:
    explicit RvpDesk(rvp::Verbs verbs) : desk_(std::move(verbs)) {}

    void serve(const base::Request& request, base::Responder responder) override {
        if (!closed_) return desk_.serve(request, std::move(responder));
        base::Response response = refusal({base::Errc::busy, "the server is about to end; come again"});
        response.with("Retry-After", "1");
        response.after = base::AfterAnswer::close;
        responder(std::move(response));
    }
    [[nodiscard]] base::Response refusal(const base::Error& error) const override { return desk_.refusal(error); }

    void set_bounds(const base::xml::Bounds& bounds, std::size_t property_bytes) {
        desk_.set_bounds(bounds, property_bytes);
    }
    void close() { closed_ = true; }

private:
    rvp::Desk desk_;
    bool closed_ = false;
};

}  // namespace server
