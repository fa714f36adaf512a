// tests/rvp/present_test.cc: what another server's answer tells.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/present.h"

#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"

namespace rvp {
namespace {

/// `NAME=VALUE` of each, or the error.
std::string told(const std::string& body) {
    const auto present = read_present(body, {});
    if (!present) return present.error().text;
    std::string words;
    for (const presence::Prop& prop : *present) {
        const auto* state = std::get_if<presence::Status>(&prop.value);
        const auto* text = std::get_if<presence::Text>(&prop.value);
        words += std::string(prop.name.local()) + "=" + (state ? state->name() : text ? text->text : "?") + " ";
    }
    return words;
}

std::string multistatus(const std::string& propstats) {
    return "<d:multistatus" + tests::kRoot + "><d:response><d:href>http://im.b.com/x</d:href>" + propstats + "</d:response></d:multistatus>";
}

TEST(Present, TellsWhatWasFound) {
    EXPECT_EQ(told(multistatus("<d:propstat><d:prop><r:state><r:away/></r:state><d:displayname> Zoe </d:displayname></d:prop>"
                               "<d:status>HTTP/1.1 200 Successful</d:status></d:propstat>"
                               "<d:propstat><d:prop><r:email>x</r:email></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>")),
              "state=away displayname=Zoe ");
    EXPECT_EQ(told(multistatus("<d:propstat><d:prop><r:state><r:busy/></r:state></d:prop></d:propstat>")), "state=busy ") << "without a status";
    EXPECT_EQ(told(multistatus("")), "");
}

TEST(Present, AStateIsOneThatOthersMayBeTold) {
    EXPECT_EQ(told(multistatus("<d:propstat><d:prop><r:state><r:invisible/></r:state></d:prop></d:propstat>")), "state=offline ");
    EXPECT_EQ(told(multistatus("<d:propstat><d:prop><r:state><r:dancing/></r:state></d:prop></d:propstat>")), "state=online ");
    EXPECT_EQ(told(multistatus("<d:propstat><d:prop><r:state/><d:displayname>Zoe</d:displayname></d:prop></d:propstat>")), "displayname=Zoe ")
        << "what cannot be read is left out";
}

TEST(Present, WhatIsNoMultistatusSaysSo) {
    EXPECT_EQ(told("<d:propfind xmlns:d='DAV:'><d:response/></d:propfind>"), "d:multistatus has no d:response (RVP 5.1.7.2)");
    EXPECT_FALSE(read_present("", {}));
    EXPECT_FALSE(read_present("<d:multistatus", {}));
}

}  // namespace
}  // namespace rvp
