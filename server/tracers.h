// server/tracers.h: rvpctl trace, at the daemon's end: one principal's requests and deliveries, as they happen.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl trace)
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
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
    static constexpr std::size_t kEnded = 1'000;  ///< subscriptions of which it is known whose they were

    /// All must outlive it.
    Tracers(base::Loop& loop, presence::Service& service, AttemptTap& attempts);
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
    /// Whose a subscription is, or was: an attempt may be under way when it ends.
    struct Whose {
        presence::SubscriptionId id{};
        std::string watcher, node, path;  // keys; and the node's path
    };

    [[nodiscard]] static Whose whose(const presence::Subscription& subscription);
    [[nodiscard]] std::optional<Whose> find(presence::SubscriptionId id) const;
    void look_on();
    void begin(const base::json::Value& args, CommandAnswer answer);
    void next(const base::json::Value& args, CommandAnswer answer);
    void attempted(const Attempt& attempt, std::size_t lost);
    void end(std::uint64_t number);

    base::Loop& loop_;
    presence::Service& service_;
    AttemptTap& attempts_;
    std::deque<Whose> ended_;  // since somebody looks on, the last one last
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, std::unique_ptr<Tracer>> tracers_;
};

/// Why a request was refused, on one line; "" if it was not. What the parser of XML quotes of a body is left out, for
/// it may be what somebody wrote.
[[nodiscard]] std::string why_refused(const base::Response& response);

/// Key of who a request says it is from, by RVP-From-Principal, else by what its credentials name; "" if nobody.
[[nodiscard]] std::string said_sender(const base::Request& request, const presence::Realm& realm);

}  // namespace server
