// ctl/listen.h: a Call-Back sink that prints every NOTIFY it gets.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.4, 5.6; design 9 (rvpctl listen)
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>

namespace ctl {

struct ListenSettings {
    std::string host = "127.0.0.1";      ///< address or name to bind
    std::uint16_t port = 0;              ///< 0 = any free one
    int status = 200;                    ///< what every NOTIFY is answered, 200 to 599
    std::chrono::milliseconds delay{0};  ///< between a NOTIFY and its answer
    std::uint64_t count = 0;             ///< run() ends after that many; 0 = never
};

/// The sink behind `rvpctl listen`. Prints each NOTIFY whole and flushed before it is answered: request
/// line and headers, an empty line, the body as it came, an empty line. Connections are kept; requests
/// that follow each other on one connection are answered in turn. Every input is bounded (see
/// listen.cc). One thread: run()'s.
class Listener {
public:
    /// Binds; Errc::internal says which address and why not. `out` gets the notifications, `err` what
    /// else came; both must outlive the listener.
    [[nodiscard]] static base::Result<std::unique_ptr<Listener>> open(
        const ListenSettings& settings, std::ostream& out, std::ostream& err);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// `http://127.0.0.1:40123`, with the port that was bound.
    [[nodiscard]] std::string url() const;
    /// SIGINT and SIGTERM call stop() from now on.
    void stop_on_signals();
    /// Prints `listening URL`, then serves until stop(), or until `count` notifications were answered.
    void run();
    /// Ends run() and closes every connection; answers still delayed are never given. Thread-safe.
    void stop();

private:
    struct State;
    explicit Listener(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ctl
