// server/socket_watch.h: readiness of many sockets, each registered once, not before every read.
// SPDX-License-Identifier: Apache-2.0
// Spec: performance (what follows from it, 1)
#pragma once

#include <memory>
#include <vector>

#include "base/fd.h"
#include "base/loop.h"

namespace server {

/// An epoll descriptor that the loop watches. Asio re-arms a socket with a system call before each wait, which
/// costs a twelfth of a NOTIFY; here a socket is told once and stays, edge-triggered both ways. A wake-up is one
/// epoll_wait of the loop's and one of ours, and allocates nothing. Thread: its loop's.
class SocketWatch {
public:
    struct Events {
        bool readable = false;  ///< or ended
        bool writable = false;  ///< or connected
        bool ended = false;     ///< the peer sends no more, or there was an error; bytes may be there before
    };
    /// Hears when its socket can be read or written again, or has ended: once each time, so it is to read and write
    /// until the socket would block.
    class Ready {
    public:
        virtual ~Ready() = default;
        virtual void on_ready(Events events) = 0;
    };

    explicit SocketWatch(base::Loop& loop);
    ~SocketWatch();
    SocketWatch(const SocketWatch&) = delete;
    SocketWatch& operator=(const SocketWatch&) = delete;

    /// Watches `fd` until it is closed; `ready` is borrowed, and hears of what is there already. False: the system
    /// has no room for it.
    [[nodiscard]] bool add(int fd, Ready& ready);
    /// After its descriptor was closed: keeps `ready` alive while something may still be about to call it.
    void retire(std::shared_ptr<Ready> ready);
    /// Whether so many sockets were added since anybody was called that look() is worth its system call.
    [[nodiscard]] bool crowded() const { return added_ >= kCrowd; }
    /// Calls who is ready now, not in the next turn of the loop. Not from within on_ready().
    void look();

private:
    static constexpr int kCrowd = 24;

    struct Waiting;
    [[nodiscard]] bool dispatch();

    base::Fd epoll_;
    std::shared_ptr<Waiting> waiting_;  // the loop holds it too, as long as it waits
    std::vector<std::shared_ptr<Ready>> retired_;  // only within dispatch()
    bool dispatching_ = false;
    int added_ = 0;  // since anybody was called
};

}  // namespace server
