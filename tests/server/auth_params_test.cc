// tests/server/auth_params_test.cc: parameters as clients of twenty years write them.
// SPDX-License-Identifier: Apache-2.0
#include "server/auth_params.h"

#include <gtest/gtest.h>

#include <string>

namespace {

/// `name=value|` of each, with `name=value<raw>|` where they differ; the error otherwise.
std::string read(std::string_view text) {
    const auto params = server::read_auth_params(text);
    if (!params) return params.error().text;
    std::string out;
    for (const server::AuthParam& p : *params) {
        out += p.name + "=" + p.value + (p.raw == p.value ? "" : "<" + p.raw + ">") + "|";
    }
    return out;
}

TEST(AuthParams, TokensAndQuotedTextAreTheSame) {
    EXPECT_EQ(read(R"(qop=auth, nc="00000001",ALGORITHM="MD5")"), "qop=auth|nc=00000001|algorithm=MD5|");
    EXPECT_EQ(read(R"(  a = "x, y" ,, b	=	2,)"), "a=x, y|b=2|");
    EXPECT_EQ(read(R"(uri=/a/b?c=d:80, e="")"), "uri=/a/b?c=d:80|e=|");
    EXPECT_EQ(read(""), "");
}

TEST(AuthParams, QuotedPairsAreUndoneAndKept) {
    EXPECT_EQ(read(R"(u="DOM\\bob")"), R"(u=DOM\bob<DOM\\bob>|)");
    EXPECT_EQ(read(R"(u="DOM\bob")"), R"(u=DOMbob<DOM\bob>|)");
    EXPECT_EQ(read(R"(u="a\"b", v="\\")"), R"(u=a"b<a\"b>|v=\<\\>|)");
}

TEST(AuthParams, NoControlCharacterHidesOutsideQuotesEither) {
    EXPECT_EQ(read("uri=/a\x01" "b"), "Authorization: a control character in uri at byte 8");
    EXPECT_TRUE(read("uri=/a\nb").starts_with("Authorization: a control character in uri"));
}

TEST(AuthParams, WhatIsBrokenIsRefusedWithItsPlace) {
    EXPECT_EQ(read("a"), "Authorization: no name=value at byte 1");
    EXPECT_EQ(read("=1"), "Authorization: no name=value at byte 0");
    EXPECT_EQ(read("a="), "Authorization: a has no value at byte 2");
    EXPECT_EQ(read("a=1 b=2"), "Authorization: a comma is missing at byte 4");
    EXPECT_EQ(read("a=1, A=2"), "Authorization: a stands twice at byte 8");
    EXPECT_EQ(read("a=\"b"), "Authorization: a quote is not closed, or a control character inside at byte 4");
    EXPECT_EQ(read("a=\"b\\"), "Authorization: a quote is not closed, or a control character inside at byte 5");
    EXPECT_EQ(read("a=\"\x01\""), "Authorization: a quote is not closed, or a control character inside at byte 3");
    std::string many;
    for (int i = 0; i < 33; ++i) many += "p" + std::to_string(i) + "=1,";
    EXPECT_NE(read(many).find("more than 32 parameters"), std::string::npos);
}

}  // namespace
