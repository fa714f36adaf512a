// tests/rvp/headers_test.cc: typed headers, and what is said when one is wrong.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/headers.h"

#include <gtest/gtest.h>

#include "rvp/credentials.h"
#include "rvp/names.h"

using base::Errc;
using base::Request;
using presence::AckType;
using presence::NotificationType;
using std::chrono::seconds;

namespace {

Request with(std::vector<base::HttpHeader> headers, const std::string& method = "SUBSCRIBE") {
    Request request;
    request.method = method;
    request.target = "/instmsg/aliases/bob";
    request.headers = std::move(headers);
    return request;
}

// `CODE text` of an error; "" when there was none.
template <class T>
std::string refusal(const base::Result<T>& result) {
    if (result) return "";
    const std::string code = result.error().code == Errc::malformed      ? "malformed "
                             : result.error().code == Errc::precondition ? "precondition "
                                                                         : "other ";
    return code + result.error().text;
}

std::string version(const std::string& asked) {
    return rvp::answered_version(with({{"RVP-Notifications-Version", asked}}));
}

const std::string kLong(1025, '7');

}  // namespace

TEST(Headers, AHeaderThatMayStandOnceIsTrimmedAndFoundWithoutCase) {
    const Request request = with({{"cALL-bACK", "  http://a \t"}});
    const auto value = rvp::single(request, "Call-Back");
    ASSERT_TRUE(value && *value);
    EXPECT_EQ(**value, "http://a");
    const auto absent = rvp::single(with({}), "Call-Back");
    ASSERT_TRUE(absent);
    EXPECT_FALSE(*absent);
}

TEST(Headers, RepeatedEmptyAndOverlongOnesAreRefusedByName) {
    EXPECT_EQ(refusal(rvp::single(with({{"Depth", "0"}, {"depth", "0"}}), "Depth")),
              "malformed Depth stands more than once (RVP 5.4)");
    EXPECT_EQ(refusal(rvp::single(with({{"Depth", " "}}), "Depth")), "malformed Depth is empty (RVP 5.4)");
    EXPECT_EQ(refusal(rvp::single(with({{"Depth", kLong}}), "Depth")), "malformed Depth is over 1024 bytes (RVP 5.4)");
    EXPECT_EQ(refusal(rvp::single(with({{"Depth", kLong.substr(1)}}), "Depth")), "");
}

TEST(Headers, EveryTypedHeaderIsReadThroughTheSameRule) {
    const auto twice = [](std::string_view name, const std::string& value) {
        return with({{std::string(name), value}, {std::string(name), value}});
    };
    EXPECT_EQ(refusal(rvp::lifetime(twice(rvp::kSubscriptionLifetime, "60"))),
              "malformed Subscription-Lifetime stands more than once (RVP 5.1.2)");
    EXPECT_EQ(refusal(rvp::subscription_id(twice(rvp::kSubscriptionId, "1"))),
              "malformed Subscription-Id stands more than once (RVP 5.1.1)");
    EXPECT_EQ(refusal(rvp::notification_type(twice(rvp::kNotificationType, "pragma/notify"))),
              "malformed Notification-Type stands more than once (RVP 5.1.3)");
    EXPECT_EQ(refusal(rvp::ack_type(twice(rvp::kAckType, "DeepOr"))),
        "malformed RVP-Ack-Type stands more than once (RVP 5.6)");
    EXPECT_EQ(refusal(rvp::hop_count(twice(rvp::kHopCount, "1"))),
        "malformed RVP-Hop-Count stands more than once (RVP 5.6)");
    EXPECT_EQ(refusal(rvp::ack_type(with({{"RVP-Ack-Type", ""}}))), "malformed RVP-Ack-Type is empty (RVP 5.6)");
    EXPECT_EQ(refusal(rvp::hop_count(with({{"RVP-Hop-Count", kLong}}))),
        "malformed RVP-Hop-Count is over 1024 bytes (RVP 5.6)");
}

TEST(Headers, ALifetimeIsSecondsOrNothing) {
    const auto lifetime = [](const std::string& text) { return rvp::lifetime(with({{"Subscription-Lifetime",
        text}})); };
    EXPECT_EQ(*lifetime("14400"), seconds(14400));
    EXPECT_EQ(*lifetime("0"), seconds(0));
    EXPECT_EQ(*lifetime("007"), seconds(7));
    EXPECT_EQ(*lifetime("99999999999999999999999999999"), seconds(1'000'000'000));
    EXPECT_EQ(*lifetime("18446744073709551616"), seconds(1'000'000'000));
    EXPECT_FALSE(*rvp::lifetime(with({})));
    for (const char* bad : {"soon", "-1", "+1", "1.5", "0x10", "1 2", "60s"}) {
        EXPECT_EQ(refusal(lifetime(bad)), "malformed Subscription-Lifetime is not a number of seconds (RVP 5.1.2)")
            << bad;
    }
}

TEST(Headers, ASubscriptionIdIsDecimalAndBelowTwoToThe31) {
    const auto id = [](const std::string& text) { return rvp::subscription_id(with({{"Subscription-Id",
        text}})); };
    EXPECT_EQ(*id("1"), presence::SubscriptionId(1));
    EXPECT_EQ(*id("2147483647"), presence::SubscriptionId(2147483647));
    EXPECT_FALSE(*rvp::subscription_id(with({})));
    EXPECT_EQ(refusal(id("0")), "precondition Subscription-Id 0 is unknown (RVP 5.1.1)");
    EXPECT_EQ(refusal(id("2147483648")), "precondition Subscription-Id 2147483648 is unknown (RVP 5.1.1)");
    EXPECT_EQ(refusal(id("99999999999999999999")),
        "precondition Subscription-Id 99999999999999999999 is unknown (RVP 5.1.1)");
    for (const char* bad : {"1a", "-1", "0xA", "1,2", "one"}) {
        EXPECT_EQ(refusal(id(bad)), "malformed Subscription-Id is not a decimal number (RVP 5.1.1)") << bad;
    }
}

TEST(Headers, ANotificationTypeIsOneOfTwoAndNeeded) {
    const auto type = [](const std::string& text) { return rvp::notification_type(with({{"Notification-Type",
        text}})); };
    EXPECT_EQ(*type("update/propchange"), NotificationType::propchange);
    EXPECT_EQ(*type("Pragma/Notify"), NotificationType::notify);
    const std::string needed =
        "malformed SUBSCRIBE needs Notification-Type: update/propchange or pragma/notify (RVP 5.1.3)";
    EXPECT_EQ(refusal(type("update/other")), needed);
    EXPECT_EQ(refusal(type("pragma/notify, update/propchange")), needed);
    EXPECT_EQ(refusal(rvp::notification_type(with({}))), needed);
    EXPECT_EQ(refusal(rvp::notification_type(with({}, "SUBSCRIPTIONS"))).substr(0, 29),
              "malformed SUBSCRIPTIONS needs");
}

TEST(Headers, AnAckTypeIsDeepOrUnlessSaid) {
    const auto ack = [](const std::string& text) { return rvp::ack_type(with({{"RVP-Ack-Type", text}})); };
    EXPECT_EQ(*rvp::ack_type(with({})), AckType::deep_or);
    EXPECT_EQ(*ack("DeepOr"), AckType::deep_or);
    EXPECT_EQ(*ack("deepand"), AckType::deep_and);
    EXPECT_EQ(*ack("SINGLEHOP"), AckType::single_hop);
    EXPECT_EQ(refusal(ack("Deep")), "malformed RVP-Ack-Type is none of SingleHop, DeepOr, DeepAnd (RVP 5.6)");
}

TEST(Headers, HopsAreCountedFromOne) {
    const auto hops = [](const std::string& text) { return rvp::hop_count(with({{"RVP-Hop-Count", text}})); };
    EXPECT_EQ(*rvp::hop_count(with({})), 1);
    EXPECT_EQ(*hops("16"), 16);
    EXPECT_EQ(*hops("99999999999999999999"), 1'000'000);
    EXPECT_EQ(refusal(hops("0")), "malformed RVP-Hop-Count is 0, but counts from 1 (RVP 5.6)");
    EXPECT_EQ(refusal(hops("-1")), "malformed RVP-Hop-Count is not a number (RVP 5.6)");
    EXPECT_EQ(refusal(hops("two")), "malformed RVP-Hop-Count is not a number (RVP 5.6)");
}

TEST(Headers, SecondsMayHaveBlanksRoundThemOnly) {
    EXPECT_EQ(rvp::parse_seconds(" \r\n 3600\t"), seconds(3600));
    EXPECT_EQ(rvp::parse_seconds("1000000001"), seconds(1'000'000'000));
    EXPECT_EQ(rvp::parse_seconds(""), std::nullopt);
    EXPECT_EQ(rvp::parse_seconds("  "), std::nullopt);
    EXPECT_EQ(rvp::parse_seconds("3 600"), std::nullopt);
}

TEST(Headers, TheVersionAnsweredIsTheClientsNumberOrOurs) {
    EXPECT_EQ(rvp::answered_version(with({})), "0.2");
    EXPECT_EQ(version("0.2"), "0.2");
    EXPECT_EQ(version("1.0"), "1.0");
    EXPECT_EQ(version(" 10.25 "), "10.25");
    for (const char* odd : {"", "1", "1.", ".5", "1.0.0", "v1.0", "1.x", "-1.0", "1.0000000", "1.0 beta"}) {
        EXPECT_EQ(version(odd), "0.2") << odd;
    }
}

TEST(Credentials, TheCallerIsWhoHeSaysHeIsAndIsUnproven) {
    const presence::Realm realm("im.example.com", "example.com", {});
    Request request = with({{"RVP-From-Principal", "http://IM.Example.com:80/instmsg/aliases/Bob/"}});
    request.peer = *base::IpAddress::parse("10.0.0.7");
    request.connection = base::ConnectionId(9);
    const auto caller = rvp::caller_of(request, realm);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->key, "/instmsg/aliases/bob");
    EXPECT_EQ(caller->url, "http://im.example.com/instmsg/aliases/Bob");
    EXPECT_EQ(caller->proof, presence::Proof::assertion);
    EXPECT_EQ(caller->source, request.peer);
    EXPECT_EQ(caller->connection, request.connection);
}

TEST(Credentials, ForeignPrincipalsAndBareHostsKeepTheirHost) {
    const presence::Realm realm("im.example.com", "example.com", {});
    const auto foreign = rvp::caller_of(with({{"RVP-From-Principal",
        "http://im.acme.com/instmsg/aliases/Al"}}), realm);
    ASSERT_TRUE(foreign);
    EXPECT_EQ(foreign->key, "im.acme.com/instmsg/aliases/al");
    const auto server = rvp::caller_of(with({{"RVP-From-Principal", "IM.acme.com"}}), realm);
    ASSERT_TRUE(server);
    EXPECT_EQ(server->key, "im.acme.com");
    EXPECT_EQ(server->url, "im.acme.com");
}

TEST(Credentials, AMissingRepeatedOrBrokenPrincipalIsRefusedByName) {
    const presence::Realm realm("im.example.com", "example.com", {});
    const auto from = [&](std::vector<base::HttpHeader> headers) {
        return refusal(rvp::caller_of(with(std::move(headers)), realm)); };
    EXPECT_EQ(from({}), "malformed SUBSCRIBE needs RVP-From-Principal: <URL of who asks> (RVP 7.2)");
    EXPECT_EQ(from({{"RVP-From-Principal", "http://a/b"}, {"RVP-From-Principal", "http://a/b"}}),
              "malformed RVP-From-Principal stands more than once (RVP 5.7.2.4)");
    EXPECT_EQ(from({{"RVP-From-Principal", ""}}), "malformed RVP-From-Principal is empty (RVP 5.7.2.4)");
    EXPECT_EQ(from({{"RVP-From-Principal", "ftp://a/b"}}),
              "malformed RVP-From-Principal: only http URLs name nodes: ftp://a/b (RVP 7.2)");
    EXPECT_EQ(from({{"RVP-From-Principal", "http://a/../b"}}),
              "malformed RVP-From-Principal: empty or dot segment in URL (RVP 7.2)");
}
