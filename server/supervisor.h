// server/supervisor.h: what is said to systemd, or whoever else started the daemon, and what it hands over.
// SPDX-License-Identifier: Apache-2.0
// Spec: sd_notify(3), sd_listen_fds(3); design 9
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/log.h"
#include "base/once.h"
#include "base/timer_wheel.h"
#include "server/courier.h"

namespace server {

/// Tells how it goes, in the words of sd_notify(3); says nothing where nobody listens. Thread-safe.
class Supervisor {
public:
    /// Reads the environment, so make it before any thread starts.
    Supervisor();

    void ready(const std::string& status) const;
    /// ready() follows, whatever comes of it.
    void reloading() const;
    void stopping() const;
    void status(const std::string& text) const;
    /// The daemon does what it should.
    void alive() const;

    [[nodiscard]] bool listens() const { return listens_; }
    /// Within what time alive() is waited for each time; none: it is not.
    [[nodiscard]] std::optional<std::chrono::microseconds> patience() const { return patience_; }
    /// The sockets that were opened for us, already listening. At the first call; none after it.
    [[nodiscard]] std::vector<base::Fd> take_sockets();

private:
    bool listens_ = false;
    std::optional<std::chrono::microseconds> patience_;
    std::vector<base::Fd> sockets_;
};

/// Says alive() and a status line over and over, each time only after the loop has ticked and every courier thread
/// has answered a question: who is stuck falls silent. The disk is not asked, since a new start would not mend it.
/// Thread: loop.
class Heartbeat final : private base::TimerHook {
public:
    /// `status` makes the line. All must outlive it.
    Heartbeat(const Supervisor& supervisor, base::Loop& loop, Courier& courier,
              std::function<std::string(const CourierSurvey&)> status);

private:
    void on_due(base::Instant) override { ask(); }
    void ask();
    void heard(const CourierSurvey& survey);

    const Supervisor& supervisor_;
    base::Loop& loop_;
    Courier& courier_;
    const std::function<std::string(const CourierSurvey&)> status_;
    std::shared_ptr<Heartbeat*> self_ = std::make_shared<Heartbeat*>(this);  // an answer may come too late
};

}  // namespace server
