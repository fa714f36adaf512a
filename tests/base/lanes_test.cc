// tests/base/lanes_test.cc: bytes together are seen as each alone would be.
// SPDX-License-Identifier: Apache-2.0
#include "base/lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace base {
namespace {

/// Lanes of every width.
template <class T>
class OfAnyWidth : public testing::Test {};
using Widths = testing::Types<lanes::Four, lanes::Eight, lanes::Sixteen>;
TYPED_TEST_SUITE(OfAnyWidth, Widths);

/// Every byte at every place, among others that are at both ends of what a byte can be.
template <class Lanes, class F>
void for_each_byte(F check) {
    for (const char among : {'\0', '\x1f', ' ', 'A', 'z', '\x7f', '\x80', '\xff'}) {
        for (std::size_t place = 0; place < sizeof(Lanes); ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                std::array<char, sizeof(Lanes)> bytes;
                bytes.fill(among);
                bytes[place] = static_cast<char>(byte);
                check(bytes);
            }
        }
    }
}

/// What `of_lanes` says is what `of_byte` says of each byte alone.
template <class Lanes, class F, class G>
void expect_alike(F of_lanes, G of_byte) {
    for_each_byte<Lanes>([&](const auto& bytes) {
        auto seen = bytes;
        lanes::store(seen.data(), of_lanes(lanes::load<Lanes>(bytes.data())));
        auto wanted = bytes;
        std::ranges::transform(bytes, wanted.begin(), [&](char c) { return static_cast<char>(of_byte(static_cast<unsigned char>(c))); });
        ASSERT_EQ(seen, wanted);
    });
}

TYPED_TEST(OfAnyWidth, FindsAByte) {
    for (const int byte : {0x00, 0x09, 0x2f, 0x7f, 0x80, 0xff}) {
        const auto wanted = static_cast<unsigned char>(byte);
        expect_alike<TypeParam>([&](auto bytes) { return lanes::is(bytes, wanted); }, [&](unsigned char c) { return c == wanted ? 0xff : 0; });
    }
}

TYPED_TEST(OfAnyWidth, FindsTheBytesBetweenTwo) {
    for (const std::string_view ends : {"az", "09", "-.", "//", " \xff", "!~", "\x80\xff", "\x7f\x80"}) {
        const auto first = static_cast<unsigned char>(ends[0]), last = static_cast<unsigned char>(ends[1]);
        expect_alike<TypeParam>([&](auto bytes) { return lanes::between(bytes, first, last); },
                                [&](unsigned char c) { return c >= first && c <= last ? 0xff : 0; });
    }
}

TYPED_TEST(OfAnyWidth, FindsAsciiLettersAndDigits) {
    const auto is_letter = [](unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    expect_alike<TypeParam>([](auto bytes) { return lanes::letters(bytes); }, [&](unsigned char c) { return is_letter(c) ? 0xff : 0; });
    expect_alike<TypeParam>([](auto bytes) { return lanes::letters_and_digits(bytes); },
                            [&](unsigned char c) { return is_letter(c) || (c >= '0' && c <= '9') ? 0xff : 0; });
}

TYPED_TEST(OfAnyWidth, LowersAsciiLettersAlone) {
    expect_alike<TypeParam>([](auto bytes) { return lanes::lower(bytes); },
                            [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
}

TYPED_TEST(OfAnyWidth, OneByteLessIsNotEvery) {
    EXPECT_TRUE(lanes::every(lanes::between(TypeParam(), 0, 0xff)));
    EXPECT_FALSE(lanes::every(TypeParam()));
    for (std::size_t place = 0; place < sizeof(TypeParam); ++place) {
        std::array<char, sizeof(TypeParam)> bytes;
        bytes.fill('a');
        bytes[place] = '-';
        EXPECT_FALSE(lanes::every(lanes::letters(lanes::load<TypeParam>(bytes.data())))) << place;
    }
}

TEST(Lanes, SeeEveryByteOfATextFromFourOn) {
    const auto sound = [](auto bytes) { return lanes::letters_and_digits(bytes); };
    for (std::size_t size = 0; size < 70; ++size) {
        std::string text(size, 'a');
        EXPECT_EQ(lanes::all(text, sound), size >= lanes::kFewest) << size;
        for (char& c : text) {
            c = '-';
            EXPECT_FALSE(lanes::all(text, sound)) << text;
            c = 'a';
        }
    }
}

TEST(Lanes, LookAtNothingBesideTheText) {  // the address sanitizer sees it
    const auto sound = [](auto bytes) { return lanes::letters(bytes); };
    const auto alike = [](auto bytes, auto next) { return lanes::is(bytes ^ next, 0); };
    for (std::size_t size = lanes::kFewest; size < 70; ++size) {
        const std::vector<char> text(size, 'a');  // which no NUL follows
        EXPECT_TRUE(lanes::all({text.data(), size}, sound)) << size;
        const bool neighbours = size == lanes::kFewest || lanes::all(size - 1, alike, text.data(), text.data() + 1);
        EXPECT_TRUE(neighbours) << size;
    }
}

TEST(Lanes, SeeTwoTextsSideBySide) {
    const auto differ = [](auto of_a, auto of_b) { return ~lanes::is(of_a ^ of_b, 0); };
    for (std::size_t size = lanes::kFewest; size < 70; ++size) {
        const std::string a(size, 'a');
        std::string b(size, 'b');
        EXPECT_TRUE(lanes::all(size, differ, a.data(), b.data())) << size;
        for (char& c : b) {
            c = 'a';
            EXPECT_FALSE(lanes::all(size, differ, a.data(), b.data())) << b;
            c = 'b';
        }
    }
}

TEST(Lanes, ChangeNothingAboutTextsOfAnyLength) {
    const std::string mixed = "ABCdef@[`{\xC1\xE1ZYXwvu0129-_QQabCDefGHijKLmnOP";
    const std::string lower = "abcdef@[`{\xC1\xE1zyxwvu0129-_qqabcdefghijklmnop";
    for (std::size_t size = 0; size <= mixed.size(); ++size) {
        const std::string text = mixed.substr(0, size);
        EXPECT_EQ(to_lower(text), lower.substr(0, size));
        EXPECT_TRUE(equal_ignoring_case(text, lower.substr(0, size))) << size;
        for (std::size_t at = 0; at < size; ++at) {
            std::string other = lower.substr(0, size);
            other[at] = static_cast<char>(other[at] ^ 0x01);
            EXPECT_FALSE(equal_ignoring_case(text, other)) << size << " at " << at;
        }
    }
    EXPECT_FALSE(equal_ignoring_case("12345@78", "12345`78"));  // they differ in the bit that parts cases
    EXPECT_FALSE(equal_ignoring_case("@", "`"));
}

}  // namespace
}  // namespace base
