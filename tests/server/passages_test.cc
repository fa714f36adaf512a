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
        start({.own = 1, .in_all = 2});
    }
    ~PassagesTest() override { end(); }
    void start(const Passages::Bounds& bounds) {
        end();
        thread_.call([&] { passages_.emplace(thread_.loop(), finder_, CourierSettings{}, bounds); });
    }
    void end() {
        thread_.call([this] {
            if (passages_) passages_->stop();
            passages_.reset();
            bodies_.clear();
        });
    }
    void carry(const std::string& authority, const std::string& method = "PROPFIND", const std::string& more = "") {
        thread_.call([&] {
            auto heard = [this](base::Result<base::Response> how) {
                if (how && how->source) bodies_.push_back(std::move(how->source));
                done_.add(how ? std::to_string(how->status) : how.error().text);
            };
            passages_->carry(authority, method + " /" + authority + " HTTP/1.1\r\n" + more + "\r\n", std::move(heard), Passages::Bodies::streamed);
        });
    }
    /// A connection, and the method of what came over it.
    std::pair<Connection, std::string> accept() {
        Connection connection = port_.accept();
        const std::string request = connection.read_request();
        return {std::move(connection), request.substr(0, request.find(' '))};
    }
    std::string done() { return done_.take(1).at(0); }

    base::SystemClock clock_;
    Port port_;
    OnePlace finder_{port_};
    loopback::Record done_;
    loopback::LoopThread thread_{clock_};
    std::optional<Passages> passages_;
    std::vector<std::shared_ptr<base::BodySource>> bodies_;  // that nobody reads
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

TEST_F(PassagesTest, EachServerHasItsOwnFewHoweverManyOthersHold) {
    start({.own = 2, .in_all = 3});
    std::vector<Connection> silent;
    for (int i = 0; i < 3; ++i) {
        carry("a", "NOTIFY");
        silent.push_back(accept().first);
    }
    carry("b");
    auto [first, method] = accept();
    carry("b");
    auto [second, other] = accept();
    second.answer_framed(200);
    EXPECT_EQ(done(), "200") << "one that is silent holds up no other request";
    carry("b", "NOTIFY");
    EXPECT_EQ(second.read_request(), "NOTIFY /b HTTP/1.1\r\n\r\n");
    first.answer_framed(207);
    EXPECT_EQ(done(), "207");
    carry("b", "NOTIFY");
    carry("b");
    EXPECT_EQ(first.read_request(), "PROPFIND /b HTTP/1.1\r\n\r\n") << "and not the second message that waits for somebody";
    first.answer_framed(200);
    EXPECT_EQ(done(), "200");
    second.answer_framed(202);
    EXPECT_EQ(done(), "202");
    EXPECT_EQ(second.read_request(), "NOTIFY /b HTTP/1.1\r\n\r\n");
}

TEST_F(PassagesTest, MessagesThatWaitForSomebodyLeaveConnectionsToAllElse) {
    start({.lanes = 4, .prompt = 2});
    std::vector<Connection> held;
    for (int i = 0; i < 2; ++i) {
        carry("a", "NOTIFY", i == 0 ? "" : "rvp-ack-type: DeepAnd\r\n");
        held.push_back(accept().first);
    }
    carry("a", "NOTIFY");  // waits
    carry("a", "NOTIFY", "RVP-Ack-Type:  singlehop\r\n");
    auto [one, method] = accept();
    carry("a", "SUBSCRIBE");
    auto [two, other] = accept();
    EXPECT_EQ(other, "SUBSCRIBE");
    one.answer_framed(200);
    EXPECT_EQ(done(), "200");
    held[0].answer_framed(202);
    EXPECT_EQ(done(), "202");
    EXPECT_TRUE(held[0].read_request().starts_with("NOTIFY ")) << "the next of its kind";
    EXPECT_FALSE(port_.has_caller());
}

TEST_F(PassagesTest, NeitherOneSenderNorOneSilentReceiverHoldsTheConnectionsOfOthers) {
    start({.lanes = 16, .prompt = 4, .to_one = 2, .from_one = 3});
    const auto send = [this](const std::string& to, const std::string& from) {
        carry("a", "NOTIFY " + to + " HTTP/1.1\r\nRVP-From-Principal: " + from + "\r\nX:");
    };
    const auto said = [](const std::string& request) { return request.substr(7, request.find("\r\nX") - 7); };
    std::vector<Connection> held;
    const auto expect = [&](const std::string& what) {
        held.push_back(port_.accept());
        EXPECT_EQ(said(held.back().read_request()), what);
    };
    const std::string from = " HTTP/1.1\r\nRVP-From-Principal: ";
    send("/silent", "http://im.x/eve");
    expect("/silent" + from + "http://im.x/eve");
    send("/Sil%65nt", "http://IM.x/eve");
    expect("/Sil%65nt" + from + "http://IM.x/eve");
    send("/silent", "http://im.x/ann");  // waits for the target
    send("/other", "http://im.x/eve");
    expect("/other" + from + "http://im.x/eve");
    send("/another", "http://im.x:80/EVE");  // waits for the sender
    send("/another", "http://im.x/ann");
    expect("/another" + from + "http://im.x/ann");
    EXPECT_FALSE(port_.has_caller());
    held[0].answer_framed(200);
    EXPECT_EQ(done(), "200");
    EXPECT_EQ(said(held[0].read_request()), "/silent" + from + "http://im.x/ann") << "which has waited for longest";
    expect("/another" + from + "http://im.x:80/EVE");  // and the other at once, over one more
    send("/silent", "http://im.x/bob");
    send("/fourth", "http://im.x/dan");
    expect("/fourth" + from + "http://im.x/dan");  // passes over it
    EXPECT_FALSE(port_.has_caller());
    held[1].answer_framed(202);
    EXPECT_EQ(done(), "202");
    EXPECT_EQ(said(held[1].read_request()), "/silent" + from + "http://im.x/bob");
}

TEST_F(PassagesTest, WhoReadsALongAnswerSlowlyHoldsUpNobodyElse) {
    start({.lanes = 1, .prompt = 0, .streams = 1});
    const std::string head = "HTTP/1.1 207 x\r\nContent-Length: 1000000\r\n\r\n";
    carry("a");
    auto [first, method] = accept();
    carry("a");
    first.answer(head + "begin");
    EXPECT_EQ(done(), "207");
    auto [second, other] = accept();  // what waited goes over another
    second.answer(head);
    EXPECT_EQ(done(), "too many long answers are handed on from the server of a");
    EXPECT_TRUE(second.peer_closes());
    carry("a");
    auto [third, again] = accept();
    third.answer_framed(200);
    EXPECT_EQ(done(), "200");
    thread_.call([this] { bodies_.clear(); });
    EXPECT_TRUE(first.peer_closes());
}

TEST_F(PassagesTest, AnswersWithoutALengthAreHeldAndBoundedTogether) {
    start({.whole = 40'000});
    const std::string head = "HTTP/1.1 207 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string chunk = "1388\r\n" + std::string(5000, 'x') + "\r\n";
    carry("a");
    auto [a, method] = accept();
    a.answer(head + chunk + chunk + chunk);
    EXPECT_EQ(done(), "too many long answers come at once from the server of a") << "a quarter is the most for one";
    EXPECT_TRUE(a.peer_closes());
    carry("a");
    auto [again, other] = accept();
    again.answer(head + chunk + "0\r\n\r\n");
    EXPECT_EQ(done(), "207") << "what was given up holds nothing";
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
