// tests/bench/sink.cc: many endpoints on loopback that take NOTIFY and answer 200.
// SPDX-License-Identifier: Apache-2.0
// Endpoint i listens on an address of its own (common.h: loopback), all on one port, so that each
// is a distinct host:port to the sender. Mode keep answers with a framed 200 of 150 bytes and keeps
// the connection; mode close answers and closes. Says `listening FIRST:COUNT:PORT` at the start.
// Commands on stdin and their answers on stdout:
//   expect TEXT   ready; later, when every endpoint got a NOTIFY, `done NS DOUBLE WRONG BYTES P99`:
//                 NS = clock at the last one, DOUBLE = how many came to an endpoint a second time,
//                 WRONG = how many were without TEXT, BYTES = size of the last, P99 = clock when
//                 99 of 100 had come
//   await TEXT    ready; later, when the newest NOTIFY of every endpoint has TEXT, the same line
//   count         `count GOT STRAY`: endpoints told in this round; NOTIFYs outside any round
// With --behind N there is one endpoint with N watchers, who are told apart by the path /w<i>.
// Ends when stdin ends.

#include "tests/bench/common.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <memory>

namespace {

using namespace bench;

struct Connection {
    base::Fd fd;
    std::int64_t endpoint = 0;
    std::string unread;  // only what one recv() left incomplete
};

class Sink {
public:
    Sink(std::int64_t first, std::int64_t count, std::int64_t behind, bool closing)
        : first_(first),
          count_(count),
          behind_(behind),
          watchers_(behind > 0 ? behind : count),
          closing_(closing),
          epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        listen_all();
        told_in_.resize(static_cast<std::size_t>(watchers_), 0);
        true_in_.resize(static_cast<std::size_t>(watchers_), 0);
        add(STDIN_FILENO, EPOLLIN, kStdin);
        answer_ =
            "HTTP/1.1 200 Successful\r\nRVP-Notifications-Version: 0.2\r\nContent-Length: 0\r\n";
        if (closing_) answer_ += "Connection: close\r\n";
        answer_ += "Server: ";
        answer_ += std::string(150 - 4 - answer_.size(), 's') + "\r\n\r\n";
        std::printf("listening %s\n", Endpoints{first_, count_, port_}.text().c_str());
        std::fflush(stdout);
    }

    void run() {
        std::vector<epoll_event> events(1024);
        for (;;) {
            const int n =
                epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
            if (n < 0 && errno != EINTR) stop_errno("epoll_wait");
            for (int i = 0; i < n; ++i) {
                const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
                if (tag == kStdin) {
                    if (!obey()) return;
                } else if (tag & kListener) {
                    accept_one(static_cast<std::int64_t>(tag & ~kListener));
                } else {
                    read_from(static_cast<int>(tag));
                }
            }
        }
    }

private:
    static constexpr std::uint64_t kListener = 1ULL << 40;
    static constexpr std::uint64_t kStdin = 1ULL << 41;

    void add(int fd, std::uint32_t what, std::uint64_t tag) {
        epoll_event e{};
        e.events = what;
        e.data.u64 = tag;
        if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &e) != 0) stop_errno("epoll_ctl");
    }

    // One free port for all addresses: what the first address got, or, if another has it taken, a
    // new try.
    void listen_all() {
        for (int attempt = 0; attempt < 20; ++attempt) {
            listeners_.clear();
            port_ = 0;
            while (static_cast<std::int64_t>(listeners_.size()) < count_ && listen_one()) {
            }
            if (static_cast<std::int64_t>(listeners_.size()) == count_) break;
        }
        if (static_cast<std::int64_t>(listeners_.size()) != count_)
            stop("no port is free on all endpoints");
        for (std::size_t i = 0; i < listeners_.size(); ++i)
            add(listeners_[i].get(), EPOLLIN, kListener | i);
    }

    bool listen_one() {
        base::Fd fd = stream_socket(SOCK_NONBLOCK);
        const int one = 1;
        setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        sockaddr_in a = socket_address(
            loopback(1, first_ + static_cast<std::int64_t>(listeners_.size())), port_);
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) return false;
        if (::listen(fd.get(), 256) != 0) return false;
        socklen_t size = sizeof a;
        getsockname(fd.get(), reinterpret_cast<sockaddr*>(&a), &size);
        port_ = ntohs(a.sin_port);
        listeners_.push_back(std::move(fd));
        return true;
    }

    void accept_one(std::int64_t endpoint) {
        base::Fd fd(::accept4(listeners_[static_cast<std::size_t>(endpoint)].get(), nullptr,
                              nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) {
            if (errno == EAGAIN || errno == ECONNABORTED) return;
            stop_errno("accept");
        }
        const int number = fd.get();
        if (connections_.size() <= static_cast<std::size_t>(number)) {
            connections_.resize(static_cast<std::size_t>(number) + 1);
        }
        connections_[static_cast<std::size_t>(number)] =
            std::make_unique<Connection>(Connection{std::move(fd), endpoint, {}});
        add(number, EPOLLIN, static_cast<std::uint64_t>(number));
    }

    void read_from(int number) {
        Connection* c = connections_[static_cast<std::size_t>(number)].get();
        if (c == nullptr) return;  // closed earlier in this batch
        const ssize_t n = ::recv(number, buffer_, sizeof buffer_, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            connections_[static_cast<std::size_t>(number)].reset();
            return;
        }
        std::string_view bytes(buffer_, static_cast<std::size_t>(n));
        if (!c->unread.empty()) {
            c->unread.append(bytes);
            bytes = c->unread;
        }
        bool close_it = false;
        while (const std::size_t length = framed_length(bytes)) {
            took(c->endpoint, bytes.substr(0, length));
            bytes.remove_prefix(length);
            if (::send(number, answer_.data(), answer_.size(), MSG_NOSIGNAL) < 0) close_it = true;
            close_it = close_it || closing_;
        }
        if (bytes.size() > 256 * 1024) close_it = true;
        if (close_it) {
            connections_[static_cast<std::size_t>(number)].reset();
        } else {
            c->unread = std::string(bytes);
        }
        if (report_due_) report();
    }

    std::size_t watcher_of(std::int64_t endpoint, std::string_view notify) const {
        static constexpr std::string_view kStart = "NOTIFY /w";
        if (behind_ == 0) return static_cast<std::size_t>(endpoint);
        if (!notify.starts_with(kStart)) stop("a NOTIFY for nobody");
        notify.remove_prefix(kStart.size());
        const std::int64_t i = to_number(notify.substr(0, notify.find(' ')), "the watcher");
        if (i >= behind_) stop("a NOTIFY for an unknown watcher");
        return static_cast<std::size_t>(i);
    }

    void took(std::int64_t endpoint, std::string_view notify) {
        if (!armed_) {
            ++stray_;
            return;
        }
        const std::size_t watcher = watcher_of(endpoint, notify);
        if (awaiting_) return took_newest(watcher, notify);
        std::uint64_t& told = told_in_[watcher];
        if (told == round_) {
            ++double_;
            return;
        }
        told = round_;
        if (!notify.starts_with("NOTIFY ") || notify.find(expected_) == std::string_view::npos)
            ++wrong_;
        bytes_ = notify.size();
        got_one();
    }

    void took_newest(std::size_t watcher, std::string_view notify) {
        const bool right = notify.find(expected_) != std::string_view::npos;
        std::uint64_t& truth = true_in_[watcher];
        bytes_ = notify.size();
        if (right && truth != round_) got_one();
        if (!right && truth == round_) --got_;  // led back
        truth = right ? round_ : 0;
    }

    void got_one() {
        ++got_;
        if (got_ == watchers_ - watchers_ / 100) p99_ns_ = now_ns();
        if (got_ < watchers_) return;
        done_ns_ = now_ns();
        report_due_ = true;
        armed_ = false;
    }

    // After the answer has gone out, so that the sender is not kept waiting by our own output.
    void report() {
        report_due_ = false;
        std::printf("done %lld %lld %lld %zu %lld\n", static_cast<long long>(done_ns_),
                    static_cast<long long>(double_), static_cast<long long>(wrong_), bytes_,
                    static_cast<long long>(p99_ns_));
        std::fflush(stdout);
    }

    bool obey() {
        char piece[4096];
        const ssize_t n = ::read(STDIN_FILENO, piece, sizeof piece);
        if (n <= 0) return false;
        commands_.append(piece, static_cast<std::size_t>(n));
        for (std::size_t end; (end = commands_.find('\n')) != std::string::npos;
             commands_.erase(0, end + 1)) {
            const std::string line = commands_.substr(0, end);
            const bool await = line.starts_with("await ");
            if (await || line.starts_with("expect ")) {
                awaiting_ = await;
                ++round_;
                got_ = double_ = wrong_ = 0;
                expected_ = line.substr(line.find(' ') + 1);
                armed_ = true;
                std::printf("ready\n");
            } else if (line == "count") {
                std::printf("count %lld %lld\n", static_cast<long long>(got_),
                            static_cast<long long>(stray_));
            } else {
                stop("unknown command: " + line);
            }
            std::fflush(stdout);
        }
        return true;
    }

    std::int64_t first_;
    std::int64_t count_;
    std::int64_t behind_;
    std::int64_t watchers_;
    bool closing_;
    base::Fd epoll_;
    std::uint16_t port_ = 0;
    std::vector<base::Fd> listeners_;
    std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
    std::string answer_;
    std::string commands_;
    std::string expected_;
    bool armed_ = false;
    bool report_due_ = false;
    std::uint64_t round_ = 0;
    bool awaiting_ = false;
    std::vector<std::uint64_t> told_in_;  // by watcher: the round in which he was last told
    std::vector<std::uint64_t> true_in_;  // by watcher: the round in which his newest is right
    std::int64_t got_ = 0;
    std::int64_t double_ = 0;
    std::int64_t wrong_ = 0;
    std::int64_t stray_ = 0;
    std::int64_t done_ns_ = 0;
    std::int64_t p99_ns_ = 0;
    std::size_t bytes_ = 0;
    char buffer_[64 * 1024];
};

}  // namespace

int main(int argc, char** argv) {
    return guarded("sink", [&] {
        const Options options(argc, argv, {"first", "count", "behind", "mode"});
        raise_descriptor_limit();
        const std::string mode = options.text("mode", "keep");
        if (mode != "keep" && mode != "close") stop("--mode is keep or close");
        const auto sink =
            std::make_unique<Sink>(options.number("first", 0), options.number("count", 1),
                                   options.number("behind", 0), mode == "close");
        sink->run();
        return 0;
    });
}
