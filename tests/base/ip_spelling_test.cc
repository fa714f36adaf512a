// tests/base/ip_spelling_test.cc: one address has many spellings, and a name has none of them.
// SPDX-License-Identifier: Apache-2.0
#include "base/ip_spelling.h"

#include <gtest/gtest.h>

#include <string>

namespace base {
namespace {

std::string read_host(std::string_view host) {
    const auto address = address_of_host(host);
    return address ? address->text() : "no address";
}

TEST(IpSpelling, ReadsWhatAResolverWouldRead) {
    for (const char* spelling :
         {"127.0.0.1", "127.0.0.1.", "2130706433", "2130706433.", "0x7f000001", "0X7F000001", "017700000001", "127.1",
          "127.0.1", "0x7f.1", "0177.0.0.1", "0x7f.0x0.0x0.0x1", "00000177.0.0.01", "127.0x1", "[::ffff:127.0.0.1]",
          "[::ffff:7f00:1]"}) {
        EXPECT_EQ(read_host(spelling), "127.0.0.1") << spelling;
    }
    EXPECT_EQ(read_host("0"), "0.0.0.0");
    EXPECT_EQ(read_host("2852039166"), "169.254.169.254");
    EXPECT_EQ(read_host("[::1]"), "::1");
}

TEST(IpSpelling, LeavesNamesAlone) {
    for (const char* name : {"im.example.com", "localhost", "10.0.0.1.example.com", "1a", "0xzz", "face", "deadbeef"}) {
        EXPECT_EQ(read_host(name), "no address") << name;
        EXPECT_FALSE(ends_in_number(name)) << name;
    }
}

TEST(IpSpelling, KnowsAMistypedAddressFromAName) {
    for (const char* broken : {"256.0.0.1", "4294967296", "1.2.3.4.5", "127.0.0.08", "0x100000000", "a.1", "1..2",
                               "127.0.0.0x100", ".1"}) {
        EXPECT_EQ(read_host(broken), "no address") << broken;
        EXPECT_TRUE(ends_in_number(broken)) << broken;
    }
    EXPECT_FALSE(ends_in_number(""));
    EXPECT_EQ(read_host(""), "no address");
    EXPECT_EQ(read_host(std::string_view("127.1\0x", 7)), "no address");
    EXPECT_EQ(read_host(std::string(100, '0') + "1"), "no address");
}

}  // namespace
}  // namespace base
