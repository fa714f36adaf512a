// tests/server/http_door_streaming_test.cc: an answer that comes bit by bit, and the memory that it is counted with.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "server/passing_body.h"
#include "tests/server/door_fixture.h"

namespace server {
namespace {

constexpr std::size_t kLong = 300'000;

/// Answers with bodies that the test writes.
struct LongDesk final : PlainDesk {
    void serve(const base::Request&, base::Responder responder) override {
        auto body = std::make_shared<PassingBody>(kLong, [] {}, [this] { dropped.add(""); });
        bodies.push_back(body);
        base::Response response;
        response.status = 207;
        response.source = std::move(body);
        responder(std::move(response));
    }
    std::vector<std::weak_ptr<PassingBody>> bodies;
    loopback::Record dropped;
};

class StreamingTest : public DoorTest<LongDesk> {
protected:
    StreamingTest() : DoorTest({.bodies_bytes = kLong + 1000}) {}
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
