// tests/dav/propertyupdate_test.cc: the propertyupdate element, both ways.
// SPDX-License-Identifier: Apache-2.0
#include "dav/propertyupdate.h"

#include <gtest/gtest.h>

using dav::PropertyAct;
using presence::Markup;
using presence::PropValue;
using presence::Text;
using Lines = std::vector<std::string>;

namespace {

base::xml::Element parsed(const std::string& inside, const std::string& root = "d:propertyupdate") {
    const auto tree = base::xml::parse("<" + root +
                                       " xmlns:d='DAV:' xmlns:r='http://schemas.microsoft.com/rvp/' xmlns:x='urn:x'>" +
                                       inside + "</" + root + ">");
    EXPECT_TRUE(tree) << (tree ? "" : tree.error().text);
    return tree.value_or(base::xml::Element{});
}

// `set NAME` or `remove NAME` of each act; or the error alone.
Lines acts(const base::xml::Element& root) {
    const auto read = dav::read_propertyupdate(root);
    if (!read) {
        EXPECT_EQ(read.error().code, base::Errc::malformed);
        return {read.error().text};
    }
    Lines lines;
    for (const PropertyAct& act : *read) {
        lines.push_back((act.kind == PropertyAct::Kind::set ? "set " : "remove ") + act.element->local);
    }
    return lines;
}

PropValue value(const std::string& inside) { return dav::prop_value(parsed(inside)); }

}  // namespace

TEST(Propertyupdate, ReadsSeveralSetsAndRemovesInOrder) {
    const auto root = parsed("\n <d:set><d:prop> <d:displayname>B</d:displayname><x:color>1</x:color></d:prop></d:set>"
                             "<d:remove><d:prop><r:email/></d:prop></d:remove>"
                             "<d:set><d:prop><r:state><r:online/></r:state></d:prop></d:set>");
    EXPECT_EQ(acts(root), (Lines{"set displayname", "set color", "remove email", "set state"}));
}

TEST(Propertyupdate, TakesPropupdateAndAnyHouseNamespace) {
    const std::string set = "<d:set><d:prop><d:displayname>B</d:displayname></d:prop></d:set>";
    EXPECT_EQ(acts(parsed(set, "d:propupdate")), Lines{"set displayname"});
    EXPECT_EQ(acts(parsed(set, "r:propertyupdate")), Lines{"set displayname"});
    EXPECT_EQ(acts(parsed("<set><r:prop><a/></r:prop></set>", "propertyupdate")), Lines{"set a"});
}

TEST(Propertyupdate, SaysWhatIsWrong) {
    const std::string set = "<d:set><d:prop><d:displayname>B</d:displayname></d:prop></d:set>";
    EXPECT_EQ(acts(parsed(set, "d:propfind")),
        Lines{"the root element is propfind, not d:propertyupdate (RVP 5.5)"});
    EXPECT_EQ(acts(parsed(set, "x:propertyupdate")),
              Lines{"the root element is propertyupdate, not d:propertyupdate (RVP 5.5)"});
    EXPECT_EQ(acts(parsed("<d:set><d:displayname/></d:set>")), Lines{"d:set has no d:prop (RVP 5.5)"});
    EXPECT_EQ(acts(parsed("<d:remove/>")), Lines{"d:remove has no d:prop (RVP 5.5)"});
    EXPECT_EQ(acts(parsed("")), Lines{"d:propertyupdate sets and removes nothing (RVP 5.5)"});
    EXPECT_EQ(acts(parsed("<d:set><d:prop> </d:prop></d:set><x:set/>")),
              Lines{"d:propertyupdate sets and removes nothing (RVP 5.5)"});
}

TEST(Propertyupdate, NamesAreCanonical) {
    const auto root = base::xml::parse("<e xmlns='http://schemas.Microsoft.com/rvp'><email/></e>");
    ASSERT_TRUE(root);
    EXPECT_EQ(dav::prop_name(*root->first_child()), presence::prop_email());
    EXPECT_EQ(dav::prop_name(parsed("", "x:color")), (presence::PropName{"urn:x", "color"}));
}

TEST(Propertyupdate, ATextLosesTheBlanksRoundIt) {
    EXPECT_EQ(value(" \r\n Steve  Morgan\t"), PropValue(Text{"Steve  Morgan"}));
    EXPECT_EQ(value(""), PropValue(Text{""}));
    EXPECT_EQ(value("  "), PropValue(Text{""}));
    EXPECT_EQ(value("a<![CDATA[<b>&]]>"), PropValue(Text{"a<b>&"}));
}

TEST(Propertyupdate, ChildElementsAreKeptAsMarkupThatStandsAlone) {
    EXPECT_EQ(value("\n <r:list> <d:href>http://a</d:href></r:list>\n"),
              PropValue(Markup{"<r:list> <d:href>http://a</d:href></r:list>"}));
    EXPECT_EQ(value("<x:a k='1&amp;2'/>"), PropValue(Markup{"<x0:a xmlns:x0=\"urn:x\" k=\"1&amp;2\"/>"}));
    EXPECT_EQ(value("one &lt; <r:b>two</r:b>"), PropValue(Markup{"one &lt; <r:b>two</r:b>"}));
}

TEST(Propertyupdate, MarkupSurvivesAnotherRound) {
    const PropValue once = value("<x:a><y:b xmlns:y='urn:y'>t</y:b></x:a>");
    ASSERT_TRUE(std::holds_alternative<Markup>(once));
    EXPECT_EQ(value(std::get<Markup>(once).xml), once);
}

TEST(Propertyupdate, WritesSetsThenRemoves) {
    std::string out;
    dav::append_propertyupdate(out, {{presence::prop_email(), std::nullopt},
                                     {presence::prop_state(), presence::Status("busy")},
                                     {presence::prop_displayname(), Text{"B & C"}}});
    EXPECT_EQ(out,
              "<d:propertyupdate><d:set><d:prop><r:state><r:busy/></r:state><d:displayname>B &amp; C</d:displayname>"
              "</d:prop></d:set><d:remove><d:prop><r:email></r:email></d:prop></d:remove></d:propertyupdate>");
}

TEST(Propertyupdate, WritesNoSetWhereNothingIsSet) {
    std::string removed;
    dav::append_propertyupdate(removed, {{presence::prop_email(), std::nullopt}});
    EXPECT_EQ(removed, "<d:propertyupdate><d:remove><d:prop><r:email></r:email></d:prop></d:remove></d:propertyupdate>");
    std::string set;
    dav::append_propertyupdate(set, {{presence::prop_email(), Text{"e"}}});
    EXPECT_EQ(set, "<d:propertyupdate><d:set><d:prop><r:email>e</r:email></d:prop></d:set></d:propertyupdate>");
}
