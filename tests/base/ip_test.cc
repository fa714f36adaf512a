// tests/base/ip_test.cc: which texts are addresses, which addresses are special, which are in a range.
// SPDX-License-Identifier: Apache-2.0
#include "base/ip.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <initializer_list>

namespace base {
namespace {

using namespace std::string_view_literals;

/// Fails the test when `text` is no address.
IpAddress ip(std::string_view text) {
    const auto address = IpAddress::parse(text);
    EXPECT_TRUE(address) << text;
    return address.value_or(IpAddress{});
}

Cidr cidr(std::string_view text) {
    const auto range = Cidr::parse(text);
    EXPECT_TRUE(range) << text;
    return range.value_or(Cidr{});
}

using Texts = std::initializer_list<std::string_view>;

TEST(IpAddress, ReadsAndWritesBothFamilies) {
    for (auto text : Texts{"0.0.0.0", "127.0.0.1", "255.255.255.255", "1.2.3.4", "10.20.30.40", "::", "::1", "fe80::1",
                           "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8"}) {
        EXPECT_EQ(ip(text).text(), text);
    }
    EXPECT_EQ(ip("2001:DB8:0:0:0::1").text(), "2001:db8::1");
    EXPECT_EQ(ip("[::1]"), ip("::1"));
}

TEST(IpAddress, IsTheSameInBothSpellingsOfAnIpv4Address) {
    EXPECT_EQ(ip("::ffff:10.1.2.3"), ip("10.1.2.3"));
    EXPECT_EQ(ip("::FFFF:a01:203"), ip("10.1.2.3"));
    EXPECT_EQ(ip("[0:0:0:0:0:ffff:10.1.2.3]"), ip("10.1.2.3"));
    EXPECT_EQ(ip("::ffff:10.1.2.3").text(), "10.1.2.3");
    EXPECT_TRUE(ip("::ffff:10.1.2.3").is_v4());
    EXPECT_TRUE(ip("10.1.2.3").is_v4());
    EXPECT_FALSE(ip("::10.1.2.3").is_v4());
    EXPECT_FALSE(ip("::1").is_v4());
    EXPECT_NE(ip("10.1.2.3"), ip("10.1.2.4"));
    EXPECT_LT(ip("9.255.255.255"), ip("10.0.0.0"));
}

TEST(IpAddress, RefusesEveryOtherSpellingOfIpv4) {
    for (auto text : Texts{"", "1", "127.1", "1.2.3", "1.2.3.4.5", "2130706433", "0x7f000001",
                           "0x7f.0.0.1", "0177.0.0.1", "01.2.3.4", "1.2.3.04", "256.1.1.1", "1.2.3.-4",
                           "+1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.", ".1.2.3", "1..2.3",
                           "1.2.3.4/8", "1.2.3.4:80", "[1.2.3.4]", "1.2.3.a", "localhost",
                           "1.2.3.4%eth0", "1.2.3.4\n", "1.2.3.4\0"sv, "1.2.3.4\0x"sv,
                           "\xD9\xA1.2.3.4"}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
}

TEST(IpAddress, RefusesBrokenIpv6) {
    for (auto text : Texts{":", ":::", "1", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::",
                           "::g", "::1%lo", "fe80::1%1", "[::1", "::1]", "[]", "[", "]", "[[::1]]",
                           "[::1]:80", "::1/128", "::ffff:1.2.3", "::ffff:01.2.3.4", "::ffff:256.2.3.4",
                           "1.2.3.4::", " ::1", "::1\0"sv, "[::1\0]"sv,
                           "0000000000000000000000000000000000000000000000000000::1"}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
}

TEST(IpAddress, ComesFromASocketAddress) {
    sockaddr_storage storage{};
    auto& plain = reinterpret_cast<sockaddr&>(storage);
    auto& four = reinterpret_cast<sockaddr_in&>(storage);
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(0xC0A80102);
    EXPECT_EQ(IpAddress::from(plain), ip("192.168.1.2"));

    storage = {};
    auto& six = reinterpret_cast<sockaddr_in6&>(storage);
    six.sin6_family = AF_INET6;
    ASSERT_EQ(inet_pton(AF_INET6, "2001:db8::7", &six.sin6_addr), 1);
    EXPECT_EQ(IpAddress::from(plain), ip("2001:db8::7"));
    ASSERT_EQ(inet_pton(AF_INET6, "::ffff:192.168.1.2", &six.sin6_addr), 1);
    EXPECT_EQ(IpAddress::from(plain), ip("192.168.1.2"));
}

TEST(IpAddress, OfALocalSocketIsNobody) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    local.sun_path[0] = 'x';
    EXPECT_EQ(IpAddress::from(reinterpret_cast<const sockaddr&>(local)), IpAddress{});
    EXPECT_TRUE(IpAddress{}.is_nobody());
}

TEST(IpAddress, KnowsLoopbackToItsEdges) {
    for (auto text : Texts{"127.0.0.0", "127.255.255.255", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(ip(text).is_loopback()) << text;
    }
    for (auto text : Texts{"126.255.255.255", "128.0.0.0", "::", "::2", "::127.0.0.1",
                           "64:ff9b::127.0.0.1", "1::1"}) {
        EXPECT_FALSE(ip(text).is_loopback()) << text;
    }
}

TEST(IpAddress, KnowsPrivateNetsToTheirEdges) {
    for (auto text : Texts{"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0",
                           "192.168.255.255", "100.64.0.0", "100.127.255.255", "fc00::", "fdff:ffff::1",
                           "::ffff:10.0.0.1"}) {
        EXPECT_TRUE(ip(text).is_private()) << text;
    }
    for (auto text : Texts{"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0",
                           "192.167.255.255", "192.169.0.0", "100.63.255.255", "100.128.0.0", "fbff::",
                           "fe00::", "127.0.0.1", "::10.0.0.1"}) {
        EXPECT_FALSE(ip(text).is_private()) << text;
    }
}

TEST(IpAddress, KnowsLinkLocalAndSoTheMetadataOfClouds) {
    for (auto text : Texts{"169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::",
                           "febf:ffff::1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe"}) {
        EXPECT_TRUE(ip(text).is_link_local()) << text;
    }
    for (auto text : Texts{"169.253.255.255", "169.255.0.0", "fe7f::", "fec0::"}) {
        EXPECT_FALSE(ip(text).is_link_local()) << text;
    }
}

TEST(IpAddress, KnowsWhatIsNeverAnybodys) {
    for (auto text : Texts{"0.0.0.0", "0.255.255.255", "224.0.0.0", "239.255.255.255", "240.0.0.0",
                           "255.255.255.255", "::", "ff00::", "ff02::1", "::ffff:0.0.0.0"}) {
        EXPECT_TRUE(ip(text).is_nobody()) << text;
    }
    for (auto text : Texts{"1.0.0.0", "223.255.255.255", "::1", "feff::", "10.0.0.1", "8.8.8.8",
                           "2001:db8::1"}) {
        EXPECT_FALSE(ip(text).is_nobody()) << text;
    }
}

TEST(IpAddress, IsNobodysWhenNat64LeadsToASpecialOne) {
    for (auto text : Texts{"64:ff9b::169.254.169.254", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1",
                           "64:ff9b::0.0.0.0", "64:ff9b::224.0.0.1"}) {
        EXPECT_TRUE(ip(text).is_nobody()) << text;
    }
    EXPECT_FALSE(ip("64:ff9b::8.8.8.8").is_nobody());
    EXPECT_FALSE(ip("64:ff9b:1::10.0.0.1").is_nobody());
}

TEST(Cidr, HoldsItsNetAndNothingBesides) {
    const Cidr ten = cidr("10.0.0.0/8");
    for (auto text : Texts{"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"}) {
        EXPECT_TRUE(ten.contains(ip(text))) << text;
    }
    for (auto text : Texts{"9.255.255.255", "11.0.0.0", "::10.0.0.1", "a00::"}) {
        EXPECT_FALSE(ten.contains(ip(text))) << text;
    }

    const Cidr odd = cidr("192.168.4.0/22");
    EXPECT_TRUE(odd.contains(ip("192.168.7.255")));
    EXPECT_FALSE(odd.contains(ip("192.168.8.0")));
    EXPECT_FALSE(odd.contains(ip("192.168.3.255")));

    const Cidr six = cidr("2001:db8:8000::/33");
    EXPECT_TRUE(six.contains(ip("2001:db8:ffff::1")));
    EXPECT_FALSE(six.contains(ip("2001:db8:7fff::1")));
}

TEST(Cidr, IsOneAddressWithoutASlash) {
    for (auto text : Texts{"10.1.2.3", "10.1.2.3/32", "::ffff:10.1.2.3", "::ffff:10.1.2.3/128"}) {
        EXPECT_TRUE(cidr(text).contains(ip("10.1.2.3"))) << text;
        EXPECT_FALSE(cidr(text).contains(ip("10.1.2.2"))) << text;
    }
    EXPECT_TRUE(cidr("::1").contains(ip("::1")));
    EXPECT_FALSE(cidr("::1").contains(ip("::")));
}

TEST(Cidr, DoesNotMindBitsBeyondThePrefix) {
    EXPECT_TRUE(cidr("10.9.8.7/8").contains(ip("10.0.0.1")));
    EXPECT_FALSE(cidr("10.9.8.7/8").contains(ip("11.9.8.7")));
}

TEST(Cidr, CountsBitsAsTheAddressIsSpelled) {
    EXPECT_TRUE(cidr("::ffff:10.0.0.0/104").contains(ip("10.1.2.3")));
    EXPECT_FALSE(cidr("::ffff:10.0.0.0/104").contains(ip("11.1.2.3")));
}

TEST(Cidr, NeverMixesTheFamilies) {
    EXPECT_TRUE(cidr("0.0.0.0/0").contains(ip("200.1.2.3")));
    EXPECT_FALSE(cidr("0.0.0.0/0").contains(ip("::1")));
    EXPECT_TRUE(cidr("::/0").contains(ip("2001:db8::1")));
    EXPECT_FALSE(cidr("::/0").contains(ip("200.1.2.3")));
    EXPECT_FALSE(cidr("::ffff:10.0.0.0/8").contains(ip("10.0.0.1")));
}

TEST(Cidr, RefusesBrokenText) {
    for (auto text : Texts{"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
                           "10.0.0.0/8 ", "10.0.0.0 /8", "10.0.0.0/8/8", "10/8", "10.0.0/8", "::/129",
                           "::/", "::1/a", "10.0.0.0/255.0.0.0", "10.0.0.0/8\0"sv,
                           "10.0.0.0/99999999999999999999", "source", "*"}) {
        EXPECT_FALSE(Cidr::parse(text)) << text;
    }
}

}  // namespace
}  // namespace base
