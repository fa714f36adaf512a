// tests/rvp/headers_target_test.cc: which node a request is for, in every spelling of a target.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "rvp/headers.h"

using base::Errc;
using presence::NodeName;

namespace {

const presence::Realm kRealm("im.example.com", "example.com", {"127.0.0.1:8080"});

base::Result<NodeName> target(const std::string& line, const std::string& host = "im.example.com") {
    base::Request request;
    request.method = "PROPFIND";
    request.target = line;
    if (!host.empty()) request.headers = {{"Host", host}};
    return rvp::target_node(request, kRealm);
}

// `KEY SPELLING` of a node, or `CODE text` of an error.
std::string named(const std::string& line, const std::string& host = "im.example.com") {
    const auto name = target(line, host);
    if (name) return name->key + " " + kRealm.spelling(name->authority);
    const Errc code = name.error().code;
    return (code == Errc::malformed ? "malformed " : code == Errc::not_found ? "not_found " : "other ") +
           name.error().text;
}

const std::string kBob = "/instmsg/aliases/bob";
const std::string kOurBob = kBob + " im.example.com";

}  // namespace

TEST(Target, APathNamesANodeUnderHost) {
    EXPECT_EQ(named(kBob), kOurBob);
    EXPECT_EQ(named(kBob, "IM.EXAMPLE.COM"), kOurBob);
    EXPECT_EQ(named(kBob, "im.example.com:80"), kOurBob);
    EXPECT_EQ(named(kBob, ""), kOurBob);
    EXPECT_EQ(named(kBob, "127.0.0.1:8080"), kBob + " 127.0.0.1:8080");
    EXPECT_EQ(named(kBob, "127.0.0.1"), kBob + " 127.0.0.1");
}

TEST(Target, APathIsOursWhateverHostSays) {
    EXPECT_EQ(named(kBob, "intranet"), kOurBob);
    EXPECT_EQ(named(kBob, "Intranet"), kOurBob);
    EXPECT_EQ(named(kBob, "intranet:80"), kOurBob);
    EXPECT_EQ(named(kBob, "intranet:08080"), kOurBob);
    EXPECT_EQ(named(kBob, "10.1.2.3:99"), kOurBob);
}

TEST(Target, ABrokenHostIsRefused) {
    for (const char* host : {"a b", "u@h", "h:0", "h:70000", "h:x", "h/i"}) {
        EXPECT_EQ(named(kBob, host), "malformed bad Host header (RVP 4.1.2)") << host;
    }
}

TEST(Target, AbsoluteFormWinsOverHost) {
    EXPECT_EQ(named("http://127.0.0.1:8080" + kBob, "im.example.com"), kBob + " 127.0.0.1:8080");
    EXPECT_EQ(named("HTTP://IM.Example.com" + kBob, "intranet"), kOurBob);
    EXPECT_EQ(named("http://im.example.com:80" + kBob + "/", "not a host"), kOurBob);
}

TEST(Target, AbsoluteFormOfAnotherDomainIsNotFound) {
    EXPECT_EQ(named("http://im.acme.com" + kBob),
              "not_found http://im.acme.com/instmsg/aliases/bob is in another domain; this server is im.example.com (RVP 4.1.2)");
    EXPECT_EQ(named("http://im.acme.com" + kBob, "im.acme.com").substr(0, 10), "not_found ");
    EXPECT_EQ(named("http://im.example.com:81" + kBob).substr(0, 10), "not_found ");
}

TEST(Target, APhysicalUrlIsTheLogicalNode) {
    EXPECT_EQ(named("/instmsg/local/im.example.com" + kBob, "home7"), kOurBob);
    EXPECT_EQ(named("/InstMsg/LOCAL/IM.Example.COM" + kBob, "home7:80"), kOurBob);
    EXPECT_EQ(named("http://home7.example.com/instmsg/local/im.example.com" + kBob), kOurBob);
    EXPECT_EQ(named("/instmsg/local/127.0.0.1:8080" + kBob, "im.example.com"), kBob + " 127.0.0.1:8080");
}

TEST(Target, APhysicalUrlOfAnotherDomainIsNotFound) {
    const std::string elsewhere =
        "not_found http://im.acme.com/instmsg/aliases/bob is in another domain; this server is im.example.com (RVP 4.1.2)";
    EXPECT_EQ(named("/instmsg/local/im.acme.com" + kBob), elsewhere);
    EXPECT_EQ(named("/instmsg/local/im.acme.com" + kBob, ""), elsewhere);
    EXPECT_EQ(named("http://im.example.com/instmsg/local/im.acme.com" + kBob), elsewhere);
}

// Found by fuzzing (issue 7): the URL written for such a node named another one when it was read again.
TEST(Target, APhysicalUrlInsideAPhysicalUrlIsRefused) {
    const std::string refused = "malformed a physical URL inside a physical URL (RVP 4.1.2)";
    EXPECT_EQ(named("/instmsg/local/im.example.com/instmsg/local/im.example.com" + kBob), refused);
    EXPECT_EQ(named("http://im.example.com/instmsg/local/im.example.com/InstMsg/Local/h/x"), refused);
}

TEST(Target, EscapesCaseAndATrailingSlashReachTheSameNode) {
    EXPECT_EQ(named("/instmsg/aliases/%62o%62"), kOurBob);
    EXPECT_EQ(named("/INSTMSG/Aliases/BOB"), kOurBob);
    EXPECT_EQ(named("/instmsg/aliases/bob/"), kOurBob);
    EXPECT_EQ(named("/instmsg/aliases/bob//"), kOurBob);
    EXPECT_EQ(named("/instmsg/aliases/%C5%BE"), "/instmsg/aliases/\xC5\xBE im.example.com");
    const auto name = target("/instmsg/aliases/B%6Fb/");
    ASSERT_TRUE(name);
    EXPECT_EQ(name->path, "/instmsg/aliases/Bob");
    EXPECT_EQ(name->key, "/instmsg/aliases/bob");
}

TEST(Target, AServerIsNoNode) {
    for (const char* line : {"/", "//", "http://im.example.com", "http://im.example.com/"}) {
        EXPECT_EQ(named(line), "not_found the request names no node, only a server (RVP 4.1.2)") << line;
    }
}

TEST(Target, EscapedSlashesAndDotSegmentsAreRefused) {
    EXPECT_EQ(named("/instmsg/aliases%2fbob"), "malformed a node's URL may not hold an escaped slash (RVP 4.1.2)");
    EXPECT_EQ(named("/instmsg/aliases%2Fbob"), "malformed a node's URL may not hold an escaped slash (RVP 4.1.2)");
    for (const char* line : {"/instmsg/../bob", "/instmsg/./bob", "/instmsg/%2e%2E/bob", "/instmsg//bob",
        "/a/.."}) {
        EXPECT_EQ(named(line), "malformed empty or dot segment in URL (RVP 4.1.2)") << line;
    }
}

TEST(Target, ControlAndBrokenCharactersAreRefused) {
    for (const std::string& line : {std::string("/a/%00"), std::string("/a/b\0c", 6), std::string("/a/%0d%0aX"),
                                    std::string("/a/\tb"), std::string("/a/%7f"), std::string("/a/%ff")}) {
        EXPECT_EQ(named(line), "malformed control or broken characters in URL (RVP 4.1.2)") << line;
    }
    EXPECT_EQ(named("/a/%4"), "malformed broken percent escape in URL (RVP 4.1.2)");
    EXPECT_EQ(named("/a/%zz"), "malformed broken percent escape in URL (RVP 4.1.2)");
}

TEST(Target, OtherFormsAreRefused) {
    EXPECT_EQ(named("*"), "malformed the request target is neither a path nor an http URL (RVP 4.1.2)");
    EXPECT_EQ(named(""), "malformed the request target is neither a path nor an http URL (RVP 4.1.2)");
    EXPECT_EQ(named("httpx://im.example.com/a"), "malformed the request target is neither a path nor an http URL (RVP 4.1.2)");
    EXPECT_EQ(named("/a?b=c"), "malformed a node's URL has no query and no fragment (RVP 4.1.2)");
    EXPECT_EQ(named("/a#b"), "malformed a node's URL has no query and no fragment (RVP 4.1.2)");
    EXPECT_EQ(named("http://bob@im.example.com/a"), "malformed bad host in URL: bob@im.example.com (RVP 4.1.2)");
    EXPECT_EQ(named("/" + std::string(1024, 'a')), "malformed URL over 1024 bytes (RVP 4.1.2)");
    EXPECT_EQ(named("/" + std::string(1023, 'a')), "/" + std::string(1023, 'a') + " im.example.com");
}
