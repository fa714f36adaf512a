// tests/presence/service_subscribe_test.cc: subscriptions and messages as design 4 to 6 promise them.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "tests/fakes.h"

using namespace std::chrono_literals;
using base::Errc;
using presence::Fate;
using presence::NotificationType;
using tests::PresenceWorld;

namespace {

struct Outcome {
    bool answered = false;
    base::Result<presence::Accepted> result;
};

// Sends a text; the outcome fills in when the answer comes.
std::shared_ptr<Outcome> send(PresenceWorld& world, const presence::Caller& from, const std::string& to,
                              presence::AckType ack = presence::AckType::deep_or, int hops = 1) {
    auto outcome = std::make_shared<Outcome>();
    presence::Message message{{"", ""}, {}, "Content-Type: text/plain\r\n\r\nhello"};
    world.service.notify(from, {world.alias(to), message, ack, hops}, [outcome](base::Result<presence::Accepted> r) {
        outcome->answered = true;
        outcome->result = std::move(r);
    });
    return outcome;
}

}  // namespace

TEST(Subscribing, GrantsWhatIsAskedWithinTheBounds) {
    PresenceWorld world;
    EXPECT_EQ(world.login("bob", 2, 14400)->lifetime, 14400s);
    EXPECT_EQ(world.login("bob", 2, 1)->lifetime, 60s);
    EXPECT_EQ(world.login("bob", 2, 1000000)->lifetime, 86400s);
    EXPECT_EQ(world.login("bob", 2)->lifetime, 14400s);
}

TEST(Subscribing, EachKeepsTheCallBackItWasMadeWithWhicheverWasNamedLast) {
    PresenceWorld world;
    const presence::Caller bob = world.who("bob");
    const std::string one = PresenceWorld::url(1) + "/one", two = PresenceWorld::url(1) + "/two";
    const auto watch = [&](const std::string& place) {
        return world.subscribe(bob, world.alias("ann"), NotificationType::propchange, place);
    };
    std::vector<presence::SubscriptionId> made;
    for (const std::string& place : {one, two, one, two, two, one}) {
        const auto subscribed = watch(place);
        ASSERT_TRUE(subscribed);
        made.push_back(subscribed->id);
    }
    const auto lines = world.service.subscriptions(world.who("ann"), world.alias("ann"), NotificationType::propchange);
    ASSERT_TRUE(lines);
    std::vector<std::string> callbacks;
    for (const auto& line : *lines) callbacks.push_back(line.callback);
    EXPECT_EQ(callbacks, (std::vector<std::string>{one, two, one, two, two, one}));
    for (const presence::SubscriptionId id : made) ASSERT_TRUE(world.unsubscribe(bob, id));  // the last named goes with the last
    ASSERT_TRUE(watch(two));
    ASSERT_TRUE(watch(one));
}

TEST(Subscribing, AtOnesOwnNodeOneIsCalledBackWithoutARightAndOnlyOneself) {
    PresenceWorld world;
    const presence::Caller bob = world.who("bob"), eve = world.who("eve");
    const auto watch = [&](const presence::Caller& who, const std::string& call_back) {
        return world.subscribe(who, world.alias("ann"), NotificationType::propchange, call_back);
    };
    for (int time = 0; time < 2; ++time) {  // the second time it is there already
        EXPECT_TRUE(watch(bob, bob.url));
        const auto refused = watch(eve, bob.url);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::denied);
        EXPECT_TRUE(watch(bob, PresenceWorld::url(1)));  // the one that was named last is another now
    }
    EXPECT_TRUE(watch(bob, bob.url));
    const auto lines = world.service.subscriptions(world.who("ann"), world.alias("ann"), NotificationType::propchange);
    ASSERT_TRUE(lines);
    std::vector<std::string> callbacks;
    for (const auto& line : *lines) callbacks.push_back(line.callback);
    EXPECT_EQ(callbacks, (std::vector<std::string>{bob.url, PresenceWorld::url(1), bob.url, PresenceWorld::url(1), bob.url}));
}

TEST(Subscribing, ForesightBearsWhateverIsThereAndWhateverIsNot) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    ASSERT_TRUE(world.subscribe(world.who("ann"), world.alias("bob"), NotificationType::propchange, PresenceWorld::url(1)));
    const std::string bob = world.alias("bob").key;
    for (const std::string& node : {bob, world.alias("nobody").key, std::string()}) {
        for (const std::string& who : {bob, world.who("ann").key, world.who("nobody").key}) {
            presence::Foresight ahead = world.service.foresee(node);
            ahead.go_on();
            ahead.asks(who);
            for (int step = 0; step < 6; ++step) ahead.go_on();
        }
    }
    EXPECT_EQ(world.service.table().size(), 2U);
}

TEST(Subscribing, NobodyMayReadAnothersMessages) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    const auto spy = world.subscribe(world.who("mallory", 6), world.alias("bob"), NotificationType::notify,
                                     PresenceWorld::url(6));
    ASSERT_FALSE(spy);
    EXPECT_EQ(spy.error().code, Errc::denied);
}

TEST(Subscribing, ANodeThatNobodyMayMakeIsNotFound) {
    PresenceWorld world;
    const auto lost = world.subscribe(world.who("bob"), world.node("/nowhere/x"), NotificationType::propchange,
                                      PresenceWorld::url(1));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Errc::not_found);
}

TEST(Subscribing, AForeignCallBackNeedsTheRightSubscribeOthers) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    const auto other = world.subscribe(world.who("carol", 3), world.alias("bob"), NotificationType::propchange,
                                       PresenceWorld::url(9));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::denied);
    const auto own = world.subscribe(world.who("bob", 2), world.alias("bob"), NotificationType::notify,
                                     PresenceWorld::url(9));
    EXPECT_TRUE(own);
}

TEST(Subscribing, RenewalIsByIdAloneAndOnlyForItsWatcher) {
    PresenceWorld world;
    const auto login = world.login("bob", 2, 60);
    world.pass(50s);
    ASSERT_TRUE(world.renew(world.who("bob", 2), login->id));
    world.pass(50s);
    EXPECT_TRUE(world.service.table().find(login->id)->active());
    EXPECT_EQ(world.renew(world.who("eve"), login->id).error().code, Errc::denied);
    EXPECT_EQ(world.renew(world.who("bob"), presence::SubscriptionId(4711)).error().code, Errc::precondition);
}

TEST(Subscribing, AnExpiredSubscriptionRevivesForTenMinutesAndHearsWhatItMissed) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("carol", 3));
    const auto watch = world.watch("carol", "bob", 60);
    world.pass(61s);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "busy"));
    EXPECT_TRUE(world.carrier.take().empty());
    world.pass(500s);
    ASSERT_TRUE(world.renew(world.who("carol"), watch->id));
    EXPECT_EQ(world.carrier.take_states(), std::vector<std::string>{PresenceWorld::url(3) + " busy"});
    world.pass(std::chrono::seconds(14400 + 601));
    EXPECT_EQ(world.renew(world.who("carol"), watch->id).error().code, Errc::precondition);
}

TEST(Subscribing, UnsubscribeSilencesAndForgetsWhatIsQueued) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("carol", 3));
    const auto watch = world.watch("carol", "bob");
    ASSERT_TRUE(world.unsubscribe(world.who("carol"), watch->id));
    ASSERT_EQ(world.carrier.forgotten.size(), 1U);
    EXPECT_EQ(world.carrier.forgotten.front().second, watch->id);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "busy"));
    EXPECT_TRUE(world.carrier.take().empty());
    EXPECT_EQ(world.unsubscribe(world.who("carol"), watch->id).error().code, Errc::precondition);
}

TEST(Subscribing, ACallBackIsClosedWhenItsLastSubscriptionIsGone) {
    PresenceWorld world;
    const auto one = world.login("bob", 2, 60);
    const auto two = world.login("bob", 2, 60);
    EXPECT_EQ(world.carrier.open_targets, 1);
    ASSERT_TRUE(world.unsubscribe(world.who("bob", 2), one->id));
    EXPECT_EQ(world.carrier.open_targets, 1);
    ASSERT_TRUE(world.unsubscribe(world.who("bob", 2), two->id));
    EXPECT_EQ(world.carrier.open_targets, 0);
}

TEST(Subscribing, TheBoundsOfOnePrincipalHold) {
    auto settings = PresenceWorld::defaults();
    settings.subscriptions_per_principal = 2;
    settings.nodes_per_principal = 3;
    PresenceWorld world(settings);
    ASSERT_TRUE(world.watch("carol", "a"));
    ASSERT_TRUE(world.watch("carol", "b"));
    EXPECT_EQ(world.watch("carol", "b").error().code, Errc::busy);
    ASSERT_TRUE(world.patch(world.who("carol"), "carol", "online"));
    EXPECT_EQ(world.watch("carol", "d").error().code, Errc::busy);
}

// A call-back remembers its node, and must not once that is gone.
TEST(Subscribing, ACallBackLeadsToWhicheverNodeBearsItsNameNow) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("alice", 1));
    ASSERT_TRUE(world.login("bob", 2));
    ASSERT_TRUE(world.watch("bob", "alice"));
    ASSERT_TRUE(world.patch(world.who("alice", 1), "alice", "online"));
    EXPECT_EQ(world.carrier.take().size(), 1U);
    world.service.remove_node("bob", [](const auto& gone) { EXPECT_TRUE(gone); });
    world.carrier.take();
    ASSERT_TRUE(world.patch(world.who("alice", 1), "alice", "busy"));
    EXPECT_TRUE(world.carrier.take().empty());
    ASSERT_TRUE(world.login("bob", 7));
    ASSERT_TRUE(world.watch("bob", "alice"));
    ASSERT_TRUE(world.patch(world.who("alice", 1), "alice", "online"));
    const auto told = world.carrier.take();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].url, PresenceWorld::url(7));
}

TEST(Messages, NobodyLoggedOnIsAnHonest412) {
    PresenceWorld world;
    const auto outcome = send(world, world.who("alice"), "bob");
    ASSERT_TRUE(outcome->answered);
    EXPECT_EQ(outcome->result.error().code, Errc::precondition);
}

TEST(Messages, DeepOrIsAcknowledgedWhenTheFirstLogOnTookIt) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 21));
    ASSERT_TRUE(world.login("bob", 22));
    const auto outcome = send(world, world.who("alice"), "bob");
    const auto sent = world.carrier.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].what().hop_count, 2);
    EXPECT_EQ(sent[0].what().from_principal, "http://im.example.com/instmsg/aliases/alice");
    EXPECT_FALSE(outcome->answered);
    world.service.settled(sent[0].delivery.target, sent[0].delivery.subscription, sent[0].delivery.token, Fate::rejected);
    EXPECT_FALSE(outcome->answered);
    world.service.settled(sent[1].delivery.target, sent[1].delivery.subscription, sent[1].delivery.token, Fate::taken);
    EXPECT_TRUE(outcome->answered);
    EXPECT_TRUE(outcome->result);
}

TEST(Messages, DeepAndFailsAsSoonAsOneCannotTakeItAndCancelsTheRest) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 21));
    ASSERT_TRUE(world.login("bob", 22));
    const auto outcome = send(world, world.who("alice"), "bob", presence::AckType::deep_and);
    const auto sent = world.carrier.take();
    world.service.settled(sent[0].delivery.target, sent[0].delivery.subscription, sent[0].delivery.token, Fate::refused);
    ASSERT_TRUE(outcome->answered);
    EXPECT_EQ(outcome->result.error().code, Errc::precondition);
    EXPECT_EQ(world.carrier.cancelled, std::vector{sent[1].delivery.token});
}

TEST(Messages, AnAcknowledgementIsNeverAwaitedLongerThan25Seconds) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    const auto outcome = send(world, world.who("alice"), "bob");
    world.pass(24s);
    EXPECT_FALSE(outcome->answered);
    world.pass(2s);
    ASSERT_TRUE(outcome->answered);
    EXPECT_EQ(outcome->result.error().code, Errc::precondition);
    EXPECT_EQ(world.carrier.cancelled.size(), 1U);
}

TEST(Messages, SingleHopIsAcknowledgedAtOnceAndTriedUntilTaken) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    const auto outcome = send(world, world.who("alice"), "bob", presence::AckType::single_hop);
    EXPECT_TRUE(outcome->answered && outcome->result);
    auto sent = world.carrier.take();
    ASSERT_EQ(sent.size(), 1U);
    world.service.settled(sent[0].delivery.target, sent[0].delivery.subscription, sent[0].delivery.token, Fate::timed_out);
    world.pass(2s);
    sent = world.carrier.take();
    ASSERT_EQ(sent.size(), 1U);
    world.service.settled(sent[0].delivery.target, sent[0].delivery.subscription, sent[0].delivery.token, Fate::taken);
    world.pass(60s);
    EXPECT_TRUE(world.carrier.take().empty());
}

TEST(Messages, MoreThan16HopsAreALoop) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    EXPECT_EQ(send(world, world.who("alice"), "bob", presence::AckType::deep_or, 17)->result.error().code, Errc::loop);
    EXPECT_FALSE(send(world, world.who("alice"), "bob", presence::AckType::deep_or, 16)->answered);
}

TEST(Messages, TheSenderIsWhoAskedWhateverTheMessageSays) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    presence::Message forged{{"http://im.example.com/instmsg/aliases/boss", "Boss"}, {}, "A: b\r\n\r\nx"};
    world.service.notify(world.who("mallory"), {world.alias("bob"), forged}, [](auto) {});
    const auto sent = world.carrier.take();
    ASSERT_EQ(sent.size(), 1U);
    const auto& message = std::get<presence::Message>(sent[0].what().payload);
    EXPECT_EQ(message.from.href, "http://im.example.com/instmsg/aliases/mallory");
    ASSERT_EQ(message.to.size(), 1U);
    EXPECT_EQ(message.to[0][0].href, "http://im.example.com/instmsg/aliases/bob");
    EXPECT_EQ(message.to[0][0].description, "bob");
    world.pass(30s);
}

TEST(Messages, AGroupPassesToItsMembersByWayOfTheirLogOns) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    ASSERT_TRUE(world.login("carol", 3));
    for (const std::string name : {"bob", "carol"}) {
        ASSERT_TRUE(world.subscribe(world.who(name), world.node("/groups/rec-cycling"), NotificationType::notify,
                                    "http://im.example.com/instmsg/aliases/" + name));
    }
    presence::Message message{{"", ""}, {}, "A: b\r\n\r\nx"};
    world.service.notify(world.who("alice"), {world.node("/groups/rec-cycling"), message}, [](auto) {});
    const auto sent = world.carrier.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].url, PresenceWorld::url(2));
    EXPECT_EQ(sent[1].url, PresenceWorld::url(3));
    world.pass(30s);
}

TEST(Subscribing, JitterShortensGrantsByItsPercentageAtMostAndNeverBelowTheLeast) {
    presence::Settings settings = PresenceWorld::defaults();
    settings.jitter_percent = 25;
    PresenceWorld world(settings);
    std::set<std::chrono::seconds> granted;
    for (int i = 0; i < 200; ++i) granted.insert(world.login("p" + std::to_string(i), 2, 10000)->lifetime);
    EXPECT_GE(*granted.begin(), 7500s);
    EXPECT_LE(*granted.rbegin(), 10000s);
    EXPECT_GE(*granted.rbegin() - *granted.begin(), 1500s) << "they are spread over the range";
    EXPECT_GT(granted.size(), 100u);
    for (int i = 0; i < 20; ++i) EXPECT_GE(world.login("q" + std::to_string(i), 2, 61)->lifetime, 60s);
}

TEST(Subscribe, AnAdminMayHaveThePresentStateToldAgain) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("carol", 3));
    const auto watching = world.watch("carol", "bob", 60);
    ASSERT_TRUE(watching);
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "busy"));
    world.carrier.take();
    ASSERT_TRUE(world.service.replay_subscription(watching->id));
    EXPECT_EQ(world.carrier.take_states(), (std::vector<std::string>{PresenceWorld::url(3) + " busy"}));
    EXPECT_EQ(world.service.replay_subscription(presence::SubscriptionId(4711)).error().code, base::Errc::precondition);
    world.pass(61s);
    EXPECT_EQ(world.service.replay_subscription(watching->id).error().code, base::Errc::precondition);
    EXPECT_EQ(world.service.tally().subscriptions_due, 1U);
}
