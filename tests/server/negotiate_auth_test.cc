// tests/server/negotiate_auth_test.cc: whom a principal of Kerberos means. Tickets are tried in tests/site/kerberos.
// SPDX-License-Identifier: Apache-2.0
#include "server/negotiate_auth.h"

#include <gtest/gtest.h>

namespace {

constexpr char kOurs[] = "HTTP/im.example.com@EXAMPLE.COM";

TEST(NegotiateAuth, APrincipalOfOurRealmIsAnAccount) {
    EXPECT_EQ(server::account_of_principal("bob@EXAMPLE.COM", kOurs), "bob");
    EXPECT_EQ(server::account_of_principal("Bob.Smith-2@EXAMPLE.COM", kOurs), "bob.smith-2");
}

TEST(NegotiateAuth, NobodyElseIs) {
    for (const char* who : {"bob@OTHER.COM", "bob@example.com", "bob", "", "@EXAMPLE.COM", "bob@", "bob/admin@EXAMPLE.COM",
                            "DOM/bob@EXAMPLE.COM", "/bob@EXAMPLE.COM", "DOM\\bob@EXAMPLE.COM", "bob\\@x@EXAMPLE.COM",
                            "bob@x@EXAMPLE.COM", "HTTP/im.example.com@EXAMPLE.COM", "bob smith@EXAMPLE.COM"}) {
        EXPECT_EQ(server::account_of_principal(who, kOurs), std::nullopt) << who;
    }
    EXPECT_EQ(server::account_of_principal("bob@EXAMPLE.COM", ""), std::nullopt);
    EXPECT_EQ(server::account_of_principal("bob@", "HTTP/im@"), std::nullopt);
}

TEST(NegotiateAuth, TheRealmsThatAreNamedAreOursAndNoOther) {
    const std::vector<std::string> realms{"PEOPLE.EXAMPLE.COM", "OLD.EXAMPLE.COM"};
    EXPECT_EQ(server::account_of_principal("bob@PEOPLE.EXAMPLE.COM", kOurs, realms), "bob");
    EXPECT_EQ(server::account_of_principal("Bob@OLD.EXAMPLE.COM", kOurs, realms), "bob");
    for (const char* who : {"bob@EXAMPLE.COM", "bob@people.example.com", "bob@COM", "bob@", "bob",
                            "bob@OLD.EXAMPLE.COM@EXAMPLE.COM", "bob/admin@OLD.EXAMPLE.COM"}) {
        EXPECT_EQ(server::account_of_principal(who, kOurs, realms), std::nullopt) << who;
    }
}

TEST(NegotiateAuth, WithoutAKeytabThereIsNone) {
    const auto none = server::NegotiateAuth::make("/nonexistent/keytab", {});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, base::Errc::not_found);
}

}  // namespace
