// tests/doors/msnp_frame_test.cc: packets of MSNP24, names and markup.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 1, 3, 4, 6, 9, 10, 13
#include "doors/msnp_frame.h"

#include <gtest/gtest.h>

#include "doors/msnp_names.h"
#include "doors/rich_text.h"

namespace {

using namespace doors;

std::string next(MsnpReader& reader) {
    auto frame = reader.next();
    if (!frame) return std::to_string(static_cast<int>(frame.error().code)) + " " + std::to_string(frame.error().trid);
    if (!*frame) return "";
    const MsnpFrame& f = **frame;
    return f.command + " " + std::to_string(f.trid) + " " + f.target + "|" + f.path + " [" + f.payload + "]";
}

std::string read(const std::string& bytes, MsnpBounds bounds = {}) {
    MsnpReader reader(bounds);
    reader.feed(bytes);
    return next(reader);
}

TEST(MsnpReader, ReadsAPacketWhateverTheBytesComeIn) {
    const std::string bytes = "PUT 4 MSGR\\PRESENCE 5\r\nabcdeGET 7 MSGR\\X 1\r\nz";
    MsnpReader reader({});
    std::vector<std::string> got;
    for (const char c : bytes) {
        reader.feed(std::string_view(&c, 1));
        for (std::string one = next(reader); !one.empty(); one = next(reader)) got.push_back(one);
    }
    EXPECT_EQ(got, (std::vector<std::string>{"PUT 4 MSGR|PRESENCE [abcde]", "GET 7 MSGR|X [z]"}));
    EXPECT_EQ(reader.held(), 0U);
}

TEST(MsnpReader, TakesWhatClientsSendBesides) {
    EXPECT_EQ(read("OUT 9 CON 0\n"), "OUT 9 CON| []");
    EXPECT_EQ(read("PNG 5 CON\r\n"), "PNG 5 CON| []");
    EXPECT_EQ(read("out\r\n"), "OUT 0 CON| []");
    EXPECT_EQ(read("\r\n\r\n  ath  2   con\\user   2 \r\nok"), "ATH 2 CON|USER [ok]");
    EXPECT_EQ(read("ACK 11 MSGR 4294967296\r\n"), "241 11");
}

TEST(MsnpReader, NamesWhatIsWrong) {
    EXPECT_EQ(read("HELLO 1 CON 0\r\n"), "200 1");
    EXPECT_EQ(read("PNG x CON 0\r\n"), "200 0");
    EXPECT_EQ(read("PNG 1 CON 0 0\r\n"), "200 1");
    EXPECT_EQ(read("PNG 1 CON -1\r\n"), "200 1");
    EXPECT_EQ(read("PNG 1 \\X 0\r\n"), "200 1");
    EXPECT_EQ(read("P\xc3\xa4 1 CON 0\r\n"), "200 1");
}

TEST(MsnpReader, HoldsNoMoreThanItsBounds) {
    const MsnpBounds bounds{32, 100};
    EXPECT_EQ(read("PUT 6 MSGR 101\r\n", bounds), "241 6");
    EXPECT_EQ(read("PUT 6 MSGR 100\r\n", bounds), "");
    EXPECT_EQ(read(std::string(33, 'A'), bounds), "200 0");
    EXPECT_EQ(read(std::string(33, 'A') + "\n", bounds), "200 0");
}

TEST(MsnpReader, KeepsNothingOfWhatItHasRead) {
    MsnpReader reader({});
    const std::string end = "abc", whole = "PNG 1 CON 3\r\n" + end, begin = "PNG 1 CON 3\r\n";
    reader.feed(begin);
    for (int i = 0; i < 10000; ++i) {  // there is always a packet that is not whole
        reader.feed(end + whole + begin);
        EXPECT_EQ(next(reader), "PNG 1 CON| [abc]");
        EXPECT_EQ(next(reader), "PNG 1 CON| [abc]");
        ASSERT_EQ(next(reader), "");
    }
    EXPECT_EQ(reader.held(), begin.size());
    EXPECT_LE(reader.bytes(), 1024U);
    reader.feed(end);
    EXPECT_EQ(next(reader), "PNG 1 CON| [abc]");
    EXPECT_EQ(reader.bytes(), std::string().capacity());
}

TEST(MsnpReader, GivesALongPayloadBackThoughTheNextPacketHasBegun) {
    MsnpReader reader({});
    reader.feed("PUT 1 MSGR 500000\r\n" + std::string(500'000, 'x') + "PNG 2 C");
    EXPECT_EQ(next(reader).size(), std::string("PUT 1 MSGR| []").size() + 500'000);
    EXPECT_LE(reader.bytes(), 1024U);
    reader.feed("ON 0\r\n");
    EXPECT_EQ(next(reader), "PNG 2 CON| []");
}

TEST(MsnpPayload, AnEmptyBlockIsAnEmptyLine) {
    const auto plain = read_plain("\r\n<connect/>\r\n");
    ASSERT_TRUE(plain);
    EXPECT_TRUE(plain->envelope.headers.empty());
    EXPECT_EQ(plain->body, "<connect/>");
    EXPECT_EQ(read_plain("<connect/>")->body, "<connect/>");
    EXPECT_EQ(read_plain("")->body, "");
    EXPECT_EQ(read_plain("Registration: x\nLast-Msg-Id:7")->envelope.value("last-msg-id"), "7");
}

TEST(MsnpPayload, ARoutedOneHasFourBlocks) {
    const auto routed = read_routed(
        "Registration: r\r\n\r\nRouting: 1.0\r\nTo: 8:bob\r\nFrom: 8:eve\r\n\r\nReliability: 1.0\r\n\r\n"
        "Messaging: 2.0\r\nMessage-Type: Text\r\nContent-Length: 99\r\n\r\nhi\r\n\r\nthere");
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->envelope.value("Registration"), "r");
    EXPECT_EQ(routed->routing.value("to"), "8:bob");
    EXPECT_EQ(routed->reliability.value("Reliability"), "1.0");
    EXPECT_EQ(routed->about.value("Message-Type"), "Text");
    EXPECT_EQ(routed->body, "hi\r\n\r\nthere");
}

TEST(MsnpPayload, LeavesOutWhatIsLeftOut) {
    const auto typing = read_routed("\r\nRouting: 1.0\r\nTo: 8:bob\r\n\r\nReliability: 1.0\r\n\r\nMessaging: 2.0\r\nMessage-Type: Control/Typing\r\n");
    EXPECT_EQ(typing->about.value("Message-Type"), "Control/Typing");
    EXPECT_EQ(typing->body, "");
    const auto bare = read_routed("Routing: 1.0\nTo: 8:bob\n\nReliability: 1.0\n\nMessaging: 2.0\n\nhi");
    EXPECT_EQ(bare->routing.value("To"), "8:bob");
    EXPECT_EQ(bare->about.value("Messaging"), "2.0");
    EXPECT_EQ(bare->body, "hi");
    EXPECT_FALSE(read_routed("")->routing.headers.size());
}

TEST(MsnpPayload, BoundsItsHeaders) {
    std::string many;
    for (int i = 0; i < 65; ++i) many += "A: b\r\n";
    EXPECT_FALSE(read_plain(many));
    EXPECT_FALSE(read_routed("A: " + std::string(9000, 'x')));
}

TEST(MsnpWriter, NeverWritesWhatClientsDieOf) {
    EXPECT_EQ(msnp_packet("ATH", 0, "CON", ""), "ATH 0 CON 2\r\n\r\n");
    EXPECT_EQ(MsnpWriter().header("A", "").header("B", "x\r\nC: y").end().body("z").take(), "B: x  C: y\r\n\r\nz");
    EXPECT_EQ(msnp_error(MsnpCode::authentication, 2, "CON", "Authentication failed"),
              "911 2 CON 23\r\n\r\nAuthentication failed");
    EXPECT_EQ(msnp_error(MsnpCode::not_enabled, 2, "MSGR", "Feature Set not enabled."),
              "202 2 MSGR 26\r\n\r\nFeature Set not enabled.");
}

TEST(MsnpNames, ReadsAndWritesThem) {
    const auto name = read_msnp_name(" 8:live:Bob;epid={5C1E0A52-0000-4000-8000-00000000A11C}");
    ASSERT_TRUE(name);
    EXPECT_EQ(name->network, 8U);
    EXPECT_EQ(name->user, "live:Bob");
    EXPECT_EQ(name->endpoint, "5c1e0a52-0000-4000-8000-00000000a11c");
    EXPECT_EQ(msnp_name("bob", name->endpoint), "8:bob;epid={5c1e0a52-0000-4000-8000-00000000a11c}");
    EXPECT_EQ(msnp_name("bob", ""), "8:bob");
    EXPECT_EQ(read_msnp_name("1:bob@example.com;epid=x")->endpoint, "");
    for (const char* none : {"", "bob", ":bob", "8:", "x:bob", "100:bob", "8:;epid={}"}) EXPECT_FALSE(read_msnp_name(none)) << none;
}

TEST(RichText, BecomesPlain) {
    EXPECT_EQ(plain_of_rich("2 &lt; 3 <ss type=\"smile\">:)</ss>"), "2 < 3 :)");
    EXPECT_EQ(plain_of_rich("<b>a</b><br/>&#x41;&#66;&amp;lt;"), "a\nAB&lt;");
    EXPECT_EQ(plain_of_rich("<a href=\"x>y\">link</a>"), "link");
}

TEST(RichText, KeepsWhatPeopleTyped) {
    EXPECT_EQ(plain_of_rich("I <3 you, 1 < 2 && x;"), "I <3 you, 1 < 2 && x;");
    EXPECT_EQ(plain_of_rich("<hello>"), "<hello>");
    EXPECT_EQ(plain_of_rich("a <b unfinished"), "a <b unfinished");
    EXPECT_EQ(plain_of_rich("&unknown; &#0; &#xD800; &#99999999;"), "&unknown; &#0; &#xD800; &#99999999;");
}

TEST(RichText, PlainComesBack) {
    for (const std::string text : {"<hello> & \"you\"", "a\nb", "d\xc3\xa9j\xc3\xa0 vu", "&lt;"}) {
        EXPECT_EQ(plain_of_rich(rich_of_plain(text)), text);
    }
}

}  // namespace
