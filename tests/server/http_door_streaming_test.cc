// tests/server/http_door_streaming_test.cc: an answer that comes bit by bit, and the memory that it is counted with.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "server/http_door.h"
#include "server/passing_body.h"
#include "tests/server/tls_peer.h"

namespace server {
namespace {

constexpr std::size_t kLong = 300'000;

/// Answers with bodies that the test writes.
struct LongDesk final : HttpDesk {
    void serve(const base::Request&, base::Responder responder) override {
        auto body = std::make_shared<PassingBody>(kLong, [] {}, [this] { dropped.add(""); });
        bodies.push_back(body);
        base::Response response;
        response.status = 207;
        response.source = std::move(body);
        responder(std::move(response));
    }
    [[nodiscard]] base::Response refusal(const base::Error& error) const override {
        base::Response response;
        response.status = error.code == base::Errc::busy ? 503 : 400;
        response.body = error.text;
        return response;
    }
    std::vector<std::weak_ptr<PassingBody>> bodies;
    loopback::Record dropped;
};

class StreamingTest : public ::testing::Test {
protected:
    StreamingTest() {
        thread_.call([this] {
            std::vector<base::Fd> none;
            DoorLimits limits;
            limits.bodies_bytes = kLong + 1000;
            door_ = std::make_unique<HttpDoor>(thread_.loop(), log_, ids_, desk_, listen_on("127.0.0.1:0", none).value(), limits);
        });
        const std::string& address = door_->address();
        port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    }
    ~StreamingTest() override {
        thread_.call([this] { door_.reset(); });
    }
    /// The head of the answer.
    static std::string ask(base::Fd& client) {
        const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        EXPECT_EQ(::send(client.get(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
        std::string head;
        for (char c = 0; !head.ends_with("\r\n\r\n") && ::recv(client.get(), &c, 1, 0) == 1;) head += c;
        return head;
    }
    static std::string status_of(const std::string& head) { return head.substr(9, 3); }
    /// Writes the body that was asked for last, and reads it.
    void finish(base::Fd& client) {
        thread_.call([this] {
            const auto body = desk_.bodies.back().lock();
            body->put(std::string(kLong, 'x'));
            body->end();
        });
        std::string all(kLong, '\0');
        for (std::size_t size = 0; size < kLong;) {
            const ssize_t n = ::recv(client.get(), all.data() + size, kLong - size, 0);
            ASSERT_GT(n, 0);
            size += static_cast<std::size_t>(n);
        }
    }

    base::SystemClock clock_;
    base::Log log_{base::LogLevel::error};
    RequestIds ids_{clock_.wall()};
    LongDesk desk_;
    loopback::LoopThread thread_{clock_};
    std::unique_ptr<HttpDoor> door_;
    std::uint16_t port_ = 0;
};

TEST_F(StreamingTest, WhatItMayHoldIsCountedAndWhatFindsNoRoomIsNotBegun) {
    base::Fd first = loopback::call(port_), second = loopback::call(port_);
    EXPECT_EQ(status_of(ask(first)), "207");
    const std::string refused = ask(second);
    EXPECT_EQ(status_of(refused), "503");
    EXPECT_NE(refused.find("Retry-After: 1\r\n"), std::string::npos) << refused;
    desk_.dropped.take(1);  // nobody reads what would have come
    thread_.call([this] { desk_.bodies.pop_back(); });
    finish(first);
    EXPECT_EQ(status_of(ask(first)), "207") << "there is room again";
    finish(first);
}

}  // namespace
}  // namespace server
