// tests/rvp/mime_test.cc: MIME parts as octets, with their line ends and a Session-Id.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/mime.h"

#include <gtest/gtest.h>

#include <regex>

#include "base/text.h"
#include "base/xml.h"

namespace {

const std::string kFront = "Content-Type: text/plain; charset=UTF-8\r\nSession-Id: {A}\r\n\r\n";

std::string mime(const std::string& text, const std::string& seed = "seed") {
    const auto part = rvp::read_mime(text, seed);
    if (part) return *part;
    EXPECT_EQ(part.error().code, base::Errc::malformed);
    return part.error().text;
}

// The body of a part that began with kFront.
std::string octets(const std::string& text) {
    const std::string part = mime(kFront + text);
    EXPECT_TRUE(part.starts_with(kFront)) << part;
    return part.substr(kFront.size());
}

// The text of a document's root once its line ends were kept.
std::string root_text(const std::string& document) {
    const auto root = base::xml::parse(rvp::keep_line_ends(document));
    return root ? root->all_text() : root.error().text;
}

std::string session_id(const std::string& seed) {
    const std::string part = mime("Content-Type: text/plain\r\n\r\nx", seed);
    return std::string(rvp::mime_header(part, "Session-Id"));
}

}  // namespace

TEST(Mime, OctetsArriveAsTheSameOctetsInEitherSpelling) {
    EXPECT_EQ(octets("\xC3\x85\xC2\xBE"), "\xC5\xBE");  // "ž" as U+00C5 U+00BE, then UTF-8
    EXPECT_EQ(octets("\xC5\xBE"), "\xC5\xBE");          // "ž" as plain text: above U+00FF
}

TEST(Mime, AsciiIsItself) { EXPECT_EQ(octets("Let's have lunch ~"), "Let's have lunch ~"); }

TEST(Mime, CharactersUpToFfThatAreNoUtf8WerePlainText) {
    EXPECT_EQ(octets("caf\xC3\xA9"), "caf\xC3\xA9");                  // U+00E9 alone is no UTF-8
    EXPECT_EQ(octets("\xC3\x85\xC2\xBE \xC3\xA9"), "\xC3\x85\xC2\xBE \xC3\xA9");  // one stray one decides for all
}

TEST(Mime, ACharacterAboveFfMakesAllOfItPlainText) {
    EXPECT_EQ(octets("\xC3\x85\xC2\xBE \xE2\x82\xAC"), "\xC3\x85\xC2\xBE \xE2\x82\xAC");
    EXPECT_EQ(octets("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
}

TEST(Mime, LongerSequencesOfOctetsAreReadToo) {
    const std::string smile = "\xF0\x9F\x98\x80 \xE2\x82\xAC";
    EXPECT_EQ(octets(base::latin1_to_utf8(smile)), smile);
    EXPECT_EQ(octets(base::latin1_to_utf8("\xC3\xA9")), "\xC3\xA9");
}

TEST(Mime, BlankLinesBeforeTheHeadersAreDropped) {
    EXPECT_EQ(mime("\n \r\n\t" + kFront + "x"), kFront + "x");
}

TEST(Mime, WithoutAHeaderBlockThereIsNoPart) {
    EXPECT_EQ(mime(""), "r:mime-data is empty (RVP 10)");
    EXPECT_EQ(mime(" \r\n\r\n "), "r:mime-data is empty (RVP 10)");
    EXPECT_EQ(mime("hello there\r\n\r\nContent-Type: text/plain"),
        "r:mime-data has no MIME header block (RVP 10)");
}

TEST(Mime, APartThatNamesItsSessionIsRelayedAsItCame) {
    const std::string part = "MIME-Version 1.0\nContent-Type: text/x-msmsgscontrol\nsession-ID : {b}\n\n\n";
    EXPECT_EQ(mime(part), part);
}

TEST(Mime, AMissingSessionIdIsAddedAsTheLastHeader) {
    const std::string part = mime("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhi\r\n\r\nSession-Id: no");
    const std::string front = "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nSession-Id: {";
    ASSERT_TRUE(part.starts_with(front)) << part;
    EXPECT_EQ(part.substr(front.size() + 36), "}\r\n\r\nhi\r\n\r\nSession-Id: no");
}

// Found by fuzzing (issue 7): such a part passed for one with a Session-Id, and had none.
TEST(Mime, ASessionIdMayStandOnTheLineBelow) {
    const std::string part = mime("Session-Id:\r\n {B}\r\nContent-Type: text/plain\r\n\r\nhi");
    EXPECT_EQ(part, "Session-Id:\r\n {B}\r\nContent-Type: text/plain\r\n\r\nhi");
    EXPECT_EQ(rvp::mime_header(part, "Session-Id"), "{B}");
}

TEST(Mime, AnEmptySessionIdIsNone) {
    EXPECT_NE(rvp::mime_header(mime("Session-Id:\nContent-Type: text/plain\n\nx"), "Session-Id"), "");
}

TEST(Mime, ALineThatGoesOnNamesNothing) {
    const std::string part = mime("Subject: a\n Session-Id: {B}\n\nx");
    EXPECT_NE(rvp::mime_header(part, "Session-Id"), "");
    EXPECT_NE(rvp::mime_header(part, "Session-Id"), "{B}");
}

TEST(Mime, AHeaderWithoutColonNamesNoSession) {
    EXPECT_NE(rvp::mime_header(mime("Content-Type: text/plain\nSession-Id\n\nx"), "Session-Id"), "");
}

TEST(Mime, ALineThatGoesOnNamesNoSession) {
    const std::string part = mime("Content-Type: text/plain;\n Session-Id: x\n\tSession-Id: y\n\nx");
    EXPECT_NE(part.find("\nSession-Id: {"), std::string::npos) << part;
}

TEST(Mime, TheSessionIdTakesTheLineEndsOfThePart) {
    const std::string part = mime("A: b\n\nhi");
    EXPECT_TRUE(part.starts_with("A: b\nSession-Id: {")) << part;
    EXPECT_TRUE(part.ends_with("}\n\nhi")) << part;
}

TEST(Mime, AForgottenBlankLineIsAdded) {
    for (const char* text : {"A: b\r\nC: d", "A: b\r\nC: d\r\n"}) {
        const std::string part = mime(text);
        EXPECT_TRUE(part.starts_with("A: b\r\nC: d\r\nSession-Id: {")) << part;
        EXPECT_TRUE(part.ends_with("}\r\n\r\n")) << part;
    }
    EXPECT_EQ(mime("Session-Id: {A}"), "Session-Id: {A}\n\n");
}

TEST(Mime, ASessionIdIsAGuidInUpperCaseWithBraces) {
    const std::regex guid("\\{[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}\\}");
    for (const char* seed : {"", "a", "b", "http://im.example.com/instmsg/aliases/bob\n", "\xC5\xBE"}) {
        EXPECT_TRUE(std::regex_match(session_id(seed), guid)) << session_id(seed);
    }
}

TEST(Mime, TheSameSeedGivesTheSameSessionAndAnotherAnother) {
    EXPECT_EQ(session_id("alice\nbob\n"), session_id("alice\nbob\n"));
    EXPECT_NE(session_id("alice\nbob\n"), session_id("alice\nbo\nb"));
    EXPECT_NE(session_id("a"), session_id("b"));
}

TEST(Mime, HeadersAreFoundWithoutCaseAndOnlyInTheBlock) {
    const std::string part = "Content-Type:text/plain\r\nX-A:  1 \r\nx-a: 2\r\n\r\nX-B: 3\r\n";
    EXPECT_EQ(rvp::mime_header(part, "content-type"), "text/plain");
    EXPECT_EQ(rvp::mime_header(part, "X-a"), "1");
    EXPECT_EQ(rvp::mime_header(part, "X-B"), "");
    EXPECT_EQ(rvp::mime_header("", "X"), "");
}

TEST(Mime, TheTextIsWithoutItsTransferEncoding) {
    const auto text = [](const std::string& encoding, const std::string& body) {
        return rvp::read_facts("Content-Type: text/plain\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + body).text;
    };
    EXPECT_EQ(text("base64", "Y2Fmw6kgPGI+\r\n"), "caf\xC3\xA9 <b>");
    EXPECT_EQ(text("BASE64; x=y", " Y2Fm\r\n w6kg\r\nPGI+"), "caf\xC3\xA9 <b>");
    EXPECT_EQ(text("base64", "Y2Fm6Q=="), "caf\xC3\xA9") << "one byte a character";
    EXPECT_EQ(text("base64", "no base64!"), "no base64!");
    EXPECT_EQ(text("base64", "AGFi"), "AGFi") << "with a NUL it is no text";
    EXPECT_EQ(text("base64", ""), "");
    EXPECT_EQ(text("Quoted-Printable (as said)", "caf=C3=a9 =3D =\r\non= \t\r\n=41=\nB"), "caf\xC3\xA9 = onAB");
    EXPECT_EQ(text("quoted-printable", "a = b =zz =4"), "a = b =zz =4") << "it is none";
    EXPECT_EQ(text("quoted-printable", "x="), "x");
    EXPECT_EQ(text("quoted-printable", "=00"), "=00");
    for (const char* plain : {"7bit", "8bit", "binary", "x-uuencode", ""}) EXPECT_EQ(text(plain, "Y2Fm =41"), "Y2Fm =41") << plain;
    EXPECT_EQ(rvp::read_facts("Content-Type: text/plain\n\nContent-Transfer-Encoding: base64\n").text, "Content-Transfer-Encoding: base64\n");
}

TEST(LineEnds, InsideCdataSurviveParsing) {
    EXPECT_EQ(root_text("<m><![CDATA[a\r\nb\rc\r\n\r\n]]></m>"), "a\r\nb\rc\r\n\r\n");
    EXPECT_EQ(root_text("<m><![CDATA[\r]]><![CDATA[]]><![CDATA[\n]]></m>"), "\r\n");
    EXPECT_EQ(root_text("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<m>\r\n<![CDATA[\xC5\xBE\r\n]]></m>"),
              "\n\xC5\xBE\r\n");
}

TEST(LineEnds, SurviveInEveryEncodingWeAccept) {
    const std::string cdata = "<m><![CDATA[a\r\n\r\nb]]></m>";
    EXPECT_EQ(root_text("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + cdata), "a\r\n\r\nb");
    EXPECT_EQ(root_text("<?xml version='1.0' encoding='iso-8859-1'?>" + cdata), "a\r\n\r\nb");
    EXPECT_EQ(root_text("<?xml version=\"1.0\" encoding=\"US-ASCII\"?>" + cdata), "a\r\n\r\nb");
    EXPECT_EQ(root_text("<?xml version='1.0' encoding='ISO-8859-1'?><m><![CDATA[\xC5\xBE\r\n]]></m>"),
              "\xC3\x85\xC2\xBE\r\n");
}

TEST(LineEnds, AreOnlyKeptWhereAMimePartStands) {
    EXPECT_EQ(root_text("<m>\r\na\r\n</m>"), "\na\n");
    const std::string plain = "<m><![CDATA[a\nb]]></m>";
    EXPECT_EQ(rvp::keep_line_ends(plain), plain);
    EXPECT_EQ(rvp::keep_line_ends(""), "");
}

TEST(LineEnds, PrivateCharactersOfTheSenderStayWhatTheyAre) {
    EXPECT_EQ(octets("\xEE\x80\x8D"), "\xEE\x80\x8D");
    EXPECT_EQ(root_text("<m><![CDATA[\xEE\x80\x8D\r\n]]></m>"), "\xEE\x80\x8D\r\n");
}

TEST(LineEnds, AnUnfinishedSectionIsLeftToTheParser) {
    EXPECT_NE(root_text("<m><![CDATA[a\r\n").find("XML line"), std::string::npos);
    EXPECT_NE(root_text("<m><![CDATA[\r").find("XML line"), std::string::npos);
}
