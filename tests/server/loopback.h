// tests/server/loopback.h: a receiver on loopback that a test plays by hand, and a loop on a thread of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/loop.h"

namespace loopback {

/// What takes longer has gone wrong: the test fails by exception.
inline constexpr std::chrono::seconds kPatience{30};
/// What most requests are answered with.
inline constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

inline void wait_readable(int fd, const char* what) {
    pollfd ask{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&ask, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) != 1) {
        throw std::runtime_error(std::string("nothing came: ") + what);
    }
}

/// The receiver's end of a connection.
class Connection {
public:
    explicit Connection(int fd) : fd_(fd) {}

    /// One request, whole; "" when the peer has closed instead.
    std::string read_request() {
        while (!is_whole()) {
            if (!read_some()) return {};
        }
        const std::size_t size = whole_size();
        std::string request = unread_.substr(0, size);
        unread_.erase(0, size);
        return request;
    }

    void answer(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) throw std::runtime_error("cannot answer");
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    void answer_framed(int status) {
        answer("HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Length: 0\r\n\r\n");
    }

    /// Whether more has come than was read: bytes, or the end.
    [[nodiscard]] bool has_more() const {
        pollfd ask{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        return !unread_.empty() || ::poll(&ask, 1, 0) == 1;
    }

    /// Waits until the peer has closed (or reset) without sending any more.
    bool peer_closes() { return unread_.empty() && !read_some() && unread_.empty(); }

    void close() { fd_.reset(); }
    /// With RST instead of FIN.
    void reset() {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        fd_.reset();
    }

private:
    static constexpr std::string_view kLength = "Content-Length: ";

    [[nodiscard]] std::size_t whole_size() const {
        const std::size_t head = unread_.find("\r\n\r\n") + 4;
        const std::size_t length = unread_.find(kLength);
        return length < head ? head + std::stoul(unread_.substr(length + kLength.size())) : head;
    }
    [[nodiscard]] bool is_whole() const {
        return unread_.find("\r\n\r\n") != std::string::npos && unread_.size() >= whole_size();
    }
    bool read_some() {
        wait_readable(fd_.get(), "bytes of a connection");
        char bytes[65536];
        const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
        if (n <= 0) return false;
        unread_.append(bytes, static_cast<std::size_t>(n));
        return true;
    }

    base::Fd fd_;
    std::string unread_;
};

/// A port of 127.0.0.1. Until listen() it refuses.
class Port {
public:
    Port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* general = reinterpret_cast<sockaddr*>(&address);
        if (::bind(fd_.get(), general, size) != 0 || ::getsockname(fd_.get(), general, &size) != 0) {
            throw std::runtime_error("cannot bind");
        }
        number_ = ntohs(address.sin_port);
    }

    void listen(int backlog = 64) {
        if (::listen(fd_.get(), backlog) != 0) throw std::runtime_error("cannot listen");
    }
    /// From now on an attempt to connect gets no answer at all.
    void listen_full() {
        listen(0);
        filler_ = base::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(number_);
        if (::connect(filler_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("cannot fill the backlog");
        }
    }
    base::Fd accept_fd() {
        wait_readable(fd_.get(), "a connection");
        base::Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return fd;
    }
    Connection accept() { return Connection(accept_fd().release()); }
    /// Whether somebody has connected already.
    [[nodiscard]] bool has_caller() const {
        pollfd ask{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        return ::poll(&ask, 1, 0) == 1;
    }

    [[nodiscard]] std::uint16_t number() const { return number_; }
    [[nodiscard]] std::string text() const { return "127.0.0.1:" + std::to_string(number_); }

private:
    base::Fd fd_;
    base::Fd filler_;
    std::uint16_t number_ = 0;
};

/// A loop that runs on a thread of its own.
class LoopThread {
public:
    explicit LoopThread(const base::Clock& clock)
        : loop_(clock, std::chrono::milliseconds(100)), thread_([this] { loop_.run(); }) {}
    ~LoopThread() {
        loop_.stop();
        thread_.join();
    }
    base::Loop& loop() { return loop_; }

    /// Runs `fn` on the loop and waits for it.
    void call(const std::function<void()>& fn) {
        std::promise<void> done;
        loop_.post([&] {
            fn();
            done.set_value();
        });
        done.get_future().get();
    }

private:
    base::Loop loop_;
    std::thread thread_;
};

/// Lines written by one thread and awaited by another.
class Record {
public:
    void add(std::string line) {
        std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
        changed_.notify_all();
    }
    /// Waits for `count` lines, takes all there are.
    std::vector<std::string> take(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kPatience, [&] { return lines_.size() >= count; });
        return std::exchange(lines_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
};

}  // namespace loopback
