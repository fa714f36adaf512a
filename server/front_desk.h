// server/front_desk.h: the desk behind the doors that everybody comes to: by path, to RVP or a SOAP service.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 1, 9
#pragma once

#include <functional>
#include <utility>

#include "doors/bsim_desk.h"
#include "doors/zimbra_desk.h"
#include "rvp/desk.h"
#include "server/federation.h"
#include "server/http_desk.h"

namespace server {

/// Once closed it answers 503: whoever comes again finds the next daemon. Thread: loop.
class FrontDesk final : public HttpDesk {
public:
    using Closed = std::function<void(base::ConnectionId)>;
    /// `closed` hears of each connection that is no more, and must not throw.
    FrontDesk(rvp::Verbs verbs, Closed closed) : rvp_(std::move(verbs)), on_closed_(std::move(closed)) {}

    void serve(const base::Request& request, base::Responder responder) override {
        if (closed_) {
            base::Response response = refusal({base::Errc::busy, "the server is about to end; come again"});
            response.with("Retry-After", "1");
            response.after = base::AfterAnswer::close;
            return responder(std::move(response));
        }
        if (bsim_ && doors::BsimDesk::serves(request.target)) return bsim_->serve(request, std::move(responder));
        if (zimbra_ && doors::ZimbraDesk::serves(request.target)) return zimbra_->serve(request, std::move(responder));
        if (federation_) return federation_->serve(request, std::move(responder), rvp_);
        rvp_.serve(request, std::move(responder));
    }
    void comes(std::string_view target, Coming how_far) noexcept override { rvp_.comes(target, how_far == Coming::head); }
    void closed(base::ConnectionId connection) noexcept override { on_closed_(connection); }
    [[nodiscard]] base::Response refusal(const base::Error& error) const override { return rvp_.refusal(error); }

    [[nodiscard]] base::Response too_large(const base::Request& request, const base::Error& error) const override {
        if (zimbra_ && doors::ZimbraDesk::serves(request.target)) return zimbra_->too_large(request, error);
        return refusal(error);
    }

    void set_bounds(const base::xml::Bounds& bounds, std::size_t property_bytes) {
        rvp_.set_bounds(bounds, property_bytes);
    }
    /// Null: there is none. Must outlive what is served.
    void set_bsim(doors::BsimDesk* bsim) { bsim_ = bsim; }
    void set_zimbra(doors::ZimbraDesk* zimbra) { zimbra_ = zimbra; }
    void set_federation(Federation* federation) { federation_ = federation; }
    void close() { closed_ = true; }

private:
    rvp::Desk rvp_;
    Closed on_closed_;
    doors::BsimDesk* bsim_ = nullptr;
    doors::ZimbraDesk* zimbra_ = nullptr;
    Federation* federation_ = nullptr;
    bool closed_ = false;
};

}  // namespace server
