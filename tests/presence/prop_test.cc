// tests/presence/prop_test.cc: a property's name is the same however it came about.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4, 9.1.1-9.1.17
#include "presence/prop.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using presence::PropName;

const std::vector<std::pair<PropName, PropName>>& said_and_known() {
    static const std::vector<std::pair<PropName, PropName>> pairs = {
        {{"http://schemas.microsoft.com/rvp/", "state"}, presence::prop_state()},
        {{"DAV:", "displayname"}, presence::prop_displayname()},
        {{"http://schemas.microsoft.com/rvp/", "email"}, presence::prop_email()},
        {{"http://schemas.microsoft.com/rvp/", "mobile-state"}, presence::prop_mobile_state()},
        {{"http://schemas.microsoft.com/rvp/", "mobile-description"}, presence::prop_mobile_description()},
        {{"jabber:client", "status"}, presence::prop_status_text()},
        {{"jabber:client", "show"}, presence::prop_show()},
    };
    return pairs;
}

TEST(PropName, OfTheHouseIsWhatItsTextsSay) {
    for (const auto& [said, known] : said_and_known()) {
        EXPECT_EQ(said, known) << said.local();
        EXPECT_EQ(said.ns(), known.ns());
        EXPECT_EQ(said.local(), known.local());
        EXPECT_FALSE(said.local().empty());
    }
}

TEST(PropName, IsAnotherInAnotherNamespace) {
    for (const auto& [said, known] : said_and_known()) {
        const PropName elsewhere("urn:x", said.local());
        EXPECT_NE(elsewhere, known);
        EXPECT_EQ(elsewhere.ns(), "urn:x");
        EXPECT_EQ(elsewhere.local(), known.local());
        EXPECT_NE(PropName(said.ns(), "x"), known);
    }
    EXPECT_EQ(PropName(), PropName("", ""));
    EXPECT_NE(PropName("a", "bc"), PropName("ab", "c"));
}

TEST(PropName, OutlivesTheNameThatItIsACopyOf) {
    PropName copy;
    EXPECT_EQ(copy.ns(), "");
    EXPECT_EQ(copy.local(), "");
    {
        const PropName name("urn:x", "colour");
        copy = name;
    }
    EXPECT_EQ(copy, PropName("urn:x", "colour"));
    copy = PropName(presence::kDavNamespace, "displayname");
    EXPECT_EQ(copy, presence::prop_displayname());
}

TEST(PropName, IsInOrderOfNamespaceAndThenName) {
    const std::vector<PropName> ordered = {{}, {"DAV:", "a"}, presence::prop_displayname(), {"DAV:", "z"},
        {"http://schemas.microsoft.com/rvp/", "a"}, presence::prop_email(), presence::prop_mobile_description(),
        presence::prop_mobile_state(), presence::prop_state(), {"http://schemas.microsoft.com/rvp/acl/", "state"},
        presence::prop_show(), presence::prop_status_text(), {"urn:x", "state"}};
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        for (std::size_t j = 0; j < ordered.size(); ++j) EXPECT_EQ(ordered[i] <=> ordered[j], i <=> j) << i << ' ' << j;
    }
}

TEST(PropName, SaysWhatThePresenceRightGuards) {
    for (const PropName& guarded : {presence::prop_state(), presence::prop_mobile_state(), presence::prop_mobile_description(),
                                    presence::prop_status_text(), presence::prop_show(), PropName("jabber:client", "priority")}) {
        EXPECT_TRUE(presence::is_presence_prop(guarded)) << guarded.local();
    }
    for (const PropName& open : {presence::prop_displayname(), presence::prop_email(), PropName("urn:x", "state"), PropName()}) {
        EXPECT_FALSE(presence::is_presence_prop(open)) << open.local();
    }
}

}  // namespace
