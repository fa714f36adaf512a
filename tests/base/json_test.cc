// tests/base/json_test.cc: JSON within bounds, both ways.
// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace {

using base::Errc;
using base::json::parse;
using base::json::Value;

TEST(Json, WritesWhatItHasRead) {
    for (const char* text :
         {"null", "true", "false", "0", "-17", "9223372036854775807", "0.5", R"("")",
          R"("a\"b\\c\n")", "[]", "{}", R"([1,[2,{}],null])", R"({"b":1,"a":[true,{"c":"d"}]})"}) {
        const auto value = parse(text);
        ASSERT_TRUE(value) << text << ": " << value.error().text;
        EXPECT_EQ(value->dump(), text);
    }
}

TEST(Json, KeepsTheOrderOfMembers) {
    Value v = Value::object();
    v.set("z", 1).set("a", 2).set("m", 3).set("z", "again");
    EXPECT_EQ(v.dump(), R"({"z":"again","a":2,"m":3})");
    EXPECT_EQ(*v.find("z")->as_text(), "again");
    EXPECT_EQ(v.find("b"), nullptr);
    EXPECT_EQ(Value(3).find("b"), nullptr);
}

TEST(Json, TellsItsKindsApart) {
    EXPECT_TRUE(Value().is_null());
    EXPECT_EQ(Value(true).as_bool(), true);
    EXPECT_EQ(Value(true).as_int(), std::nullopt);
    EXPECT_EQ(Value(7).as_int(), 7);
    EXPECT_EQ(Value(7).as_double(), 7.0);
    EXPECT_EQ(Value(7.0).as_int(), std::nullopt);
    EXPECT_EQ(Value("x").as_bool(), std::nullopt);
    EXPECT_EQ(Value(7).as_text(), nullptr);
    EXPECT_EQ(Value("[]").as_array(), nullptr);
    EXPECT_EQ(Value::array().as_object(), nullptr);
    EXPECT_NE(Value("1"), Value(1));
    EXPECT_EQ(Value::array().append("x"), *parse(R"( [ "x" ] )"));
}

TEST(Json, MakesADoubleOfANumberThatIsTooLarge) {
    const auto value = parse("9223372036854775808");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->as_int(), std::nullopt);
    EXPECT_EQ(value->as_double(), 9223372036854775808.0);
    EXPECT_EQ(Value(std::numeric_limits<double>::quiet_NaN()).dump(), "null");
}

TEST(Json, RefusesWhatIsNoJson) {
    for (const char* text : {"", " ", "{", "[1,]", "{\"a\"}", "nul", "1 2", "'a'", "\"a\nb\"",
                             "{1:2}", "[1]x", "1e999"}) {
        const auto value = parse(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, Errc::malformed) << text;
    }
}

TEST(Json, RefusesTextThatIsNotUtf8) {
    const auto value = parse("\"a\xff\"");
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code, Errc::malformed);
}

TEST(Json, ReplacesBytesThatAreNotUtf8WhenItWrites) {
    Value v = Value::object();
    v.set("\xc3", "a\xff\xe2\x82z");
    const std::string line = v.dump();
    EXPECT_EQ(line, "{\"\xef\xbf\xbd\":\"a\xef\xbf\xbd\xef\xbf\xbdz\"}");
    EXPECT_TRUE(parse(line));
}

TEST(Json, NeverWritesALineEnd) {
    const std::string line = Value("a\r\nb\x01\x7f").dump();
    EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
    EXPECT_EQ(parse(line), Value("a\r\nb\x01\x7f"));
}

TEST(Json, CountsItsBytes) {
    EXPECT_TRUE(parse("[1,2]", {5, 2}));
    const auto value = parse("[1,2]", {4, 2});
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code, Errc::too_large);
}

TEST(Json, CountsItsDepth) {
    EXPECT_TRUE(parse("[[1],{\"a\":2}]", {100, 2}));
    for (const char* text : {"[[[1]]]", "[{\"a\":{}}]"}) {
        const auto value = parse(text, {100, 2});
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, Errc::too_large) << text;
    }
    EXPECT_EQ(parse(std::string(60000, '[')).error().code, Errc::too_large);
}

TEST(Json, KeepsMembersOfOneNameAndFindsTheFirst) {
    const auto value = parse(R"({"a":1,"a":2})");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->as_object()->size(), 2u);
    EXPECT_EQ(value->find("a")->as_int(), 1);
}

}  // namespace
