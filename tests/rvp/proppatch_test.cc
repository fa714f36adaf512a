// tests/rvp/proppatch_test.cc: PROPPATCH from request to answer.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"
#include "tests/rvp/refusal.h"

using tests::DeskWorld;
using tests::error;
using tests::kAsked;
using tests::kHead;
using tests::kRoot;
using tests::lines_of;
using tests::url_of;

namespace {

std::string set(const std::string& props) { return "<d:set><d:prop>" + props + "</d:prop></d:set>"; }
std::string unset(const std::string& props) { return "<d:remove><d:prop>" + props + "</d:prop></d:remove>"; }
std::string update(const std::string& inside, const std::string& root = "d:propertyupdate") {
    return "<" + root + kAsked + ">" + inside + "</" + root + ">";
}
std::string answer(const std::string& props) {
    return kHead + "<d:multistatus" + kRoot + "><d:response><d:href>" + url_of("bob") +
           "</d:href><d:propstat><d:prop>" + props +
           "</d:prop><d:status>HTTP/1.1 200 Successful</d:status></d:propstat></d:response></d:multistatus>";
}
std::string granted_state(const std::string& value, const std::string& seconds, const std::string& view,
                          const std::string& fallback = "offline") {
    return "<r:state><r:leased-value><r:value><r:" + value + "/></r:value><r:default-value><r:" + fallback +
           "/></r:default-value><d:timeout>" + seconds + "</d:timeout></r:leased-value><r:view-id>" + view +
           "</r:view-id></r:state>";
}
base::Response patch(DeskWorld& world, const std::string& body) { return world.ask("PROPPATCH", "bob", "bob",
    {}, body); }

}  // namespace

TEST(Proppatch, StateIsAnsweredWithWhatWasGrantedAndAViewId) {
    DeskWorld world;
    const auto response = patch(world, update(set("<r:state><r:leased-value><r:value><r:online/></r:value>"
                                                  "<r:default-value><r:away/></r:default-value><r:timeout>14400</r:timeout>"
                                                  "</r:leased-value></r:state>")));
    EXPECT_EQ(response.status, 207);
    EXPECT_EQ(lines_of(response), "Content-Type: text/xml\nRVP-Notifications-Version: 0.2\n");
    EXPECT_EQ(response.body, answer(granted_state("online", "14400", "2", "away")));
    EXPECT_EQ(world.seen("carol", "bob"), "online");
}

TEST(Proppatch, MirandasUnprefixedStatusAndTheSpecificationsRootAreTaken) {
    DeskWorld world;
    EXPECT_EQ(patch(world, update(set("<r:state><r:leased-value><r:value><busy/></r:value><d:timeout>1200</d:timeout>"
                                      "</r:leased-value></r:state>"), "d:propupdate")).body,
              answer(granted_state("busy", "1200", "2")));
    EXPECT_EQ(world.seen("carol", "bob"), "busy");
}

TEST(Proppatch, ARefreshKeepsItsViewWithAndWithoutTheId) {
    DeskWorld world;
    EXPECT_EQ(patch(world, update(set("<r:state><r:busy/></r:state>"))).body, answer(granted_state("busy", "1200",
        "2")));
    EXPECT_EQ(patch(world, update(set("<r:state><r:busy/></r:state>"))).body, answer(granted_state("busy", "1200",
        "2")));
    EXPECT_EQ(patch(world, update(set("<r:state><r:idle/><r:view-id>2</r:view-id></r:state>"))).body,
              answer(granted_state("idle", "1200", "2")));
}

TEST(Proppatch, PidginsBareSignOffEndsItsView) {
    DeskWorld world;
    patch(world, update(set("<r:state><r:online/></r:state>")));
    EXPECT_EQ(patch(world, update(set("<r:state><r:offline/><r:view-id>2</r:view-id></r:state>"))).body,
              answer(granted_state("offline", "1200", "2")));
    EXPECT_EQ(world.seen("carol", "bob"), "offline");
}

TEST(Proppatch, ToRemoveStateIsToGoOffline) {
    DeskWorld world;
    patch(world, update(set("<r:state><r:online/></r:state>")));
    EXPECT_EQ(patch(world, update(unset("<r:state/>"))).body, answer(granted_state("offline", "1200", "2")));
    EXPECT_EQ(world.seen("carol", "bob"), "offline");
}

TEST(Proppatch, SeveralPropertiesShareOnePropstatInOrder) {
    DeskWorld world;
    const auto response = patch(world, update(set("<d:displayname> Bob &amp; Co </d:displayname><x:c xmlns:x='urn:z'><x:d/></x:c>") +
                                              unset("<r:email/>") + set("<r:state><r:away/></r:state>")));
    EXPECT_EQ(response.body, answer("<d:displayname>Bob &amp; Co</d:displayname>"
                                    "<x:c xmlns:x=\"urn:z\"><x0:d xmlns:x0=\"urn:z\"/></x:c><r:email></r:email>" +
                                    granted_state("away", "1200", "2")));
}

TEST(Proppatch, WhatWasSetIsFoundAgain) {
    DeskWorld world;
    patch(world, update(set("<d:displayname>Bob</d:displayname><x:c xmlns:x='urn:z'>1<x:d/></x:c>")));
    const auto found = world.ask("PROPFIND", "bob", "carol", {{"Depth", "0"}},
                                 "<d:propfind" + kAsked +
                                     "><d:prop><d:displayname/><q:c xmlns:q='urn:z'/></d:prop></d:propfind>");
    EXPECT_EQ(found.body, answer("<d:displayname>Bob</d:displayname>"
                                 "<x:c xmlns:x=\"urn:z\">1<x0:d xmlns:x0=\"urn:z\"/></x:c>"));
}

TEST(Proppatch, ALeasedPropertyShowsItsLeaseInThisAnswerOnly) {
    DeskWorld world;
    EXPECT_EQ(patch(world, update(set("<r:mobile-state><r:leased-value><r:value>1</r:value><r:default-value>0"
                                      "</r:default-value><d:timeout>60</d:timeout></r:leased-value></r:mobile-state>"))).body,
              answer("<r:mobile-state><r:leased-value><r:value>1</r:value><r:default-value>0</r:default-value>"
                     "<d:timeout>60</d:timeout></r:leased-value></r:mobile-state>"));
    const std::string find = "<d:propfind" + kAsked + "><d:prop><r:mobile-state/></d:prop></d:propfind>";
    EXPECT_EQ(world.ask("PROPFIND", "bob", "bob", {{"Depth", "0"}}, find).body,
              answer("<r:mobile-state>1</r:mobile-state>"));
    world.pass(std::chrono::seconds(61));
    EXPECT_EQ(world.ask("PROPFIND", "bob", "bob", {{"Depth", "0"}}, find).body,
              answer("<r:mobile-state>0</r:mobile-state>"));
}

TEST(Proppatch, AnAbsurdTimeoutIsGrantedWithinBounds) {
    DeskWorld world;
    const auto timeout = [&](const std::string& asked) {
        return patch(world, update(set("<r:state><r:online/><d:timeout>" + asked +
            "</d:timeout></r:state>"))).body;
    };
    EXPECT_EQ(timeout("99999999999999999999"), answer(granted_state("online", "86400", "2")));
    EXPECT_EQ(timeout("0"), answer(granted_state("online", "1", "2")));
}

TEST(Proppatch, AStateInDavIsAnOrdinaryProperty) {
    DeskWorld world;
    EXPECT_EQ(patch(world, update(set("<d:state>x</d:state>"))).body, answer("<d:state>x</d:state>"));
    EXPECT_EQ(world.seen("carol", "bob"), "offline");
}

TEST(Proppatch, OneWrongPropertyRefusesAll) {
    DeskWorld world;
    EXPECT_EQ(error(patch(world, update(set("<d:displayname>Bob</d:displayname><r:state/>"))), 400),
              "r:state holds no status element such as r:online (RVP 9.1.1)\n");
    EXPECT_EQ(world.service.nodes().find("/instmsg/aliases/bob"), nullptr);
}

TEST(Proppatch, AValueOverItsBoundIsTooLarge) {
    DeskWorld world(10);
    EXPECT_EQ(patch(world, update(set("<r:email>0123456789</r:email>"))).status, 207);
    const std::string big = "the value of email is over 10 bytes (limits.property_bytes)\n";
    EXPECT_EQ(error(patch(world, update(set("<r:email>0123456789a</r:email>"))), 413), big);
    EXPECT_EQ(error(patch(world, update(set("<r:email><r:a/><r:b/></r:email>"))), 413), big);
    EXPECT_EQ(error(patch(world, update(set("<r:email><r:leased-value><r:value>012345</r:value><r:default-value>012345"
                                            "</r:default-value></r:leased-value></r:email>"))), 413), big);
}

TEST(Proppatch, SaysWhatIsWrongWithTheBody) {
    DeskWorld world;
    EXPECT_EQ(error(patch(world, ""), 400), "PROPPATCH needs a d:propertyupdate body (RVP 5.5)\n");
    EXPECT_EQ(error(patch(world, update("")), 400), "d:propertyupdate sets and removes nothing (RVP 5.5)\n");
    EXPECT_EQ(error(patch(world, update(set("<r:state><r:online/><d:timeout>x</d:timeout></r:state>"))), 400),
              "d:timeout is not a number of seconds (RVP 5.5)\n");
}

TEST(Proppatch, AnotherPersonsNodeIsForbidden) {
    DeskWorld world;
    const auto response = world.ask("PROPPATCH", "bob", "mallory", {},
        update(set("<r:state><r:online/></r:state>")));
    EXPECT_EQ(error(response, 403), url_of("mallory") + " has no right write on /instmsg/aliases/bob (RVP 5.7)\n");
}
