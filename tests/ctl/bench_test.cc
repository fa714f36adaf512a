// tests/ctl/bench_test.cc: rvpctl bench counts every answer, and gives up on what is none.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/bench.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <sstream>
#include <thread>

#include "base/fd.h"
#include "ctl/listen.h"

namespace {

using ctl::BenchSettings;

constexpr char kNotify[] = "NOTIFY / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";

/// A sink to ask.
struct Asked {
    explicit Asked(int status) {
        ctl::ListenSettings settings;
        settings.status = status;
        listener = std::move(*ctl::Listener::open(settings, out, err));
        thread = std::thread([this] { listener->run(); });
    }
    ~Asked() {
        listener->stop();
        thread.join();
    }
    [[nodiscard]] std::string address() const { return listener->url().substr(std::string("http://").size()); }

    std::ostringstream out, err;
    std::unique_ptr<ctl::Listener> listener;
    std::thread thread;
};

/// Says `answer` to the first who comes, and hangs up.
struct Odd {
    explicit Odd(std::string answer) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
        EXPECT_EQ(::listen(fd.get(), 1), 0);
        EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
        address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
        thread = std::thread([this, answer = std::move(answer)] {
            const base::Fd peer(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
            char heard[256];
            EXPECT_GT(::recv(peer.get(), heard, sizeof heard, 0), 0);
            EXPECT_EQ(::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
        });
    }
    ~Odd() { thread.join(); }

    base::Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::string address;
    std::thread thread;
};

std::string complaint(const std::string& address) {
    const auto result = ctl::bench({address, kNotify, 1, 2});
    return result ? "none" : result.error().text;
}

TEST(Bench, CountsEveryAnswerByItsStatus) {
    const Asked asked(503);
    const auto result = ctl::bench({asked.address(), kNotify, 4, 50});
    ASSERT_TRUE(result) << result.error().text;
    EXPECT_EQ(result->statuses, (std::map<int, std::uint64_t>{{503, 50}}));
    ASSERT_EQ(result->took.size(), 50U);
    EXPECT_TRUE(std::ranges::is_sorted(result->took));
    EXPECT_EQ(result->quantile(0), result->took.front());
    EXPECT_EQ(result->quantile(1), result->took.back());
    EXPECT_GE(result->whole, result->took.back());
}

TEST(Bench, NeedsNoMoreConnectionsThanRequests) {
    const Asked asked(200);
    const auto result = ctl::bench({asked.address(), kNotify, 100, 3});
    ASSERT_TRUE(result) << result.error().text;
    EXPECT_EQ(result->statuses, (std::map<int, std::uint64_t>{{200, 3}}));
}

TEST(Bench, KeepsWhatTheFirstRefusalSaid) {
    const Odd odd("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 14\r\n\r\nslow down\nnow\n");
    const auto result = ctl::bench({odd.address, kNotify, 1, 1});
    ASSERT_TRUE(result) << result.error().text;
    EXPECT_EQ(result->refusal, "slow down");
}

TEST(Bench, GivesUpOnWhatIsNoAnswer) {
    EXPECT_EQ(complaint(Odd("HTTP/1.1 200 OK\r\n\r\n").address), "an answer has no Content-Length");
    EXPECT_EQ(complaint(Odd("HTTP/1.1 200 OK\r\nContent-Le").address), "the connection was closed before the answer");
    EXPECT_EQ(complaint(Odd("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200").address),
              "more came than was asked for");
    EXPECT_EQ(complaint("127.0.0.1").substr(0, 50), "127.0.0.1 is no host:port that can be reached: Nam");
    std::string closed;
    {
        const Asked asked(200);
        closed = asked.address();
    }
    EXPECT_EQ(complaint(closed), "cannot connect to " + closed + ": Connection refused");
}

}  // namespace
