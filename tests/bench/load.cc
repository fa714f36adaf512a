// tests/bench/load.cc: an HTTP load generator: C connections, one outstanding request on each.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.7.1 (login), 5.1.7.2 (property subscription), 5.4 (PROPFIND)
// All requests are rendered before the clock starts. Every answer's status and one piece of its
// text are checked; wrong ones are counted and the first is shown on stderr. Each connection comes
// from a loopback address of its own. Prints one line:
// `requests N wrong N seconds S rate R cpu_us U` (CPU of this generator, per request).
//
// Kinds (i counts from --from):
//   login        principal p<i> subscribes to his own node, Call-Back --callback          -> 200
//   property     p<i> subscribes to another of --pool principals, Call-Back his own URL   -> 207
//   herd         as login, and 503 with Retry-After will do too; prints `begun` when all are
//                connected and, instead of that line, `refused N` (N = how many got 503)
//   propfind     p<i> asks for the displayname of another of --pool principals            -> 207
//   poll         KeepSessionAlive of the sessions that --file names, one a line, in turn        -> 200
//   watch-login  watcher w<i> logs in from endpoint i's address, Call-Back endpoint i     -> 200
//   watch        w<i> subscribes to the properties of --star, Call-Back his own URL       -> 207
// The watch kinds use a new connection per request, bound to the endpoint's address; --endpoints
// replaces --from and --requests. With --rate N no more than N requests begin in a second. With --behind N there are N watchers, all behind the first endpoint,
// whose Call-Back ends in /w<i>.

#include "tests/bench/common.h"
#include "tests/bench/requests.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <fstream>

namespace {

using namespace bench;

struct Job {
    std::vector<std::string> requests;
    std::vector<in_addr> from;  // per request, when each has a connection of its own; else empty
    int status = 200;
    std::string must_hold;
    bool refusable = false;  // 503 with Retry-After will do too
};

struct Connection {
    base::Fd fd;
    bool waiting = false;
    std::string got;
};

class Generator {
public:
    /// `rate`: so many requests may begin in a second; 0: as many as can.
    Generator(const Job& job, std::uint16_t port, std::size_t connections, std::int64_t limit_ns, std::int64_t rate)
        : job_(job), port_(port), limit_ns_(limit_ns), rate_(rate), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        connections_.resize(std::min(connections, job_.requests.size()));
        if (!job_.from.empty()) return;
        for (std::size_t i = 0; i < connections_.size(); ++i)
            open(i, loopback(2, static_cast<std::int64_t>(i)));
    }

    /// Returns how many requests were answered as they should be.
    std::size_t run() {
        start_ = now_ns();
        const std::int64_t end = start_ + limit_ns_;
        for (std::size_t i = 0; i < connections_.size(); ++i) next(i);
        std::vector<epoll_event> events(connections_.size());
        while (finished_ < job_.requests.size()) {
            const int n =
                epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), rate_ > 0 ? 1 : 1000);
            if (n < 0 && errno != EINTR) stop_errno("epoll_wait");
            for (int i = 0; i < n; ++i)
                read_from(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
            while (!early_.empty() && is_due()) {
                const std::size_t i = early_.back();
                early_.pop_back();
                next(i);
            }
            if ((++turns_ % 256 == 0 || n == 0) && now_ns() > end) {
                stop("only " + std::to_string(finished_) + " of " +
                     std::to_string(job_.requests.size()) +
                     " requests were answered in the time allowed");
            }
        }
        return right_;
    }

    [[nodiscard]] std::size_t refused() const { return refused_; }

private:
    void open(std::size_t i, in_addr from) {
        Connection& c = connections_[i];
        c.fd = connect_to({htonl(INADDR_LOOPBACK)}, port_, from);
        c.got.clear();
        fcntl(c.fd.get(), F_SETFL, O_NONBLOCK);
        epoll_event e{};
        e.events = EPOLLIN;
        e.data.u64 = i;
        if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, c.fd.get(), &e) != 0) stop_errno("epoll_ctl");
    }

    [[nodiscard]] bool is_due() const {
        return rate_ == 0 || static_cast<std::int64_t>(begun_) * 1'000'000'000 <= (now_ns() - start_) * rate_;
    }

    void next(std::size_t i) {
        Connection& c = connections_[i];
        c.waiting = false;
        if (begun_ == job_.requests.size()) return;
        if (!is_due()) return early_.push_back(i);
        if (!job_.from.empty()) open(i, job_.from[begun_]);
        const std::string& request = job_.requests[begun_++];
        const ssize_t n = ::send(c.fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
        c.waiting = true;
        if (n != static_cast<ssize_t>(request.size())) {
            wrong("the request could not be sent");
            reopen(i);
        }
    }

    void read_from(std::size_t i) {
        Connection& c = connections_[i];
        const ssize_t n = ::recv(c.fd.get(), buffer_, sizeof buffer_, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            if (c.waiting) wrong("the connection was closed without an answer");
            return reopen(i);
        }
        std::string_view bytes(buffer_, static_cast<std::size_t>(n));
        if (!c.got.empty()) {
            c.got.append(bytes);
            bytes = c.got;
        }
        const std::size_t length = framed_length(bytes);
        if (length == 0) {
            if (c.got.empty()) c.got = std::string(bytes);
            if (c.got.size() > 1024 * 1024) stop("an answer is over 1 MiB");
            return;
        }
        judge(bytes.substr(0, length), length == bytes.size() && c.waiting);
        c.got.clear();
        next(i);
    }

    void judge(std::string_view answer, bool framed) {
        const bool good = framed && answer.starts_with(status_line_) &&
                          answer.find(job_.must_hold) != std::string_view::npos;
        const bool refused = framed && job_.refusable && answer.starts_with("HTTP/1.1 503 ") &&
                             answer.find("\r\nRetry-After: ") != std::string_view::npos;
        if (!good && !refused) return wrong(answer);
        refused_ += refused ? 1 : 0;
        ++right_;
        ++finished_;
    }

    void wrong(std::string_view answer) {
        ++finished_;
        if (finished_ - right_ == 1) {
            std::fprintf(stderr, "load: wanted %s with %s, the first wrong answer: %.*s\n",
                         status_line_.c_str(), job_.must_hold.c_str(),
                         static_cast<int>(std::min<std::size_t>(answer.size(), 600)),
                         answer.data());
        }
    }

    // The peer hung up: a new connection for the next request, if there is one.
    void reopen(std::size_t i) {
        connections_[i].waiting = false;
        connections_[i].fd.reset();
        if (begun_ == job_.requests.size()) return;
        if (job_.from.empty()) open(i, loopback(2, static_cast<std::int64_t>(i)));
        next(i);
    }

    const Job& job_;
    std::uint16_t port_;
    std::int64_t limit_ns_;
    std::int64_t rate_;
    std::int64_t start_ = 0;
    std::vector<std::size_t> early_;  // connections whose next request is not due yet
    std::string status_line_ = "HTTP/1.1 " + std::to_string(job_.status) + " ";
    base::Fd epoll_;
    std::vector<Connection> connections_;
    std::size_t begun_ = 0;
    std::size_t finished_ = 0;
    std::size_t right_ = 0;
    std::size_t refused_ = 0;
    std::size_t turns_ = 0;
    char buffer_[64 * 1024];
};

std::string another(std::int64_t i, std::int64_t pool, std::int64_t shift) {
    return "p" + std::to_string((i * 7919 + shift + 1) % pool);
}

Job make_job(const Options& o) {
    std::string kind = o.text("kind", "login");
    Job job;
    if (kind == "herd") {
        job.refusable = true;
        kind = "login";
    }
    if (kind == "watch-login" || kind == "watch") {
        const bool login = kind == "watch-login";
        job.status = login ? 200 : 207;
        job.must_hold = "Subscription-Id: ";
        const std::string star = o.text("star", "star");
        const std::int64_t behind = o.number("behind", 0);
        for (const std::string& text : o.all("endpoints")) {
            const Endpoints run = Endpoints::parse(text);
            const std::string first =
                "http://" + to_text(loopback(1, run.first)) + ":" + std::to_string(run.port) + "/w";
            for (std::int64_t i = 0; i < behind; ++i) {
                const std::string name = "w" + std::to_string(i);
                job.requests.push_back(login ? login_request(name, first + std::to_string(i))
                                             : property_request(name, star));
                job.from.push_back(loopback(1, run.first));
            }
            if (behind > 0) break;
            for (std::int64_t i = run.first; i < run.first + run.count; ++i) {
                const std::string name = "w" + std::to_string(i);
                const std::string url =
                    "http://" + to_text(loopback(1, i)) + ":" + std::to_string(run.port);
                job.requests.push_back(login ? login_request(name, url)
                                             : property_request(name, star));
                job.from.push_back(loopback(1, i));
            }
        }
        return job;
    }
    const std::int64_t from = o.number("from", 0);
    const std::int64_t count = o.number("requests", 10'000);
    if (kind == "poll") {
        std::vector<std::string> sessions;
        std::ifstream file(o.text("file", ""));
        for (std::string line; std::getline(file, line);) sessions.push_back(line);
        if (sessions.empty()) stop("--file names no session");
        job.must_hold = "KeepSessionAliveResult";
        for (std::int64_t i = from; i < from + count; ++i)
            job.requests.push_back(poll_request(sessions[static_cast<std::size_t>(i) % sessions.size()]));
        return job;
    }
    const std::int64_t pool = o.number("pool", 10'000);
    const std::int64_t shift = o.number("shift", 0);
    const std::string callback = o.text("callback", "http://127.0.0.1:9");
    if (kind != "login" && kind != "property" && kind != "propfind") stop("unknown --kind " + kind);
    job.status = kind == "login" ? 200 : 207;
    job.must_hold = kind == "login"      ? "Subscription-Id: "
                    : kind == "property" ? "<r:state>"
                                         : "<d:displayname>";
    job.requests.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = from; i < from + count; ++i) {
        const std::string name = "p" + std::to_string(kind == "login" ? i : i % pool);
        job.requests.push_back(kind == "login" ? login_request(name, callback)
                               : kind == "property"
                                   ? property_request(name, another(i, pool, shift))
                                   : propfind_request(name, another(i, pool, shift)));
    }
    return job;
}

}  // namespace

int main(int argc, char** argv) {
    return guarded("load", [&] {
        const Options options(argc, argv,
                              {"kind", "port", "connections", "requests", "from", "pool", "shift",
                               "callback", "endpoints", "limit-seconds", "star", "behind", "rate", "file"});
        raise_descriptor_limit();
        const Job job = make_job(options);
        if (job.requests.empty()) stop("nothing to do");
        Generator generator(job, static_cast<std::uint16_t>(options.number("port", 0)),
                            static_cast<std::size_t>(options.number("connections", 64)),
                            options.number("limit-seconds", 30) * 1'000'000'000, options.number("rate", 0));
        if (job.refusable) {
            std::printf("begun %zu\n", job.requests.size());
            std::fflush(stdout);
        }
        const std::int64_t cpu = own_cpu_ns();
        const std::int64_t wall = now_ns();
        const std::size_t right = generator.run();
        if (job.refusable) {
            if (right != job.requests.size()) stop("wrong answers");
            std::printf("refused %zu\n", generator.refused());
            return 0;
        }
        const double seconds = static_cast<double>(now_ns() - wall) / 1e9;
        const auto count = static_cast<double>(job.requests.size());
        std::printf("requests %zu wrong %zu seconds %.4f rate %.0f cpu_us %.2f\n",
                    job.requests.size(), job.requests.size() - right, seconds, count / seconds,
                    static_cast<double>(own_cpu_ns() - cpu) / count / 1e3);
        return 0;
    });
}
