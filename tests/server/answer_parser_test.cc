// tests/server/answer_parser_test.cc: answers as real receivers write them, whole, cut in two, and broken.
// SPDX-License-Identifier: Apache-2.0
#include "server/answer_parser.h"

#include <gtest/gtest.h>

namespace server {
namespace {

using Step = AnswerParser::Step;

constexpr std::size_t kBound = 1000;

/// What became of `text`, fed in pieces of `piece` bytes.
struct Outcome {
    Step step;
    int status;
    bool keep;
    std::string rest;
};

Outcome parse(AnswerParser& parser, std::string_view text, std::size_t piece) {
    Step step = Step::more;
    std::string_view rest = text;
    while (step == Step::more && !rest.empty()) {
        std::string_view bytes = rest.substr(0, piece);
        const std::size_t before = bytes.size();
        step = parser.feed(bytes);
        rest.remove_prefix(before - bytes.size());
    }
    return {step, parser.has_status() ? parser.status() : 0, parser.keep(), std::string(rest)};
}

/// Whole and byte by byte must come to the same.
Outcome parse(std::string_view text) {
    AnswerParser whole(kBound);
    const Outcome at_once = parse(whole, text, text.size());
    AnswerParser cut(kBound);
    const Outcome bytewise = parse(cut, text, 1);
    EXPECT_EQ(at_once.step, bytewise.step) << text;
    EXPECT_EQ(at_once.status, bytewise.status) << text;
    EXPECT_EQ(at_once.keep, bytewise.keep) << text;
    EXPECT_TRUE(at_once.step != Step::done || at_once.rest == bytewise.rest) << text;
    return at_once;
}

void expect_done(std::string_view text, int status, bool keep, std::string_view rest = "") {
    const Outcome outcome = parse(text);
    EXPECT_EQ(outcome.step, Step::done) << text;
    EXPECT_EQ(outcome.status, status) << text;
    EXPECT_EQ(outcome.keep, keep) << text;
    EXPECT_EQ(outcome.rest, rest) << text;
}

TEST(AnswerParser, AFramedAnswerKeepsTheConnection) {
    expect_done("HTTP/1.1 200 Successful\r\nContent-Length: 0\r\n\r\n", 200, true);
    expect_done("HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nhellorest", 500, true, "rest");
    expect_done("HTTP/1.1 204 None\r\n\r\n", 204, true);
    expect_done("HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", 304, true);
}

TEST(AnswerParser, AChunkedAnswerIsReadToItsEnd) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect_done(head + "5\r\nhello\r\nA ; x=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nrest", 200, true, "rest");
    expect_done(head + "0\n\n", 200, true);
    EXPECT_EQ(parse(head + "5\r\nhello\r\n").step, Step::more);
    expect_done(head + "zz\r\n", 200, false);
    expect_done(head + "1\r\nhello\r\n", 200, false, "");
}

TEST(AnswerParser, AnUnframedAnswerIsDoneAtItsBlankLine) {
    expect_done("HTTP/1.1 200 Successful\r\nX: y\r\n\r\n", 200, false);
    expect_done("HTTP/1.1 200 OK\n\nbody", 200, false, "body");
    expect_done("HTTP/1.1 412 No\r\nTransfer-Encoding: gzip\r\n\r\n", 412, false);
}

TEST(AnswerParser, WhoSaysCloseIsNotKept) {
    expect_done("HTTP/1.1 200 OK\r\nConnection: x, CLOSE\r\nContent-Length: 0\r\n\r\n", 200, false);
    expect_done("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 200, false);
    expect_done("HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", 200, true);
}

TEST(AnswerParser, SloppyPeersAreUnderstood) {
    expect_done("\n\r\nhttp/1.1 200\ncontent-LENGTH:2\n\nok", 200, true);
    expect_done("HTTP/1.1 200 \r\nno colon here\r\n : \r\nContent-Length: 0\r\n\r\n\n", 200, true, "\n");
    expect_done("HTTP/1.1  200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 200, true);
}

TEST(AnswerParser, ContradictoryFramingIsNotTrusted) {
    expect_done("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 200, false);
    expect_done("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 200, false);
    expect_done("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 200, false);
    expect_done("HTTP/1.1 101 Switching\r\nContent-Length: 0\r\n\r\n", 101, false);
}

TEST(AnswerParser, InterimAnswersAreSkipped) {
    const Outcome outcome = parse("HTTP/1.1 100 Continue\r\nContent-Length: 7\r\n\r\n");
    EXPECT_EQ(outcome.step, Step::more);
    EXPECT_EQ(outcome.status, 0);
    expect_done("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 x\r\n\r\nHTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
                410, true);
}

TEST(AnswerParser, WhatIsNotHttpIsBroken) {
    for (const std::string text : {"SSH-2.0-OpenSSH\r\n", "HTTP/2.0 200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1200\r\n",
                                   "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 OK\r\n", "HTTP/1.\r\n", "HTTP/1.1\r\n"}) {
        EXPECT_EQ(parse(text).step, Step::broken) << text;
    }
}

TEST(AnswerParser, HeadsOverTheBoundAreBroken) {
    EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nX: " + std::string(kBound, 'x') + "\r\n\r\n").step, Step::broken);
    EXPECT_EQ(parse(std::string(kBound + 1, '\n')).step, Step::broken);
    std::string interim;
    while (interim.size() <= kBound) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    EXPECT_EQ(parse(interim).step, Step::broken);
}

TEST(AnswerParser, BodiesOverTheBoundAreLeftUnread) {
    expect_done("HTTP/1.1 200 OK\r\nContent-Length: 960\r\n\r\n" + std::string(960, 'x'), 200, true);
    expect_done("HTTP/1.1 200 OK\r\nContent-Length: 970\r\n\r\n", 200, false);
    expect_done("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3E8\r\n", 200, false);
}

TEST(AnswerParser, TheEndOfTheConnectionCompletesAStatus) {
    for (const std::string text : {"HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nx"}) {
        AnswerParser parser(kBound);
        std::string_view bytes = text;
        EXPECT_EQ(parser.feed(bytes), Step::more) << text;
        EXPECT_EQ(parser.end(), Step::done) << text;
        EXPECT_EQ(parser.status(), 200) << text;
        EXPECT_FALSE(parser.keep()) << text;
    }
    for (const std::string text : {"", "\r\n", "HTTP/1.1", "HTTP/1.1 100 Continue\r\n\r\n"}) {
        AnswerParser parser(kBound);
        std::string_view bytes = text;
        EXPECT_EQ(parser.feed(bytes), Step::more) << text;
        EXPECT_EQ(parser.began(), text.starts_with("HTTP")) << text;
        EXPECT_EQ(parser.end(), Step::broken) << text;
    }
}

TEST(AnswerParser, ReadsOneAnswerAfterAnother) {
    AnswerParser parser(kBound);
    std::string_view bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.0 503 Busy\r\n\r\n";
    EXPECT_EQ(parser.feed(bytes), Step::done);
    EXPECT_TRUE(parser.keep());
    parser.reset();
    EXPECT_FALSE(parser.began());
    EXPECT_EQ(parser.feed(bytes), Step::done);
    EXPECT_EQ(parser.status(), 503);
    EXPECT_FALSE(parser.keep());
}

/// The body of a whole answer, fed byte by byte; "broken" when it did not come to its end. `ended`: the peer closes.
std::string whole_body(std::string_view text, bool ended = false) {
    AnswerParser parser(kBound, AnswerParser::Keep::whole);
    parse(parser, text, 1);
    if (ended) static_cast<void>(parser.end());
    return parser.whole() ? std::to_string(parser.status()) + " " + parser.body() : "broken";
}

TEST(AnswerParser, KeepsAWholeAnswerHoweverItIsFramed) {
    EXPECT_EQ(whole_body("HTTP/1.1 207 x\r\nContent-Length: 5\r\n\r\nhello"), "207 hello");
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"), "200 hello");
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), "200 hello");
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\n\r\nhello", true), "200 hello");
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n"), "200 ");
    EXPECT_EQ(whole_body("HTTP/1.1 204 x\r\n\r\n"), "204 ");
    EXPECT_EQ(whole_body("HTTP/1.1 100 x\r\nA: b\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nhi"), "200 hi");
}

TEST(AnswerParser, WhatIsCutOffOrTooLongIsNoWholeAnswer) {
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\nContent-Length: 6\r\n\r\nhello", true), "broken");
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true), "broken");
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\nContent-Length: 2000\r\n\r\n", true), "broken");
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\n\r\n" + std::string(kBound, 'a'), true), "broken");
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), "broken");
    EXPECT_EQ(whole_body("HTTP/1.1 200 x\r\nContent", true), "broken");
}

TEST(AnswerParser, KeepsTheHeadersOfAWholeAnswerAndForgetsThemWithIt) {
    AnswerParser parser(kBound, AnswerParser::Keep::whole);
    std::string_view text = "HTTP/1.1 200 x\r\nSubscription-Id:  7 \r\nContent-Length: 2\r\n\r\nhi";
    EXPECT_EQ(parser.feed(text), Step::done);
    ASSERT_EQ(parser.headers().size(), 2U);
    EXPECT_EQ(parser.headers()[0].name + "=" + parser.headers()[0].value, "Subscription-Id=7");
    parser.reset();
    EXPECT_TRUE(parser.headers().empty());
    EXPECT_TRUE(parser.body().empty());
}

}  // namespace
}  // namespace server
