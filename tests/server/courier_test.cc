// tests/server/courier_test.cc: the push engine against receivers played by hand, on a fake clock.
// SPDX-License-Identifier: Apache-2.0
#include "server/courier.h"

#include "rvp/notification.h"
#include "tests/server/courier_fixture.h"

namespace server {
namespace {

// ---- Wire --------------------------------------------------------------------------------------------------

TEST_F(CourierTest, TheBytesOfANotify) {
    Port port;
    port.listen();
    const TargetId target = try_open("HTTP://" + port.text() + "/a/b?c=d").value();
    presence::Notification change{
        presence::PropNotification{{"http://im.example/instmsg/aliases/a", "A"},
                                   {{presence::prop_state(), presence::Status("busy")}}},
        "im.example\r\nInjected: yes", 3, presence::AckType::deep_and};
    Delivery delivery = state(target, "");
    delivery.what = courier_->prepare(change);
    delivery.subscription = SubscriptionId(2147483647);
    push({delivery});
    const rvp::NotificationText text = rvp::render(change);
    ASSERT_TRUE(text.for_watcher);
    const std::string body = text.head + rvp::render_to(kWatcher) + text.tail;
    Connection connection = port.accept();
    EXPECT_EQ(connection.read_request(), "NOTIFY /a/b?c=d HTTP/1.1\r\n"
                                         "Host: " + port.text() + "\r\n"
                                         "RVP-Notifications-Version: 0.2\r\n"
                                         "RVP-Hop-Count: 3\r\n"
                                         "RVP-Ack-Type: DeepAnd\r\n"
                                         "RVP-From-Principal: im.exampleInjected: yes\r\n"
                                         "Subscription-Id: 2147483647\r\n"
                                         "RVPD-Seq: 1\r\n"
                                         "Content-Type: text/xml\r\n"
                                         "Content-Length: " + std::to_string(body.size()) + "\r\n"
                                         "\r\n" + body);
}

TEST_F(CourierTest, AMessageIsNotAddressedToTheWatcherAnew) {
    Port port;
    port.listen();
    push({message(open(port), "m", 1)});
    Connection connection = port.accept();
    const std::string request = connection.read_request();
    EXPECT_TRUE(request.starts_with("NOTIFY / HTTP/1.1\r\nHost: " + port.text() + "\r\n"));
    EXPECT_NE(request.find("\r\nRVP-Hop-Count: 1\r\nRVP-Ack-Type: DeepOr\r\n"), std::string::npos);
    EXPECT_EQ(request.find("notification-to"), std::string::npos);
}

TEST_F(CourierTest, KeepsTheConnectionWhileAnswersAreFramed) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({message(target, "1", 1)});
    Connection connection = port.accept();
    EXPECT_EQ(serve(connection), "1");
    push({message(target, "2", 2)});
    EXPECT_EQ(serve(connection), "2");
    push({message(target, "3", 3)});
    EXPECT_EQ(serve(connection, 204), "3");
    Lines fates;
    while (fates.size() < 3) {
        const Lines more = fates_.take(1);
        ASSERT_FALSE(more.empty());
        fates.insert(fates.end(), more.begin(), more.end());
    }
    EXPECT_EQ(fates, (Lines{"1/7 1 taken", "1/7 2 taken", "1/7 3 taken"}));
    EXPECT_FALSE(port.has_caller());
}

TEST_F(CourierTest, AnUnframedAnswerEndsTheConnection) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({message(target, "1", 1), message(target, "2", 2)});
    Connection first = port.accept();
    EXPECT_EQ(name_of(first.read_request()), "1");
    first.answer("HTTP/1.1 200 Successful\r\nRVP-Notifications-Version: 0.2\r\n\r\n");
    EXPECT_TRUE(first.peer_closes());
    Connection second = port.accept();
    EXPECT_EQ(serve(second), "2");
}

TEST_F(CourierTest, AConnectionClosedByThePeerIsReplacedAndNothingIsLost) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({message(target, "1", 1)});
    Connection first = port.accept();
    serve(first);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
    push({message(target, "2", 2)});
    EXPECT_EQ(name_of(first.read_request()), "2");
    first.close();
    Connection second = port.accept();
    EXPECT_EQ(serve(second), "2");
    EXPECT_EQ(fates_.take(1), Lines{"1/7 2 taken"});
}

// ---- Presence ----------------------------------------------------------------------------------------------

TEST_F(CourierTest, PresenceAnswered500IsDone) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "first")});
    Connection connection = port.accept();
    EXPECT_EQ(serve(connection, 500), "first");
    pass(2min);
    push({state(target, "second")});
    EXPECT_EQ(serve(connection), "second");
    push({message(target, "m", 1)});
    EXPECT_EQ(serve(connection), "m");
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
}

TEST_F(CourierTest, TheNewestWinsWhileOneIsOnItsWay) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "a1")});
    Connection connection = port.accept();
    EXPECT_EQ(name_of(connection.read_request()), "a1");
    push({state(target, "a2"), state(target, "b1", 1), state(target, "c1", 0, 8)});
    push({state(target, "a3"), state(target, "b2", 1)});
    EXPECT_TRUE(settle());
    connection.answer_framed(200);
    EXPECT_EQ(serve(connection), "c1");
    EXPECT_EQ(serve(connection), "a3");
    EXPECT_EQ(serve(connection), "b2");
    push({state(target, "end")});
    EXPECT_EQ(serve(connection), "end");
}

TEST_F(CourierTest, WhatReplacesKeepsThePlaceButNeverComesBeforeAnOlderChangeOfItsSubscription) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "wire")});
    Connection connection = port.accept();
    EXPECT_EQ(name_of(connection.read_request()), "wire");
    push({state(target, "both", 1), state(target, "x", 0, 8), state(target, "one", 2), state(target, "y", 0, 9)});
    push({state(target, "newer both", 1), state(target, "newer x", 0, 8)});
    settle();
    connection.answer_framed(200);
    // Slots 1 and 2 may share a property: "one" must not undo "newer both".
    for (const char* name : {"newer x", "one", "y", "newer both"}) EXPECT_EQ(serve(connection), name);
}

TEST_F(CourierTest, RefusedPresenceIsReportedAndTriedAgainNewestOnly) {
    Port port;
    const TargetId target = open(port);
    push({state(target, "old")});
    EXPECT_EQ(fates_.take(1), Lines{"1/7 0 refused"});
    push({state(target, "new")});
    EXPECT_FALSE(settle());  // it waits for its back-off
    pass(1100ms);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 0 refused"});
    port.listen();
    EXPECT_FALSE(pass(900ms));  // the second pause is a second at least
    EXPECT_TRUE(pass(1200ms));
    Connection connection = port.accept();
    EXPECT_EQ(serve(connection), "new");
    push({state(target, "later")});
    EXPECT_EQ(serve(connection), "later");
    EXPECT_FALSE(port.has_caller());
}

TEST_F(CourierTest, GoneIsReportedAndNotTriedAgain) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "a")});
    Connection connection = port.accept();
    serve(connection, 412);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 0 gone"});
    EXPECT_FALSE(pass(2min));
    push({message(target, "m", 1)});
    EXPECT_EQ(serve(connection, 410), "m");
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 gone"});
}

TEST_F(CourierTest, PresenceAnswered503IsTriedAgain) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "a")});
    Connection connection = port.accept();
    serve(connection, 503);
    push({message(target, "m", 1)});  // goes first, and shows when the 503 has been heard
    EXPECT_EQ(serve(connection, 503), "m");
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 rejected"});
    EXPECT_FALSE(settle());
    pass(1100ms);
    EXPECT_EQ(serve(connection), "a");
}

TEST_F(CourierTest, WhileAnEndpointBacksOffAMessageIsTriedAtOnceAndPresenceWaits) {
    Port port;
    const TargetId target = open(port);
    push({state(target, "a")});
    EXPECT_EQ(fates_.take(1), Lines{"1/7 0 refused"});
    const TargetId other = try_open("http://" + port.text() + "/other").value();
    push({state(other, "b")});
    EXPECT_FALSE(settle());
    port.listen();
    push({message(other, "m", 1)});
    Connection connection = port.accept();
    EXPECT_EQ(serve(connection), "m");
    EXPECT_EQ(serve(connection), "a");  // it is there after all
    EXPECT_EQ(serve(connection), "b");
}

// ---- Messages ----------------------------------------------------------------------------------------------

TEST_F(CourierTest, MessagesKeepTheirOrder) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({message(target, "1", 1), state(target, "s"), message(target, "2", 2), message(target, "3", 3)});
    Connection connection = port.accept();
    for (const char* name : {"1", "s", "2", "3"}) EXPECT_EQ(serve(connection), name);
}

TEST_F(CourierTest, ARefusedMessageIsReportedAtOnceAndOnce) {
    Port port;
    push({message(open(port), "m", 5)});
    EXPECT_EQ(fates_.take(1), Lines{"1/7 5 refused"});
    EXPECT_FALSE(pass(30s));
    EXPECT_TRUE(fates_.take(0).empty());
}

TEST_F(CourierTest, AResetConnectionIsRefused) {
    Port port;
    port.listen();
    push({message(open(port), "m", 5)});
    Connection connection = port.accept();
    connection.read_request();
    connection.reset();
    EXPECT_EQ(fates_.take(1), Lines{"1/7 5 refused"});
}

TEST_F(CourierTest, ASilentEndpointTimesOutAndDelaysNobodyElse) {
    Port silent;
    silent.listen();
    Port healthy;
    healthy.listen();
    const TargetId black = open(silent);
    const TargetId white = open(healthy);
    push({message(black, "m", 1), message(white, "n", 2)});
    Connection hole = silent.accept();
    EXPECT_EQ(name_of(hole.read_request()), "m");
    Connection connection = healthy.accept();
    serve(connection);
    EXPECT_EQ(fates_.take(1), Lines{"2/7 2 taken"});
    EXPECT_TRUE(pass(9900ms));
    push({message(white, "o", 3)});
    EXPECT_EQ(serve(connection), "o");
    EXPECT_EQ(fates_.take(1), Lines{"2/7 3 taken"});
    EXPECT_FALSE(pass(200ms));
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 timed out"});
}

TEST_F(CourierTest, AnUnreachableEndpointIsTriedUntilTheDeadline) {
    Port port;
    port.listen_full();
    push({message(open(port), "m", 1)});
    EXPECT_TRUE(settle());
    EXPECT_FALSE(pass(3s));    // no connection: it backs off
    EXPECT_TRUE(pass(600ms));  // tried again
    EXPECT_FALSE(pass(3s));
    EXPECT_TRUE(pass(1100ms));
    EXPECT_TRUE(fates_.take(0).empty());
    pass(18s);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 timed out"});
    EXPECT_FALSE(pass(30s));
    EXPECT_TRUE(fates_.take(0).empty());
}

TEST_F(CourierTest, ANewMessageDoesNotWaitForTheBackOff) {
    Port port;
    port.listen_full();
    const TargetId target = open(port);
    push({message(target, "1", 1)});
    EXPECT_FALSE(pass(3s));
    push({message(target, "2", 2)});
    EXPECT_TRUE(settle());  // connecting
}

// ---- Giving up ---------------------------------------------------------------------------------------------

TEST_F(CourierTest, ACancelledMessageIsNotSentAndItsFateNotTold) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({message(target, "1", 1), message(target, "2", 2), message(target, "3", 3)});
    Connection connection = port.accept();
    EXPECT_EQ(name_of(connection.read_request()), "1");
    main_.call([&] {
        courier_->cancel(target, DeliveryToken(1));  // on the wire already
        courier_->cancel(target, DeliveryToken(2));
    });
    settle();
    connection.answer_framed(200);
    EXPECT_EQ(serve(connection), "3");
    EXPECT_EQ(fates_.take(1), Lines{"1/7 3 taken"});
}

TEST_F(CourierTest, AFateOnItsWayIsNotToldOnceCancelled) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({message(target, "1", 1), message(target, "2", 2)});
    Connection connection = port.accept();
    main_.call([&] {  // while the loop is held up here it hears of no fate
        EXPECT_EQ(serve(connection), "1");
        EXPECT_EQ(name_of(connection.read_request()), "2");  // so the thread has reported the first
        courier_->cancel(target, DeliveryToken(1));
    });
    connection.answer_framed(200);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 2 taken"});
}

TEST_F(CourierTest, AForgottenSubscriptionGivesUpWhatIsQueued) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "wire"), state(target, "a", 1), message(target, "m", 1), state(target, "b", 0, 8)});
    Connection connection = port.accept();
    EXPECT_EQ(name_of(connection.read_request()), "wire");
    main_.call([&] { courier_->forget(target, SubscriptionId(7)); });
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 dropped"});
    connection.answer_framed(503);  // would be tried again
    while (settle()) {}
    pass(2s);
    EXPECT_EQ(serve(connection), "b");
    push({state(target, "c", 0, 8)});
    EXPECT_EQ(serve(connection), "c");
}

TEST_F(CourierTest, AClosedTargetIsSilentAndItsIdIsUsedAgain) {
    Port port;
    port.listen();
    const TargetId target = open(port);
    const TargetId other = open(port);
    EXPECT_NE(target, other);
    push({message(target, "1", 1), message(target, "2", 2), message(other, "3", 3)});
    Connection connection = port.accept();
    EXPECT_EQ(name_of(connection.read_request()), "1");
    main_.call([&] { courier_->close(target); });
    Port elsewhere;
    const TargetId again = open(elsewhere);
    EXPECT_EQ(again, target);
    settle();
    connection.answer_framed(200);
    EXPECT_EQ(serve(connection), "3");
    EXPECT_EQ(fates_.take(1), Lines{"2/7 3 taken"});
    push({message(again, "4", 4)});
    EXPECT_EQ(fates_.take(1), Lines{"1/7 4 refused"});
}

TEST_F(CourierTest, TheLastTargetTakesTheConnectionWithIt) {
    Port port;
    port.listen();
    const TargetId idle = open(port);
    push({message(idle, "1", 1)});
    Connection first = port.accept();
    serve(first);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
    main_.call([&] { courier_->close(idle); });
    EXPECT_TRUE(first.peer_closes());

    const TargetId busy = open(port);
    push({message(busy, "2", 2)});
    Connection second = port.accept();
    second.read_request();
    main_.call([&] {
        courier_->close(busy);
        courier_->push(message(busy, "3", 3));  // to nobody
    });
    settle();
    second.answer_framed(200);  // what was on the wire stays there, and then the connection goes
    EXPECT_TRUE(second.peer_closes());
    EXPECT_TRUE(fates_.take(0).empty());
}

TEST_F(CourierTest, AFullQueueRefusesMessagesAndDropsTheOldestPresence) {
    start({.queue_per_endpoint = 2});
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({message(target, "wire", 1)});
    Connection connection = port.accept();
    connection.read_request();
    push({state(target, "a", 1), state(target, "b", 2), message(target, "m", 2), state(target, "c", 3)});
    EXPECT_EQ(fates_.take(1), Lines{"1/7 2 dropped"});
    connection.answer_framed(200);
    EXPECT_EQ(serve(connection), "b");
    EXPECT_EQ(serve(connection), "c");
    push({state(target, "d")});
    EXPECT_EQ(serve(connection), "d");
}

// ---- Call-back URLs ----------------------------------------------------------------------------------------

TEST_F(CourierTest, OpenRefusesWhatIsNoCallBack) {
    using base::Errc;
    for (const std::string url :
         {"", "127.0.0.1:80", "httpx://127.0.0.1/", "ftp://127.0.0.1/", "http://", "http:///x", "http://u@127.0.0.1/",
          "http://127.0.0.1/#f", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1:0/",
          "http://127.0.0.1:65536/", "http://127.0.0.1:x/", "http://[::1/", "http://[127.0.0.1x]/", "http://a b/",
          "http://a%41/", "http://a\\b/", "http://h\xc3\xa9/", "http://127.0.0.1\x7f/"}) {
        EXPECT_EQ(refusal(url), Errc::malformed) << url;
    }
    EXPECT_EQ(refusal("http://127.0.0.1/" + std::string(1024, 'x')), Errc::malformed);
    EXPECT_EQ(refusal("http://169.254.169.254/"), Errc::denied);
    EXPECT_EQ(refusal("http://10.0.0.1:8080/"), Errc::denied);
    EXPECT_EQ(refusal("http://[::1]:8080/", *base::IpAddress::parse("192.0.2.1")), Errc::denied);
    EXPECT_TRUE(try_open("http://[::1]:8080"));
    EXPECT_TRUE(try_open("http://127.0.0.1"));
    EXPECT_TRUE(try_open("https://127.0.0.1"));
}

TEST_F(CourierTest, ANameIsJudgedByWhereItLeads) {
    Port port;
    port.listen();
    const std::string number = std::to_string(port.number());
    const auto stranger = *base::IpAddress::parse("192.0.2.1");
    const TargetId refused = try_open("http://localhost:" + number, stranger).value();
    push({message(refused, "m", 1)});
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 dropped"});
    EXPECT_FALSE(port.has_caller());
    const TargetId allowed = try_open("http://localhost:" + number).value();
    push({message(allowed, "n", 2)});
    Connection connection = port.accept();
    const std::string request = connection.read_request();
    EXPECT_NE(request.find("\r\nHost: localhost:" + number + "\r\n"), std::string::npos);
    // The connection stands; that does not open it to who may not go there.
    push({message(refused, "o", 3), message(allowed, "p", 4)});
    settle();
    connection.answer_framed(200);
    EXPECT_EQ(serve(connection), "p");
}

// ---- Threads -----------------------------------------------------------------------------------------------

TEST_F(CourierTest, ManyEndpointsOnTwoThreads) {
    start({.threads = 2});
    std::vector<Port> ports(40);
    std::vector<Delivery> deliveries;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        ports[i].listen();
        deliveries.push_back(message(open(ports[i]), std::to_string(i), i + 1));
    }
    push(deliveries);
    std::vector<Connection> connections;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        connections.push_back(ports[i].accept());
        EXPECT_EQ(serve(connections.back()), std::to_string(i));
    }
    while (settle()) {}
    const Lines fates = fates_.take(ports.size());
    EXPECT_EQ(fates.size(), ports.size());
    EXPECT_TRUE(std::ranges::all_of(fates, [](const std::string& f) { return f.ends_with("taken"); }));
}

TEST_F(CourierTest, EndsInTheMiddleOfEverything) {
    Port silent;
    silent.listen();
    Port full;
    full.listen_full();
    Port refusing;
    const TargetId a = open(silent);
    const TargetId b = open(full);
    const TargetId c = open(refusing);
    push({message(a, "1", 1), message(a, "2", 2), message(b, "3", 3), state(b, "x"), state(c, "y")});
    Connection connection = silent.accept();
    connection.read_request();
    push({state(a, "z")});
    stop();
    EXPECT_TRUE(connection.peer_closes());
}

TEST_F(CourierTest, NothingIsUnderWayInTheBeginning) {
    EXPECT_FALSE(settle());
    Port port;
    port.listen();
    const TargetId target = open(port);
    push({state(target, "a")});
    EXPECT_TRUE(settle());
    Connection connection = port.accept();
    serve(connection);
    while (settle()) {}
    EXPECT_FALSE(settle());
}

}  // namespace
}  // namespace server
