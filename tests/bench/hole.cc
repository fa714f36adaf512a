// tests/bench/hole.cc: endpoints that swallow NOTIFYs: a third has a full backlog and lets nobody connect, a third
// accepts and never answers, a third answers a byte a second.
// SPDX-License-Identifier: Apache-2.0
// Says `listening FIRST:COUNT:PORT` at the start; ends when stdin ends.

#include "tests/bench/common.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

namespace {

using namespace bench;

class Holes {
public:
    Holes(std::int64_t first, std::int64_t count)
        : first_(first), count_(count), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        for (int attempt = 0; attempt < 20; ++attempt) {
            listeners_.clear();
            fillers_.clear();
            port_ = 0;
            while (static_cast<std::int64_t>(listeners_.size()) < count_ && listen_one()) {
            }
            if (static_cast<std::int64_t>(listeners_.size()) == count_) break;
        }
        if (static_cast<std::int64_t>(listeners_.size()) != count_)
            stop("no port is free on all endpoints");
        for (std::size_t i = 0; i < listeners_.size(); ++i) {
            if (i % 3 != 0) watch(listeners_[i].get(), kListener | i);
        }
        watch(STDIN_FILENO, kStdin);
        second_ = base::Fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
        const itimerspec each{{1, 0}, {1, 0}};
        timerfd_settime(second_.get(), 0, &each, nullptr);
        watch(second_.get(), kSecond);
        std::printf("listening %s\n", Endpoints{first_, count_, port_}.text().c_str());
        std::fflush(stdout);
    }

    void run() {
        for (;;) {
            epoll_event events[256];
            const int n = epoll_wait(epoll_.get(), events, 256, -1);
            for (int i = 0; i < n; ++i) {
                const std::uint64_t tag = events[i].data.u64;
                if (tag == kStdin) return;
                if (tag == kSecond) {
                    drip();
                } else {
                    accept_one(static_cast<std::size_t>(tag & ~kListener));
                }
            }
        }
    }

private:
    static constexpr std::uint64_t kListener = 1ULL << 40;
    static constexpr std::uint64_t kStdin = 1ULL << 41;
    static constexpr std::uint64_t kSecond = 1ULL << 42;

    void watch(int fd, std::uint64_t tag) {
        epoll_event e{};
        e.events = EPOLLIN;
        e.data.u64 = tag;
        if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &e) != 0) stop_errno("epoll_ctl");
    }

    bool listen_one() {
        const auto i = static_cast<std::int64_t>(listeners_.size());
        base::Fd fd = stream_socket(SOCK_NONBLOCK);
        sockaddr_in a = socket_address(loopback(1, first_ + i), port_);
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) return false;
        const bool full = i % 3 == 0;
        if (::listen(fd.get(), full ? 0 : 64) != 0) return false;
        socklen_t size = sizeof a;
        getsockname(fd.get(), reinterpret_cast<sockaddr*>(&a), &size);
        port_ = ntohs(a.sin_port);
        if (full) fillers_.push_back(connect_to(loopback(1, first_ + i), port_));
        listeners_.push_back(std::move(fd));
        return true;
    }

    void accept_one(std::size_t i) {
        base::Fd fd(::accept4(listeners_[i].get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) return;
        (i % 3 == 1 ? silent_ : slow_).push_back(std::move(fd));
    }

    void drip() {
        std::uint64_t seconds = 0;
        if (::read(second_.get(), &seconds, sizeof seconds) < 0) return;
        static constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        const char byte = kAnswer[turn_++ % kAnswer.size()];
        const auto gone = [&](const base::Fd& fd) {
            return ::send(fd.get(), &byte, 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN;
        };
        std::erase_if(slow_, gone);
        std::erase_if(silent_, [](const base::Fd& fd) {
            pollfd ask{fd.get(), POLLRDHUP, 0};
            return ::poll(&ask, 1, 0) == 1;
        });
    }

    std::int64_t first_;
    std::int64_t count_;
    std::uint16_t port_ = 0;
    base::Fd epoll_;
    base::Fd second_;
    std::vector<base::Fd> listeners_;
    std::vector<base::Fd> fillers_;
    std::vector<base::Fd> silent_;
    std::vector<base::Fd> slow_;
    std::size_t turn_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    return guarded("hole", [&] {
        const Options options(argc, argv, {"first", "count"});
        raise_descriptor_limit();
        Holes(options.number("first", 0), options.number("count", 3)).run();
        return 0;
    });
}
