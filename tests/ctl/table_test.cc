// tests/ctl/table_test.cc: lists and values as a person reads them.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/table.h"

#include <gtest/gtest.h>

namespace {

using base::json::Value;

TEST(Table, PutsAHeaderOverColumnsOfOneWidth) {
    Value list = Value::array();
    list.append(Value::object().set("id", 7).set("name", "bob").set("left", 3661));
    list.append(Value::object().set("id", 12345).set("name", "J\xc3\xbcrgen").set("left", 9));
    EXPECT_EQ(
        ctl::table(list,
                   {{"ID", "id"}, {"LEFT", "left", ctl::Column::As::seconds}, {"NAME", "name"}},
                   "none"),
        "ID     LEFT       NAME\n"
        "7      1 h 1 min  bob\n"
        "12345  9 s        J\xc3\xbcrgen\n");
    EXPECT_EQ(ctl::table(list, {{"NAME", "name"}, {"ID", "id"}}, "none"),
              "NAME    ID\n"
              "bob     7\n"
              "J\xc3\xbcrgen  12345\n");
}

TEST(Table, SaysThatItIsEmpty) {
    EXPECT_EQ(ctl::table(Value::array(), {{"ID", "id"}}, "no nodes"), "no nodes\n");
}

TEST(Table, LooksIntoObjects) {
    const Value row = Value::object().set("endpoint", Value::object().set("state", "slow"));
    EXPECT_EQ(ctl::shown(row, "endpoint.state"), "slow");
    EXPECT_EQ(ctl::shown(row, "endpoint.reason"), "-");
    EXPECT_EQ(ctl::shown(row, "point.state"), "-");
}

TEST(Shown, KnowsEveryKindOfValue) {
    EXPECT_EQ(ctl::shown(Value()), "-");
    EXPECT_EQ(ctl::shown(Value("")), "-");
    EXPECT_EQ(ctl::shown(Value(true)), "yes");
    EXPECT_EQ(ctl::shown(Value(false)), "no");
    EXPECT_EQ(ctl::shown(Value(17)), "17");
    EXPECT_EQ(ctl::shown(Value::array().append("a").append("b")), "a,b");
    EXPECT_EQ(ctl::shown(Value::array()), "-");
}

TEST(Printable, LetsNothingMoveTheCursor) {
    EXPECT_EQ(ctl::printable("a\x1b[31mb\r\n\x7f"), "a?[31mb???");
    EXPECT_EQ(ctl::printable("a\xc2\x9b"
                             "31m"),
              "a?31m");
    EXPECT_EQ(ctl::printable("J\xc3\xbcrgen \xc2\xa7 \xe2\x82\xac"),
              "J\xc3\xbcrgen \xc2\xa7 \xe2\x82\xac");
    EXPECT_EQ(ctl::printable("\xc2"), "\xc2");
}

TEST(Duration, ShowsTheTwoLargestUnits) {
    EXPECT_EQ(ctl::duration(0), "0 s");
    EXPECT_EQ(ctl::duration(59), "59 s");
    EXPECT_EQ(ctl::duration(60), "1 min");
    EXPECT_EQ(ctl::duration(3599), "59 min 59 s");
    EXPECT_EQ(ctl::duration(3605), "1 h");
    EXPECT_EQ(ctl::duration(86399), "23 h 59 min");
    EXPECT_EQ(ctl::duration(86400 * 3 + 7200), "3 d 2 h");
    EXPECT_EQ(ctl::duration(Value::object(), "left"), "-");
}

}  // namespace
