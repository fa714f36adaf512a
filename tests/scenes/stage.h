// tests/scenes/stage.h: one daemon on its own thread, with a fake clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "server/config.h"
#include "server/daemon.h"
#include "tests/folder.h"
#include "tests/scenes/scene.h"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace scenes {

/// Owns a daemon, the thread that runs it, the clock it looks at and, for a scene that restarts, the folder
/// of its store. Throws std::runtime_error when the daemon does not start, Failure when a config line is
/// wrong.
class Stage {
public:
    Stage(const Scene& scene, base::Log& log);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// `127.0.0.1:port` of the RVP listener.
    [[nodiscard]] std::string address() const;
    /// That of the MSNP24 listener; "" without one.
    [[nodiscard]] std::string msnp_address() const;
    /// Gives out a ticket.
    [[nodiscard]] std::string ticket(const std::string& account);
    void advance(std::chrono::milliseconds by) { clock_.advance(by); }
    void set_calendar(std::chrono::milliseconds by) { clock_.step_wall(by); }
    /// Makes the account, or gives it this password; an empty one deletes it.
    void set_account(const std::string& name, const std::string& password);
    /// Ends the daemon, which must have settled, and starts one on the same port and store.
    void restart(const Restart& restart);

    /// Returns when the daemon has nothing under way. While `held` says that a sink keeps the daemon
    /// waiting, it cannot settle: then this returns false after a short grace and the settling goes on
    /// beside the scene. Throws std::runtime_error when it neither settles nor is held.
    bool settle(const std::function<bool()>& held);

private:
    void start();
    void stop();
    void reap();

    std::unique_ptr<tests::Folder> folder_;  // null: the store is in memory, and there is no control socket
    base::Log& log_;
    base::FakeClock clock_;
    server::Config config_;
    std::unique_ptr<server::Daemon> daemon_;
    std::vector<std::future<void>> settling_;
    std::thread thread_;
};

}  // namespace scenes
