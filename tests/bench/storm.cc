// tests/bench/storm.cc: many changes of state to many watchers, all played by this program.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3.4, 5; RVP 5.1.7, 5.5.1
// --watchers W endpoints log in; --stars P presentities have --each watchers. Says `subscribed N`; on the line `go`
// it makes --changes changes in --seconds, a presentity's always one after another, and waits until every watcher
// knows the last of each. Says `storm …` with what came of it, or fails. Ends.

#include "tests/bench/common.h"
#include "tests/bench/requests.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <iostream>
#include <memory>
#include <unordered_map>

namespace {

using namespace bench;

constexpr const char* kStates[] = {"busy", "away", "on-phone", "at-lunch", "back-soon", "online"};
constexpr std::size_t kStateCount = std::size(kStates);

struct Plan {
    std::uint16_t port;
    std::int64_t watchers, stars, each, changes;
    double seconds;
};

/// One subscription: what its watcher was told.
struct Told {
    std::size_t star = 0;
    std::size_t state = kStateCount;
    std::int64_t sequence = 0;
};

struct Connection {
    base::Fd fd;
    bool ours = false;  // a client of the daemon; else the daemon's, to an endpoint
    std::string unread;
};

std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
    const std::size_t at = text.find(begin);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + begin.size());
    return text.substr(0, text.find(end));
}

class Storm {
public:
    explicit Storm(const Plan& plan)
        : plan_(plan),
          epoll_(epoll_create1(EPOLL_CLOEXEC)),
          truth_(static_cast<std::size_t>(plan.stars), kStateCount) {
        listen_all();
        for (std::size_t i = 0; i < kClients; ++i) {
            clients_[i].connection = add(connect_to({htonl(INADDR_LOOPBACK)}, plan_.port,
                                                    loopback(2, static_cast<std::int64_t>(i))),
                                         true);
        }
    }

    void subscribe() {
        for (std::int64_t w = 0; w < plan_.watchers; ++w) {
            const std::string name = "w" + std::to_string(w);
            const std::string url =
                "http://" + to_text(loopback(1, w)) + ":" + std::to_string(endpoint_port_);
            ask(static_cast<std::size_t>(w), login_request(name, url));
        }
        run_until([this] { return answered_ == asked_; }, 60);
        watching_ = true;
        for (std::int64_t i = 0; i < plan_.stars * plan_.each; ++i) {
            const std::int64_t star = i / plan_.each;
            const std::int64_t watcher = (star * plan_.each + i % plan_.each) % plan_.watchers;
            stars_asked_[client_of(static_cast<std::size_t>(i))].push_back(
                static_cast<std::size_t>(star));
            ask(static_cast<std::size_t>(i),
                property_request("w" + std::to_string(watcher), "s" + std::to_string(star)));
        }
        run_until([this] { return answered_ == asked_; }, 60);
        watching_ = false;
        std::printf("subscribed %zu\n", told_.size());
        std::fflush(stdout);
    }

    void rage() {
        const std::int64_t start = now_ns();
        const double rate = static_cast<double>(plan_.changes) / plan_.seconds;
        std::int64_t begun = 0;
        const auto change_what_is_due = [&] {
            const auto due =
                static_cast<std::int64_t>(static_cast<double>(now_ns() - start) / 1e9 * rate);
            for (; begun < std::min(due, plan_.changes); ++begun) {
                const auto star = static_cast<std::size_t>(begun % plan_.stars);
                const auto state = static_cast<std::size_t>(begun / plan_.stars) % kStateCount;
                truth_[star] = state;
                ask(star, state_request("s" + std::to_string(star), kStates[state]));
            }
            return begun == plan_.changes && answered_ == asked_;
        };
        run_until(change_what_is_due, plan_.seconds + 60);
        const std::int64_t over = now_ns();
        run_until([this] { return wrong() == 0; }, 60);
        const std::int64_t known = now_ns();
        std::printf(
            "storm %lld changes in %.1f s (asked for: %.1f), each to %lld watchers: %lld NOTIFYs, "
            "every watcher "
            "knew the last %.0f ms after its 207; dropped and told so: %lld\n",
            static_cast<long long>(plan_.changes), static_cast<double>(over - start) / 1e9,
            plan_.seconds, static_cast<long long>(plan_.each), static_cast<long long>(notifies_),
            static_cast<double>(known - over) / 1e6, static_cast<long long>(lost_));
        std::fflush(stdout);
    }

private:
    static constexpr std::size_t kClients = 32;
    static constexpr std::uint64_t kListener = 1ULL << 40;
    struct Client {
        Connection* connection = nullptr;
        std::vector<std::string> requests;  // from `next` on still to be sent
        std::size_t next = 0;
        bool waiting = false;
    };

    static std::size_t client_of(std::size_t i) { return i % kClients; }

    /// On the client that all with this number share, so that they are answered one after another.
    void ask(std::size_t number, std::string request) {
        Client& client = clients_[client_of(number)];
        client.requests.push_back(std::move(request));
        ++asked_;
        if (!client.waiting) send_next(client);
    }

    void send_next(Client& client) {
        client.waiting = client.next < client.requests.size();
        if (!client.waiting) {
            client.requests.clear();
            client.next = 0;
            return;
        }
        const std::string request = std::move(client.requests[client.next++]);
        if (::send(client.connection->fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size())) {
            stop_errno("send to the daemon");
        }
    }

    template <class Done>
    void run_until(Done done, double patience_s) {
        const std::int64_t end = now_ns() + static_cast<std::int64_t>(patience_s * 1e9);
        std::vector<epoll_event> events(512);
        while (!done()) {
            if (now_ns() > end) {
                stop("not done in time: " + std::to_string(asked_ - answered_) +
                     " requests unanswered, " + std::to_string(wrong()) +
                     " subscriptions without the truth");
            }
            const int n =
                epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 1);
            for (int i = 0; i < n; ++i) {
                const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
                if (tag & kListener) {
                    accept_one(static_cast<std::size_t>(tag & ~kListener));
                } else {
                    read_from(*connections_[static_cast<std::size_t>(tag)]);
                }
            }
        }
    }

    Connection* add(base::Fd fd, bool ours) {
        fcntl(fd.get(), F_SETFL, O_NONBLOCK);
        connections_.push_back(std::make_unique<Connection>(Connection{std::move(fd), ours, {}}));
        watch(connections_.back()->fd.get(), connections_.size() - 1);
        return connections_.back().get();
    }
    void watch(int fd, std::uint64_t tag) {
        epoll_event e{};
        e.events = EPOLLIN;
        e.data.u64 = tag;
        if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &e) != 0) stop_errno("epoll_ctl");
    }

    void listen_all() {
        for (std::int64_t i = 0; i < plan_.watchers; ++i) {
            base::Fd fd = stream_socket(SOCK_NONBLOCK);
            sockaddr_in a = socket_address(loopback(1, i), endpoint_port_);
            if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0)
                stop_errno("bind");
            if (::listen(fd.get(), 64) != 0) stop_errno("listen");
            socklen_t size = sizeof a;
            getsockname(fd.get(), reinterpret_cast<sockaddr*>(&a), &size);
            endpoint_port_ = ntohs(a.sin_port);
            watch(fd.get(), kListener | listeners_.size());
            listeners_.push_back(std::move(fd));
        }
    }
    void accept_one(std::size_t i) {
        base::Fd fd(::accept4(listeners_[i].get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (fd) add(std::move(fd), false);
    }

    void read_from(Connection& c) {
        if (!c.fd) return;
        const ssize_t n = ::recv(c.fd.get(), buffer_, sizeof buffer_, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0 && c.ours) stop("the daemon closed a client's connection");
        if (n <= 0) return c.fd.reset();
        c.unread.append(buffer_, static_cast<std::size_t>(n));
        while (const std::size_t length = framed_length(c.unread)) {
            const std::string_view message = std::string_view(c.unread).substr(0, length);
            c.ours ? answer(c, message) : notify(c, message);
            c.unread.erase(0, length);
        }
    }

    void answer(Connection& c, std::string_view message) {
        if (!message.starts_with("HTTP/1.1 20"))
            stop("an answer: " + std::string(message.substr(0, 300)));
        ++answered_;
        std::size_t which = 0;
        while (clients_[which].connection != &c) ++which;
        if (watching_) {
            std::size_t& next = stars_answered_[which];
            told_[to_number(between(message, "Subscription-Id: ", "\r\n"), "an id")].star =
                stars_asked_[which].at(next++);
        }
        send_next(clients_[which]);
    }

    void notify(Connection& c, std::string_view message) {
        static constexpr std::string_view kAnswer =
            "HTTP/1.1 200 Successful\r\nContent-Length: 0\r\n\r\n";
        if (::send(c.fd.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) c.fd.reset();
        ++notifies_;
        const auto found =
            told_.find(to_number(between(message, "Subscription-Id: ", "\r\n"), "an id"));
        if (found == told_.end()) stop("a NOTIFY for nobody");
        Told& told = found->second;
        const std::int64_t sequence = to_number(between(message, "RVPD-Seq: ", "\r\n"), "RVPD-Seq");
        if (sequence != told.sequence + 1)
            stop("RVPD-Seq " + std::to_string(sequence) + " after " +
                 std::to_string(told.sequence));
        told.sequence = sequence;
        if (const auto lost = between(message, "RVPD-Lost: ", "\r\n"); !lost.empty())
            lost_ += to_number(lost, "RVPD-Lost");
        const std::string_view state = between(message, "<r:state><r:", "/>");
        told.state = static_cast<std::size_t>(
            std::find(std::begin(kStates), std::end(kStates), state) - std::begin(kStates));
    }

    [[nodiscard]] std::int64_t wrong() const {
        return std::count_if(told_.begin(), told_.end(), [this](const auto& one) {
            return one.second.state != truth_[one.second.star];
        });
    }

    const Plan plan_;
    base::Fd epoll_;
    std::uint16_t endpoint_port_ = 0;
    std::vector<base::Fd> listeners_;
    std::vector<std::unique_ptr<Connection>> connections_;
    Client clients_[kClients];
    std::vector<std::size_t>
        stars_asked_[kClients];  // while watching_: of the subscriptions, in order
    std::size_t stars_answered_[kClients] = {};
    bool watching_ = false;
    std::unordered_map<std::int64_t, Told> told_;  // by Subscription-Id
    std::vector<std::size_t> truth_;               // by presentity
    std::int64_t asked_ = 0;
    std::int64_t answered_ = 0;
    std::int64_t notifies_ = 0;
    std::int64_t lost_ = 0;
    char buffer_[64 * 1024];
};

}  // namespace

int main(int argc, char** argv) {
    return guarded("storm", [&] {
        const Options o(argc, argv, {"port", "watchers", "stars", "each", "changes", "seconds"});
        raise_descriptor_limit();
        const Plan plan{static_cast<std::uint16_t>(o.number("port", 0)),
                        o.number("watchers", 1000),
                        o.number("stars", 1000),
                        o.number("each", 20),
                        o.number("changes", 50'000),
                        static_cast<double>(o.number("seconds", 10))};
        const auto storm = std::make_unique<Storm>(plan);
        storm->subscribe();
        std::string line;
        std::getline(std::cin, line);
        storm->rage();
        return 0;
    });
}
