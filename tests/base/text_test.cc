// tests/base/text_test.cc: trim, case, numbers, percent, UTF-8, base64, and suggestions.
// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace base {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using Parts = std::vector<std::string_view>;

std::string every_byte() {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    return all;
}

TEST(Text, ThreeAreJoined) {
    EXPECT_EQ(joined("http://", "im.example.com", "/a"), "http://im.example.com/a");
    EXPECT_EQ(joined("", "", ""), "");
    for (std::size_t size = 0; size < 100; ++size) {
        const std::string piece(size, 'x');
        EXPECT_EQ(joined(piece, "-", piece), piece + "-" + piece) << size;
    }
    EXPECT_EQ(joined("a", "", "c"), "ac");
}

TEST(Trim, TakesBlanksTabsAndLineEndsFromBothEnds) {
    EXPECT_EQ(trim(" \t\r\n a b \n\r\t "), "a b");
    EXPECT_EQ(trim("ab"), "ab");
    EXPECT_EQ(trim("\v a"), "\v a");
    EXPECT_EQ(trim("\0 a"sv), "\0 a"sv);
}

TEST(Trim, LeavesNothingOfNothing) {
    EXPECT_EQ(trim(""), "");
    EXPECT_EQ(trim(" \t\r\n"), "");
}

TEST(Case, FoldsAsciiLettersAndNothingElse) {
    EXPECT_EQ(to_lower("AZaz09@[`{"), "azaz09@[`{");
    EXPECT_EQ(to_lower("\xC3\x84"), "\xC3\x84");
    EXPECT_EQ(to_lower(every_byte()).substr(128), every_byte().substr(128));
    EXPECT_TRUE(equal_ignoring_case("Call-Back", "CALL-bACK"));
    EXPECT_TRUE(equal_ignoring_case("", ""));
    EXPECT_FALSE(equal_ignoring_case("call", "call-back"));
    EXPECT_FALSE(equal_ignoring_case("@", "`"));
    EXPECT_FALSE(equal_ignoring_case("[", "{"));
    EXPECT_FALSE(equal_ignoring_case("\xC3\x84", "\xC3\xA4"));
}

TEST(Split, GivesEveryPartUntrimmed) {
    EXPECT_EQ(split("a, b,c", ','), (Parts{"a", " b", "c"}));
    EXPECT_EQ(split("abc", ','), (Parts{"abc"}));
    EXPECT_EQ(split(",a,,b,", ','), (Parts{"", "a", "", "b", ""}));
    EXPECT_EQ(split("", ','), (Parts{""}));
    EXPECT_EQ(split(",", ','), (Parts{"", ""}));
}

TEST(Number, TakesDigitsUpToTheMost) {
    EXPECT_EQ(parse_number("0"), 0u);
    EXPECT_EQ(parse_number("007"), 7u);
    EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
    EXPECT_EQ(parse_number("65535", 65535), 65535u);
    EXPECT_EQ(parse_number("65536", 65535), std::nullopt);
    EXPECT_EQ(parse_number("18446744073709551616"), std::nullopt);
    EXPECT_EQ(parse_number("99999999999999999999999999"), std::nullopt);
}

TEST(Number, RefusesWhatIsNotAllDigits) {
    for (auto text : {"", " ", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "a", "1a", "\xD9\xA1"}) {
        EXPECT_EQ(parse_number(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_number("1\0"sv), std::nullopt);
    EXPECT_EQ(parse_number({}), std::nullopt);
}

TEST(Percent, DecodesEscapesOfEitherCase) {
    EXPECT_EQ(percent_decode("a%20b%2Fc%2fd+e"), "a b/c/d+e");
    EXPECT_EQ(percent_decode(""), "");
    EXPECT_EQ(percent_decode("%c3%A4"), "\xC3\xA4");
    EXPECT_EQ(percent_decode("%2541"), "%41");
}

TEST(Percent, HandsOverANulForTheCallerToRefuse) { EXPECT_EQ(percent_decode("a%00b"), "a\0b"s); }

TEST(Percent, RefusesBrokenEscapes) {
    for (auto text : {"%", "%4", "a%", "a%4", "%g0", "%0g", "%%41", "% 1", "%+1", "%-1", "%u0041",
                      "%0x"}) {
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
    }
    EXPECT_EQ(percent_decode("%4\0"sv), std::nullopt);
}

TEST(Percent, EncodesWhatAPathSegmentCannotHold) {
    constexpr auto kPlain = "/instmsg/aliases/AZaz09-._~!$&'()*+,;=:@"sv;
    EXPECT_EQ(percent_encode_path(kPlain), kPlain);
    EXPECT_EQ(percent_encode_path("a b%?#[]\"<>\\^`{|}\x7F"),
              "a%20b%25%3F%23%5B%5D%22%3C%3E%5C%5E%60%7B%7C%7D%7F");
    EXPECT_EQ(percent_encode_path("\xC5\xBE\0"sv), "%C5%BE%00");
}

TEST(Percent, RoundTripsEveryByte) {
    EXPECT_EQ(percent_decode(percent_encode_path(every_byte())), every_byte());
}

TEST(Utf8, AcceptsTheEdgesOfEveryLength) {
    for (auto text : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                      "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
                      "twelve bytes of plain text"}) {
        EXPECT_TRUE(valid_utf8(text)) << text;
    }
    EXPECT_TRUE(valid_utf8("\0"sv));
}

TEST(Utf8, RefusesLongFormsSurrogatesAndStrayBytes) {
    for (auto text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                      "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                      "\xFF", "\xFE", "\xC3(", "\xE2\x82(", "\xF0\x9F\x98(", "\xE2(\xAC"}) {
        EXPECT_FALSE(valid_utf8(text)) << text;
        EXPECT_FALSE(valid_utf8("12345678"s + text + "12345678")) << text;
    }
}

TEST(Utf8, SaysHowFarItIsValid) {
    EXPECT_EQ(valid_utf8_prefix(""), 0u);
    EXPECT_EQ(valid_utf8_prefix("\xFF"), 0u);
    EXPECT_EQ(valid_utf8_prefix("\xC5\xBE twelve bytes"), 15u);
    EXPECT_EQ(valid_utf8_prefix("\xC5\xBE twelve bytes\x80 and more"), 15u);
    EXPECT_EQ(valid_utf8_prefix("1234567\xE2\x82"), 7u);
}

TEST(Utf8, RefusesACharacterThatIsCutShort) {
    for (auto text : {"\xC3", "\xE2\x82", "\xF0\x9F\x98", "1234567\xC3"}) {
        EXPECT_FALSE(valid_utf8(text)) << text;
    }
}

TEST(Latin1, WritesEachByteAsItsCharacter) {
    EXPECT_EQ(latin1_to_utf8("\xC5\xBE"), "\xC3\x85\xC2\xBE");  // z with caron, taken for two
    EXPECT_EQ(latin1_to_utf8("abc"), "abc");
    EXPECT_EQ(latin1_to_utf8(""), "");
    EXPECT_EQ(latin1_to_utf8("\x80\xFF"), "\xC2\x80\xC3\xBF");
}

TEST(Latin1, ComesBackFromUtf8) {
    EXPECT_EQ(utf8_to_latin1("\xC3\x85\xC2\xBE"), "\xC5\xBE");
    EXPECT_EQ(utf8_to_latin1("\xC3\xBF"), "\xFF");
    EXPECT_EQ(utf8_to_latin1(latin1_to_utf8(every_byte())), every_byte());
    EXPECT_TRUE(valid_utf8(latin1_to_utf8(every_byte())));
}

TEST(Latin1, HasNoByteForHigherCharactersNorForBrokenUtf8) {
    for (auto text : {"\xC4\x80", "\xC5\xBE", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xC3", "\xC0\x80",
                      "\xFF", "a\x80"}) {
        EXPECT_EQ(utf8_to_latin1(text), std::nullopt) << text;
    }
}

TEST(Base64, AgreesWithTheSamplesOfTheRfc) {
    const std::pair<std::string_view, std::string_view> samples[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xFE", "+//+"}};
    for (const auto& [bytes, text] : samples) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text), bytes);
    }
}

TEST(Base64, RoundTripsEveryLength) {
    for (std::size_t length = 0; length <= 256; ++length) {
        const std::string bytes = every_byte().substr(256 - length);
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    }
}

TEST(Base64, RefusesBlanksMissingPaddingAndOtherAlphabets) {
    for (auto text : {"Zg", "Zg=", "Zg===", "Z", "=", "==", "===", "====", "Z===", "Zm9v=", "Zm9v====",
                      "Zm=v", "Zg=a", "Zm9 ", "Zm9v\n", " Zm9", "-__-", "Zm9v!!!!",
                      "\xFF\xFF\xFF\xFF"}) {
        EXPECT_EQ(base64_decode(text), std::nullopt) << text;
    }
    EXPECT_EQ(base64_decode("Zm9\0"sv), std::nullopt);
}

TEST(Base64, RefusesASecondSpellingOfTheSameBytes) {
    EXPECT_EQ(base64_decode("Zh=="), std::nullopt);
    EXPECT_EQ(base64_decode("Zm9="), std::nullopt);
}

TEST(Nearest, FindsWhatWasMeant) {
    const Parts options{"listen", "domain", "database", "lease_min", "lease_max"};
    EXPECT_EQ(nearest("lisen", options), "listen");
    EXPECT_EQ(nearest("domian", options), "domain");
    EXPECT_EQ(nearest("databse", options), "database");
    EXPECT_EQ(nearest("leasemax", options), "lease_max");
    EXPECT_EQ(nearest("listen", options), "listen");
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
    EXPECT_EQ(nearest("xyz", {"listen", "domain"}), std::nullopt);
    EXPECT_EQ(nearest("listen", {}), std::nullopt);
    EXPECT_EQ(nearest(std::string(100'000, 'x'), {"listen"}), std::nullopt);
}

TEST(Nearest, AllowsOneMistakeAndOneMorePerThreeLetters) {
    EXPECT_EQ(nearest("ab", {"abc"}), "abc");
    EXPECT_EQ(nearest("ab", {"abcd"}), std::nullopt);
    EXPECT_EQ(nearest("abc", {"abcde"}), "abcde");
    EXPECT_EQ(nearest("abc", {"abcdef"}), std::nullopt);
    EXPECT_EQ(nearest("", {"a"}), "a");
}

TEST(Nearest, PrefersTheCloserAndThenTheFirst) {
    EXPECT_EQ(nearest("abc", {"abde", "abd"}), "abd");
    EXPECT_EQ(nearest("abc", {"abd", "abe"}), "abd");
    EXPECT_EQ(nearest("abc", {"abd", "abc"}), "abc");
}

}  // namespace
}  // namespace base
