// server/daemon.h: owns and wires the whole of rvpd.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "server/config.h"
#include "server/listening.h"
#include "server/surroundings.h"

namespace server {

struct DaemonParts;

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
    std::unique_ptr<DaemonParts> parts_;
};

}  // namespace server
