// tests/server/courier_pool_test.cc: many watchers behind one endpoint: pipelines and several connections.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5; performance (what follows from it, 4)
#include "tests/server/courier_fixture.h"

#include <map>
#include <optional>

namespace server {
namespace {

using loopback::kOk;

/// Another server: many targets, one port.
class CourierPool : public CourierTest {
protected:
    void start_server(std::size_t targets, CourierSettings settings = {.connections_per_endpoint = 1}) {
        start(settings);
        port_.listen();
        for (std::size_t i = 0; i < targets; ++i) {
            targets_.push_back(try_open("http://" + port_.text() + "/" + std::to_string(i)).value());
        }
    }
    /// Eight exchanges, one after another, which earn the peer its pipeline.
    void earn() {
        for (int i = 0; i < 8; ++i) {
            push({state(targets_[0], "earn")});
            if (!connection_) connection_.emplace(port_.accept());
            EXPECT_EQ(serve(*connection_), "earn");
        }
        while (settle()) {}
    }
    unsigned delivered() {
        unsigned sum = 0;
        for (const TargetId target : targets_) sum += report(target).delivered;
        return sum;
    }
    std::vector<Delivery> one_each(const std::string& name) {
        std::vector<Delivery> all;
        for (std::size_t i = 0; i < targets_.size(); ++i) all.push_back(state(targets_[i], name + std::to_string(i)));
        return all;
    }
    /// The names of `count` requests that came unanswered; none more has come.
    Lines read(Connection& connection, std::size_t count) {
        Lines names;
        for (std::size_t i = 0; i < count; ++i) names.push_back(name_of(connection.read_request()));
        settle();
        EXPECT_FALSE(connection.has_more()) << "after " << (names.empty() ? "" : names.back());
        return names;
    }
    static Lines names(const std::string& name, std::size_t from, std::size_t to) {
        Lines all;
        for (std::size_t i = from; i < to; ++i) all.push_back(name + std::to_string(i));
        return all;
    }

    Port port_;
    std::vector<TargetId> targets_;
    std::optional<Connection> connection_;
};

// ---- Pipelines ---------------------------------------------------------------------------------------------

TEST_F(CourierPool, SixteenPropertyChangesAtMostGoOutAtOnceToAPeerThatEarnedIt) {
    start_server(40);
    earn();
    push(one_each("a"));
    EXPECT_EQ(read(*connection_, 16), names("a", 0, 16));
    connection_->answer(std::string(kOk) + kOk + kOk);
    EXPECT_EQ(read(*connection_, 3), names("a", 16, 19));
    for (int i = 0; i < 16; ++i) connection_->answer(kOk);
    for (std::size_t i = 19; i < 40; ++i) {
        EXPECT_EQ(name_of(connection_->read_request()), "a" + std::to_string(i));
        connection_->answer(kOk);
    }
    while (settle()) {}
    EXPECT_EQ(report(targets_[39]).delivered, 1u);
    EXPECT_FALSE(port_.has_caller());
}

TEST_F(CourierPool, SevenAnswersAreNotEnough) {
    start_server(8);
    for (int i = 0; i < 7; ++i) {
        push({state(targets_[0], "earn")});
        if (!connection_) connection_.emplace(port_.accept());
        serve(*connection_);
    }
    push(one_each("a"));
    EXPECT_EQ(read(*connection_, 1), names("a", 0, 1));
    connection_->answer(kOk);
    EXPECT_EQ(read(*connection_, 7), names("a", 1, 8));
}

TEST_F(CourierPool, AClientOfFewWatchersIsNeverAskedForTwo) {
    start_server(3);
    earn();
    push(one_each("a"));
    EXPECT_EQ(read(*connection_, 1), names("a", 0, 1));
}

TEST_F(CourierPool, AMessageWaitsForThePipelineAndGoesAlone) {
    start_server(6);
    earn();
    push({state(targets_[0], "a"), state(targets_[1], "b"), message(targets_[2], "m", 1), message(targets_[3], "n", 2),
          state(targets_[4], "c"), state(targets_[5], "d")});
    EXPECT_EQ(read(*connection_, 2), (Lines{"a", "b"}));
    connection_->answer(kOk);
    EXPECT_EQ(read(*connection_, 0), Lines{});
    connection_->answer(kOk);
    EXPECT_EQ(read(*connection_, 1), Lines{"m"});
    connection_->answer(kOk);
    EXPECT_EQ(read(*connection_, 1), Lines{"n"});
    connection_->answer(kOk);
    EXPECT_EQ(read(*connection_, 2), (Lines{"c", "d"}));
}

TEST_F(CourierPool, TwoChangesForOneSubscriptionAreNeverOnTheWireTogether) {
    start_server(4);
    earn();
    push({state(targets_[0], "a"), state(targets_[1], "b"), state(targets_[0], "a'", 1), state(targets_[2], "c"),
          state(targets_[0], "other", 0, 8)});
    EXPECT_EQ(read(*connection_, 2), (Lines{"a", "b"}));
    push({state(targets_[1], "b'")});
    settle();
    connection_->answer(kOk);
    EXPECT_EQ(read(*connection_, 3), (Lines{"a'", "c", "other"}));  // another subscription is another matter
    connection_->answer(kOk);
    EXPECT_EQ(read(*connection_, 1), Lines{"b'"});
}

TEST_F(CourierPool, A503InThePipelineIsTriedAgainAndTheNewestWins) {
    start_server(4);
    earn();
    push({state(targets_[0], "a"), state(targets_[1], "b"), state(targets_[2], "c")});
    EXPECT_EQ(read(*connection_, 3), (Lines{"a", "b", "c"}));
    push({state(targets_[1], "newer")});
    settle();
    connection_->answer(std::string(kOk) + "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n");
    while (report(targets_[1]).status != 503) {}
    connection_->answer_framed(503);
    while (settle()) {}
    pass(1100ms);
    EXPECT_EQ(read(*connection_, 2), (Lines{"c", "newer"}));
}

TEST_F(CourierPool, AnUnframedAnswerEndsThePipelineAndTheRestIsSentAgainInOrderOneByOne) {
    start_server(6);
    earn();
    push(one_each("a"));
    EXPECT_EQ(read(*connection_, 6), names("a", 0, 6));
    connection_->answer(std::string(kOk) + "HTTP/1.1 200 OK\r\n\r\n");
    EXPECT_TRUE(connection_->peer_closes());
    Connection second = port_.accept();
    for (std::size_t i = 2; i < 6; ++i) {
        EXPECT_EQ(read(second, 1), names("a", i, i + 1));
        second.answer(kOk);
    }
    for (int i = 0; i < 8; ++i) {  // what earned it before does so no more
        push({state(targets_[0], "more")});
        EXPECT_EQ(serve(second), "more");
    }
    push(one_each("b"));
    EXPECT_EQ(read(second, 1), names("b", 0, 1));
}

TEST_F(CourierPool, AConnectionThatBreaksInTheMiddleLosesNothingAndSkipsNothing) {
    start_server(5);
    earn();
    push(one_each("a"));
    EXPECT_EQ(read(*connection_, 5), names("a", 0, 5));
    connection_->answer(std::string(kOk) + kOk);
    while (report(targets_[1]).delivered == 0) {}
    connection_->reset();
    Connection second = port_.accept();
    for (std::size_t i = 2; i < 5; ++i) {
        EXPECT_EQ(read(second, 1), names("a", i, i + 1));
        second.answer(kOk);
    }
    while (settle()) {}
    for (const TargetId target : targets_) EXPECT_EQ(report(target).state, presence::EndpointReport::State::healthy);
    EXPECT_EQ(report(targets_[4]).attempts, 2u);
    EXPECT_EQ(report(targets_[4]).sent, 1u);
}

TEST_F(CourierPool, SilenceBefallsTheOldestAndTheOthersWaitTheirTurn) {
    start_server(4);
    earn();
    push(one_each("a"));
    EXPECT_EQ(read(*connection_, 4), names("a", 0, 4));
    pass(10s);
    EXPECT_TRUE(connection_->peer_closes());
    EXPECT_EQ(report(targets_[0]).failure, "no answer");
    EXPECT_EQ(report(targets_[1]).failure, "");
    pass(1100ms);
    Connection second = port_.accept();
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(read(second, 1), names("a", i, i + 1));
        second.answer(kOk);
    }
}

// ---- Several connections -----------------------------------------------------------------------------------

TEST_F(CourierPool, ADeepQueueIsSpreadOverConnectionsAndEachTargetStaysWithOne) {
    start_server(100, {.connections_per_endpoint = 3});
    push({state(targets_[0], "first")});
    std::vector<Connection> connections;
    connections.push_back(port_.accept());
    EXPECT_EQ(serve(connections[0]), "first");
    while (settle()) {}
    push(one_each("a"));
    for (int i = 1; i < 3; ++i) connections.push_back(port_.accept());
    std::map<std::string, int> came;
    for (int i = 0; i < 3; ++i) ++came[name_of(connections[static_cast<std::size_t>(i)].read_request())];
    EXPECT_EQ(came.size(), 3u);
    std::vector<Delivery> newer = one_each("b");
    push(newer);
    settle();
    for (Connection& connection : connections) connection.answer(kOk);
    // Each of the 100 gets the newest; the three that were on the wire get it after the old one.
    for (std::size_t left = 100; left > 0;) {
        for (Connection& connection : connections) {
            if (!connection.has_more()) continue;
            ++came[serve(connection)];
            --left;
        }
    }
    for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(came["b" + std::to_string(i)], 1) << i;
    EXPECT_FALSE(port_.has_caller());
    while (settle()) {}
    push({state(targets_[50], "calm")});
    EXPECT_EQ(serve(connections[0]), "calm");  // nothing is deep: the first does it alone
}

TEST_F(CourierPool, APeerThatServesOneConnectionOnlyStillGetsEverything) {
    start_server(40, {.connections_per_endpoint = 2});
    push({state(targets_[0], "first")});
    Connection first = port_.accept();
    EXPECT_EQ(serve(first), "first");
    while (settle()) {}
    push(one_each("a"));
    Connection ignored = port_.accept();
    EXPECT_NE(ignored.read_request(), "");
    std::map<std::string, int> came;
    for (int i = 0; i < 20; ++i) ++came[serve(first)];
    EXPECT_EQ(came.size(), 20u);
    while (delivered() < 21) {}
    pass(10s);
    while (!ignored.read_request().empty()) {}
    pass(1100ms);
    for (int i = 0; i < 20; ++i) ++came[serve(first)];
    EXPECT_EQ(came.size(), 40u);
    push(one_each("b"));
    for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(serve(first), "b" + std::to_string(i));
    EXPECT_FALSE(port_.has_caller());
}

TEST_F(CourierPool, NobodyOpensASecondConnectionToWhoHasNotAnswered) {
    start_server(60, {.connections_per_endpoint = 4});
    push(one_each("a"));
    Connection first = port_.accept();
    EXPECT_EQ(name_of(first.read_request()), "a0");
    settle();
    EXPECT_FALSE(port_.has_caller());
}

}  // namespace
}  // namespace server
