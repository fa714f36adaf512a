// base/loop.h: one thread's event loop and the tick that drives its timer wheel.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/timer_wheel.h"

namespace boost::asio {
class io_context;
}

namespace base {

/// A Boost.Asio io_context with a timer wheel on it. Each thread that waits for sockets has one; only post()
/// and stop() may be called from other threads. With a real clock the wheel runs by itself every tick; with a
/// fake clock it runs only when tick() is called.
class Loop {
public:
    /// `tick` is the wheel's resolution. The clock must outlive the loop.
    Loop(const Clock& clock, std::chrono::milliseconds tick);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs until stop(). An exception that leaves a handler ends the process: it is a bug.
    void run();
    /// Ends run(). Thread-safe.
    void stop();
    /// Runs `fn` on the loop's thread, soon. Thread-safe.
    void post(std::function<void()> fn);
    /// Runs the wheel up to the clock's now. Loop thread (or before run()).
    void tick();

    /// Calls `on_readable` on the loop whenever `fd` is readable (level-like: again as long as it stays so),
    /// until the returned watch is destroyed. `fd` is borrowed, must stay open that long, and must not be
    /// watched twice.
    class Watch;
    [[nodiscard]] std::unique_ptr<Watch> watch_readable(int fd, std::function<void()> on_readable);
    /// Calls `on_signal` on the loop for each of the signal's arrivals until the watch is destroyed.
    [[nodiscard]] std::unique_ptr<Watch> watch_signal(int signal, std::function<void(int)> on_signal);

    /// How late the last tick came: what everybody on this loop waits, roughly. 0 on a fake clock.
    [[nodiscard]] std::chrono::milliseconds lag() const;

    [[nodiscard]] TimerWheel& wheel();
    [[nodiscard]] const Clock& clock() const;
    /// For rooms that do their own socket work (server/http_client, server/courier, server/tcp_door).
    [[nodiscard]] boost::asio::io_context& io();

    class Watch {
    public:
        virtual ~Watch() = default;
    };

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace base
