// server/access_watch.h: each answered request: counted, logged, and shown to who traces it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (logs, /metrics, rvpctl trace)
#pragma once

#include <chrono>

#include "base/log.h"
#include "presence/address.h"
#include "server/attempt.h"
#include "server/request_figures.h"
#include "server/request_ids.h"
#include "server/tracers.h"

namespace server {

/// Logs `access request=d05a3f1000001 method=NOTIFY target=/instmsg/aliases/bob by=… from=… status=200 took_ms=3
/// why=-`, at debug, or at info where log.access asks for it; the attempts to deliver what the request caused bear the
/// same id. `why` is the answer's text when it is an error. Thread: loop.
class AccessWatch final : public HttpWatch {
public:
    /// All must outlive it.
    AccessWatch(base::Log& log, base::LogLevel level, const presence::Realm& realm, RequestFigures& figures,
                Tracers& tracers)
        : log_(log), level_(level), realm_(realm), figures_(figures), tracers_(tracers) {}

    void answered(const base::Request& request, const base::Response& response,
                  std::chrono::nanoseconds took) noexcept override {
        figures_.answered(request, response, took);
        tracers_.answered(request, response, took);
        if (!log_.writes(level_)) return;
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
        log_.write(level_, "access", {{"request", request_name(request.id)},
                                      {"method", request.method},
                                      {"target", request.target},
                                      {"by", said_sender(request, realm_)},
                                      {"from", request.peer.text()},
                                      {"status", std::to_string(response.status)},
                                      {"took_ms", std::to_string(ms)},
                                      {"why", response.status >= 400 ? why_refused(response) : "-"}});
    }
    /// From now on.
    void set_level(base::LogLevel level) { level_ = level; }

private:
    base::Log& log_;
    base::LogLevel level_;
    const presence::Realm& realm_;
    RequestFigures& figures_;
    Tracers& tracers_;
};

}  // namespace server
