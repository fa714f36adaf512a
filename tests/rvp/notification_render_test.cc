// tests/rvp/notification_render_test.cc: the notification element as it goes out, byte by byte.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "rvp/notification.h"
#include "tests/rvp/desk_world.h"

using presence::AckType;
using presence::Contact;
using presence::Foreign;
using presence::Message;
using presence::Notification;
using presence::PropNotification;
using presence::Status;
using presence::Text;
using tests::kHead;
using tests::kRoot;

namespace {

const std::string kStart = kHead + "<r:notification" + kRoot + ">";
const std::string kEnd = "</r:notification>";

std::string whole(decltype(Notification::payload) payload) {
    const auto text = rvp::render(Notification{std::move(payload), "", 1, AckType::deep_or});
    EXPECT_FALSE(text.for_watcher);
    EXPECT_EQ(text.tail, "");
    return text.head;
}

// What stands in r:mime-data of a message with these octets.
std::string mime_data(const std::string& octets) {
    const std::string body = whole(Message{{"a", "A"}, {}, octets});
    const std::string open = "<r:mime-data>";
    const std::size_t at = body.find(open) + open.size();
    return body.substr(at, body.find("</r:mime-data>") - at);
}

}  // namespace

TEST(NotificationOut, AMessageIsOneLineWithContactsAndCdata) {
    const Message message{{"http://a", "Al"}, {{{"http://b", "Bo"}}}, "Session-Id: {A}\r\n\r\nhi"};
    EXPECT_EQ(whole(message),
              kStart + "<r:message><r:notification-from><r:contact><d:href>http://a</d:href>"
                       "<r:description>Al</r:description></r:contact></r:notification-from>"
                       "<r:notification-to><r:contact><d:href>http://b</d:href><r:description>Bo</r:description>"
                       "</r:contact></r:notification-to><r:msgbody><r:mime-data><![CDATA[Session-Id: {A}\r\n\r\nhi]]>"
                       "</r:mime-data></r:msgbody></r:message>" + kEnd);
}

TEST(NotificationOut, ContactsAreGroupedAsReceived) {
    const std::string body = whole(Message{{"a", "A"}, {{{"b", "B"}, {"c", "C"}}, {{"d", "D"}}}, "x"});
    const auto contact = [](const std::string& href, const std::string& description) {
        return "<r:contact><d:href>" + href + "</d:href><r:description>" + description +
            "</r:description></r:contact>";
    };
    EXPECT_NE(body.find("<r:notification-to>" + contact("b", "B") + contact("c", "C") + "</r:notification-to>"
                        "<r:notification-to>" + contact("d", "D") + "</r:notification-to>"),
                            std::string::npos) << body;
}

TEST(NotificationOut, ADescriptionIsNeverEmptyAndTextIsEscaped) {
    EXPECT_EQ(rvp::render_to({"http://b?<&>", ""}),
              "<r:notification-to><r:contact><d:href>http://b?&lt;&amp;&gt;</d:href>"
              "<r:description>http://b?&lt;&amp;&gt;</r:description></r:contact></r:notification-to>");
    EXPECT_EQ(rvp::render_to({"", ""}), "<r:notification-to><r:contact><d:href></d:href><r:description></r:description>"
                                        "</r:contact></r:notification-to>");
    EXPECT_NE(whole(Message{{"u", ""}, {}, "x"}).find("<d:href>u</d:href><r:description>u</r:description>"),
              std::string::npos);
}

TEST(NotificationOut, DescriptionsAreOrdinaryTextAndNotOctets) {
    EXPECT_NE(rvp::render_to({"u", "\xC5\xBE"}).find("<r:description>\xC5\xBE</r:description>"),
        std::string::npos);
}

TEST(NotificationOut, OctetsLeaveAsLatinCharacters) {
    EXPECT_EQ(mime_data("\xC5\xBE"), "<![CDATA[\xC3\x85\xC2\xBE]]>");
    EXPECT_EQ(mime_data("\xFF"), "<![CDATA[\xC3\xBF]]>");
}

TEST(NotificationOut, CdataStandsAlwaysAndItsEndIsSplit) {
    EXPECT_EQ(mime_data("x"), "<![CDATA[x]]>");
    EXPECT_EQ(mime_data("<&>"), "<![CDATA[<&>]]>");
    EXPECT_EQ(mime_data("a]]>b"), "<![CDATA[a]]]]><![CDATA[>b]]>");
    EXPECT_EQ(mime_data("]]>]]>"), "<![CDATA[]]]]><![CDATA[>]]]]><![CDATA[>]]>");
    EXPECT_EQ(mime_data("a]]"), "<![CDATA[a]]]]>");
}

TEST(NotificationOut, WhatIsRenderedIsReadBackTheSame) {
    const std::string octets = "Session-Id: {A}\r\n\r\n\xC5\xBE ]]> <b>&amp;\r\n\n]]";
    const auto payload = rvp::read_notification(whole(Message{{"a", "A"}, {{{"b", "B"}}}, octets}),
        base::xml::Bounds{});
    ASSERT_TRUE(payload) << payload.error().text;
    EXPECT_EQ(std::get<Message>(*payload).mime, octets);
}

TEST(NotificationOut, AChangeIsAHeadAndATailAroundTheWatcher) {
    const PropNotification change{{"http://b", "Bo"}, {{presence::prop_state(), Status("busy")}}};
    const auto text = rvp::render(Notification{change, "", 2, AckType::deep_or});
    EXPECT_TRUE(text.for_watcher);
    EXPECT_EQ(text.head, kStart + "<r:propnotification><r:notification-from><r:contact><d:href>http://b</d:href>"
                                  "<r:description>Bo</r:description></r:contact></r:notification-from>");
    EXPECT_EQ(text.tail, "<d:propertyupdate><d:set><d:prop><r:state><r:busy/></r:state></d:prop></d:set>"
                         "</d:propertyupdate></r:propnotification>" + kEnd);
    EXPECT_TRUE(base::xml::parse(text.head + rvp::render_to({"http://a", "Al"}) + text.tail));
}

TEST(NotificationOut, AChangeOfSeveralPropertiesIsOneUpdate) {
    const PropNotification change{{"b", "B"}, {{presence::prop_displayname(), Text{"B <2>"}},
                                               {{"urn:z", "c"}, Text{""}}, {presence::prop_email(),
                                                   std::nullopt}}};
    EXPECT_EQ(rvp::render(Notification{change, "", 2, AckType::deep_or}).tail,
              "<d:propertyupdate><d:set><d:prop><d:displayname>B &lt;2&gt;</d:displayname>"
              "<x:c xmlns:x=\"urn:z\"></x:c></d:prop></d:set><d:remove><d:prop><r:email></r:email></d:prop></d:remove>"
              "</d:propertyupdate></r:propnotification>" + kEnd);
}

TEST(NotificationOut, AForeignPayloadStandsAsItIs) {
    EXPECT_EQ(whole(Foreign{"<r:mEvent k=\"1\"/>"}), kStart + "<r:mEvent k=\"1\"/>" + kEnd);
}

TEST(NotificationOut, AckTypesHaveTheirNames) {
    EXPECT_EQ(rvp::ack_name(AckType::single_hop), "SingleHop");
    EXPECT_EQ(rvp::ack_name(AckType::deep_or), "DeepOr");
    EXPECT_EQ(rvp::ack_name(AckType::deep_and), "DeepAnd");
}
