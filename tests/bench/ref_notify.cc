// tests/bench/ref_notify.cc: the bare-epoll NOTIFY sender: what this machine allows at best.
// SPDX-License-Identifier: Apache-2.0
// Mode keep: one keep-alive connection per endpoint, EPOLLIN registered once; a round is one send()
// of one contiguous pre-rendered NOTIFY and one recv() per endpoint. Mode close: a new connection
// per NOTIFY. Mode pipe: 4 connections to the first endpoint, on each 16 NOTIFYs in one send() and
// then their answers, until all the --behind N watchers there were told. `--window N` bounds how
// many are unanswered at once (0 = no bound).
// Says `connected COUNT` at the start; for each line `go` on stdin it does one round and says
// `done WALL_NS CPU_NS` (user + system of this process, by getrusage). `--rounds N` does N rounds
// unasked and prints a summary instead.

#include "tests/bench/common.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <iostream>

namespace {

using namespace bench;

std::string render_notify(std::size_t bytes, const std::string& path = "/") {
    const std::string body_start =
        "<?xml version=\"1.0\"?><r:notification xmlns:d=\"DAV:\" "
        "xmlns:r=\"http://schemas.microsoft.com/rvp/\" "
        "xmlns:a=\"http://schemas.microsoft.com/rvp/acl/"
        "\"><r:propnotification><r:notification-from><r:contact>"
        "<d:href>http://im.bench.test/instmsg/aliases/star</d:href><r:description>star</"
        "r:description></r:contact>"
        "</r:notification-from><r:notification-to><r:contact><d:href>http://im.bench.test/instmsg/"
        "aliases/w1"
        "</d:href><r:description>";
    const std::string body_end =
        "</r:description></r:contact></"
        "r:notification-to><d:propertyupdate><d:set><d:prop><r:state><r:online/>"
        "</r:state></d:prop></d:set></d:propertyupdate></r:propnotification></r:notification>";
    const std::string head =
        "NOTIFY " + path + " HTTP/1.1\r\nHost: 127.1.0.1:40000\r\nContent-Type: text/xml\r\nSubscription-Id: "
        "100000\r\n"
        "RVP-Notifications-Version: 0.2\r\nRVP-Hop-Count: 1\r\nRVP-Ack-Type: "
        "DeepOr\r\nContent-Length: ";
    const std::size_t frame = head.size() + 3 + 4 + body_start.size() + body_end.size();
    if (bytes <= frame || bytes - head.size() > 1000 + 7)
        stop("--bytes is between 900 and 1100 or so");
    const std::string body = body_start + std::string(bytes - frame, 'w') + body_end;
    return head + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Peer {
    base::Fd fd;
    sockaddr_in address{};
    bool sent = false;
};

class Sender {
public:
    Sender(const std::vector<Endpoints>& runs, bool closing, std::int64_t window, std::size_t bytes)
        : closing_(closing),
          notify_(render_notify(bytes)),
          epoll_(epoll_create1(EPOLL_CLOEXEC)),
          events_(1024) {
        for (const Endpoints& run : runs) {
            for (std::int64_t i = run.first; i < run.first + run.count; ++i) {
                Peer peer;
                peer.address = socket_address(loopback(1, i), run.port);
                peers_.push_back(std::move(peer));
            }
        }
        window_ = window == 0 ? peers_.size() : static_cast<std::size_t>(window);
        if (closing_) return;
        for (std::size_t i = 0; i < peers_.size(); ++i) {
            peers_[i].fd =
                connect_to(peers_[i].address.sin_addr, ntohs(peers_[i].address.sin_port));
            fcntl(peers_[i].fd.get(), F_SETFL, O_NONBLOCK);
            watch(i, EPOLLIN);
        }
    }
    [[nodiscard]] std::size_t count() const { return peers_.size(); }

    /// One NOTIFY to every endpoint, each answered.
    void round() {
        std::size_t begun = 0;
        std::size_t answered = 0;
        while (answered < peers_.size()) {
            while (begun < peers_.size() && begun - answered < window_) begin(begun++);
            const int n =
                epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), 10'000);
            if (n == 0) stop("no answer for 10 s");
            if (n < 0 && errno != EINTR) stop_errno("epoll_wait");
            for (int i = 0; i < n; ++i) {
                const epoll_event& e = events_[static_cast<std::size_t>(i)];
                answered += serve(static_cast<std::size_t>(e.data.u64), e.events) ? 1 : 0;
            }
        }
    }

private:
    void watch(std::size_t i, std::uint32_t what) {
        epoll_event e{};
        e.events = what;
        e.data.u64 = i;
        if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, peers_[i].fd.get(), &e) != 0)
            stop_errno("epoll_ctl");
    }

    void begin(std::size_t i) {
        Peer& peer = peers_[i];
        if (!closing_) return send_to(peer);
        peer.fd = stream_socket(SOCK_NONBLOCK);
        peer.sent = false;
        const auto* address = reinterpret_cast<const sockaddr*>(&peer.address);
        if (::connect(peer.fd.get(), address, sizeof peer.address) != 0 && errno != EINPROGRESS)
            stop_errno("connect");
        watch(i, EPOLLIN | EPOLLOUT |
                     EPOLLET);  // once; the edge tells of the connection, then of the answer
    }

    void send_to(Peer& peer) {
        const ssize_t n = ::send(peer.fd.get(), notify_.data(), notify_.size(), MSG_NOSIGNAL);
        if (n != static_cast<ssize_t>(notify_.size())) stop_errno("send");
        peer.sent = true;
    }

    /// True when this endpoint's answer is here.
    bool serve(std::size_t i, std::uint32_t what) {
        Peer& peer = peers_[i];
        if (!peer.sent) {
            if ((what & EPOLLOUT) == 0) stop("an endpoint refused the connection");
            send_to(peer);
            return false;
        }
        if ((what & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return false;
        char answer[4096];
        const ssize_t n = ::recv(peer.fd.get(), answer, sizeof answer, 0);
        if (n < 0 && errno == EAGAIN) return false;
        if (n <= 0) stop("an endpoint closed without an answer");
        const std::string_view text(answer, static_cast<std::size_t>(n));
        if (!text.starts_with("HTTP/1.1 200") || !text.ends_with("\r\n\r\n"))
            stop("not a 200: " + std::string(text));
        if (closing_) peer.fd.reset();
        return true;
    }

    bool closing_;
    std::string notify_;
    base::Fd epoll_;
    std::vector<epoll_event> events_;
    std::vector<Peer> peers_;
    std::size_t window_ = 0;
};

/// Mode pipe.
class Piper {
public:
    Piper(const Endpoints& run, std::int64_t watchers, std::size_t bytes)
        : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        for (std::int64_t i = 0; i < watchers; ++i) {
            notifies_.push_back(render_notify(bytes, "/w" + std::to_string(i)));
        }
        for (std::size_t i = 0; i < kConnections; ++i) {
            lanes_[i].fd = connect_to(loopback(1, run.first), run.port);
            fcntl(lanes_[i].fd.get(), F_SETFL, O_NONBLOCK);
            epoll_event e{};
            e.events = EPOLLIN;
            e.data.u64 = i;
            if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, lanes_[i].fd.get(), &e) != 0)
                stop_errno("epoll_ctl");
        }
    }
    [[nodiscard]] std::size_t count() const { return notifies_.size(); }

    void round() {
        std::size_t answered = 0;
        begun_ = 0;
        for (Lane& lane : lanes_) send_to(lane);
        while (answered < notifies_.size()) {
            epoll_event events[kConnections];
            const int n = epoll_wait(epoll_.get(), events, kConnections, 10'000);
            if (n == 0) stop("no answer for 10 s");
            for (int i = 0; i < n; ++i) answered += serve(lanes_[events[i].data.u64]);
        }
    }

private:
    static constexpr std::size_t kConnections = 4;
    static constexpr std::size_t kDepth = 16;
    struct Lane {
        base::Fd fd;
        std::size_t unanswered = 0;
        std::string unread;
    };

    void send_to(Lane& lane) {
        batch_.clear();
        for (; lane.unanswered < kDepth && begun_ < notifies_.size(); ++lane.unanswered)
            batch_ += notifies_[begun_++];
        if (batch_.empty()) return;
        const ssize_t n = ::send(lane.fd.get(), batch_.data(), batch_.size(), MSG_NOSIGNAL);
        if (n != static_cast<ssize_t>(batch_.size())) stop_errno("send");
    }

    std::size_t serve(Lane& lane) {
        char piece[8192];
        const ssize_t n = ::recv(lane.fd.get(), piece, sizeof piece, 0);
        if (n < 0 && errno == EAGAIN) return 0;
        if (n <= 0) stop("the endpoint closed without an answer");
        lane.unread.append(piece, static_cast<std::size_t>(n));
        std::size_t answers = 0;
        while (const std::size_t length = framed_length(lane.unread)) {
            if (!lane.unread.starts_with("HTTP/1.1 200")) stop("not a 200: " + lane.unread);
            lane.unread.erase(0, length);
            ++answers;
        }
        lane.unanswered -= answers;
        send_to(lane);
        return answers;
    }

    base::Fd epoll_;
    std::vector<std::string> notifies_;
    Lane lanes_[kConnections];
    std::string batch_;
    std::size_t begun_ = 0;
};

template <class Sender>
void summary(Sender& sender, std::int64_t rounds) {
    sender.round();
    const std::int64_t cpu = own_cpu_ns();
    const std::int64_t wall = now_ns();
    for (std::int64_t i = 0; i < rounds; ++i) sender.round();
    const double acts = static_cast<double>(sender.count()) * static_cast<double>(rounds);
    const double seconds = static_cast<double>(now_ns() - wall) / 1e9;
    std::printf("%zu endpoints: %.2f us CPU each, %.1f k/s, %.2f ms a round\n", sender.count(),
                static_cast<double>(own_cpu_ns() - cpu) / acts / 1e3, acts / seconds / 1e3,
                seconds * 1e3 / static_cast<double>(rounds));
}

/// Rounds unasked, or one for each `go`.
template <class Sender>
int serve(Sender& sender, std::int64_t rounds) {
    std::printf("connected %zu\n", sender.count());
    std::fflush(stdout);
    if (rounds > 0) {
        summary(sender, rounds);
        return 0;
    }
    for (std::string line; std::getline(std::cin, line);) {
        if (line != "go") stop("unknown command: " + line);
        const std::int64_t cpu = own_cpu_ns();
        const std::int64_t wall = now_ns();
        sender.round();
        std::printf("done %lld %lld\n", static_cast<long long>(now_ns() - wall),
                    static_cast<long long>(own_cpu_ns() - cpu));
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return guarded("ref_notify", [&] {
        const Options options(argc, argv,
                              {"endpoints", "mode", "window", "bytes", "rounds", "behind"});
        raise_descriptor_limit();
        std::vector<Endpoints> runs;
        for (const std::string& text : options.all("endpoints"))
            runs.push_back(Endpoints::parse(text));
        const std::string mode = options.text("mode", "keep");
        const auto bytes = static_cast<std::size_t>(options.number("bytes", 962));
        const std::int64_t rounds = options.number("rounds", 0);
        if (mode == "pipe") {
            Piper piper(runs.at(0), options.number("behind", 1000), bytes);
            return serve(piper, rounds);
        }
        const bool closing = mode == "close";
        Sender sender(runs, closing, options.number("window", closing ? 64 : 0), bytes);
        return serve(sender, rounds);
    });
}
