// tests/bench/ref_copy.cc: a bare forwarder: what comes in at one side goes out at the other.
// SPDX-License-Identifier: Apache-2.0
// epoll, one thread; a connection to 127.0.0.1:--to for each that comes in, and nothing of HTTP. What a short write leaves
// is waited for, so bytes in flight are bounded by one read. Says `listening PORT`; ends when stdin ends.

#include "tests/bench/common.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <memory>
#include <unordered_map>

namespace {

using namespace bench;

/// One of the two sockets of a copied connection.
struct Side {
    base::Fd fd;
    Side* other = nullptr;
    std::string unsent;  // of what the other one brought
};

class Copier {
public:
    explicit Copier(std::uint16_t to) : to_(to), epoll_(epoll_create1(EPOLL_CLOEXEC)), listener_(stream_socket(SOCK_NONBLOCK)) {
        const sockaddr_in address = socket_address({htonl(INADDR_LOOPBACK)}, 0);
        if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) stop_errno("bind");
        if (::listen(listener_.get(), 1024) != 0) stop_errno("listen");
        watch(STDIN_FILENO, EPOLLIN, EPOLL_CTL_ADD);
        watch(listener_.get(), EPOLLIN, EPOLL_CTL_ADD);
    }
    [[nodiscard]] std::uint16_t port() const {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        return ntohs(address.sin_port);
    }
    void run() {
        std::vector<epoll_event> events(256);
        for (;;) {
            const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
            if (n < 0 && errno != EINTR) stop_errno("epoll_wait");
            for (int i = 0; i < n; ++i) {
                const epoll_event& e = events[static_cast<std::size_t>(i)];
                if (e.data.fd == STDIN_FILENO) return;
                e.data.fd == listener_.get() ? accept_all() : serve(e.data.fd, e.events);
            }
        }
    }

private:
    void watch(int fd, std::uint32_t what, int how) {
        epoll_event e{};
        e.events = what;
        e.data.fd = fd;
        if (epoll_ctl(epoll_.get(), how, fd, &e) != 0 && fd != STDIN_FILENO) stop_errno("epoll_ctl");
    }
    void accept_all() {
        for (;;) {
            base::Fd in(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (!in) return;
            const int one = 1;
            setsockopt(in.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            base::Fd out = connect_to({htonl(INADDR_LOOPBACK)}, to_);
            fcntl(out.get(), F_SETFL, O_NONBLOCK);
            auto a = std::make_unique<Side>(std::move(in));
            auto b = std::make_unique<Side>(std::move(out));
            a->other = b.get();
            b->other = a.get();
            for (auto* side : {&a, &b}) {
                const int fd = (*side)->fd.get();
                watch(fd, EPOLLIN, EPOLL_CTL_ADD);
                sides_[fd] = std::move(*side);
            }
        }
    }
    void serve(int fd, std::uint32_t what) {
        const auto it = sides_.find(fd);
        if (it == sides_.end()) return;  // gone with its other side
        Side& side = *it->second;
        if ((what & EPOLLOUT) != 0 && !flush(side)) return end(side);
        if ((what & ~std::uint32_t{EPOLLOUT}) == 0 || !side.other->unsent.empty()) return;
        const ssize_t n = ::recv(fd, buffer_, sizeof buffer_, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0 || !pass(side, {buffer_, static_cast<std::size_t>(n)})) end(side);
    }
    /// To the other side, which must be ready before this one is read again.
    bool pass(Side& from, std::string_view bytes) {
        const ssize_t sent = ::send(from.other->fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent == static_cast<ssize_t>(bytes.size())) return true;
        if (sent < 0 && errno != EAGAIN) return false;
        from.other->unsent = bytes.substr(sent < 0 ? 0 : static_cast<std::size_t>(sent));
        watch(from.fd.get(), 0, EPOLL_CTL_MOD);
        watch(from.other->fd.get(), EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
        return true;
    }
    bool flush(Side& side) {
        const ssize_t sent = ::send(side.fd.get(), side.unsent.data(), side.unsent.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN;
        side.unsent.erase(0, static_cast<std::size_t>(sent));
        if (!side.unsent.empty()) return true;
        watch(side.fd.get(), EPOLLIN, EPOLL_CTL_MOD);
        watch(side.other->fd.get(), EPOLLIN, EPOLL_CTL_MOD);
        return true;
    }
    void end(Side& side) {
        const int here = side.fd.get();
        const int there = side.other->fd.get();
        sides_.erase(here);
        sides_.erase(there);
    }

    const std::uint16_t to_;
    base::Fd epoll_;
    base::Fd listener_;
    std::unordered_map<int, std::unique_ptr<Side>> sides_;
    char buffer_[64 * 1024];
};

}  // namespace

int main(int argc, char** argv) {
    return guarded("ref_copy", [&] {
        const Options options(argc, argv, {"to"});
        raise_descriptor_limit();
        Copier copier(static_cast<std::uint16_t>(options.number("to", 0)));
        std::printf("listening %u\n", static_cast<unsigned>(copier.port()));
        std::fflush(stdout);
        copier.run();
        return 0;
    });
}
