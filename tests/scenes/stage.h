// tests/scenes/stage.h: one daemon on its own thread, with a fake clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "server/config.h"
#include "server/daemon.h"
#include "tests/scenes/scene.h"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace scenes {

/// Owns a daemon, the thread that runs it and the clock it looks at. Throws std::runtime_error when it
/// does not start, Failure when a config line is wrong.
class Stage {
public:
    Stage(const std::vector<Line>& config, base::Log& log);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// `127.0.0.1:port` of the RVP listener.
    [[nodiscard]] std::string address() const;
    void advance(std::chrono::milliseconds by) { clock_.advance(by); }

    /// Returns when the daemon has nothing under way. While `held` says that a sink keeps the daemon
    /// waiting, it cannot settle: then this returns false after a short grace and the settling goes on
    /// beside the scene. Throws std::runtime_error when it neither settles nor is held.
    bool settle(const std::function<bool()>& held);

private:
    void reap();

    base::FakeClock clock_;
    server::Config config_;
    std::unique_ptr<server::Daemon> daemon_;
    std::vector<std::future<void>> settling_;
    std::thread thread_;
};

}  // namespace scenes
