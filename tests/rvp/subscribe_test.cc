// tests/rvp/subscribe_test.cc: SUBSCRIBE, UNSUBSCRIBE and SUBSCRIPTIONS from request to answer.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"
#include "tests/rvp/refusal.h"

using tests::DeskWorld;
using tests::error;
using tests::header_of;
using tests::kHead;
using tests::kRoot;
using tests::lines_of;
using tests::request_of;
using tests::url_of;

namespace {

using Headers = std::vector<base::HttpHeader>;

Headers login(const std::string& seconds = "14400") {
    return {{"Notification-Type", "pragma/notify"}, {"Call-Back", "http://10.0.0.1:1000"},
            {"Subscription-Lifetime", seconds}};
}
Headers watch(const std::string& watcher) {
    return {{"Notification-Type", "update/propchange"}, {"Call-Back", url_of(watcher)}};
}
Headers id(const std::string& number) { return {{"Subscription-Id", number}}; }
Headers kind(const std::string& type) { return {{"Notification-Type", type}}; }

std::string terms(const std::string& number, const std::string& seconds) {
    return "Subscription-Id: " + number + "\nSubscription-Lifetime: " + seconds +
        "\nRVP-Notifications-Version: 0.2\n";
}
std::string present(const std::string& href, const std::string& props) {
    return kHead + "<d:multistatus" + kRoot + "><d:response><d:href>" + href +
        "</d:href><d:propstat><d:prop>" + props +
           "</d:prop><d:status>HTTP/1.1 200 Successful</d:status></d:propstat></d:response></d:multistatus>";
}
std::string list(const std::string& lines) { return kHead + "<r:subscriptions" + kRoot + ">" + lines +
    "</r:subscriptions>"; }
std::string line(const std::string& number, const std::string& who, const std::string& left) {
    return "<r:subscription><r:subscription-id>" + number + "</r:subscription-id><d:href>" + url_of(who) +
           "</d:href><a:principal><a:rvp-principal>" + url_of(who) +
               "</a:rvp-principal></a:principal><d:timeout>" + left +
           "</d:timeout></r:subscription>";
}
const std::string kBobOffline =
    "<r:state><r:offline/></r:state><d:displayname>bob</d:displayname><r:email>bob@example.com</r:email>"
    "<r:mobile-state>0</r:mobile-state><r:mobile-description></r:mobile-description>";

}  // namespace

TEST(Subscribe, ALoginIsAnsweredWithAnEmpty200AndItsTerms) {
    DeskWorld world;
    const auto response = world.ask("SUBSCRIBE", "bob", "bob", login());
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(lines_of(response), terms("1", "14400"));
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(world.carrier.open_targets, 1);
}

TEST(Subscribe, APropertySubscriptionIsAnsweredWithThePresentValues) {
    DeskWorld world;
    const auto response = world.ask("SUBSCRIBE", "bob", "carol", watch("carol"));
    EXPECT_EQ(response.status, 207);
    EXPECT_EQ(lines_of(response), "Content-Type: text/xml\n" + terms("1", "14400"));
    EXPECT_EQ(response.body, present(url_of("bob"), kBobOffline));
}

TEST(Subscribe, StateInTheAnswerIsTheBareStatus) {
    DeskWorld world;
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "on-phone"));
    const auto response = world.ask("SUBSCRIBE", "bob", "carol", watch("carol"));
    EXPECT_NE(response.body.find("<d:prop><r:state><r:on-phone/></r:state><d:displayname>"), std::string::npos)
        << response.body;
    EXPECT_EQ(response.body.find("leased-value"), std::string::npos);
}

TEST(Subscribe, ALifetimeIsGrantedWithinBounds) {
    DeskWorld world;
    const auto granted = [&](const std::string& asked) {
        return header_of(world.ask("SUBSCRIBE", "bob", "bob", login(asked)), "Subscription-Lifetime");
    };
    EXPECT_EQ(granted("3600"), "3600");
    EXPECT_EQ(granted("0"), "60");
    EXPECT_EQ(granted("99999999999999999999999"), "86400");
}

TEST(Subscribe, ARenewalNeedsOnlyTheId) {
    DeskWorld world;
    world.ask("SUBSCRIBE", "bob", "bob", login("600"));
    const auto response = world.ask("SUBSCRIBE", "bob", "bob", {{"Subscription-Id", "1"},
        {"Subscription-Lifetime", "900"}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(lines_of(response), terms("1", "900"));
    EXPECT_EQ(response.body, "");
    const auto anywhere = world.ask("SUBSCRIBE", "elsewhere", "bob", id("1"));
    EXPECT_EQ(lines_of(anywhere), terms("1", "14400"));
}

TEST(Subscribe, ACallBackMayStandInAngleBrackets) {
    DeskWorld world;
    Headers headers = login();
    headers[1].value = "<http://10.0.0.1:1000>";
    EXPECT_EQ(world.ask("SUBSCRIBE", "bob", "bob", headers).status, 200);
    ASSERT_EQ(world.ask("NOTIFY", "bob", "carol", {{"RVP-Ack-Type", "SingleHop"}},
                        "<r:notification" + tests::kAsked + "><r:x/></r:notification>").status, 200);
    ASSERT_EQ(world.carrier.sent.size(), 1U);
    EXPECT_EQ(world.carrier.sent[0].url, "http://10.0.0.1:1000");
}

TEST(Subscribe, SaysWhichHeaderIsMissingOrWrong) {
    DeskWorld world;
    const auto wrong = [&](Headers headers) { return error(world.ask("SUBSCRIBE", "bob", "bob",
        std::move(headers)), 400); };
    EXPECT_EQ(wrong({}), "SUBSCRIBE needs Notification-Type: update/propchange or pragma/notify (RVP 5.1.3)\n");
    EXPECT_EQ(wrong(kind("pragma/notify")), "SUBSCRIBE needs Call-Back: <URL> (RVP 5.1.4)\n");
    EXPECT_EQ(wrong({{"Notification-Type", "pragma/notify"}, {"Call-Back", "http://a"}, {"Call-Back",
        "http://b"}}),
              "Call-Back stands more than once (RVP 5.1.4)\n");
    EXPECT_EQ(wrong({{"Notification-Type", "pragma/notify"}, {"Call-Back", "mailto:x"}}),
              "Call-Back: bad port in URL: mailto:x (RVP 5.1.4)\n");
    EXPECT_EQ(wrong(login("soon")), "Subscription-Lifetime is not a number of seconds (RVP 5.1.2)\n");
    EXPECT_EQ(wrong(id("x")), "Subscription-Id is not a decimal number (RVP 5.1.1)\n");
    EXPECT_EQ(world.carrier.open_targets, 0);
}

TEST(Subscribe, UnknownIdsFail412AndOtherPeoplesFail403) {
    DeskWorld world;
    EXPECT_EQ(error(world.ask("SUBSCRIBE", "bob", "bob", id("7")), 412),
              "Subscription-Id 7 is unknown or ended more than 10 minutes ago (RVP 5.1.2)\n");
    EXPECT_EQ(error(world.ask("SUBSCRIBE", "bob", "bob", id("4294967298")), 412),
              "Subscription-Id 4294967298 is unknown (RVP 5.1.1)\n");
    world.ask("SUBSCRIBE", "bob", "bob", login());
    EXPECT_EQ(error(world.ask("SUBSCRIBE", "bob", "mallory", id("1")), 403),
              "only its watcher may renew a subscription (RVP 5.1.2)\n");
}

TEST(Subscribe, RefusalsOfPresenceAndTheCarrierArePassedOn) {
    DeskWorld world;
    EXPECT_EQ(error(world.ask("SUBSCRIBE", "bob", "mallory", login()), 403),
              url_of("mallory") + " has no right receive-from on /instmsg/aliases/bob (RVP 5.7)\n");
    world.carrier.refuse_open = base::Error{base::Errc::denied, "Call-Back 10.0.0.1 is not allowed (RVP 5.1.4)"};
    EXPECT_EQ(error(world.ask("SUBSCRIBE", "bob", "bob", login()), 403),
        "Call-Back 10.0.0.1 is not allowed (RVP 5.1.4)\n");
}

TEST(Unsubscribe, EndsByIdWhateverTheNode) {
    DeskWorld world;
    world.ask("SUBSCRIBE", "bob", "carol", watch("carol"));
    const auto response = world.ask("UNSUBSCRIBE", "carol", "carol", id("1"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(lines_of(response), "RVP-Notifications-Version: 0.2\n");
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(error(world.ask("UNSUBSCRIBE", "carol", "carol", id("1")), 412),
              "Subscription-Id 1 is unknown or ended more than 10 minutes ago (RVP 5.1.2)\n");
}

TEST(Unsubscribe, TheLoginNodeToo) {
    DeskWorld world;
    world.ask("SUBSCRIBE", "bob", "bob", login());
    EXPECT_EQ(world.ask("UNSUBSCRIBE", "bob", "bob", id("1")).status, 200);
    EXPECT_EQ(world.carrier.open_targets, 0);
}

TEST(Unsubscribe, NeedsAnIdAndTheRight) {
    DeskWorld world;
    world.ask("SUBSCRIBE", "bob", "bob", login());
    EXPECT_EQ(error(world.ask("UNSUBSCRIBE", "bob", "bob"), 400),
        "UNSUBSCRIBE needs Subscription-Id: <number> (RVP 5.2)\n");
    EXPECT_EQ(error(world.ask("UNSUBSCRIBE", "bob", "bob", id("")), 400), "Subscription-Id is empty (RVP 5.1.1)\n");
    EXPECT_EQ(error(world.ask("UNSUBSCRIBE", "bob", "bob", id("0")), 412),
        "Subscription-Id 0 is unknown (RVP 5.1.1)\n");
    EXPECT_EQ(error(world.ask("UNSUBSCRIBE", "bob", "mallory", id("1")), 403),
              "only its watcher or the node's owner may end a subscription (RVP 5.2)\n");
}

TEST(Subscriptions, ListsOneKindWithTheSecondsLeft) {
    DeskWorld world;
    world.ask("SUBSCRIBE", "bob", "bob", login("600"));
    world.ask("SUBSCRIBE", "bob", "carol", watch("carol"));
    world.ask("SUBSCRIBE", "bob", "dave", watch("dave"));
    world.pass(std::chrono::seconds(10));
    const auto logins = world.ask("SUBSCRIPTIONS", "bob", "bob", kind("pragma/notify"));
    EXPECT_EQ(logins.status, 200);
    EXPECT_EQ(lines_of(logins), "Content-Type: text/xml\nRVP-Notifications-Version: 0.2\n");
    EXPECT_EQ(logins.body, list(line("1", "bob", "590")));
    EXPECT_EQ(world.ask("SUBSCRIPTIONS", "bob", "bob", kind("update/propchange")).body,
              list(line("2", "carol", "14390") + line("3", "dave", "14390")));
}

TEST(Subscriptions, AnEmptyListIsOpenedAndClosed) {
    DeskWorld world;
    world.ask("SUBSCRIBE", "bob", "bob", login());
    EXPECT_EQ(world.ask("SUBSCRIPTIONS", "bob", "bob", kind("update/propchange")).body, list(""));
}

TEST(Subscriptions, NeedAKindAndTheRight) {
    DeskWorld world;
    world.ask("SUBSCRIBE", "bob", "bob", login());
    EXPECT_EQ(error(world.ask("SUBSCRIPTIONS", "bob", "bob"), 400),
              "SUBSCRIPTIONS needs Notification-Type: update/propchange or pragma/notify (RVP 5.1.3)\n");
    EXPECT_EQ(error(world.ask("SUBSCRIPTIONS", "bob", "mallory", kind("pragma/notify")), 403),
              url_of("mallory") + " has no right subscriptions on /instmsg/aliases/bob (RVP 5.7)\n");
}
TEST(Subscribe, NewLogOnsWaitWhileTheServerIsBehindAndNobodyElseDoes) {
    DeskWorld world;
    const std::vector<base::HttpHeader> login = {{"Notification-Type", "pragma/notify"}, {"Call-Back", "http://10.0.0.1:1000"}};
    const auto before = world.ask(request_of("SUBSCRIBE", "/instmsg/aliases/bob", "bob", login));
    ASSERT_EQ(before.status, 200);
    world.behind = true;
    const auto refused = world.ask(request_of("SUBSCRIBE", "/instmsg/aliases/eve", "eve", login));
    EXPECT_EQ(refused.status, 503);
    const auto has = [&](const std::string& name, const std::string& value) {
        for (const auto& h : refused.headers) {
            if (h.name == name && h.value == value) return true;
        }
        return false;
    };
    EXPECT_TRUE(has("Retry-After", "5"));
    const auto renewed = world.ask(request_of("SUBSCRIBE", "/instmsg/aliases/bob", "bob", {{"Subscription-Id", "1"}}));
    EXPECT_EQ(renewed.status, 200);
}
