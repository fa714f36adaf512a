// tests/ctl/csv_test.cc: comma-separated values, both ways (RFC 4180).
// SPDX-License-Identifier: Apache-2.0
#include "ctl/csv.h"

#include <gtest/gtest.h>

namespace {

using Fields = std::vector<std::string>;

/// Every record, or the error in the place of the one that has it.
std::vector<Fields> records_in(std::string_view text) {
    std::vector<Fields> records;
    for (int line = 1; !text.empty();) {
        auto record = ctl::take_record(text, line);
        if (!record) {
            records.push_back({"! " + record.error().text});
            break;
        }
        records.push_back(std::move(*record));
    }
    return records;
}

TEST(Csv, FieldsAreAsTheyStand) {
    EXPECT_EQ(records_in("a,b\r\nc,\n"), (std::vector<Fields>{{"a", "b"}, {"c", ""}}));
    EXPECT_EQ(records_in(" a , b "), (std::vector<Fields>{{" a ", " b "}}));
    EXPECT_EQ(records_in("\"a,b\",\"say \"\"hi\"\"\",\"\"\n"), (std::vector<Fields>{{"a,b", "say \"hi\"", ""}}));
    EXPECT_EQ(records_in("\"two\r\nlines\",x\ny"), (std::vector<Fields>{{"two\r\nlines", "x"}, {"y"}}));
    EXPECT_EQ(records_in("\n\r\na\r"), (std::vector<Fields>{{""}, {""}, {"a"}}));
    EXPECT_EQ(records_in(","), (std::vector<Fields>{{"", ""}}));
}

TEST(Csv, WhatIsNoneIsSaid) {
    EXPECT_EQ(records_in("\"open"), (std::vector<Fields>{{"! a quote is not closed"}}));
    EXPECT_EQ(records_in("\"a\"b,c"), (std::vector<Fields>{{"! a comma is missing behind a closing quote"}}));
    EXPECT_EQ(records_in("a\"b\",c"), (std::vector<Fields>{{"! a quote inside a field that does not begin with one"}}));
    EXPECT_EQ(records_in(std::string(ctl::kMaxCsvFields, ',')), (std::vector<Fields>{{"! too many fields"}}));
}

TEST(Csv, LinesAreCountedThroughQuotedOnes) {
    std::string_view text = "a\n\"b\n\nc\",d\r\n\"e\n";
    int line = 1;
    EXPECT_TRUE(ctl::take_record(text, line));
    EXPECT_EQ(line, 2);
    EXPECT_TRUE(ctl::take_record(text, line));
    EXPECT_EQ(line, 5);
    EXPECT_FALSE(ctl::take_record(text, line));
}

TEST(Csv, WhatIsWrittenIsReadBack) {
    const Fields fields{"plain", "", " blanks ", "a,b", "\"", "two\nlines", "\r", "J\xc3\xb6rg"};
    const std::string record = ctl::csv_record(fields);
    EXPECT_EQ(record, "plain,, blanks ,\"a,b\",\"\"\"\",\"two\nlines\",\"\r\",J\xc3\xb6rg\r\n");
    EXPECT_EQ(records_in(record + record), (std::vector<Fields>{fields, fields}));
    EXPECT_EQ(ctl::csv_record({"a", "b"}), "a,b\r\n");
}

}  // namespace
