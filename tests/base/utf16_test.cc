// tests/base/utf16_test.cc: UTF-16 of either byte order, sound and broken.
// SPDX-License-Identifier: Apache-2.0
#include "base/utf16.h"

#include <gtest/gtest.h>

using base::ByteOrder;
using base::utf8_of_utf16;
using namespace std::string_view_literals;

namespace {

TEST(Utf16, EachLengthOfUtf8ComesOutInEitherOrder) {
    EXPECT_EQ(utf8_of_utf16("a\0\xf6\0\xac\x20\x3d\xd8\x00\xde"sv, ByteOrder::little), "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x98\x80");
    EXPECT_EQ(utf8_of_utf16("\0a\0\xf6\x20\xac\xd8\x3d\xde\x00"sv, ByteOrder::big), "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x98\x80");
    EXPECT_EQ(utf8_of_utf16("\xff\xdb\xff\xdf"sv, ByteOrder::little), "\xf4\x8f\xbf\xbf");
    EXPECT_EQ(utf8_of_utf16("", ByteOrder::big), "");
}

TEST(Utf16, HalfACharacterIsNone) {
    EXPECT_EQ(utf8_of_utf16("a", ByteOrder::little), std::nullopt);
    EXPECT_EQ(utf8_of_utf16("\x3d\xd8"sv, ByteOrder::little), std::nullopt);        // nothing behind it
    EXPECT_EQ(utf8_of_utf16("\x3d\xd8" "a\0"sv, ByteOrder::little), std::nullopt);  // no second half
    EXPECT_EQ(utf8_of_utf16("\x00\xde"sv, ByteOrder::little), std::nullopt);        // no first
    EXPECT_EQ(utf8_of_utf16("\x3d\xd8\x3d\xd8"sv, ByteOrder::little), std::nullopt);
}

}  // namespace
