// server/courier_health.h: what the answers of an endpoint say of it: state, back-off, trust.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

#include "base/clock.h"
#include "presence/ports.h"
#include "server/courier_settings.h"
#include "server/courier_target.h"
#include "server/http_client.h"

namespace server {

/// An answer that says itself that it is for a while.
inline constexpr int kUnavailable = 503;

/// A pause that doubles each time, and shortens itself by chance so that endpoints do not march in step.
class BackOff {
public:
    BackOff(std::chrono::milliseconds shortest, std::chrono::milliseconds longest)
        : shortest_(shortest), longest_(longest) {}

    /// Does nothing while it lasts: one failure seen on several connections is one.
    void start(base::Instant now, std::minstd_rand& random);
    void reset() {
        until_ = {};
        pause_ = {};
    }
    /// Meaningful while it lasts.
    [[nodiscard]] base::Instant until() const { return until_; }
    [[nodiscard]] bool lasts(const base::Clock& clock) const {
        return until_ != base::Instant{} && until_ > clock.now();
    }

private:
    std::chrono::milliseconds shortest_;
    std::chrono::milliseconds longest_;
    std::chrono::milliseconds pause_{};
    base::Instant until_{};
};

/// Learns from each outcome. Thread: its courier's.
class EndpointHealth {
public:
    explicit EndpointHealth(const CourierSettings& settings) : settings_(settings) {}

    // -- outcomes
    /// There is a connection.
    void reached() { message_pause_.reset(); }
    void answered(int status, std::chrono::milliseconds latency);
    void failed(HttpClient::Failure why);
    /// An answer was framed, and its connection stands.
    void was_regular() { ++regular_; }
    /// It was not; `pipelined`: others had been asked behind it.
    void was_irregular(bool pipelined);

    // -- back-off
    /// Presence is to wait; messages may go.
    void pause_presence(base::Instant now, std::minstd_rand& random) { presence_pause_.start(now, random); }
    /// Messages are to wait too, but for the next new one.
    void pause_messages(base::Instant now, std::minstd_rand& random);
    void new_message() { urgent_ = true; }
    [[nodiscard]] bool presence_waits(const base::Clock& clock) const { return presence_pause_.lasts(clock); }
    [[nodiscard]] bool all_waits(const base::Clock& clock) const { return !urgent_ && message_pause_.lasts(clock); }
    [[nodiscard]] base::Instant presence_due() const {
        return std::max(presence_pause_.until(), message_pause_.until());
    }
    [[nodiscard]] base::Instant message_due() const { return message_pause_.until(); }

    // -- what is known
    /// The last outcome was an answer.
    [[nodiscard]] bool sound() const { return tried_ && failures_ == 0; }
    /// It has shown that it answers in order, frames its answers and keeps connections.
    [[nodiscard]] bool pipelines() const { return regular_ >= needed_; }
    /// As `target`, one of its call-backs, sees it.
    [[nodiscard]] presence::EndpointReport::State state(const TargetRecord& target) const;
    /// State and reason as `target`, one of its call-backs, sees it.
    void describe(const TargetRecord& target, presence::EndpointReport& into) const;

private:
    [[nodiscard]] bool refuses() const;

    const CourierSettings& settings_;
    BackOff presence_pause_{std::chrono::seconds(1), std::chrono::seconds(60)};
    BackOff message_pause_{std::chrono::milliseconds(500), std::chrono::seconds(8)};
    std::int64_t latency_ms8_ = 0;  // smoothed, in eighths
    std::uint32_t failures_ = 0;    // in a row
    std::uint32_t regular_ = 0;     // answers in a row
    std::uint32_t needed_ = 8;      // of them before it is asked for several at once
    HttpClient::Failure failure_{};
    bool tried_ = false;
    bool unavailable_ = false;  // the last failure was an answer that says so
    bool urgent_ = false;       // a message came since the last attempt to connect: no back-off holds it
};

}  // namespace server
