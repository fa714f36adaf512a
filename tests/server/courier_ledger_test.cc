// tests/server/courier_ledger_test.cc: what the courier counts and tells of its endpoints.
// SPDX-License-Identifier: Apache-2.0
#include "tests/server/courier_fixture.h"

namespace server {
namespace {

using State = presence::EndpointReport::State;

/// "name seq", or "name seq lost".
std::string numbers_of(const std::string& request) {
    std::string text = name_of(request);
    for (const std::string header : {"\r\nRVPD-Seq: ", "\r\nRVPD-Lost: "}) {
        const auto at = request.find(header);
        if (at == std::string::npos) continue;
        const auto value = at + header.size();
        text += " " + request.substr(value, request.find("\r\n", value) - value);
    }
    return text;
}

class CourierLedger : public CourierTest {
protected:
    static std::string take(Connection& connection, int status = 200) {
        const std::string numbers = numbers_of(connection.read_request());
        connection.answer_framed(status);
        return numbers;
    }
    /// Lets the thread settle what it has heard.
    void rest() {
        while (settle()) {}
    }
};

// ---- RVPD-Seq and RVPD-Lost --------------------------------------------------------------------------------

TEST_F(CourierLedger, EachSubscriptionCountsWhatIsReallySentToIt) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "a"), state(target, "x", 0, 8)});
    Connection connection = port.accept();
    const std::string first = numbers_of(connection.read_request());
    push({state(target, "y1", 0, 8), state(target, "b1"), state(target, "b2"), message(target, "m", 1)});
    settle();
    connection.answer_framed(200);
    EXPECT_EQ(first, "a 1");
    for (const char* numbers : {"y1 1", "b2 2", "m 3"}) EXPECT_EQ(take(connection), numbers);
    push({state(target, "z", 0, 8), state(target, "c")});
    for (const char* numbers : {"z 2", "c 4"}) EXPECT_EQ(take(connection), numbers);
}

TEST_F(CourierLedger, ARepeatHasTheSameNumberAndWhatReplacesItANewOne) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "a"), state(target, "b", 1)});
    Connection connection = port.accept();
    EXPECT_EQ(take(connection, 503), "a 1");
    rest();
    pass(1100ms);
    EXPECT_EQ(take(connection, 503), "a 1");
    rest();
    push({state(target, "newer")});  // "a 1" may have been heard
    settle();
    pass(2100ms);
    EXPECT_EQ(take(connection), "b 2");
    EXPECT_EQ(take(connection), "newer 3");
}

TEST_F(CourierLedger, WhatNeverWasOnTheWireTakesNoNumber) {
    Port port;
    const TargetId target = open(port);
    push({state(target, "refused")});
    EXPECT_EQ(fates_.take(1), Lines{"1/7 0 refused"});
    port.listen();
    push({state(target, "newer")});
    settle();
    pass(1100ms);
    Connection connection = port.accept();
    EXPECT_EQ(take(connection), "newer 1");
}

TEST_F(CourierLedger, AForgottenSubscriptionIsCountedAnew) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "a")});
    Connection connection = port.accept();
    EXPECT_EQ(take(connection), "a 1");
    main_.call([&] { courier_->forget(target, SubscriptionId(7)); });
    push({state(target, "b")});
    EXPECT_EQ(take(connection), "b 1");
}

TEST_F(CourierLedger, WhatAFullQueueDroppedIsToldWithTheNextOfItsSubscription) {
    start({.queue_per_endpoint = 2});
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "wire")});
    Connection connection = port.accept();
    EXPECT_EQ(numbers_of(connection.read_request()), "wire 1");
    push({state(target, "a", 1), state(target, "b", 2), state(target, "x", 0, 8), state(target, "y", 0, 9)});
    settle();
    connection.answer_framed(200);
    EXPECT_EQ(take(connection), "x 1");
    EXPECT_EQ(take(connection), "y 1");
    push({state(target, "c")});
    EXPECT_EQ(take(connection, 503), "c 2 2");  // not heard, perhaps
    rest();
    EXPECT_EQ(report(target).drops, 2u);
    push({state(target, "d")});
    settle();
    pass(1100ms);
    EXPECT_EQ(take(connection), "d 3 2");
    push({state(target, "e")});
    EXPECT_EQ(take(connection), "e 4");
}

TEST_F(CourierLedger, ARefusedMessageIsNotLost) {
    start({.queue_per_endpoint = 1});
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({message(target, "wire", 1)});
    Connection connection = port.accept();
    EXPECT_EQ(numbers_of(connection.read_request()), "wire 1");
    push({message(target, "1", 2), message(target, "2", 3), state(target, "dropped")});
    EXPECT_EQ(fates_.take(1), Lines{"1/7 3 dropped"});
    connection.answer_framed(200);
    EXPECT_EQ(take(connection), "1 2 1");  // it is the property change that was lost
}

// ---- Reports -----------------------------------------------------------------------------------------------

TEST_F(CourierLedger, NothingIsKnownBeforeTheFirstAttempt) {
    Port port;
    const auto found = report(open(port));
    EXPECT_EQ(found.state, State::unknown);
    EXPECT_EQ(found.attempts, 0u);
    EXPECT_FALSE(found.next_try);
    EXPECT_EQ(report(TargetId(99)).state, State::unknown);
}

TEST_F(CourierLedger, ATargetThatAnswersIsHealthy) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "a")});
    Connection connection = port.accept();
    EXPECT_EQ(name_of(connection.read_request()), "a");
    settle();
    clock_.advance(30ms);
    connection.answer_framed(200);
    rest();
    const auto found = report(target);
    EXPECT_EQ(found.state, State::healthy);
    EXPECT_EQ(found.status, 200);
    EXPECT_EQ(found.failure, "");
    EXPECT_EQ(found.latency, 30ms);
    EXPECT_EQ(found.attempts, 1u);
    EXPECT_EQ(found.delivered, 1u);
    EXPECT_EQ(found.sent, 1u);
    EXPECT_EQ(report(target, 8).sent, 0u);
}

TEST_F(CourierLedger, AnswersThatTakeLongMakeItSlowUntilTheyAreQuickAgain) {
    start({.slow = 100ms});
    Port port;
    port.listen();
    const TargetId target = open(port);
    std::unique_ptr<Connection> connection;
    const auto exchange = [&](std::chrono::milliseconds latency) {
        push({state(target, "a")});
        if (!connection) connection = std::make_unique<Connection>(port.accept());
        EXPECT_EQ(name_of(connection->read_request()), "a");
        settle();
        clock_.advance(latency);
        connection->answer_framed(200);
        rest();
    };
    exchange(200ms);
    EXPECT_EQ(report(target).state, State::slow);
    EXPECT_EQ(report(target).reason, "answers take 200 ms");
    for (int i = 0; i < 8; ++i) exchange(0ms);
    EXPECT_EQ(report(target).state, State::healthy);
}

TEST_F(CourierLedger, FailuresInARowSuspendItUntilItAnswers) {
    start({.suspend_after = 2});
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "a")});
    Connection connection = port.accept();
    EXPECT_EQ(take(connection, 503), "a 1");
    rest();
    EXPECT_EQ(report(target).state, State::healthy);
    EXPECT_EQ(report(target).queued, 1u);
    ASSERT_TRUE(report(target).next_try);
    EXPECT_LE(*report(target).next_try, 1s);
    pass(1100ms);
    EXPECT_EQ(name_of(connection.read_request()), "a");
    pass(10s);
    EXPECT_TRUE(connection.peer_closes());
    const auto found = report(target);
    EXPECT_EQ(found.state, State::suspended);
    EXPECT_EQ(found.reason, "2 attempts in a row failed, the last: no answer");
    EXPECT_EQ(found.status, 0);
    EXPECT_EQ(found.failure, "no answer");
    EXPECT_EQ(found.attempts, 2u);
    pass(2100ms);
    Connection again = port.accept();
    EXPECT_EQ(take(again), "a 1");
    rest();
    EXPECT_EQ(report(target).state, State::healthy);
}

TEST_F(CourierLedger, WhoRefusesOrSaysItIsGoneIsGone) {
    Port port;
    const TargetId target = open(port);
    push({state(target, "a")});
    EXPECT_EQ(fates_.take(1), Lines{"1/7 0 refused"});
    EXPECT_EQ(report(target).state, State::gone);
    EXPECT_EQ(report(target).failure, "refused");
    port.listen();
    pass(1100ms);
    Connection connection = port.accept();
    EXPECT_EQ(take(connection, 410), "a 1");
    EXPECT_EQ(fates_.take(1), Lines{"1/7 0 gone"});
    EXPECT_EQ(report(target).state, State::gone);
    EXPECT_EQ(report(target).reason, "answered 410");
    push({state(target, "b")});
    EXPECT_EQ(take(connection), "b 2");
    rest();
    EXPECT_EQ(report(target).state, State::healthy);
}

TEST_F(CourierLedger, ReportsOfManyThreadsComeInTheOrderAskedFor) {
    start({.threads = 3});
    std::vector<Port> ports(12);
    std::vector<presence::Serving> asked;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const TargetId target = open(ports[i]);
        asked.push_back({target, SubscriptionId(7)});
        if (i % 2 == 0) push({message(target, "m", i + 1)});
    }
    asked.push_back({TargetId(0), SubscriptionId(7)});
    fates_.take(6);
    std::promise<std::vector<presence::EndpointReport>> found;
    main_.call([&] {
        courier_->report(asked, [&](std::vector<presence::EndpointReport> reports) { found.set_value(reports); });
    });
    const auto reports = found.get_future().get();
    ASSERT_EQ(reports.size(), 13u);
    for (std::size_t i = 0; i < ports.size(); ++i) {
        EXPECT_EQ(reports[i].state, i % 2 == 0 ? State::gone : State::unknown) << i;
    }
}

TEST_F(CourierLedger, AnUnansweredQuestionIsPaidWhenTheCourierEnds) {
    Port port;
    const TargetId target = open(port);
    bool paid = false;
    main_.call([&] {
        courier_->report({{target, SubscriptionId(7)}}, [&](std::vector<presence::EndpointReport>) { paid = true; });
        courier_.reset();
        EXPECT_TRUE(paid);
    });
}

}  // namespace
}  // namespace server
