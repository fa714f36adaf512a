// tests/rvp/state_test.cc: r:state in every form that clients send, and what is answered.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/state.h"

#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"

using presence::PropPatch;
using presence::PropValue;
using presence::StatePatch;
using presence::Status;
using presence::Text;
using presence::ViewId;
using std::chrono::seconds;

namespace {

base::Result<base::xml::Element> parsed(const std::string& inside, const std::string& name = "r:state") {
    return base::xml::parse("<" + name + tests::kAsked + " xmlns:x='urn:x'>" + inside + "</" + name + ">");
}

// `VALUE default=… timeout=… view=…`, each only if given; or the error.
std::string state(const std::string& inside) {
    const auto root = parsed(inside);
    if (!root) return root.error().text;
    const auto patch = rvp::read_state(*root);
    if (!patch) {
        EXPECT_EQ(patch.error().code, base::Errc::malformed);
        return patch.error().text;
    }
    std::string line = patch->value.name();
    if (patch->fallback) line += " default=" + patch->fallback->name();
    if (patch->timeout) line += " timeout=" + std::to_string(patch->timeout->count());
    if (patch->view) line += " view=" + std::to_string(static_cast<std::uint32_t>(*patch->view));
    return line;
}

std::string leased(const std::string& value, const std::string& rest = "") {
    return "<r:leased-value><r:value>" + value + "</r:value>" + rest + "</r:leased-value>";
}

const std::string kDefault = "<r:default-value><r:offline/></r:default-value>";

base::Result<PropPatch> property(const std::string& inside, const std::string& name = "d:displayname") {
    const auto root = parsed(inside, name);
    if (!root) return std::unexpected(root.error());
    return rvp::read_property(*root);
}

std::string granted(const presence::Granted& what) {
    std::string out;
    rvp::append_granted(out, what);
    return out;
}

}  // namespace

TEST(State, LeasedAsNetRvpMirandaAndPidginSendIt) {
    EXPECT_EQ(state(leased("<r:online/>", kDefault + "<r:timeout>14400</r:timeout>")),
              "online default=offline timeout=14400");
    EXPECT_EQ(state(leased("<busy/>", kDefault + "<d:timeout>1200</d:timeout>")),
        "busy default=offline timeout=1200");
    EXPECT_EQ(state(leased("<r:away/>", kDefault + "<d:timeout>1200</d:timeout>") + "<r:view-id>7</r:view-id>"),
              "away default=offline timeout=1200 view=7");
}

TEST(State, BareAsPidginSignsOff) {
    EXPECT_EQ(state("<r:offline/><r:view-id>7</r:view-id>"), "offline view=7");
    EXPECT_EQ(state("<r:view-id>7</r:view-id><r:offline/>"), "offline view=7");
    EXPECT_EQ(state("<r:online/>"), "online");
    EXPECT_EQ(state("<r:online/><d:timeout>60</d:timeout>"), "online timeout=60");
}

TEST(State, ATimeoutMayStandInAnyHouseNamespace) {
    for (const char* name : {"r:timeout", "d:timeout", "timeout"}) {
        const std::string timeout = "<" + std::string(name) + "> 60\r\n</" + std::string(name) + ">";
        EXPECT_EQ(state(leased("<r:idle/>", timeout)), "idle timeout=60") << name;
        EXPECT_EQ(state("<r:leased-value>" + timeout + "<r:value><r:idle/></r:value></r:leased-value>"),
                  "idle timeout=60") << name;
    }
    EXPECT_EQ(state(leased("<r:idle/>", "<x:timeout>60</x:timeout>")), "idle");
}

TEST(State, AViewIdMayStandAnywhere) {
    const std::string view = "<r:view-id> 12 </r:view-id>";
    EXPECT_EQ(state(view + leased("<r:online/>")), "online view=12");
    EXPECT_EQ(state(leased("<r:online/>") + view), "online view=12");
    EXPECT_EQ(state(leased("<r:online/>", view)), "online view=12");
    EXPECT_EQ(state("<r:leased-value>" + view + "<r:value><r:online/></r:value></r:leased-value>"),
        "online view=12");
    EXPECT_EQ(state(leased("<r:online/>") + "<d:view-id>12</d:view-id>"), "online view=12");
    EXPECT_EQ(state(leased("<r:online/>") + "<view-id>12</view-id>"), "online view=12");
}

TEST(State, AStatusIsTakenFromAnyNamespaceAndUnknownOnesAreKept) {
    EXPECT_EQ(state("<online/>"), "online");
    EXPECT_EQ(state(leased("<x:busy/>")), "busy");
    EXPECT_EQ(state(leased("<d:on-phone/>")), "on-phone");
    EXPECT_EQ(state("<r:on-holiday/>"), "on-holiday");
    EXPECT_EQ(state("<r:invisible/>"), "invisible");
    EXPECT_EQ(state(leased("\n <r:at-lunch>\n</r:at-lunch>\n")), "at-lunch");
}

TEST(State, AValueWithoutItsWrapperIsTakenToo) {
    EXPECT_EQ(state("<r:leased-value><r:online/><d:timeout>60</d:timeout></r:leased-value>"), "online timeout=60");
    EXPECT_EQ(state("<r:leased-value>" + kDefault + "<r:online/></r:leased-value>"), "online default=offline");
}

TEST(State, AnEmptyStateIsRefused) {
    const std::string none = " holds no status element such as r:online (RVP 9.1.1)";
    EXPECT_EQ(state(""), "r:state" + none);
    EXPECT_EQ(state(" online "), "r:state" + none);
    EXPECT_EQ(state("<r:view-id>7</r:view-id>"), "r:state" + none);
    EXPECT_EQ(state(leased("")), "r:value" + none);
    EXPECT_EQ(state(leased("online")), "r:value" + none);
    EXPECT_EQ(state("<r:leased-value/>"), "r:leased-value" + none);
    EXPECT_EQ(state(leased("<r:online/>", "<r:default-value/>")), "r:default-value" + none);
}

TEST(State, ADefaultIsNoValue) {
    EXPECT_EQ(state("<r:leased-value>" + kDefault + "</r:leased-value>"),
              "r:leased-value holds no status element such as r:online (RVP 9.1.1)");
    EXPECT_EQ(state("<r:value><r:online/></r:value>"),
              "r:state holds no status element such as r:online (RVP 9.1.1)");
}

TEST(State, ABadTimeoutIsRefusedAndAHugeOneIsCut) {
    for (const char* bad : {"", " ", "soon", "-1", "1.5", "12 00"}) {
        EXPECT_EQ(state(leased("<r:online/>", "<d:timeout>" + std::string(bad) + "</d:timeout>")),
                  "d:timeout is not a number of seconds (RVP 5.5)") << bad;
    }
    EXPECT_EQ(state(leased("<r:online/>", "<d:timeout>99999999999999999999999</d:timeout>")),
              "online timeout=1000000000");
    EXPECT_EQ(state(leased("<r:online/>", "<d:timeout>0</d:timeout>")), "online timeout=0");
}

TEST(State, ABadViewIdIsRefused) {
    for (const char* bad : {"", "x", "-1", "1.0", "2147483648", "99999999999999999999999"}) {
        EXPECT_EQ(state("<r:online/><r:view-id>" + std::string(bad) + "</r:view-id>"),
                  "r:view-id is not a number below 2147483648 (RVP 9.1.12)") << bad;
    }
    EXPECT_EQ(state("<r:online/><r:view-id>2147483647</r:view-id>"), "online view=2147483647");
}

TEST(State, ALongStatusNameIsRefused) {
    EXPECT_EQ(state("<r:" + std::string(64, 'o') + "/>"), std::string(64, 'o'));
    EXPECT_EQ(state("<r:" + std::string(65, 'o') + "/>"), "r:state: a status element's name is over 64 bytes (RVP 9.1.1)");
}

TEST(State, AnyOtherPropertyMayBePlain) {
    const auto patch = property(" Steve ");
    ASSERT_TRUE(patch);
    EXPECT_EQ(patch->name, presence::prop_displayname());
    EXPECT_EQ(patch->value, PropValue(Text{"Steve"}));
    EXPECT_FALSE(patch->fallback);
    EXPECT_FALSE(patch->timeout);
}

TEST(State, AnyOtherPropertyMayBeLeased) {
    const auto patch = property("<r:leased-value><r:value>In</r:value><r:default-value>Out</r:default-value>"
                                "<timeout>30</timeout></r:leased-value>", "x:where");
    ASSERT_TRUE(patch);
    EXPECT_EQ(patch->name, (presence::PropName{"urn:x", "where"}));
    EXPECT_EQ(patch->value, PropValue(Text{"In"}));
    EXPECT_EQ(patch->fallback, PropValue(Text{"Out"}));
    EXPECT_EQ(patch->timeout, seconds(30));
}

TEST(State, ALeasedPropertyNeedsAValueButNeitherDefaultNorTimeout) {
    const auto patch = property("<r:leased-value><r:value>In</r:value></r:leased-value>");
    ASSERT_TRUE(patch);
    EXPECT_EQ(patch->fallback, PropValue(Text{""}));
    EXPECT_FALSE(patch->timeout);
    const auto none = property("<r:leased-value><r:default-value>Out</r:default-value></r:leased-value>");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().text, "r:leased-value of displayname has no r:value (RVP 9.1.2)");
    const auto bad = property("<r:leased-value><r:value>In</r:value><d:timeout>x</d:timeout></r:leased-value>");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().text, "d:timeout is not a number of seconds (RVP 5.5)");
}

TEST(State, GrantedStateIsLeasedValueThenViewId) {
    EXPECT_EQ(granted(presence::StateGranted{Status("busy"), Status("offline"), seconds(1200), ViewId(7)}),
              "<r:state><r:leased-value><r:value><r:busy/></r:value><r:default-value><r:offline/></r:default-value>"
              "<d:timeout>1200</d:timeout></r:leased-value><r:view-id>7</r:view-id></r:state>");
}

TEST(State, GrantedPropertiesShowTheirLeaseIfTheyHaveOne) {
    EXPECT_EQ(granted(presence::PropGranted{presence::prop_displayname(), Text{"S"}, {}, {}}),
              "<d:displayname>S</d:displayname>");
    EXPECT_EQ(granted(presence::PropGranted{presence::prop_email(), {}, {}, {}}), "<r:email></r:email>");
    EXPECT_EQ(granted(presence::PropGranted{{"urn:x", "w"}, Text{"In"}, Text{""}, seconds(30)}),
              "<x:w xmlns:x=\"urn:x\"><r:leased-value><r:value>In</r:value><r:default-value></r:default-value>"
              "<d:timeout>30</d:timeout></r:leased-value></x:w>");
}
