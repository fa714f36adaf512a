// tests/faults/sink.h: a Call-Back that says 200 to everything.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/bench/common.h"

#include <fcntl.h>
#include <poll.h>

#include <string>
#include <thread>
#include <vector>

namespace faults {

/// Listens on a loopback port, on a thread of its own, from here to its end.
class Sink {
public:
    Sink() : listener_(bench::stream_socket(0)) {
        sockaddr_in a = bench::socket_address(bench::loopback(0, 0), 0);
        socklen_t size = sizeof a;
        if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&a), size) != 0 ||
            ::listen(listener_.get(), 1024) != 0 ||
            ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&a), &size) != 0) {
            bench::stop_errno("sink");
        }
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(a.sin_port));
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) bench::stop_errno("pipe");
        wake_ = base::Fd(ends[0]);
        end_ = base::Fd(ends[1]);
        thread_ = std::jthread([this] { serve(); });
    }
    ~Sink() { end_.reset(); }

    [[nodiscard]] const std::string& url() const { return url_; }

private:
    struct Peer {
        base::Fd fd;
        std::string unread;
    };

    void serve() {
        for (;;) {
            std::vector<pollfd> ask{{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
            for (const Peer& peer : peers_) ask.push_back({peer.fd.get(), POLLIN, 0});
            ::poll(ask.data(), ask.size(), -1);
            if (ask[0].revents != 0) return;
            for (std::size_t i = ask.size(); i-- > 2;) {
                if (ask[i].revents == 0 || answer(peers_[i - 2])) continue;
                peers_.erase(peers_.begin() + static_cast<long>(i) - 2);
            }
            if (ask[1].revents == 0) continue;
            peers_.push_back({base::Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), {}});
        }
    }
    static bool answer(Peer& peer) {
        char piece[65536];
        const ssize_t n = ::recv(peer.fd.get(), piece, sizeof piece, 0);
        if (n <= 0) return false;
        peer.unread.append(piece, static_cast<std::size_t>(n));
        static constexpr std::string_view kYes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        while (const std::size_t size = bench::framed_length(peer.unread)) {
            peer.unread.erase(0, size);
            if (::send(peer.fd.get(), kYes.data(), kYes.size(), MSG_NOSIGNAL) < 0) return false;
        }
        return true;
    }

    base::Fd listener_, wake_, end_;
    std::string url_;
    std::vector<Peer> peers_;
    std::jthread thread_;
};

}  // namespace faults
