// base/loop.cc: the Asio side of the loop: tick timer, descriptor watches, signal watches.
// SPDX-License-Identifier: Apache-2.0
#include "base/loop.h"

#include <utility>  // Asio 1.74 forgets it

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <cassert>
#include <poll.h>

namespace base {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Whether a read would not block now; a peer that hung up counts, since reading tells that.
bool is_readable(int fd) {
    pollfd ask{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&ask, 1, 0);
    assert((ready <= 0 || (ask.revents & POLLNVAL) == 0) && "a watched descriptor was closed");
    return ready > 0;
}

/// An error while waiting can only be a bug (a descriptor that cannot be waited for): ends the process.
void expect_no_error(const error_code& error) {
    if (error) throw boost::system::system_error(error, "base/loop: waiting");
}

// The watches keep what their handlers need in a shared state: a handler that is queued or running when the
// watch dies holds the last reference and finds `alive` false.

class ReadWatch final : public Loop::Watch {
public:
    ReadWatch(asio::io_context& io, int fd, std::function<void()> on_readable)
        : state_(std::make_shared<State>(io, std::move(on_readable))) {
        state_->descriptor.assign(fd);
        wait(state_);
    }
    ~ReadWatch() override {
        state_->alive = false;
        state_->descriptor.release();  // only borrowed: never closed here
    }

private:
    struct State {
        State(asio::io_context& io, std::function<void()> fn) : descriptor(io), on_readable(std::move(fn)) {}
        asio::posix::stream_descriptor descriptor;
        std::function<void()> on_readable;
        bool alive = true;
    };

    static void wait(const std::shared_ptr<State>& state) {
        state->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                     [state](const error_code& error) {
                                         if (!state->alive) return;
                                         expect_no_error(error);
                                         call(state);
                                     });
    }

    static void call(const std::shared_ptr<State>& state) {
        state->on_readable();
        if (!state->alive) return;
        // Asio waits edge-triggered, so what is left unread is asked for; through the queue, so that others
        // get their turn.
        if (!is_readable(state->descriptor.native_handle())) return wait(state);
        asio::post(state->descriptor.get_executor(), [state] {
            if (state->alive) call(state);
        });
    }

    std::shared_ptr<State> state_;
};

class SignalWatch final : public Loop::Watch {
public:
    SignalWatch(asio::io_context& io, int signal, std::function<void(int)> on_signal)
        : state_(std::make_shared<State>(io, signal, std::move(on_signal))) {
        wait(state_);
    }
    ~SignalWatch() override {
        state_->alive = false;
        error_code ignored;  // it can only say that nothing was waiting
        state_->signals.clear(ignored);
        state_->signals.cancel(ignored);
    }

private:
    struct State {
        State(asio::io_context& io, int signal, std::function<void(int)> fn)
            : signals(io, signal), on_signal(std::move(fn)) {}
        asio::signal_set signals;
        std::function<void(int)> on_signal;
        bool alive = true;
    };

    static void wait(const std::shared_ptr<State>& state) {
        state->signals.async_wait([state](const error_code& error, int signal) {
            if (!state->alive) return;
            expect_no_error(error);
            state->on_signal(signal);
            if (state->alive) wait(state);
        });
    }

    std::shared_ptr<State> state_;
};

}  // namespace

struct Loop::State {
    State(const Clock& c, std::chrono::milliseconds t)
        : clock(c), tick(t), wheel(c.now(), t), work(io.get_executor()), timer(io) {
        if (!clock.is_fake()) wait_for_tick();
    }

    void wait_for_tick() {
        const Instant expected = clock.now() + tick;
        timer.expires_after(tick);
        timer.async_wait([this, expected](const error_code& error) {
            if (error) return;
            lag = std::max(std::chrono::milliseconds(0), clock.now() - expected);
            wheel.run(clock.now());
            wait_for_tick();
        });
    }

    const Clock& clock;
    const std::chrono::milliseconds tick;
    std::chrono::milliseconds lag{0};
    TimerWheel wheel;         // before io: what queued handlers own may still be linked when they are dropped
    asio::io_context io{1};   // one thread runs it
    asio::executor_work_guard<asio::io_context::executor_type> work;
    asio::steady_timer timer;
};

Loop::Loop(const Clock& clock, std::chrono::milliseconds tick) : state_(std::make_unique<State>(clock, tick)) {}
Loop::~Loop() = default;

void Loop::run() {
    // noexcept: what leaves a handler must not reach somebody who might swallow it.
    [this]() noexcept { state_->io.run(); }();
}

void Loop::stop() { state_->io.stop(); }

void Loop::post(std::function<void()> fn) { asio::post(state_->io, std::move(fn)); }

std::chrono::milliseconds Loop::lag() const { return state_->lag; }

void Loop::tick() { state_->wheel.run(state_->clock.now()); }

std::unique_ptr<Loop::Watch> Loop::watch_readable(int fd, std::function<void()> on_readable) {
    return std::make_unique<ReadWatch>(state_->io, fd, std::move(on_readable));
}

std::unique_ptr<Loop::Watch> Loop::watch_signal(int signal, std::function<void(int)> on_signal) {
    return std::make_unique<SignalWatch>(state_->io, signal, std::move(on_signal));
}

TimerWheel& Loop::wheel() { return state_->wheel; }
const Clock& Loop::clock() const { return state_->clock; }
asio::io_context& Loop::io() { return state_->io; }

}  // namespace base
