// tests/rvp/notification_test.cc: the notification element as it comes in.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/notification.h"

#include <gtest/gtest.h>

#include "rvp/mime.h"
#include "tests/rvp/desk_world.h"

using base::Errc;
using presence::Contact;
using presence::Foreign;
using presence::Message;
using presence::PropNotification;
using presence::Text;
using tests::kAsked;

namespace {

auto payload_of(const std::string& body) { return rvp::read_notification(body, base::xml::Bounds{}); }

std::string notification(const std::string& inside) { return "<r:notification" + kAsked + ">" + inside +
    "</r:notification>"; }
std::string contact(const std::string& href, const std::string& description = "") {
    return "<r:contact><d:href>" + href + "</d:href>" + description + "</r:contact>";
}
std::string from(const std::string& inside) { return "<r:notification-from>" + inside + "</r:notification-from>"; }
std::string to(const std::string& inside) { return "<r:notification-to>" + inside + "</r:notification-to>"; }
std::string msgbody(const std::string& part) {
    return "<r:msgbody><r:mime-data><![CDATA[" + part + "]]></r:mime-data></r:msgbody>";
}
std::string message(const std::string& inside) { return notification("<r:message>" + inside + "</r:message>"); }

const std::string kPart = "Content-Type: text/plain\r\nSession-Id: {A}\r\n\r\nhi\r\n";

// The message in a document; an empty one when there is none.
Message taken(const std::string& document) {
    auto payload = payload_of(document);
    EXPECT_TRUE(payload) << (payload ? "" : payload.error().text);
    if (!payload || !std::holds_alternative<Message>(*payload)) return {};
    return std::get<Message>(std::move(*payload));
}
std::string refused(const std::string& document, Errc code = Errc::malformed) {
    const auto payload = payload_of(document);
    if (payload) return "";
    EXPECT_EQ(payload.error().code, code);
    return payload.error().text;
}
std::string session_of(const std::vector<std::string>& people) {
    std::string others;
    for (std::size_t i = 1; i < people.size(); ++i) others += contact(people[i]);
    const Message made = taken(message(from(contact(people.front())) + to(others) +
        msgbody("Content-Type: a/b\r\n\r\nx")));
    return std::string(rvp::mime_header(made.mime, "Session-Id"));
}

}  // namespace

TEST(NotificationIn, AMessageIsReadWithItsPeopleAndItsOctets) {
    const Message m = taken(message(from(contact(" http://a \n", "<r:description> Al\n</r:description>")) +
                                    to(contact("http://b")) + msgbody(kPart)));
    EXPECT_EQ(m.from.href, "http://a");
    EXPECT_EQ(m.from.description, "Al");
    ASSERT_EQ(m.to.size(), 1U);
    ASSERT_EQ(m.to[0].size(), 1U);
    EXPECT_EQ(m.to[0][0].href, "http://b");
    EXPECT_EQ(m.to[0][0].description, "");
    EXPECT_EQ(m.mime, kPart);
}

TEST(NotificationIn, ContactsAreGroupedAsReceived) {
    const Message m = taken(message(to(contact("1") + contact("2")) + to(contact("3")) + msgbody(kPart)));
    ASSERT_EQ(m.to.size(), 2U);
    ASSERT_EQ(m.to[0].size(), 2U);
    EXPECT_EQ(m.to[0][1].href, "2");
    ASSERT_EQ(m.to[1].size(), 1U);
    EXPECT_EQ(m.to[1][0].href, "3");
    EXPECT_EQ(m.from.href, "");
}

TEST(NotificationIn, EitherNamespaceIsTakenAndNone) {
    EXPECT_EQ(taken("<D:notification xmlns:D='DAV:' xmlns:Z='http://schemas.microsoft.com/rvp/'><Z:message><Z:msgbody>"
                    "<Z:mime-data><![CDATA[" + kPart +
                        "]]></Z:mime-data></Z:msgbody></Z:message></D:notification>").mime,
              kPart);
    EXPECT_EQ(taken("<notification><message><msgbody><mime-data><![CDATA[" + kPart +
                    "]]></mime-data></msgbody></message></notification>").mime, kPart);
}

TEST(NotificationIn, LineEndsSurviveWithAndWithoutALatinDeclaration) {
    for (const char* head : {"", "<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
                             "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"}) {
        EXPECT_EQ(taken(head + message(msgbody(kPart))).mime, kPart) << head;
    }
}

TEST(NotificationIn, TextArrivesAsOctetsInEitherSpellingAndEncoding) {
    const std::string front = "Session-Id: {A}\r\n\r\n";
    EXPECT_EQ(taken(message(msgbody(front + "\xC3\x85\xC2\xBE"))).mime, front + "\xC5\xBE");
    EXPECT_EQ(taken(message(msgbody(front + "\xC5\xBE"))).mime, front + "\xC5\xBE");
    const std::string latin = "<?xml version='1.0' encoding='ISO-8859-1'?>";
    EXPECT_EQ(taken(latin + message(msgbody(front + "\xC5\xBE"))).mime, front + "\xC5\xBE");
}

TEST(NotificationIn, AMessageWithoutSessionGetsOnePerSetOfPeople) {
    const std::string ab = session_of({"http://a", "http://b"});
    EXPECT_EQ(ab.size(), 38U);
    EXPECT_EQ(ab, session_of({"http://a", "http://b"}));
    EXPECT_EQ(ab, session_of({"http://b", "http://a"})) << "the answer belongs to the same conversation";
    EXPECT_EQ(ab, session_of({"http://A", "http://B"})) << "Net::RVP lower-cases every URL";
    EXPECT_EQ(ab, session_of({"http://a", "http://b", "http://a"}));
    EXPECT_NE(ab, session_of({"http://a", "http://c"}));
    EXPECT_NE(ab, session_of({"http://a", "http://b", "http://c"}));
    EXPECT_EQ(session_of({"http://a", "http://b", "http://c"}), session_of({"http://c", "http://a", "http://b"}));
}

TEST(NotificationIn, WhoAMessageLeavesOutStillMakesItsSession) {
    const auto made_by = [](const std::string& sender, const std::string& receiver, const std::string& people) {
        const auto payload = rvp::read_notification(message(people + msgbody("Content-Type: a/b\r\n\r\nx")),
                                                    base::xml::Bounds{}, sender, receiver);
        return std::string(rvp::mime_header(std::get<Message>(payload.value()).mime, "Session-Id"));
    };
    EXPECT_EQ(made_by("http://a", "http://b", ""), session_of({"http://a", "http://b"}));
    EXPECT_EQ(made_by("http://b", "http://A", ""), session_of({"http://a", "http://b"}));
    EXPECT_NE(made_by("http://a", "http://c", ""), session_of({"http://a", "http://b"}));
    const std::string forged = from(contact("http://c")) + to(contact("http://b"));
    EXPECT_EQ(made_by("http://a", "http://b", forged), session_of({"http://a", "http://b"}));
}

TEST(NotificationIn, APropertyChangeIsRead) {
    const auto payload = payload_of(notification(
        "<r:propnotification>" + from(contact("http://b")) + to(contact("http://a")) +
        "<d:propertyupdate><d:set><d:prop><d:displayname> B </d:displayname></d:prop></d:set>"
        "<d:remove><d:prop><r:email/></d:prop></d:remove></d:propertyupdate></r:propnotification>"));
    ASSERT_TRUE(payload);
    const auto& change = std::get<PropNotification>(*payload);
    EXPECT_EQ(change.from.href, "http://b");
    EXPECT_EQ(change.changes, (std::vector<presence::PropChange>{{presence::prop_displayname(), Text{"B"}},
                                                                 {presence::prop_email(), std::nullopt}}));
}

TEST(NotificationIn, AnUnknownPayloadIsKeptWithOurPrefixes) {
    const auto payload = payload_of("<n:notification xmlns:n='http://schemas.microsoft.com/rvp/'>\n <n:mEvent k='1'><b/>"
                                    "</n:mEvent> <e xmlns='urn:e'>t</e></n:notification>");
    ASSERT_TRUE(payload);
    EXPECT_EQ(std::get<Foreign>(*payload).xml,
        "<r:mEvent k=\"1\"><b/></r:mEvent><x0:e xmlns:x0=\"urn:e\">t</x0:e>");
}

TEST(NotificationIn, AStateIsReadAsTheOneStatusThatOthersMaySee) {
    const auto told = [](const std::string& act) -> std::string {
        const auto payload = payload_of(notification("<r:propnotification><d:propertyupdate>" + act +
                                                     "</d:propertyupdate></r:propnotification>"));
        if (!payload) return payload.error().text;
        const auto& changes = std::get<PropNotification>(*payload).changes;
        EXPECT_EQ(changes.at(0).name, presence::prop_state());
        return std::get<presence::Status>(changes.at(0).value.value()).name();
    };
    const auto set = [](const std::string& state) { return "<d:set><d:prop>" + state + "</d:prop></d:set>"; };
    EXPECT_EQ(told(set("<r:state>x<r:busy/></r:state>")), "busy");
    EXPECT_EQ(told(set("<state><busy/></state>")), "busy");
    EXPECT_EQ(told(set("<r:state><r:invisible/></r:state>")), "offline");
    EXPECT_EQ(told(set("<r:state><r:reading/></r:state>")), "online");
    EXPECT_EQ(told(set("<r:state><r:leased-value><r:value><r:away/></r:value></r:leased-value></r:state>")), "away");
    EXPECT_EQ(told("<d:remove><d:prop><r:state/></d:prop></d:remove>"), "offline");
    EXPECT_EQ(told(set("<r:state/>")), "r:state holds no status element such as r:online (RVP 9.1.1)");
}

TEST(NotificationIn, NobodySpeaksForAnotherBehindAnUnknownPayload) {
    const std::string why = "r:message and r:propnotification stand first in r:notification or nowhere (RVP 9.1.18)";
    const std::string forged = "<r:message>" + from(contact("http://a")) + msgbody(kPart) + "</r:message>";
    EXPECT_EQ(refused(notification("<r:mEvent/>" + forged)), why);
    EXPECT_EQ(refused(notification("<r:mEvent><b>" + forged + "</b></r:mEvent>")), why);
    EXPECT_EQ(refused(notification("<mEvent><message/></mEvent>")), why);
    EXPECT_EQ(refused(notification("<r:mEvent/><r:propnotification/>")), why);
    EXPECT_EQ(refused(notification("<x:message xmlns:x='urn:x'/>")), why) << "some clients see no prefix";
    EXPECT_EQ(refused(notification("<r:mEvent>" + msgbody(kPart) + "</r:mEvent>")), why);
    EXPECT_TRUE(payload_of(notification("<r:mEvent><x:message xmlns:x='urn:x'/></r:mEvent>")));
}

TEST(NotificationIn, SaysWhatIsWrong) {
    EXPECT_EQ(refused(""), "NOTIFY needs a body with an r:notification element (RVP 5.6)");
    EXPECT_EQ(refused("<r:message" + kAsked + "/>"),
        "the root element is message, not r:notification (RVP 9.1.18)");
    EXPECT_EQ(refused("<notification xmlns='urn:x'/>"),
        "the root element is notification, not r:notification (RVP 9.1.18)");
    EXPECT_EQ(refused(notification(" ")), "r:notification is empty (RVP 9.1.18)");
    EXPECT_EQ(refused(message("")), "r:message has no r:msgbody/r:mime-data (RVP 9.1.23)");
    EXPECT_EQ(refused(message("<r:msgbody/>")), "r:message has no r:msgbody/r:mime-data (RVP 9.1.23)");
    EXPECT_EQ(refused(message(msgbody(" "))), "r:mime-data is empty (RVP 10)");
    EXPECT_EQ(refused(message(msgbody("just text"))), "r:mime-data has no MIME header block (RVP 10)");
    EXPECT_EQ(refused(message(from("<r:contact/>") + msgbody(kPart))), "r:contact has no d:href (RVP 9.1.24)");
    EXPECT_EQ(refused(message(to("<r:contact/>") + msgbody(kPart))), "r:contact has no d:href (RVP 9.1.24)");
    EXPECT_EQ(refused(notification("<r:propnotification/>")),
        "r:propnotification has no d:propertyupdate (RVP 9.1.19)");
    EXPECT_EQ(refused(notification("<r:propnotification><d:propertyupdate/></r:propnotification>")),
              "d:propertyupdate sets and removes nothing (RVP 5.5)");
    EXPECT_TRUE(refused("<r:notification>").starts_with("r:notification: XML line 1 "));
}

TEST(NotificationIn, ContactsAndBytesAreBounded) {
    std::string crowd;
    for (int i = 0; i < 200; ++i) crowd += contact("u");
    EXPECT_EQ(taken(message(to(crowd) + msgbody(kPart))).to.at(0).size(), 200U);
    EXPECT_EQ(refused(message(to(crowd + contact("u")) + msgbody(kPart)), Errc::too_large),
              "more than 200 r:contact in one r:notification-to (RVP 9.1.22)");
    base::xml::Bounds bounds;
    bounds.bytes = 100;
    const auto payload = rvp::read_notification(message(msgbody(kPart)), bounds);
    ASSERT_FALSE(payload);
    EXPECT_EQ(payload.error().code, Errc::too_large);
}
