// tests/server/callback_policy_test.cc: who may be called back, and above all who may not.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (a Call-Back is an attack surface)
#include "server/callback_policy.h"

#include <gtest/gtest.h>

namespace server {
namespace {

using base::Errc;

base::IpAddress ip(std::string_view text) {
    const auto address = base::IpAddress::parse(text);
    EXPECT_TRUE(address) << text << " is no address";
    return address.value_or(base::IpAddress{});
}

CallbackPolicy policy(const std::vector<std::string>& allow) {
    auto made = CallbackPolicy::make(allow);
    EXPECT_TRUE(made) << made.error().text;
    return *made;
}

/// "" when allowed, else why not; every refusal must be `denied`.
std::string verdict(const CallbackPolicy& policy, std::string_view address, std::string_view source,
                    const std::string& host = "pc.example.org", std::uint16_t port = 8000) {
    const auto result = policy.check(ip(address), port, host, ip(source));
    if (result) return "";
    EXPECT_EQ(result.error().code, Errc::denied);
    EXPECT_FALSE(result.error().text.empty());
    return result.error().text;
}

TEST(CallbackPolicy, CallsBackTheRequestersOwnAddress) {
    const auto source = policy({"source"});
    EXPECT_EQ(verdict(source, "192.0.2.7", "192.0.2.7"), "");
    EXPECT_EQ(verdict(source, "10.1.2.3", "10.1.2.3"), "");
    EXPECT_EQ(verdict(source, "2001:db8::7", "2001:db8::7"), "");
}

TEST(CallbackPolicy, RefusesAnyOtherAddressAndSaysWhichRuleRefused) {
    const auto source = policy({"source"});
    EXPECT_EQ(verdict(source, "10.1.2.3", "192.0.2.7"),
              "Call-Back address 10.1.2.3 is neither the requester's (192.0.2.7) nor listed in callback.allow (RVP 5.1.4)");
    EXPECT_NE(verdict(source, "192.0.2.8", "192.0.2.7"), "");
    EXPECT_NE(verdict(source, "10.1.2.4", "10.1.2.3"), "") << "a private neighbour is not the requester either";
    EXPECT_NE(verdict(source, "2001:db8::8", "2001:db8::7"), "");
    EXPECT_EQ(verdict(policy({}), "192.0.2.7", "192.0.2.7"),
              "Call-Back address 192.0.2.7 is not listed in callback.allow (RVP 5.1.4)");
}

TEST(CallbackPolicy, SeesThroughV4MappedAddresses) {
    const auto source = policy({"source"});
    EXPECT_EQ(verdict(source, "::ffff:192.0.2.7", "192.0.2.7"), "");
    EXPECT_NE(verdict(source, "::ffff:127.0.0.1", "192.0.2.7"), "");
    EXPECT_NE(verdict(source, "::ffff:169.254.169.254", "169.254.169.254"), "");
    EXPECT_EQ(verdict(policy({"10.0.0.0/8"}), "::ffff:10.1.2.3", "192.0.2.7"), "");
    EXPECT_NE(verdict(policy({"relay.example.net"}), "::ffff:10.1.2.3", "192.0.2.7", "relay.example.net"), "");
}

TEST(CallbackPolicy, TakesAllOfLoopbackForOneSource) {
    const auto source = policy({"source"});
    EXPECT_EQ(verdict(source, "127.0.0.1", "127.0.0.1"), "");
    EXPECT_EQ(verdict(source, "127.8.9.10", "127.0.0.1"), "");
    EXPECT_EQ(verdict(source, "::1", "127.0.0.1"), "");
    EXPECT_NE(verdict(source, "127.0.0.1", "192.0.2.7"), "");
    EXPECT_NE(verdict(source, "::1", "2001:db8::7"), "");
    EXPECT_NE(verdict(source, "192.0.2.7", "127.0.0.1"), "");
}

TEST(CallbackPolicy, NeverCallsBackWhatIsNobodysOrLinkLocal) {
    const auto all = policy({"source", "0.0.0.0/0", "::/0", "any.example.net"});
    for (const char* address : {"169.254.169.254", "169.254.0.1", "fe80::1", "224.0.0.1", "239.255.255.250",
                                "ff02::1", "255.255.255.255", "0.0.0.0", "0.1.2.3", "240.0.0.1", "::"}) {
        EXPECT_NE(verdict(all, address, address, "any.example.net"), "") << address;
    }
    EXPECT_EQ(verdict(all, "198.51.100.1", "192.0.2.7", "any.example.net"), "") << "the rest is open here";
}

TEST(CallbackPolicy, CallsBackWhateverAListedRangeHolds) {
    const auto ranges = policy({"10.0.0.0/8", "2001:db8:5::/48", "127.0.0.1"});
    EXPECT_EQ(verdict(ranges, "10.1.2.3", "192.0.2.7"), "");
    EXPECT_EQ(verdict(ranges, "2001:db8:5::1", "192.0.2.7"), "");
    EXPECT_EQ(verdict(ranges, "127.0.0.1", "192.0.2.7"), "") << "listed by address";
    EXPECT_NE(verdict(ranges, "127.0.0.2", "192.0.2.7"), "");
    EXPECT_NE(verdict(ranges, "11.0.0.1", "192.0.2.7"), "");
    EXPECT_NE(verdict(ranges, "192.0.2.7", "192.0.2.7"), "") << "\"source\" is not listed";
}

TEST(CallbackPolicy, CallsBackAListedNameWhereverItIsOutside) {
    const auto names = policy({"Relay.Example.NET"});
    EXPECT_EQ(verdict(names, "198.51.100.1", "192.0.2.7", "relay.example.net"), "");
    EXPECT_EQ(verdict(names, "198.51.100.1", "192.0.2.7", "RELAY.example.net."), "");
    EXPECT_NE(verdict(names, "198.51.100.1", "192.0.2.7", "evil.relay.example.net"), "");
    EXPECT_NE(verdict(names, "198.51.100.1", "192.0.2.7", "relay.example.net.evil.org"), "");
    EXPECT_NE(verdict(names, "198.51.100.1", "192.0.2.7", ""), "");
}

TEST(CallbackPolicy, AListedNameOpensNothingInsideToThoseOutside) {
    const auto names = policy({"source", "relay.example.net"});
    const std::string relay = "relay.example.net";
    for (const char* address : {"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "127.0.0.1",
                                "::1"}) {
        EXPECT_NE(verdict(names, address, "192.0.2.7", relay), "") << address;
    }
    EXPECT_EQ(verdict(names, "192.168.1.1", "10.0.0.9", relay), "") << "both are private";
    EXPECT_EQ(verdict(names, "127.0.0.1", "127.0.0.5", relay), "") << "both are loopback";
    EXPECT_NE(verdict(names, "127.0.0.1", "10.0.0.9", relay), "") << "a private requester is not on loopback";
}

TEST(CallbackPolicy, RefusesOtherServicesPortsUnlessListed) {
    const auto source = policy({"source"});
    for (std::uint16_t port : std::initializer_list<std::uint16_t>{80, 443, 1024, 8080, 65535}) {
        EXPECT_EQ(verdict(source, "192.0.2.7", "192.0.2.7", "pc", port), "") << port;
    }
    for (std::uint16_t port : std::initializer_list<std::uint16_t>{0, 22, 25, 79, 81, 442, 444, 1023}) {
        EXPECT_NE(verdict(source, "192.0.2.7", "192.0.2.7", "pc", port), "") << port;
    }
    EXPECT_EQ(verdict(policy({"source", "192.0.2.0/24"}), "192.0.2.7", "192.0.2.7", "pc", 25), "");
    const auto named = policy({"source", "relay.example.net"});
    EXPECT_EQ(verdict(named, "192.0.2.7", "192.0.2.7", "relay.example.net", 25), "");
}

TEST(CallbackPolicy, TriesOnlyNamesThatMayLeadSomewhere) {
    EXPECT_TRUE(policy({"source"}).may_try_name("anything.example"));
    EXPECT_FALSE(policy({}).may_try_name("anything.example"));
    const auto names = policy({"relay.example.net"});
    EXPECT_TRUE(names.may_try_name("RELAY.example.net"));
    EXPECT_FALSE(names.may_try_name("anything.example"));
    EXPECT_FALSE(names.may_try_name("10.1.2.3"));
    const auto ranges = policy({"10.0.0.0/8"});
    EXPECT_TRUE(ranges.may_try_name("anything.example"));
    EXPECT_TRUE(ranges.may_try_name("10.1.2.3"));
    EXPECT_FALSE(ranges.may_try_name("192.0.2.7"));
}

TEST(CallbackPolicy, NamesTheItemThatItCannotRead) {
    for (const char* bad : {"", "10.0.0.0/33", "10.1", "0x7f.1", "a..b", "-a.example", "http://a.example",
                            "a.example:80", "*.example.com", "two words", "source!", "Source", "."}) {
        const auto made = CallbackPolicy::make({"source", bad});
        ASSERT_FALSE(made) << bad;
        EXPECT_EQ(made.error().code, Errc::malformed);
        EXPECT_NE(made.error().text.find("\"" + std::string(bad) + "\""), std::string::npos) << made.error().text;
    }
}

TEST(CallbackPolicy, AnotherDomainsServerIsNotInsideUnlessARangeSaysSo) {
    const auto address = [](const char* text) { return *base::IpAddress::parse(text); };
    const CallbackPolicy none = CallbackPolicy::make({"source", "im.acme.com"}).value();
    EXPECT_TRUE(none.may_be_server(address("192.0.2.1"), 80));
    EXPECT_TRUE(none.may_be_server(address("192.0.2.1"), 8080));
    EXPECT_FALSE(none.may_be_server(address("192.0.2.1"), 25));
    for (const char* inside : {"10.0.0.1", "127.0.0.1", "169.254.169.254", "224.0.0.1", "0.0.0.0", "::1", "fe80::1"}) {
        EXPECT_FALSE(none.may_be_server(address(inside), 80)) << inside;
    }
    const CallbackPolicy listed = CallbackPolicy::make({"10.0.0.0/8", "169.254.0.0/16"}).value();
    EXPECT_TRUE(listed.may_be_server(address("10.0.0.1"), 25));
    EXPECT_FALSE(listed.may_be_server(address("127.0.0.1"), 80));
    EXPECT_FALSE(listed.may_be_server(address("169.254.169.254"), 80));
}

}  // namespace
}  // namespace server
