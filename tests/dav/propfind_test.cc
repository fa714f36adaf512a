// tests/dav/propfind_test.cc: what a propfind element asks for.
// SPDX-License-Identifier: Apache-2.0
#include "dav/propfind.h"

#include <gtest/gtest.h>

using dav::PropFind;
using presence::PropName;

namespace {

base::Result<PropFind> read(const std::string& inside, const std::string& root = "d:propfind") {
    const auto parsed = base::xml::parse("<" + root +
                                         " xmlns:d='DAV:' xmlns:r='http://schemas.Microsoft.com/rvp' xmlns:x='urn:x'>" +
                                         inside + "</" + root + ">");
    if (!parsed) return std::unexpected(parsed.error());
    return dav::read_propfind(*parsed);
}

std::string refused(const base::Result<PropFind>& find) {
    if (find) return "";
    EXPECT_EQ(find.error().code, base::Errc::malformed);
    return find.error().text;
}

}  // namespace

TEST(Propfind, ReadsNamesInOrderInTheirCanonicalSpelling) {
    const auto find = read(" <d:prop>\n<d:displayname/> <r:state/>\n<x:color/><plain/></d:prop> ");
    ASSERT_TRUE(find);
    EXPECT_EQ(find->kind, PropFind::Kind::prop);
    EXPECT_EQ(find->names, (std::vector<PropName>{presence::prop_displayname(), presence::prop_state(),
                                                  {"urn:x", "color"}, {"", "plain"}}));
}

TEST(Propfind, ReadsAllpropAndPropname) {
    const auto all = read("<d:allprop/>");
    ASSERT_TRUE(all);
    EXPECT_EQ(all->kind, PropFind::Kind::allprop);
    EXPECT_TRUE(all->names.empty());
    const auto names = read("<d:propname></d:propname>");
    ASSERT_TRUE(names);
    EXPECT_EQ(names->kind, PropFind::Kind::propname);
    EXPECT_TRUE(names->names.empty());
}

TEST(Propfind, TakesTheElementsInRvpsNamespaceOrNone) {
    EXPECT_TRUE(read("<r:prop><d:displayname/></r:prop>", "r:propfind"));
    EXPECT_TRUE(read("<allprop/>", "propfind"));
}

TEST(Propfind, SaysWhatIsWrong) {
    EXPECT_EQ(refused(read("<d:allprop/>", "d:propertyupdate")),
              "the root element is propertyupdate, not d:propfind (RVP 5.4)");
    EXPECT_EQ(refused(read("<d:allprop/>", "x:propfind")),
        "the root element is propfind, not d:propfind (RVP 5.4)");
    EXPECT_EQ(refused(read("")), "d:propfind holds none of d:prop, d:allprop, d:propname (RVP 5.4)");
    EXPECT_EQ(refused(read("<x:prop/>text")), "d:propfind holds none of d:prop, d:allprop, d:propname (RVP 5.4)");
    EXPECT_EQ(refused(read("<d:prop> </d:prop>")), "d:prop names no property (RVP 5.4)");
}
