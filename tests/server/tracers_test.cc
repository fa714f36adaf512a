// tests/server/tracers_test.cc: what rvpctl trace is told.
// SPDX-License-Identifier: Apache-2.0
#include "server/tracers.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "rvp/status.h"
#include "tests/fakes.h"

namespace {

using base::json::Value;
using server::Attempt;
using server::Tracers;

class Tracing : public testing::Test {
protected:
    /// The answer as JSON, or `kind: text`; "waiting" while it is owed.
    std::string ask(const std::string& command, const Value& args) {
        answer_ = "waiting";
        tracers_.run(command, args, [this](base::Result<Value> result) {
            answer_ = result ? result->dump() : std::string(server::kind_of(result.error().code)) + ": " + result.error().text;
        });
        return answer_;
    }
    std::string next(int tracer) { return ask("trace next", Value::object().set("tracer", tracer)); }
    void begin(const std::string& name) {
        ASSERT_NE(ask("trace", Value::object().set("name", name)).find("tracer"), std::string::npos) << answer_;
    }
    void request(const std::string& by, const std::string& target, int status) {
        base::Request request;
        request.method = "NOTIFY";
        request.target = target;
        request.id = 0xb1;
        request.headers = {{"Host", "im.example.com"}, {"RVP-From-Principal", "http://im.example.com/instmsg/aliases/" + by}};
        request.body = "a secret text";
        base::Response response;
        response.status = status;
        tracers_.answered(request, response, std::chrono::milliseconds(3));
    }
    void pass(std::chrono::seconds time) {
        clock_.advance(time);
        loop_.tick();
    }
    void settle() {
        loop_.io().restart();
        loop_.io().poll();
    }

    tests::PresenceWorld world_;
    base::FakeClock clock_;
    base::Loop loop_{clock_, std::chrono::milliseconds(250)};
    server::AttemptTap tap_{loop_};
    std::string answer_;  // outlives what owes it
    Tracers tracers_{loop_, world_.service, tap_};
};

TEST_F(Tracing, TellsOfRequestsByHimAndToHimAndOfNoOthers) {
    ASSERT_TRUE(world_.login("alice", 1));
    begin("alice");
    request("bob", "/instmsg/aliases/carol", 200);
    EXPECT_EQ(next(1), "waiting");
    request("alice", "/instmsg/aliases/bob", 412);
    EXPECT_NE(answer_.find(R"("request":"b1","method":"NOTIFY","node":"/instmsg/aliases/bob","by":"/instmsg/aliases/alice")"),
              std::string::npos) << answer_;
    EXPECT_NE(answer_.find(R"("status":412)"), std::string::npos) << answer_;
    EXPECT_EQ(answer_.find("secret"), std::string::npos) << answer_;
    request("bob", "/instmsg/aliases/alice", 200);
    EXPECT_NE(next(1).find(R"("by":"/instmsg/aliases/bob")"), std::string::npos) << answer_;
}

TEST_F(Tracing, TellsOfDeliveriesToHim) {
    const auto login = world_.login("alice", 1);
    ASSERT_TRUE(login);
    EXPECT_FALSE(tap_.wanted());
    begin("alice");
    EXPECT_TRUE(tap_.wanted());
    EXPECT_EQ(next(1), "waiting");
    tap_.tell({0xb1, login->id, 4, true, "127.0.0.1:9001", 200, "", std::chrono::milliseconds(2)});
    settle();
    EXPECT_NE(answer_.find(R"("kind":"delivery","request":"b1","what":"message","node":"/instmsg/aliases/alice")"),
              std::string::npos) << answer_;
    EXPECT_NE(answer_.find(R"("seq":4,"endpoint":"127.0.0.1:9001","status":200)"), std::string::npos) << answer_;
}

// What is on the wire when its subscription ends (UNSUBSCRIBE, rvpctl sub end) was missing.
TEST_F(Tracing, TellsOfTheAttemptThatOutlivesItsSubscription) {
    const auto login = world_.login("alice", 1);
    const auto early = world_.watch("alice", "bob");
    ASSERT_TRUE(login && early);
    ASSERT_TRUE(world_.unsubscribe(world_.who("alice"), early->id));
    begin("alice");
    const auto watch = world_.watch("alice", "bob");
    ASSERT_TRUE(world_.unsubscribe(world_.who("alice"), watch->id));
    EXPECT_EQ(next(1), "waiting");
    tap_.tell({0xb1, early->id, 1, false, "127.0.0.1:9001", 200, "", std::chrono::milliseconds(2)});
    settle();
    EXPECT_EQ(answer_, "waiting") << "it ended before anybody looked on";
    tap_.tell({0xb1, watch->id, 1, false, "127.0.0.1:9001", 412, "", std::chrono::milliseconds(2)});
    settle();
    EXPECT_NE(answer_.find(R"("what":"change","node":"/instmsg/aliases/bob","to":"/instmsg/aliases/alice")"), std::string::npos)
        << answer_;
}

TEST_F(Tracing, SeveralLookOnAndEachHearsAll) {
    ASSERT_TRUE(world_.login("alice", 1));
    begin("alice");
    begin("alice");
    request("alice", "/instmsg/aliases/alice", 200);
    EXPECT_NE(next(1).find("NOTIFY"), std::string::npos);
    EXPECT_NE(next(2).find("NOTIFY"), std::string::npos);
    for (std::size_t i = 2; i < Tracers::kMost; ++i) begin("alice");
    EXPECT_EQ(ask("trace", Value::object().set("name", "alice")), "busy: 16 tracers look on, which is the bound");
}

TEST_F(Tracing, KnowsWhoOnlyWatchesOthers) {
    ASSERT_TRUE(world_.watch("alice", "bob"));
    begin("alice");
    request("alice", "/instmsg/aliases/nobody", 404);
    EXPECT_NE(next(1).find(R"("status":404)"), std::string::npos) << answer_;
}

TEST_F(Tracing, SaysHowMuchDidNotFit) {
    ASSERT_TRUE(world_.login("alice", 1));
    begin("alice");
    for (std::size_t i = 0; i < Tracers::kQueue + 7; ++i) request("alice", "/instmsg/aliases/alice", 200);
    const std::string all = next(1);
    EXPECT_NE(all.find(R"({"kind":"lost","count":7}])"), std::string::npos);
    EXPECT_EQ(next(1), "waiting");
}

TEST_F(Tracing, EndsWhenNobodyAsksForIt) {
    ASSERT_TRUE(world_.login("alice", 1));
    begin("alice");
    EXPECT_EQ(next(1), "waiting");
    pass(Tracers::kQuiet + std::chrono::seconds(1));
    EXPECT_EQ(answer_, "[]");
    pass(Tracers::kForgotten + std::chrono::seconds(1));
    EXPECT_FALSE(tap_.wanted());
    EXPECT_EQ(next(1), "not_found: no such tracer; it was not asked for some time");
}

TEST_F(Tracing, NamesWhomItDoesNotKnow) {
    EXPECT_EQ(ask("trace", Value::object().set("name", "nobody")), "not_found: no node /instmsg/aliases/nobody");
    EXPECT_EQ(ask("trace", Value::object()), "malformed: trace needs name, a text");
    EXPECT_EQ(next(9), "not_found: no such tracer; it was not asked for some time");
}

TEST(WhyRefused, IsTheFirstLineWithoutWhatItQuotes) {
    base::Response response;
    response.status = 400;
    response.body = "NOTIFY needs a body (RVP 5.6)\nand more";
    EXPECT_EQ(server::why_refused(response), "NOTIFY needs a body (RVP 5.6)");
    EXPECT_EQ(server::why_refused(rvp::access_denied("NOTIFY needs credentials (RVP 6)", {"NTLM"})),
              "NOTIFY needs credentials (RVP 6)");
    response.body = "<html>";
    EXPECT_EQ(server::why_refused(response), "");
    response.body = "r:notification: XML line 3 column 12: Opening and ending tag mismatch: secret (RVP 5.6)\n";
    EXPECT_EQ(server::why_refused(response), "r:notification: XML line 3 column 12");
    response.body = std::string(1000, 'x');
    EXPECT_EQ(server::why_refused(response).size(), 200U);
    response.status = 207;
    EXPECT_EQ(server::why_refused(response), "");
}

TEST_F(Tracing, TakesTheNameOutOfCredentials) {
    base::Request request;
    request.headers = {{"Authorization", R"(Digest username="DOM\\Bob", realm="x")"}};
    EXPECT_EQ(server::said_sender(request, world_.service.realm()), "/instmsg/aliases/bob");
    request.headers = {{"Authorization", "Basic Ym9i"}};
    EXPECT_EQ(server::said_sender(request, world_.service.realm()), "");
}

}  // namespace
