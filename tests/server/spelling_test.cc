// tests/server/spelling_test.cc: the names that clients give one account.
// SPDX-License-Identifier: Apache-2.0
#include "server/spelling.h"

#include <gtest/gtest.h>

namespace {

using server::account_of;
using server::Domains;

const Domains kBoth{"DOM", "example.com"};
const Domains kNone{"", ""};

TEST(Spelling, EverySpellingIsTheSameAccount) {
    for (const char* user : {"Bob", "bob", "/bob", "\\bob", "DOM\\bob", "dom/BOB", "bob@example.com", "bob@EXAMPLE.com", "Bob@dom"}) {
        EXPECT_EQ(account_of(user, kBoth), "bob") << user;
    }
}

TEST(Spelling, OtherDomainsAreNobody) {
    for (const char* user : {"OTHER\\bob", "OTHER/bob", "bob@other.org", "bob@", "DOM\\bob@example.com", "", "/", "DOM\\"}) {
        EXPECT_EQ(account_of(user, kBoth), std::nullopt) << user;
    }
    EXPECT_EQ(account_of("DOM\\bob", kNone), std::nullopt);
    EXPECT_EQ(account_of("bob@", kNone), std::nullopt);
    EXPECT_EQ(account_of("/bob", kNone), "bob");
}

TEST(Spelling, NamesKeepClearOfWhatDividesThem) {
    EXPECT_TRUE(server::is_account_name("b.o-b_7"));
    EXPECT_TRUE(server::is_account_name("j\xc3\xbcrgen"));
    EXPECT_TRUE(server::is_account_name(std::string(64, 'x')));
    for (const char* name : {"", ".", "..", "a b", "a:b", "a\"b", "a\tb", "a,b", "\xff", "a/b", "a\\b", "a@b"}) {
        EXPECT_FALSE(server::is_account_name(name)) << name;
    }
    EXPECT_FALSE(server::is_account_name(std::string(65, 'x')));
}

TEST(Spelling, WhatIsHashedIsWhatIsUnderstood) {
    const auto all = server::spellings_of("Bob", kBoth);
    EXPECT_EQ(all.size(), 12U);
    for (const std::string& text : all) EXPECT_EQ(account_of(text, kBoth), "bob") << text;
    EXPECT_EQ(server::spellings_of("bob", kNone), (std::vector<std::string>{"bob", "/bob"}));
}

}  // namespace
