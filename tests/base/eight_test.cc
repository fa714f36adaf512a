// tests/base/eight_test.cc: eight bytes together are seen as each alone would be.
// SPDX-License-Identifier: Apache-2.0
#include "base/eight.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/text.h"

namespace base {
namespace {

using Eight = std::array<char, eight::kBytes>;

/// Every byte at every place, among others that are at both ends of what a byte can be.
template <class F>
void for_each_eight(F check) {
    for (const char among : {'\0', '\x1f', ' ', 'A', 'z', '\x7f', '\x80', '\xff'}) {
        for (std::size_t place = 0; place < eight::kBytes; ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                Eight bytes;
                bytes.fill(among);
                bytes[place] = static_cast<char>(byte);
                check(bytes);
            }
        }
    }
}

TEST(Eight, FindsAByteBelowABound) {
    for (const unsigned bound : {1U, 0x20U, 0x21U, 0x7fU, 0x80U}) {
        for_each_eight([&](const Eight& bytes) {
            const bool one = std::ranges::any_of(bytes, [&](char c) { return static_cast<unsigned char>(c) < bound; });
            ASSERT_EQ(eight::any_below(eight::load(bytes.data()), static_cast<unsigned char>(bound)), one) << bound;
        });
    }
}

TEST(Eight, FindsAByte) {
    for (const char wanted : {'\0', '\t', '\x7f', '\x80', '\xff'}) {
        for_each_eight([&](const Eight& bytes) {
            ASSERT_EQ(eight::any_is(eight::load(bytes.data()), static_cast<unsigned char>(wanted)),
                      std::ranges::find(bytes, wanted) != bytes.end());
        });
    }
}

TEST(Eight, MarksTheBytesBetweenTwo) {
    for (const std::string_view ends : {"az", "AZ", "09", "-.", "//", "__"}) {
        for_each_eight([&](const Eight& bytes) {
            Eight wanted;
            std::ranges::transform(bytes, wanted.begin(), [&](char c) {
                const auto byte = static_cast<unsigned char>(c);
                return byte >= static_cast<unsigned char>(ends[0]) && byte <= static_cast<unsigned char>(ends[1]) ? '\x80' : '\0';
            });
            Eight marked;
            const eight::Word word = eight::load(bytes.data());
            eight::store(marked.data(), eight::between(word, static_cast<unsigned char>(ends[0]), static_cast<unsigned char>(ends[1])));
            ASSERT_EQ(marked, wanted) << ends;
        });
    }
}

TEST(Eight, LooksAtEveryByteOfATextFromEightOn) {
    const auto sound = [](eight::Word word) { return eight::letters_and_digits(word) == eight::kTops; };
    for (std::size_t size = 0; size < 40; ++size) {
        std::string text(size, 'a');
        EXPECT_EQ(eight::all(text, sound), size >= eight::kBytes) << size;
        for (char& c : text) {
            c = '-';
            EXPECT_FALSE(eight::all(text, sound)) << text;
            EXPECT_FALSE(eight::all<eight::kBytes - 1>(text, sound)) << text;
            c = 'a';
        }
    }
}

TEST(Eight, SevenApartSeesAnyTwoNeighboursTogether) {
    const auto parted = [](eight::Word word) {
        const eight::Word slashes = eight::between(word, '/', '/');
        return (slashes & slashes << 8) == 0;
    };
    for (std::size_t size = eight::kBytes; size < 40; ++size) {
        for (std::size_t at = 0; at + 1 < size; ++at) {
            std::string text(size, 'a');
            text[at] = '/';
            EXPECT_TRUE(eight::all<eight::kBytes - 1>(text, parted)) << text;
            text[at + 1] = '/';
            EXPECT_FALSE(eight::all<eight::kBytes - 1>(text, parted)) << text;
        }
    }
}

TEST(Eight, LowersAsciiLettersAlone) {
    for_each_eight([](const Eight& bytes) {
        Eight lowered;
        eight::store(lowered.data(), eight::lower(eight::load(bytes.data())));
        Eight wanted = bytes;
        for (char& c : wanted) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        ASSERT_EQ(lowered, wanted);
    });
}

TEST(Eight, ChangesNothingAboutTextsOfAnyLength) {
    const std::string mixed = "ABCdef@[`{\xC1\xE1ZYXwvu0129-_QQ";
    const std::string lower = "abcdef@[`{\xC1\xE1zyxwvu0129-_qq";
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
