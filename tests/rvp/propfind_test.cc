// tests/rvp/propfind_test.cc: PROPFIND from request to answer.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"

using tests::DeskWorld;
using tests::kAsked;
using tests::kHead;
using tests::kRoot;
using tests::lines_of;
using tests::url_of;

namespace {

class Propfind : public testing::Test {
protected:
    Propfind() { EXPECT_TRUE(world.patch(world.who("bob", 2), "bob", "busy")); }

    base::Response find(const std::string& inside, const std::string& who = "carol") {
        return world.ask("PROPFIND", "bob", who, {{"Depth", "0"}}, "<d:propfind" + kAsked + ">" + inside +
            "</d:propfind>");
    }
    static std::string stat(const std::string& props, const std::string& status = "200 Successful") {
        return "<d:propstat><d:prop>" + props + "</d:prop><d:status>HTTP/1.1 " + status +
            "</d:status></d:propstat>";
    }
    static std::string answer(const std::string& stats) {
        return kHead + "<d:multistatus" + kRoot + "><d:response><d:href>" + url_of("bob") + "</d:href>" + stats +
               "</d:response></d:multistatus>";
    }
    std::string refused(std::vector<base::HttpHeader> headers, const std::string& body, int status) {
        const auto response = world.ask("PROPFIND", "bob", "carol", std::move(headers), body);
        EXPECT_EQ(response.status, status);
        return response.body;
    }
    // Carol loses these rights on bob.
    void deny(presence::Rights rights) {
        world.service.merge_acl(world.who("bob"), world.alias("bob"), {{"", "", presence::kAnyCredentials, {},
            rights}},
                                [](auto merged) { EXPECT_TRUE(merged); });
    }

    DeskWorld world;
};

}  // namespace

TEST_F(Propfind, OnePropertyIsOnePropstat) {
    const auto response = find("<d:prop><d:displayname/></d:prop>");
    EXPECT_EQ(response.status, 207);
    EXPECT_EQ(lines_of(response), "Content-Type: text/xml\nRVP-Notifications-Version: 0.2\n");
    EXPECT_EQ(response.body, answer(stat("<d:displayname>bob</d:displayname>")));
}

TEST_F(Propfind, PropertiesComeInTheOrderAsked) {
    EXPECT_EQ(find("<d:prop><r:state/><r:mobile-description/><d:displayname/></d:prop>").body,
              answer(stat("<r:state><r:busy/></r:state><r:mobile-description></r:mobile-description>"
                          "<d:displayname>bob</d:displayname>")));
}

TEST_F(Propfind, AllpropIsOnePropstatWithEveryValue) {
    EXPECT_EQ(find("<d:allprop/>").body,
              answer(stat("<r:state><r:busy/></r:state><d:displayname>bob</d:displayname>"
                          "<r:email>bob@example.com</r:email><r:mobile-state>0</r:mobile-state>"
                          "<r:mobile-description></r:mobile-description>")));
}

TEST_F(Propfind, PropnameIsNamesAlone) {
    EXPECT_EQ(find("<d:propname/>").body,
              answer(stat("<r:state></r:state><d:displayname></d:displayname><r:email></r:email>"
                          "<r:mobile-state></r:mobile-state><r:mobile-description></r:mobile-description>")));
}

TEST_F(Propfind, AnUnknownPropertyAskedForByNameGetsAPropstatOfItsOwn) {
    EXPECT_EQ(find("<d:prop><d:displayname/><x:color xmlns:x='urn:z'/></d:prop>").body,
              answer(stat("<d:displayname>bob</d:displayname>") +
                     stat("<x:color xmlns:x=\"urn:z\"></x:color>", "404 Not Found")));
    EXPECT_EQ(find("<d:prop><r:nothing/></d:prop>").body, answer(stat("<r:nothing></r:nothing>",
        "404 Not Found")));
}

TEST_F(Propfind, WhatTheCallerMayNotSeeIsForbiddenByNameAndLeftOutOtherwise) {
    deny({presence::Right::presence});
    EXPECT_EQ(find("<d:prop><r:mobile-state/><d:displayname/></d:prop>").body,
              answer(stat("<d:displayname>bob</d:displayname>") + stat("<r:mobile-state></r:mobile-state>",
                  "403 Forbidden")));
    EXPECT_EQ(find("<d:allprop/>").body,
              answer(stat("<d:displayname>bob</d:displayname><r:email>bob@example.com</r:email>")));
    deny({presence::Right::read});
    EXPECT_EQ(find("<d:allprop/>").body, answer(stat(""))) << "still one propstat";
}

TEST_F(Propfind, AllpropNeedsTheRightToList) {
    deny({presence::Right::list});
    const auto response = find("<d:allprop/>");
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.body, url_of("carol") + " has no right list on /instmsg/aliases/bob (RVP 5.7)\n");
}

TEST_F(Propfind, DepthMustBeZero) {
    const std::string body = "<d:propfind" + kAsked + "><d:allprop/></d:propfind>";
    const std::string needed = "PROPFIND needs Depth: 0 (RVP 5.4)\n";
    EXPECT_EQ(refused({}, body, 412), needed);
    for (const char* depth : {"1", "infinity", "00", "-0", "0, 0"}) EXPECT_EQ(refused({{"Depth", depth}},
        body, 412), needed);
    EXPECT_EQ(refused({{"Depth", "0"}, {"Depth", "0"}}, body, 400), "Depth stands more than once (RVP 5.4)\n");
    EXPECT_EQ(refused({{"Depth", ""}}, body, 400), "Depth is empty (RVP 5.4)\n");
}

TEST_F(Propfind, SaysWhatIsWrongWithTheBody) {
    EXPECT_EQ(refused({{"Depth", "0"}}, "", 400), "PROPFIND needs a d:propfind body (RVP 5.4)\n");
    EXPECT_EQ(refused({{"Depth", "0"}}, "<d:a xmlns:d='DAV:'/>", 400),
        "the root element is a, not d:propfind (RVP 5.4)\n");
}

TEST_F(Propfind, AnAliasNobodyMadeIsNotFound) {
    const auto response = world.ask("PROPFIND", "nobody", "carol", {{"Depth", "0"}},
                                    "<d:propfind" + kAsked + "><d:allprop/></d:propfind>");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, "no node /instmsg/aliases/nobody (RVP 4.1.2)\n");
}
