// tests/server/http_client_test.cc: one connection against a receiver played by hand.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_client.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "tests/server/loopback.h"

namespace server {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;
using loopback::Connection;
using loopback::Port;
using loopback::kOk;

/// Has a list of requests, and writes down what the client says.
class Asker final : public HttpClient::User {
public:
    explicit Asker(loopback::Record& record) : record_(record) {}

    bool may_connect(const base::IpAddress& address) override {
        record_.add("may " + address.text());
        return allows;
    }
    bool next_request(std::string& into) override {
        if (requests.empty() || out_.size() == most_unanswered) return false;
        out_.push_back(requests.front());
        requests.pop_front();
        into += out_.back();
        return true;
    }
    void handed_back() override {
        record_.add("handed back");
        take_back();
    }
    void answered(int status) override {
        record_.add("answered " + std::to_string(status));
        out_.pop_front();
    }
    void over(bool kept) override {
        if (!kept) record_.add("not kept");
    }
    void failed(HttpClient::Failure why) override {
        record_.add("failed: " + std::string(HttpClient::name(why)));
        std::deque<std::string>& one = out_.empty() ? requests : out_;
        if (!one.empty()) one.pop_front();
        take_back();
    }
    void released() override {
        record_.add("released");
        if (!requests.empty()) client->wake();
    }

    std::deque<std::string> requests;
    HttpClient* client = nullptr;
    bool allows = true;
    std::size_t most_unanswered = 1;

private:
    void take_back() {
        requests.insert(requests.begin(), out_.begin(), out_.end());
        out_.clear();
    }

    loopback::Record& record_;
    std::deque<std::string> out_;
};

class HttpClientTest : public ::testing::Test {
protected:
    ~HttpClientTest() override {
        thread_.call([this] {
            client_.reset();
            watch_.reset();
        });
    }

    void start(HttpPeer peer) {
        thread_.call([&] {
            watch_ = std::make_unique<SocketWatch>(thread_.loop());
            client_ = std::make_unique<HttpClient>(thread_.loop(), *watch_, std::move(peer), settings_, scratch_,
                                                   asker_);
            asker_.client = client_.get();
        });
    }
    void start() { start({"127.0.0.1", port_.number(), base::IpAddress::parse("127.0.0.1")}); }
    void ask(const Lines& requests) {
        thread_.call([&] {
            asker_.requests.insert(asker_.requests.end(), requests.begin(), requests.end());
            client_->wake();
        });
    }
    void pass(std::chrono::milliseconds time) {
        thread_.call([] {});  // what the loop was at is over, and its deadlines stand
        clock_.advance(time);
        thread_.call([this] { thread_.loop().tick(); });
    }
    bool busy() {
        bool is = false;
        thread_.call([&] { is = client_->busy(); });
        return is;
    }
    static std::string request(const std::string& name) { return "NOTIFY /" + name + " HTTP/1.1\r\n\r\n"; }

    base::FakeClock clock_;
    loopback::Record record_;
    CourierSettings settings_;
    std::string scratch_;
    Asker asker_{record_};
    std::unique_ptr<SocketWatch> watch_;
    std::unique_ptr<HttpClient> client_;
    Port port_;
    loopback::LoopThread thread_{clock_};
};

TEST_F(HttpClientTest, SendsOneRequestAfterAnotherOnOneConnection) {
    port_.listen();
    start();
    ask({request("1"), request("2")});
    Connection connection = port_.accept();
    EXPECT_EQ(connection.read_request(), request("1"));
    connection.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
    EXPECT_EQ(record_.take(1), Lines{"answered 200"});  // the status is enough of an answer
    connection.answer("k");
    EXPECT_EQ(connection.read_request(), request("2"));
    connection.answer_framed(500);
    EXPECT_EQ(record_.take(3), (Lines{"released", "answered 500", "released"}));
    EXPECT_FALSE(busy());
    EXPECT_FALSE(port_.has_caller());
}

TEST_F(HttpClientTest, ClosesAfterAnUnframedAnswerWithoutWaitingForMore) {
    port_.listen();
    start();
    ask({request("1"), request("2")});
    Connection first = port_.accept();
    first.read_request();
    first.answer("HTTP/1.1 200\n\n");
    EXPECT_TRUE(first.peer_closes());
    Connection second = port_.accept();
    EXPECT_EQ(second.read_request(), request("2"));
    EXPECT_EQ(record_.take(3), (Lines{"answered 200", "not kept", "released"}));
}

TEST_F(HttpClientTest, AKeptConnectionThatIsClosedWithoutAnAnswerCostsNothing) {
    port_.listen();
    start();
    ask({request("1")});
    Connection first = port_.accept();
    first.read_request();
    first.answer_framed(200);
    EXPECT_EQ(record_.take(2), (Lines{"answered 200", "released"}));
    ask({request("2")});
    EXPECT_EQ(first.read_request(), request("2"));
    first.close();
    Connection second = port_.accept();
    EXPECT_EQ(second.read_request(), request("2"));
    second.answer_framed(200);
    EXPECT_EQ(record_.take(3), (Lines{"handed back", "answered 200", "released"}));
}

TEST_F(HttpClientTest, TheSecondTimeItIsRefused) {
    port_.listen();
    start();
    ask({request("1")});
    Connection first = port_.accept();
    first.read_request();
    first.answer_framed(200);
    record_.take(2);
    ask({request("2")});
    first.read_request();
    first.close();
    Connection second = port_.accept();
    second.read_request();
    second.answer("\r\n");  // no byte of an answer yet
    second.reset();
    EXPECT_EQ(record_.take(3), (Lines{"handed back", "failed: refused", "released"}));
}

TEST_F(HttpClientTest, AnIdleConnectionThatEndsIsDroppedQuietly) {
    port_.listen();
    start();
    ask({request("1")});
    Connection first = port_.accept();
    first.read_request();
    first.answer_framed(200);
    record_.take(2);
    first.answer("unasked");
    EXPECT_TRUE(first.peer_closes());
    ask({request("2")});
    Connection second = port_.accept();
    EXPECT_EQ(second.read_request(), request("2"));
    second.answer_framed(200);
    EXPECT_EQ(record_.take(2), (Lines{"answered 200", "released"}));
}

TEST_F(HttpClientTest, LineEndsBetweenAnswersAreNoHarm) {
    port_.listen();
    start();
    ask({request("1")});
    Connection connection = port_.accept();
    connection.read_request();
    connection.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\n");
    record_.take(2);
    connection.answer("\r\n");
    ask({request("2")});
    EXPECT_EQ(connection.read_request(), request("2"));
    connection.answer_framed(204);
    EXPECT_EQ(record_.take(2), (Lines{"answered 204", "released"}));
}

TEST_F(HttpClientTest, ARefusedConnectionIsTold) {
    start();
    ask({request("1")});
    EXPECT_EQ(record_.take(2), (Lines{"failed: refused", "released"}));
}

TEST_F(HttpClientTest, AnEndAmidTheStatusLineIsBroken) {
    port_.listen();
    start();
    ask({request("1")});
    Connection connection = port_.accept();
    connection.read_request();
    connection.answer("HTTP/1.");
    connection.close();
    EXPECT_EQ(record_.take(2), (Lines{"failed: not an HTTP answer", "released"}));
}

TEST_F(HttpClientTest, AnEndAfterTheStatusLineIsAnAnswer) {
    port_.listen();
    start();
    ask({request("1")});
    Connection connection = port_.accept();
    connection.read_request();
    connection.answer("HTTP/1.1 200 Successful\r\n");
    connection.close();
    EXPECT_EQ(record_.take(3), (Lines{"answered 200", "not kept", "released"}));
}

TEST_F(HttpClientTest, WhoNeverConnectsIsGivenUpAfterTheConnectTime) {
    port_.listen_full();
    start();
    ask({request("1")});
    pass(2900ms);
    EXPECT_TRUE(busy());
    pass(100ms);
    EXPECT_EQ(record_.take(2), (Lines{"failed: no connection", "released"}));
}

TEST_F(HttpClientTest, WhoNeverAnswersIsGivenUpAfterTheAnswerTime) {
    port_.listen();
    start();
    ask({request("1")});
    Connection connection = port_.accept();
    connection.read_request();
    pass(9900ms);
    EXPECT_TRUE(busy());
    pass(100ms);
    EXPECT_EQ(record_.take(2), (Lines{"failed: no answer", "released"}));
    EXPECT_TRUE(connection.peer_closes());
}

TEST_F(HttpClientTest, ABodyThatNeverComesDoesNotSpoilTheAnswer) {
    port_.listen();
    start();
    ask({request("1")});
    Connection connection = port_.accept();
    connection.read_request();
    connection.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(record_.take(1), Lines{"answered 200"});
    pass(10s);
    EXPECT_EQ(record_.take(2), (Lines{"not kept", "released"}));
    EXPECT_TRUE(connection.peer_closes());
}

TEST_F(HttpClientTest, ALargeRequestIsSentInPieces) {
    port_.listen();
    start();
    const std::string large =
        "NOTIFY / HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n" + std::string(8'000'000, 'x');
    ask({large});
    Connection connection = port_.accept();
    EXPECT_TRUE(connection.read_request() == large);
    connection.answer_framed(200);
    EXPECT_EQ(record_.take(2), (Lines{"answered 200", "released"}));
}

TEST_F(HttpClientTest, ANameIsCheckedByTheAddressItLeadsTo) {
    port_.listen();
    start({"0x7f.1", port_.number(), std::nullopt});
    ask({request("1")});
    Connection connection = port_.accept();
    EXPECT_EQ(connection.read_request(), request("1"));
    connection.answer_framed(200);
    EXPECT_EQ(record_.take(3), (Lines{"may 127.0.0.1", "answered 200", "released"}));
}

TEST_F(HttpClientTest, ANameThatLeadsWhereItMayNotIsNotConnectedTo) {
    port_.listen();
    asker_.allows = false;
    start({"2130706433", port_.number(), std::nullopt});
    ask({request("1")});
    EXPECT_EQ(record_.take(3), (Lines{"may 127.0.0.1", "failed: address not allowed", "released"}));
    EXPECT_FALSE(port_.has_caller());
}

TEST_F(HttpClientTest, NothingIsAskedWhenNothingIsLeftOnceConnected) {
    port_.listen();
    start();
    ask({});
    Connection connection = port_.accept();
    ask({request("1")});
    EXPECT_EQ(connection.read_request(), request("1"));
}

TEST_F(HttpClientTest, CanBeDestroyedInTheMiddle) {
    port_.listen();
    start();
    ask({request("1")});
    Connection connection = port_.accept();
    connection.read_request();
    thread_.call([this] { client_.reset(); });
    EXPECT_TRUE(connection.peer_closes());
    EXPECT_TRUE(record_.take(0).empty());
}

// ---- Several at once ---------------------------------------------------------------------------------------

TEST_F(HttpClientTest, SeveralRequestsAreAnsweredInOrderAndMoreFollow) {
    asker_.most_unanswered = 3;
    port_.listen();
    start();
    ask({request("1"), request("2"), request("3"), request("4"), request("5")});
    Connection connection = port_.accept();
    for (const char* name : {"1", "2", "3"}) EXPECT_EQ(connection.read_request(), request(name));
    connection.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\nHTT");
    for (const char* name : {"4", "5"}) EXPECT_EQ(connection.read_request(), request(name));
    EXPECT_EQ(record_.take(2), (Lines{"answered 200", "answered 503"}));
    connection.answer(std::string(kOk).substr(3) + kOk + kOk);
    EXPECT_EQ(record_.take(4), (Lines{"answered 200", "answered 200", "answered 200", "released"}));
    EXPECT_FALSE(busy());
    EXPECT_FALSE(port_.has_caller());
}

TEST_F(HttpClientTest, WhatIsBehindAnUnframedAnswerIsAskedAgainElsewhere) {
    asker_.most_unanswered = 3;
    port_.listen();
    start();
    ask({request("1"), request("2"), request("3")});
    Connection first = port_.accept();
    for (const char* name : {"1", "2", "3"}) EXPECT_EQ(first.read_request(), request(name));
    first.answer("HTTP/1.1 200 OK\r\n\r\n");
    EXPECT_TRUE(first.peer_closes());
    Connection second = port_.accept();
    for (const char* name : {"2", "3"}) EXPECT_EQ(second.read_request(), request(name));
    EXPECT_EQ(record_.take(4), (Lines{"answered 200", "not kept", "handed back", "released"}));
}

TEST_F(HttpClientTest, WhatAClosedConnectionLeftUnansweredIsAskedAgainOnceInOrder) {
    asker_.most_unanswered = 3;
    port_.listen();
    start();
    ask({request("1"), request("2"), request("3")});
    Connection first = port_.accept();
    for (const char* name : {"1", "2", "3"}) EXPECT_EQ(first.read_request(), request(name));
    first.answer(kOk);
    first.close();
    Connection second = port_.accept();
    for (const char* name : {"2", "3"}) EXPECT_EQ(second.read_request(), request(name));
    EXPECT_EQ(record_.take(2), (Lines{"answered 200", "handed back"}));
    second.close();
    EXPECT_EQ(record_.take(2), (Lines{"failed: refused", "released"}));
    EXPECT_EQ(port_.accept().read_request(), request("3"));
}

TEST_F(HttpClientTest, AnAnswerLargerThanOneReadIsReadToItsEnd) {
    port_.listen();
    start();
    ask({request("1"), request("2")});
    Connection connection = port_.accept();
    connection.read_request();
    thread_.call([&] {  // it is all there before the first read
        connection.answer("HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + std::string(40000, 'x'));
    });
    EXPECT_EQ(connection.read_request(), request("2"));
}

TEST_F(HttpClientTest, AnEndThatComesTogetherWithAnAnswerIsSeen) {
    asker_.most_unanswered = 2;
    port_.listen();
    start();
    ask({request("1"), request("2")});
    Connection first = port_.accept();
    first.read_request();
    first.read_request();
    thread_.call([&] {  // nothing is read meanwhile
        first.answer(kOk);
        first.close();
    });
    EXPECT_EQ(port_.accept().read_request(), request("2"));
}

TEST_F(HttpClientTest, EachAnswerHasItsTimeAndHalfAnAnswerGainsNone) {
    asker_.most_unanswered = 2;
    port_.listen();
    start();
    ask({request("1"), request("2")});
    Connection connection = port_.accept();
    connection.read_request();
    connection.read_request();
    pass(9s);
    connection.answer(kOk);
    EXPECT_EQ(record_.take(1), Lines{"answered 200"});
    pass(9s);
    EXPECT_TRUE(busy());
    connection.answer("HTTP/1.1 200 OK\r\n");
    pass(1s);
    EXPECT_EQ(record_.take(2), (Lines{"failed: no answer", "released"}));
}

}  // namespace
}  // namespace server
