// server/tracers.h: rvpctl trace, at the daemon's end: one principal's requests and deliveries, as they happen.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl trace)
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/loop.h"
#include "presence/service.h"
#include "server/attempt.h"
#include "server/control.h"
#include "server/http_desk.h"

namespace server {

/// Two commands. `trace` {name} answers {tracer, node}; `trace next` {tracer} answers an array of what has happened
/// since, at once or as soon as something does; an empty one after kQuiet, so that a peer who is gone is noticed.
/// A tracer that nobody asks for kForgotten is over. What does not fit into its queue is told as {kind: lost, count}.
/// What was said in a message is never told. Thread: loop.
class Tracers {
public:
    static constexpr std::size_t kMost = 16;
    static constexpr std::size_t kQueue = 1'000;  ///< events of one tracer
    static constexpr std::chrono::seconds kQuiet{10};
    static constexpr std::chrono::seconds kForgotten{30};

    /// All must outlive it.
    Tracers(base::Loop& loop, const presence::Service& service, AttemptTap& attempts);
    ~Tracers();
    Tracers(const Tracers&) = delete;
    Tracers& operator=(const Tracers&) = delete;

    [[nodiscard]] static bool knows(const std::string& command) { return command == "trace" || command == "trace next"; }
    /// Is a CommandHandler for these. Errc: malformed; not_found (no such node, or tracer); busy (kMost look on).
    void run(const std::string& command, const base::json::Value& args, CommandAnswer answer);

    /// A request was answered.
    void answered(const base::Request& request, const base::Response& response, std::chrono::nanoseconds took);

private:
    class Tracer;

    void begin(const base::json::Value& args, CommandAnswer answer);
    void next(const base::json::Value& args, CommandAnswer answer);
    void attempted(const Attempt& attempt, std::size_t lost);
    void end(std::uint64_t number);

    base::Loop& loop_;
    const presence::Service& service_;
    AttemptTap& attempts_;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, std::unique_ptr<Tracer>> tracers_;
};

/// Key of who a request says it is from, by RVP-From-Principal, else by what its credentials name; "" if nobody.
[[nodiscard]] std::string said_sender(const base::Request& request, const presence::Realm& realm);

}  // namespace server
