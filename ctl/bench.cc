// ctl/bench.cc: asks a daemon the same thing again and again, and says how fast it answers.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/bench.h"

#include "base/fd.h"
#include "base/stopwatch.h"
#include "base/text.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace ctl {

using base::Errc;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t kAnswerBytes = std::size_t(16) << 20;
constexpr std::uint64_t kStatuses = 599;
constexpr std::size_t kMostWords = 300;  // of an answer that is shown

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<Addresses> addresses_of(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = colon == std::string::npos
                          ? EAI_NONAME
                          : ::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &found);
    if (error != 0) return fail(Errc::internal, address + " is no host:port that can be reached: " + ::gai_strerror(error));
    return Addresses(found, &::freeaddrinfo);
}

/// How long an answer is, once its head is there; 0 until then. Errc::internal: it cannot be told.
Result<std::size_t> length_of(std::string_view answer) {
    const std::size_t head = answer.find("\r\n\r\n");
    if (head == std::string_view::npos) {
        if (answer.size() > kAnswerBytes) return fail(Errc::internal, "an answer has no end");
        return 0;
    }
    for (std::string_view line : base::split(answer.substr(0, head), '\n')) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !base::equal_ignoring_case(line.substr(0, colon), "Content-Length")) continue;
        const auto body = base::parse_number(base::trim(line.substr(colon + 1)), kAnswerBytes);
        if (body) return head + 4 + *body;
    }
    return fail(Errc::internal, "an answer has no Content-Length");
}

int status_of(std::string_view answer) {
    const std::size_t blank = answer.find(' ');
    const auto status = base::parse_number(answer.substr(std::min(answer.size(), blank + 1), 3), kStatuses);
    return answer.starts_with("HTTP/1.") && status ? static_cast<int>(*status) : 0;
}

/// The first line of an answer's body.
std::string words_of(std::string_view answer) {
    const std::string_view body = answer.substr(std::min(answer.find("\r\n\r\n"), answer.size() - 4) + 4);
    return std::string(body.substr(0, std::min(body.find('\n'), kMostWords)));
}

/// One connection, and the request that is under way on it.
struct Asker {
    base::Fd fd;
    std::size_t sent = 0;
    std::string answer;
    std::chrono::nanoseconds began{};
    bool busy = false;
};

class Bench {
public:
    explicit Bench(const BenchSettings& settings) : settings_(settings) {}

    Result<BenchResult> run() {
        if (auto ready = connect_all(); !ready) return std::unexpected(ready.error());
        const auto start = base::stopwatch();
        for (Asker& asker : askers_) begin(asker);
        while (answered_ < settings_.requests) {
            if (auto moved = turn(); !moved) return std::unexpected(moved.error());
        }
        result_.whole = base::stopwatch() - start;
        std::ranges::sort(result_.took);
        return std::move(result_);
    }

private:
    Result<void> connect_all() {
        auto found = addresses_of(settings_.address);
        if (!found) return std::unexpected(found.error());
        to_ = std::move(*found);
        askers_.resize(std::min<std::uint64_t>(settings_.connections, settings_.requests));
        for (Asker& asker : askers_) {
            if (auto there = connect(asker); !there) return there;
        }
        return {};
    }

    Result<void> connect(Asker& asker) const {
        asker.fd = base::Fd(::socket(to_->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!asker.fd || ::connect(asker.fd.get(), to_->ai_addr, to_->ai_addrlen) != 0) {
            return fail(Errc::internal, "cannot connect to " + settings_.address + ": " + std::strerror(errno));
        }
        const int on = 1;
        ::setsockopt(asker.fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return {};
    }

    void begin(Asker& asker) {
        asker.busy = begun_ < settings_.requests;
        if (!asker.busy) return;
        ++begun_;
        asker.sent = 0;
        asker.answer.clear();
        asker.began = base::stopwatch();
    }

    Result<void> turn() {
        std::vector<pollfd> watched;
        for (const Asker& asker : askers_) {
            const bool sends = asker.sent < settings_.request.size();
            watched.push_back({asker.busy ? asker.fd.get() : -1, static_cast<short>(sends ? POLLOUT | POLLIN : POLLIN), 0});
        }
        const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(settings_.patience.count() * 1000));
        if (ready < 0 && errno == EINTR) return {};
        if (ready <= 0) return fail(Errc::internal, "no answer for " + std::to_string(settings_.patience.count()) + " seconds");
        for (std::size_t i = 0; i < askers_.size(); ++i) {
            if ((watched[i].revents & POLLOUT) != 0) send(askers_[i]);
            if ((watched[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
            if (auto got = receive(askers_[i]); !got) return got;
        }
        return {};
    }

    // What cannot be sent is told by what is received then.
    void send(Asker& asker) {
        const std::string_view rest = std::string_view(settings_.request).substr(asker.sent);
        const ssize_t n = ::send(asker.fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) asker.sent += static_cast<std::size_t>(n);
    }

    Result<void> receive(Asker& asker) {
        std::array<char, 65536> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
        const ssize_t n = ::recv(asker.fd.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {};
        if (n <= 0) return fail(Errc::internal, "the connection was closed before the answer");
        asker.answer.append(chunk.data(), static_cast<std::size_t>(n));
        const auto length = length_of(asker.answer);
        if (!length) return std::unexpected(length.error());
        if (*length == 0 || asker.answer.size() < *length) return {};
        if (asker.answer.size() > *length) return fail(Errc::internal, "more came than was asked for");
        result_.took.push_back(base::stopwatch() - asker.began);
        const int status = status_of(asker.answer);
        if (++result_.statuses[status] == 1 && status / 100 != 2 && result_.refusal.empty()) result_.refusal = words_of(asker.answer);
        ++answered_;
        const bool closes = base::to_lower(asker.answer).find("\r\nconnection: close") != std::string::npos;
        begin(asker);
        return closes && asker.busy ? connect(asker) : Result<void>();
    }

    const BenchSettings& settings_;
    Addresses to_{nullptr, &::freeaddrinfo};
    std::vector<Asker> askers_;
    std::uint64_t begun_ = 0;
    std::uint64_t answered_ = 0;
    BenchResult result_;
};

}  // namespace

std::chrono::nanoseconds BenchResult::quantile(double share) const {
    if (took.empty()) return {};
    const auto at = static_cast<std::size_t>(share * static_cast<double>(took.size()));
    return took[std::min(at, took.size() - 1)];
}

Result<BenchResult> bench(const BenchSettings& settings) { return Bench(settings).run(); }

}  // namespace ctl
