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
/// costs a twelfth of a NOTIFY; here a socket is told once and stays. A wake-up is one epoll_wait of the loop's and
/// one of ours, and allocates nothing. Thread: its loop's.
class SocketWatch {
public:
    /// Hears when its socket can be read, or has ended; and written, while that is wanted.
    class Ready {
    public:
        enum class Left {
            nothing,    ///< it was read until it had no more
            something,  ///< perhaps: it is to be called again
        };
        virtual ~Ready() = default;
        [[nodiscard]] virtual Left on_readable() = 0;
        virtual void on_writable() = 0;
    };

    explicit SocketWatch(base::Loop& loop);
    ~SocketWatch();
    SocketWatch(const SocketWatch&) = delete;
    SocketWatch& operator=(const SocketWatch&) = delete;

    /// Watches `fd` until it is closed; `ready` is borrowed. False: the system has no room for it.
    [[nodiscard]] bool add(int fd, Ready& ready);
    /// Whether on_writable() is wanted, at first not.
    void want_writable(int fd, Ready& ready, bool wanted);
    /// After its descriptor was closed: keeps `ready` alive while something may still be about to call it.
    void retire(std::shared_ptr<Ready> ready);

private:
    struct Waiting;
    [[nodiscard]] Ready::Left dispatch();

    base::Fd epoll_;
    std::shared_ptr<Waiting> waiting_;  // the loop holds it too, as long as it waits
    std::vector<std::shared_ptr<Ready>> retired_;  // only within dispatch()
    bool dispatching_ = false;
};

}  // namespace server
