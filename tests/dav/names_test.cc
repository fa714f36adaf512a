// tests/dav/names_test.cc: names of properties, and properties as XML.
// SPDX-License-Identifier: Apache-2.0
#include "dav/names.h"

#include <gtest/gtest.h>

using presence::Markup;
using presence::PropName;
using presence::Status;
using presence::Text;

namespace {

std::string prop(const PropName& name, const presence::PropValue& value) {
    std::string out;
    dav::append_prop(out, name, value);
    return out;
}

base::xml::Element element(const std::string& ns, const std::string& local) {
    base::xml::Element e;
    e.ns = ns;
    e.local = local;
    return e;
}

}  // namespace

TEST(DavNames, DeclareThreePrefixesLiterally) {
    EXPECT_EQ(dav::kRootNamespaces,
              " xmlns:d=\"DAV:\" xmlns:r=\"http://schemas.microsoft.com/rvp/\""
              " xmlns:a=\"http://schemas.microsoft.com/rvp/acl/\"");
    EXPECT_EQ(dav::kXmlHead, "<?xml version=\"1.0\"?>");
    ASSERT_EQ(dav::root_prefixes().size(), 3U);
    for (const base::xml::Prefix& p : dav::root_prefixes()) {
        const std::string declared = " xmlns:" + std::string(p.prefix) + "=\"" + std::string(p.ns) + "\"";
        EXPECT_NE(dav::kRootNamespaces.find(declared), std::string_view::npos) << declared;
    }
}

TEST(DavNames, HaveOneSpellingHoweverWritten) {
    EXPECT_EQ(dav::canonical_namespace("dav:"), "DAV:");
    EXPECT_EQ(dav::canonical_namespace("DAV:/"), "DAV:");
    EXPECT_EQ(dav::canonical_namespace("http://schemas.microsoft.com/rvp"), "http://schemas.microsoft.com/rvp/");
    EXPECT_EQ(dav::canonical_namespace("HTTP://schemas.Microsoft.com/RVP/"), "http://schemas.microsoft.com/rvp/");
    EXPECT_EQ(dav::canonical_namespace("http://schemas.Microsoft.com/rvp/acl"),
              "http://schemas.microsoft.com/rvp/acl/");
}

TEST(DavNames, LeaveForeignNamespacesAsTheyStand) {
    EXPECT_EQ(dav::canonical_namespace("urn:Example"), "urn:Example");
    EXPECT_EQ(dav::canonical_namespace("urn:example/"), "urn:example/");
    EXPECT_EQ(dav::canonical_namespace(""), "");
}

TEST(DavNames, MatchElementsInDavRvpOrNoNamespace) {
    EXPECT_TRUE(dav::is_named(element("DAV:", "timeout"), "timeout"));
    EXPECT_TRUE(dav::is_named(element("http://schemas.Microsoft.com/rvp", "timeout"), "timeout"));
    EXPECT_TRUE(dav::is_named(element("", "timeout"), "timeout"));
    EXPECT_FALSE(dav::is_named(element("urn:x", "timeout"), "timeout"));
    EXPECT_FALSE(dav::is_named(element("http://schemas.microsoft.com/rvp/acl/", "timeout"), "timeout"));
    EXPECT_FALSE(dav::is_named(element("DAV:", "Timeout"), "timeout"));
}

TEST(DavNames, FindChildPassesForeignElementsAndText) {
    const auto root = base::xml::parse("<p xmlns:x='urn:x' xmlns:d='DAV:'> a <x:href>1</x:href><d:href>2</d:href>"
                                       "<href>3</href></p>");
    ASSERT_TRUE(root);
    const base::xml::Element* found = dav::find_child(*root, "href");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->all_text(), "2");
    EXPECT_EQ(dav::find_child(*root, "prop"), nullptr);
}

TEST(DavNames, TextsAreOpenedAndClosedEvenWhenEmpty) {
    EXPECT_EQ(prop(presence::prop_displayname(), Text{"Steve"}), "<d:displayname>Steve</d:displayname>");
    EXPECT_EQ(prop(presence::prop_email(), Text{""}), "<r:email></r:email>");
    EXPECT_EQ(prop(presence::prop_mobile_description(), Markup{""}),
        "<r:mobile-description></r:mobile-description>");
}

TEST(DavNames, TextsAreEscapedAndMarkupIsNot) {
    EXPECT_EQ(prop(presence::prop_displayname(), Text{"<a> & \"b\""}),
              "<d:displayname>&lt;a&gt; &amp; &quot;b&quot;</d:displayname>");
    EXPECT_EQ(prop(presence::prop_displayname(), Markup{"<r:b>1</r:b>"}),
              "<d:displayname><r:b>1</r:b></d:displayname>");
}

TEST(DavNames, AStatusIsTheBareStatusElement) {
    EXPECT_EQ(prop(presence::prop_state(), Status("online")), "<r:state><r:online/></r:state>");
    EXPECT_EQ(prop(presence::prop_state(), Status("back-soon")), "<r:state><r:back-soon/></r:state>");
}

TEST(DavNames, ForeignPropertiesDeclareTheirNamespaceThemselves) {
    EXPECT_EQ(prop({"urn:z", "color"}, Text{"blue"}), "<x:color xmlns:x=\"urn:z\">blue</x:color>");
    EXPECT_EQ(prop({"urn:a&\"<", "c"}, Text{""}), "<x:c xmlns:x=\"urn:a&amp;&quot;&lt;\"></x:c>");
    EXPECT_EQ(prop({"", "plain"}, Text{"1"}), "<plain>1</plain>");
    EXPECT_EQ(prop({presence::kAclNamespace, "owner"}, Text{"1"}), "<a:owner>1</a:owner>");
}

TEST(DavNames, StartAndEndTagsBelongTogether) {
    for (const PropName& name : {presence::prop_state(), PropName{"urn:z", "color"}, PropName{"", "plain"}}) {
        std::string out;
        dav::append_prop_start(out, name);
        dav::append_prop_end(out, name);
        EXPECT_EQ(out, prop(name, Text{""}));
    }
}
