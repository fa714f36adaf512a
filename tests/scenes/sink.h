// tests/scenes/sink.h: a Call-Back sink that a scene can make polite, silent, broken or dead.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "tests/scenes/wire.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace scenes {

/// How a sink behaves; see scene.h.
struct Manners {
    enum class Framing { length, none, unclosed, reset };
    int status = 200;
    Framing framing = Framing::length;
    std::string line_end = "\r\n";
    std::string body;
    bool hold = false;

    /// Applies one option of scene.h ("status=412", "hold"); false when there is no such option.
    bool apply(std::string_view option);
};

/// A listener with its own thread, so that it answers while the scene waits for the daemon to settle. A
/// notification can be read by the scene before its answer leaves. Thread-safe.
class Sink {
public:
    explicit Sink(const std::string& address);
    ~Sink();
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;

    [[nodiscard]] std::string address() const;
    void change(const Manners& manners);
    [[nodiscard]] Manners manners() const;
    /// Answers all that is held, now, and ends the hold.
    void release();
    /// No one listens any more and connections end; the port stays ours.
    void close();
    void reopen();

    /// The oldest notification that was not read; waits up to `limit` for one.
    [[nodiscard]] std::optional<Message> take(std::chrono::milliseconds limit);
    /// Holds a notification that it was not allowed to answer yet.
    [[nodiscard]] bool holding() const;

private:
    struct Peer {
        base::Fd fd;
        std::string in;
        std::string out;
        bool held = false;
        bool ending = false;  ///< closes when `out` is sent
    };
    void serve();
    void accept_all();
    /// false when the connection is over.
    bool work(Peer& peer);
    bool answer(Peer& peer);
    void listen();
    void close_now();
    void wake() const;

    const std::string host_;
    base::Fd wake_;
    mutable std::mutex mutex_;  // guards all below
    std::condition_variable came_;
    base::Fd listener_;  ///< bound, and listening only while open_
    std::uint16_t port_ = 0;
    bool open_ = false;
    bool closing_ = false;  ///< asked for by close(), done by the thread
    bool stop_ = false;
    Manners manners_;
    std::list<Peer> peers_;
    std::deque<Message> unread_;
    std::thread thread_;
};

}  // namespace scenes
