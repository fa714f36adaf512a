// tests/server/passages_test.cc: how many requests go to other servers at once.
// SPDX-License-Identifier: Apache-2.0
#include "server/passages.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/server/loopback.h"

namespace server {
namespace {

using loopback::Connection;
using loopback::Port;

/// Every server is at one port.
struct OnePlace final : PeerFinder {
    explicit OnePlace(const Port& p) : port(p) {}
    void find(const std::string&, Found done) override {
        const std::string text = port.text();
        const auto number = static_cast<std::uint16_t>(std::stoul(text.substr(text.rfind(':') + 1)));
        done(PeerPlaces{{{*base::IpAddress::parse("127.0.0.1"), number}}, false});
    }
    const Port& port;
};

class PassagesTest : public ::testing::Test {
protected:
    PassagesTest() {
        port_.listen();
        thread_.call([this] { passages_.emplace(thread_.loop(), finder_, CourierSettings{}, 2); });
    }
    ~PassagesTest() override {
        thread_.call([this] {
            passages_->stop();
            passages_.reset();
        });
    }
    void carry(const std::string& authority, const std::string& method = "PROPFIND") {
        thread_.call([&] {
            passages_->carry(authority, method + " /" + authority + " HTTP/1.1\r\n\r\n", [this](base::Result<base::Response> how) {
                done_.add(how ? std::to_string(how->status) : how.error().text);
            });
        });
    }
    std::string done() { return done_.take(1).at(0); }

    base::SystemClock clock_;
    Port port_;
    OnePlace finder_{port_};
    loopback::Record done_;
    loopback::LoopThread thread_{clock_};
    std::optional<Passages> passages_;
};

TEST_F(PassagesTest, ConnectionsToAllServersTogetherAreBoundedButForTheFirstToEach) {
    carry("a");
    Connection a = port_.accept();
    a.read_request();
    carry("b");
    Connection b = port_.accept();
    b.read_request();
    carry("c");  // silent servers shut nobody else out
    Connection c = port_.accept();
    EXPECT_EQ(c.read_request(), "PROPFIND /c HTTP/1.1\r\n\r\n");
    c.answer_framed(200);
    EXPECT_EQ(done(), "200");
    carry("a");  // waits for its own
    a.answer_framed(200);
    EXPECT_EQ(done(), "200");
    EXPECT_EQ(a.read_request(), "PROPFIND /a HTTP/1.1\r\n\r\n");
    a.answer_framed(201);
    EXPECT_EQ(done(), "201");
    EXPECT_FALSE(port_.has_caller());
    carry("d");
    EXPECT_TRUE(a.peer_closes()) << "an idle one makes room";
    Connection d = port_.accept();
    EXPECT_EQ(d.read_request(), "PROPFIND /d HTTP/1.1\r\n\r\n");
    d.answer_framed(200);
    EXPECT_EQ(done(), "200");
    b.answer_framed(202);
    EXPECT_EQ(done(), "202");
}

TEST_F(PassagesTest, WhatMayHaveBeenTakenIsNotSaidTwice) {
    carry("a");
    Connection first = port_.accept();
    first.read_request();
    first.answer_framed(200);
    EXPECT_EQ(done(), "200");
    carry("a", "NOTIFY");
    EXPECT_EQ(first.read_request(), "NOTIFY /a HTTP/1.1\r\n\r\n");
    first.close();
    EXPECT_EQ(done(), "the server of a could not be asked: its connection was lost before the answer came");
    Connection second = port_.accept();
    carry("a");
    EXPECT_EQ(second.read_request(), "PROPFIND /a HTTP/1.1\r\n\r\n");
    second.close();
    Connection third = port_.accept();
    EXPECT_EQ(third.read_request(), "PROPFIND /a HTTP/1.1\r\n\r\n") << "what only asks is asked again";
    third.answer_framed(207);
    EXPECT_EQ(done(), "207");
}

}  // namespace
}  // namespace server
