// server/daemon.h: owns and wires the whole of rvpd.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "server/config.h"

namespace server {

class Supervisor;

/// One listener that is bound and accepting.
struct Listening {
    std::string door;     ///< "rvp" or "admin"
    std::string address;  ///< "127.0.0.1:8080", with the real port where 0 was asked for
    std::string scheme = "http";  ///< or "https"
};

/// Reads the configuration again; the error's text is `file:line:column: what, and what was meant`.
using LoadConfig = std::function<base::Result<Config>()>;

/// What a process gives its daemon beside the configuration; each part may be missing.
struct Surroundings {
    LoadConfig load;                         ///< none: reload() has nothing to read
    std::vector<base::Fd> sockets;           ///< listening already; each must be one that a listen option names
    const Supervisor* supervisor = nullptr;  ///< is told how it goes; must outlive the daemon
};

/// The daemon: built by the constructor as a list of named steps, torn down in reverse by the destructor.
/// Several may live in one process (tests do that).
class Daemon {
public:
    /// Binds, opens, wires. Throws std::runtime_error whose text says which step failed and why.
    /// `config`, `clock` and `log` must outlive it.
    Daemon(const Config& config, const base::Clock& clock, base::Log& log, Surroundings around = {});
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    [[nodiscard]] const std::vector<Listening>& listening() const;

    /// Serves until stop(). Call from one thread.
    void run();
    /// Ends run() at once. From any thread.
    void stop();
    /// Takes no new work, sends what is queued, gives the answers that are owed, and ends run(), within push.drain_s.
    /// From any thread.
    void drain();
    /// Takes up what has changed in the configuration; all of it or, if there is an error, nothing. The log tells.
    /// From any thread.
    void reload();

    /// For tests on a fake clock, from another thread than run()'s: runs every wheel up to the clock's now and
    /// returns when nothing is in flight any more: no delivery queued that could be sent now, none waiting for
    /// its answer, no hand-off under way. Requests waiting for an acknowledgement may still wait.
    void settle();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace server
