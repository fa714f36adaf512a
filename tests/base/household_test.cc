// tests/base/household_test.cc: which addresses are one household's.
// SPDX-License-Identifier: Apache-2.0
#include "base/household.h"

#include <gtest/gtest.h>

namespace {

std::uint64_t household(const char* text) { return base::household_of(base::IpAddress::parse(text).value()); }

TEST(Household, IsASubnetOfIpv6AndOneAddressOfIpv4) {
    EXPECT_EQ(household("2001:db8:0:1::1"), household("2001:db8:0:1:ffff::2"));
    EXPECT_NE(household("2001:db8:0:1::1"), household("2001:db8:0:2::1"));
    EXPECT_NE(household("10.0.0.1"), household("10.0.0.2"));
    EXPECT_EQ(household("10.0.0.1"), household("::ffff:10.0.0.1"));
}

}  // namespace
