// tests/rvp/desk_test.cc: the method table, and what holds for every answer.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"

using tests::DeskWorld;
using tests::header_of;
using tests::lines_of;
using tests::request_of;

namespace {

const std::string kPlain = "Content-Type: text/plain; charset=utf-8\n";
const std::string kVersion = "RVP-Notifications-Version: 0.2\n";

bool one_plain_line(const base::Response& response) {
    return header_of(response, "Content-Type") == "text/plain; charset=utf-8" && response.body.size() > 1 &&
           response.body.find_first_of(std::string("\r\t\0\x1b", 4)) == std::string::npos &&
           response.body.find('\n') == response.body.size() - 1 && base::valid_utf8(response.body);
}

}  // namespace

TEST(Desk, MethodsThatAreNotOursAreNotImplemented) {
    DeskWorld world;
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "LOCK", "UNLOCK", "OPTIONS", "DELETE", "POLL",
        "MKCOL",
                               "subscribe", "Subscribe", "SUBSCRIBED", "X"}) {
        const auto response = world.ask(method, "bob", "bob");
        EXPECT_EQ(response.status, 501) << method;
        EXPECT_EQ(response.body, std::string(method) + " is not a method of this server (RVP 5.8)\n");
        EXPECT_EQ(lines_of(response), kPlain + kVersion);
    }
}

TEST(Desk, CopyAndMoveAreNotAllowedAndSayWhatIs) {
    DeskWorld world;
    for (const char* method : {"COPY", "MOVE"}) {
        const auto response = world.ask(method, "bob", "bob");
        EXPECT_EQ(response.status, 405);
        EXPECT_EQ(response.body, std::string(method) + " is not allowed on a node (RVP 5.8)\n");
        EXPECT_EQ(lines_of(response),
                  kPlain + "Allow: SUBSCRIBE, UNSUBSCRIBE, SUBSCRIPTIONS, PROPFIND, PROPPATCH, NOTIFY, ACL\n" + kVersion);
    }
}

TEST(Desk, TheMethodIsJudgedBeforeTheTargetAndThePrincipal) {
    DeskWorld world;
    base::Request request;
    request.target = "*";
    for (const auto& [method, status] : std::vector<std::pair<std::string, int>>{{"OPTIONS", 501}, {"COPY", 405},
                                                                                {"ACL", 400}, {"NOTIFY", 400}}) {
        request.method = method;
        EXPECT_EQ(world.ask(request).status, status) << method;
    }
}

TEST(Desk, EveryAnswerCarriesOneVersion) {
    DeskWorld world;
    for (const char* method : {"SUBSCRIBE", "UNSUBSCRIBE", "SUBSCRIPTIONS", "PROPFIND", "PROPPATCH", "NOTIFY",
        "ACL",
                               "COPY", "MOVE", "GET"}) {
        for (const char* node : {"/instmsg/aliases/bob", "/no/such/node", "/", "*"}) {
            for (const char* asked : {"1.0", "0.2", "weird"}) {
                const auto response =
                    world.ask(request_of(method, node, "bob", {{"RVP-Notifications-Version", asked}}));
                std::vector<std::string> versions;
                for (const base::HttpHeader& h : response.headers) {
                    if (h.name == "RVP-Notifications-Version") versions.push_back(h.value);
                }
                const std::string expected = std::string(asked) == "weird" ? "0.2" : asked;
                EXPECT_EQ(versions, std::vector<std::string>{expected}) << method << " " << node << " " << asked;
            }
        }
    }
}

TEST(Desk, WhatADoorRefusesLooksTheSame) {
    DeskWorld world;
    const auto response = world.desk.refusal({base::Errc::too_large, "the body is over 1048576 bytes"});
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(lines_of(response), kPlain + kVersion);
    EXPECT_EQ(response.body, "the body is over 1048576 bytes\n");
}

TEST(Desk, AMissingPrincipalIsABadRequest) {
    DeskWorld world;
    auto request = request_of("ACL", "/instmsg/aliases/bob", "bob");
    request.headers.pop_back();
    const auto response = world.ask(request);
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.body, "ACL needs RVP-From-Principal: <URL of who asks> (RVP 7.2)\n");
}

TEST(Desk, NodesNobodyMadeAndOtherDomainsAreNotFound) {
    DeskWorld world;
    const auto unknown = world.ask(request_of("ACL", "/private/x", "bob"));
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.body, "no node /private/x (RVP 4.1.2)\n");
    const auto foreign = world.ask(request_of("ACL", "http://im.acme.com/instmsg/aliases/bob", "bob"));
    EXPECT_EQ(foreign.status, 404);
    EXPECT_EQ(foreign.body, "http://im.acme.com/instmsg/aliases/bob is in another domain; this server is "
                            "im.example.com (RVP 4.1.2)\n");
}

TEST(Desk, ErrorsAreOneLineWhateverTheRequestHolds) {
    DeskWorld world;
    const std::string evil = std::string("a\r\nX: y\n\0\x1b\xFF", 12);
    const std::string hostile = "http://" + evil + "/";
    const auto expect_line = [&](const base::Request& request) {
        const auto response = world.ask(request);
        EXPECT_GE(response.status, 400);
        EXPECT_TRUE(one_plain_line(response)) << request.method << ": " << response.body;
    };
    expect_line(request_of("G\nET\xFF", "/a", "bob"));
    expect_line(request_of("ACL", hostile, "bob"));
    expect_line(request_of("ACL", "/a/" + evil, "bob"));
    expect_line(request_of("ACL", "http://other.example/a%C2%85b", "bob"));
    expect_line(request_of("UNSUBSCRIBE", "/instmsg/aliases/bob", "bob", {{"Subscription-Id", evil}}));
    expect_line(request_of("SUBSCRIBE", "/instmsg/aliases/bob", "bob",
                           {{"Notification-Type", "pragma/notify"}, {"Call-Back", hostile}}));
    expect_line(request_of("PROPPATCH", "/instmsg/aliases/bob", "bob", {}, "<\xC5\xBE\n/><" + evil));
    expect_line(request_of("PROPFIND", "/instmsg/aliases/bob", "bob", {{"Depth", "0"}}, "<\xC5\xBE\n/>"));
    auto request = request_of("ACL", "/instmsg/aliases/bob", "bob");
    request.headers.back().value = hostile;
    expect_line(request);
}

TEST(Desk, ABrokenBodyIsABadRequestThatSaysWhere) {
    DeskWorld world;
    for (const char* method : {"PROPFIND", "PROPPATCH", "NOTIFY", "ACL"}) {
        const auto response = world.ask(method, "bob", "bob", {{"Depth", "0"}}, "<a>\n<b></a>");
        EXPECT_EQ(response.status, 400) << method;
        // Whichever method it is, the element and the section are named.
        EXPECT_NE(response.body.find(": XML line 2 column "), std::string::npos) << method << ": " << response.body;
        EXPECT_NE(response.body.find(" (RVP 5."), std::string::npos) << method << ": " << response.body;
        const auto huge = world.ask(method, "bob", "bob", {{"Depth", "0"}}, "<a>" + std::string(1 << 20,
            ' ') + "</a>");
        EXPECT_EQ(huge.status, 413) << method;
    }
}

TEST(Desk, HrefsSpeakOfTheNodeAsTheRequestDid) {
    DeskWorld world;
    const std::string find = "<d:propfind" + tests::kAsked + "><d:prop><d:displayname/></d:prop></d:propfind>";
    world.ask("ACL", "bob", "bob");
    const auto href = [&](const std::string& target, const std::string& host) {
        auto request = request_of("PROPFIND", target, "carol", {{"Depth", "0"}}, find);
        request.headers.front().value = host;
        const std::string body = world.ask(request).body;
        const std::size_t at = body.find("<d:href>");
        return at == std::string::npos ? body : body.substr(at + 8, body.find("</d:href>") - at - 8);
    };
    const std::string path = "/instmsg/aliases/bob";
    EXPECT_EQ(href(path, "im.example.com"), "http://im.example.com" + path);
    EXPECT_EQ(href(path, "127.0.0.1:8080"), "http://127.0.0.1:8080" + path);
    EXPECT_EQ(href(path, "127.0.0.1"), "http://127.0.0.1" + path);
    EXPECT_EQ(href(path, "intranet:80"), "http://im.example.com" + path);
    EXPECT_EQ(href("http://127.0.0.1:8080" + path, "im.example.com"), "http://127.0.0.1:8080" + path);
    EXPECT_EQ(href("/instmsg/local/im.example.com" + path, "home7"), "http://im.example.com" + path);
    EXPECT_EQ(href("/instmsg/aliases/B%6fb/", "im.example.com"), "http://im.example.com/instmsg/aliases/Bob");
}
