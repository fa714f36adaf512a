// rvp/desk.h: the method table; what is not in it is 405 or 501.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5, 5.8, 7.2
#pragma once

#include "base/http.h"
#include "rvp/verb.h"

namespace rvp {

/// Serves RVP requests: finds the method's handler, the node and the caller, and sees that every answer carries
/// RVP-Notifications-Version. Thread: loop.
class Desk {
public:
    explicit Desk(Verbs verbs) : verbs_(verbs) { verbs_.propfinds = &propfinds_; }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;
    void serve(const base::Request& request, base::Responder responder) const;
    /// Ahead of serve(): a request for that target is being read, and `with_head` says that its head is there, too. Has
    /// memory fetched what serve() will look at.
    void comes(std::string_view target, bool with_head) const noexcept;
    /// For requests that come from now on.
    void set_bounds(const base::xml::Bounds& bounds, std::size_t property_bytes) {
        verbs_.bounds = bounds;
        verbs_.property_bytes = property_bytes;
    }
    /// What a door answers on its own when a request is not fit to be served.
    [[nodiscard]] base::Response refusal(const base::Error& error) const;

private:
    Verbs verbs_;
    ReadLately propfinds_;
};

}  // namespace rvp
