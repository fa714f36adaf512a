// tests/rvp/notify_test.cc: NOTIFY from request to delivery and answer.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "rvp/mime.h"
#include "rvp/notification.h"
#include "tests/rvp/desk_world.h"

using presence::Fate;
using tests::DeskWorld;
using tests::kAsked;
using tests::lines_of;
using tests::url_of;

namespace {

const std::string kMimeHeaders = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n";
const std::string kSession = "Session-Id: {79FC61B5-1234-1234-8A10-941F33CA4C90}\r\n";

std::string message_of(const std::string& part, const std::string& people = "") {
    return "<r:notification" + kAsked + "><r:message>" + people + "<r:msgbody><r:mime-data><![CDATA[" + part +
           "]]></r:mime-data></r:msgbody></r:message></r:notification>";
}
std::string described(const std::string& who, const std::string& description) {
    return "<r:contact><d:href>" + url_of(who) + "</d:href><r:description>" + description +
        "</r:description></r:contact>";
}
// What goes to bob's client when `from` and `to` are said so.
std::string relayed(const std::string& from, const std::string& to, const std::string& cdata) {
    return tests::kHead + "<r:notification" + tests::kRoot + "><r:message><r:notification-from>" + from +
           "</r:notification-from><r:notification-to>" + to + "</r:notification-to><r:msgbody><r:mime-data>" +
               cdata +
           "</r:mime-data></r:msgbody></r:message></r:notification>";
}

class Notify : public testing::Test {
protected:
    Notify() { EXPECT_TRUE(world.login("bob", 2)); }

    DeskWorld::Pending send(const std::string& body, std::vector<base::HttpHeader> headers = {}) {
        return world.begin(tests::request_of("NOTIFY", "/instmsg/aliases/bob", "alice", std::move(headers), body));
    }
    // The body that the one delivery carries.
    std::string delivered() {
        EXPECT_EQ(world.carrier.sent.size(), 1U);
        return world.carrier.sent.empty() ? "" : rvp::render(world.carrier.sent.front().what()).head;
    }
    std::string refused(const std::string& body, std::vector<base::HttpHeader> headers, int status) {
        const auto answer = send(body, std::move(headers));
        EXPECT_TRUE(answer->has_value() && (*answer)->status == status);
        EXPECT_TRUE(world.carrier.sent.empty());
        return answer->has_value() ? (*answer)->body : "";
    }

    DeskWorld world;
    const std::string people = "<r:notification-from>" + described("alice", "Al") +
        "</r:notification-from><r:notification-to>" +
                               described("bob", "Bo") + described("carol", "Ca") + "</r:notification-to>";
};

}  // namespace

TEST_F(Notify, IsAnsweredOnceADestinationTookIt) {
    const auto answer = send(message_of(kMimeHeaders + kSession + "\r\nhi"));
    EXPECT_FALSE(answer->has_value());
    world.settle(Fate::taken);
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ((*answer)->status, 200);
    EXPECT_EQ(lines_of(**answer), "RVP-Notifications-Version: 0.2\n");
    EXPECT_EQ((*answer)->body, "");
}

TEST_F(Notify, TheMessageIsRelayedWithItsPeopleAsReceived) {
    const auto answer = send(message_of(kMimeHeaders + kSession + "\r\nhi", people), {{"RVP-Hop-Count", "3"}});
    EXPECT_EQ(delivered(), relayed(described("alice", "Al"), described("bob", "Bo") + described("carol", "Ca"),
                                   "<![CDATA[" + kMimeHeaders + kSession + "\r\nhi]]>"));
    EXPECT_EQ(world.carrier.sent.front().what().hop_count, 4);
    EXPECT_EQ(world.carrier.sent.front().what().from_principal, url_of("alice"));
    world.settle(Fate::taken);
}

TEST_F(Notify, MissingContactsAndDescriptionsAreFilledIn) {
    const auto answer = send(message_of(kSession + "\r\nhi"));
    EXPECT_EQ(delivered(), relayed(described("alice", "alice"), described("bob", "bob"), "<![CDATA[" + kSession +
        "\r\nhi]]>"));
    world.settle(Fate::taken);
}

TEST_F(Notify, OctetsAndPlainTextLeaveAlike) {
    for (const char* spelling : {"\xC3\x85\xC2\xBE", "\xC5\xBE"}) {
        const auto answer = send(message_of(kSession + "\r\n" + spelling));
        const std::string body = delivered();
        EXPECT_NE(body.find("\r\n\r\n\xC3\x85\xC2\xBE]]>"), std::string::npos) << body;
        world.settle(Fate::taken);
    }
}

TEST_F(Notify, TheEndOfCdataInAMessageIsSplit) {
    const auto answer = send(message_of(kSession + "\r\na]]]]><![CDATA[>b"));
    EXPECT_NE(delivered().find("\r\n\r\na]]]]><![CDATA[>b]]></r:mime-data>"), std::string::npos) << delivered();
    world.settle(Fate::taken);
}

TEST_F(Notify, AMessageWithoutSessionGetsOneAndKeepsIt) {
    std::vector<std::string> sessions;
    for (int i = 0; i < 2; ++i) {
        const auto answer = send(message_of(kMimeHeaders + "\r\nhi", people));
        ASSERT_EQ(world.carrier.sent.size(), 1U);
        const auto& mime = std::get<presence::Message>(world.carrier.sent.front().what().payload).mime;
        sessions.emplace_back(rvp::mime_header(mime, "Session-Id"));
        EXPECT_EQ(mime, kMimeHeaders + "Session-Id: " + sessions.back() + "\r\n\r\nhi");
        world.settle(Fate::taken);
    }
    EXPECT_EQ(sessions[0].size(), 38U);
    EXPECT_EQ(sessions[0], sessions[1]);
}

TEST_F(Notify, UnknownPayloadsAreRelayed) {
    const auto answer = send("<r:notification" + kAsked + "><r:mEvent k='1'/></r:notification>");
    EXPECT_EQ(delivered(), tests::kHead + "<r:notification" + tests::kRoot +
        "><r:mEvent k=\"1\"/></r:notification>");
    world.settle(Fate::taken);
}

TEST_F(Notify, SingleHopIsAnsweredAtOnce) {
    const auto answer = send(message_of(kSession + "\r\nhi"), {{"RVP-Ack-Type", "SingleHop"}});
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ((*answer)->status, 200);
    EXPECT_EQ(world.carrier.sent.size(), 1U);
}

TEST_F(Notify, DeepAndWaitsForAllAndDeepOrForOne) {
    ASSERT_TRUE(world.login("bob", 3));
    for (const auto& [ack, after_one] : std::vector<std::pair<std::string, bool>>{{"DeepOr", true},
        {"DeepAnd", false}}) {
        const auto answer = send(message_of(kSession + "\r\nhi"), {{"RVP-Ack-Type", ack}});
        const auto sent = world.carrier.take();
        ASSERT_EQ(sent.size(), 2U);
        world.service.settled(sent[0].delivery.target, sent[0].delivery.subscription, sent[0].delivery.token,
            Fate::taken);
        EXPECT_EQ(answer->has_value(), after_one) << ack;
        world.service.settled(sent[1].delivery.target, sent[1].delivery.subscription, sent[1].delivery.token,
            Fate::taken);
        ASSERT_TRUE(answer->has_value()) << ack;
        EXPECT_EQ((*answer)->status, 200);
    }
}

TEST_F(Notify, NobodyReachableIs412) {
    const auto lost = send(message_of(kSession + "\r\nhi"));
    world.settle(Fate::timed_out);
    ASSERT_TRUE(lost->has_value());
    EXPECT_EQ((*lost)->status, 412);
    EXPECT_EQ((*lost)->body, "the message could not be delivered: nobody is reachable (RVP 5.6)\n");
    const auto nobody = world.ask("NOTIFY", "dave", "alice", {}, message_of(kSession + "\r\nhi"));
    EXPECT_EQ(nobody.status, 412);
    EXPECT_EQ(nobody.body, "/instmsg/aliases/dave is not logged on: nobody there to notify (RVP 5.6)\n");
}

TEST_F(Notify, HeadersAreCheckedBeforeTheBody) {
    const std::string body = message_of(kSession + "\r\nhi");
    EXPECT_EQ(refused(body, {{"RVP-Ack-Type", "Maybe"}}, 400),
        "RVP-Ack-Type is none of SingleHop, DeepOr, DeepAnd (RVP 5.6)\n");
    EXPECT_EQ(refused("<", {{"RVP-Hop-Count", "0"}}, 400), "RVP-Hop-Count is 0, but counts from 1 (RVP 5.6)\n");
    EXPECT_EQ(refused(body, {{"RVP-Hop-Count", "17"}}, 508),
              "RVP-Hop-Count is over 16: the notification runs in a ring (RVP 5.6)\n");
    EXPECT_EQ(refused(body, {{"RVP-Hop-Count", "99999999999999999999"}}, 508),
              "RVP-Hop-Count is over 16: the notification runs in a ring (RVP 5.6)\n");
}

TEST_F(Notify, SaysWhatIsWrongWithTheBody) {
    EXPECT_EQ(refused("", {}, 400), "NOTIFY needs a body with an r:notification element (RVP 5.6)\n");
    EXPECT_EQ(refused(message_of("hello"), {}, 400), "r:mime-data has no MIME header block (RVP 10)\n");
}
