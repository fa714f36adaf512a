// server/http_desk.h: who serves what comes in at a door, and who watches it being served.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9
#pragma once

#include <chrono>
#include <string_view>

#include "base/http.h"
#include "base/result.h"

namespace server {

/// Serves the requests of a door. Thread: loop.
class HttpDesk {
public:
    virtual ~HttpDesk() = default;
    virtual void serve(const base::Request& request, base::Responder responder) = 0;
    /// How much of a request is there: its target, or its head with it.
    enum class Coming { target, head };
    /// A request will come to be served, if it is fit for it. Called from C, so it must not throw.
    virtual void comes(std::string_view /*target*/, Coming) noexcept {}
    /// What a door answers on its own when a request is not fit to be served.
    [[nodiscard]] virtual base::Response refusal(const base::Error& error) const = 0;
    /// The same, when only the body is too long.
    [[nodiscard]] virtual base::Response too_large(const base::Request&, const base::Error& error) const { return refusal(error); }
    /// No more requests come over this connection. Called from C, so it must not throw.
    virtual void closed(base::ConnectionId) noexcept {}
};

/// Told of each answer of a door as it begins to send it. Thread: loop; called from C, so it must not throw.
class HttpWatch {
public:
    virtual ~HttpWatch() = default;
    /// `took`: since the request line was there.
    virtual void answered(const base::Request& request, const base::Response& response,
                          std::chrono::nanoseconds took) noexcept = 0;
};

}  // namespace server
