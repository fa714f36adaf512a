// tests/base/xml_write_test.cc: what is escaped, which prefixes are used, and that all of it can be read back.
// SPDX-License-Identifier: Apache-2.0
#include "base/xml.h"

#include "tests/base/xml_read.h"

#include <gtest/gtest.h>

#include <string>

namespace base::xml {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

/// The same tree, whatever prefixes were used.
void expect_same(const Element& a, const Element& b) {
    EXPECT_EQ(a.ns, b.ns);
    EXPECT_EQ(a.local, b.local);
    EXPECT_EQ(a.text, b.text);
    ASSERT_EQ(a.attributes.size(), b.attributes.size());
    for (std::size_t i = 0; i < a.attributes.size(); ++i) {
        EXPECT_EQ(a.attributes[i].ns, b.attributes[i].ns);
        EXPECT_EQ(a.attributes[i].local, b.attributes[i].local);
        EXPECT_EQ(a.attributes[i].value, b.attributes[i].value);
    }
    ASSERT_EQ(a.children.size(), b.children.size());
    for (std::size_t i = 0; i < a.children.size(); ++i) expect_same(a.children[i], b.children[i]);
}

std::string written(const Element& element, const std::vector<Prefix>& known = {}) {
    std::string out;
    append_element(out, element, known);
    return out;
}

std::string escaped(std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
}

std::string cdata(std::string_view text) {
    std::string out;
    append_cdata(out, text);
    return out;
}

TEST(XmlWriter, EscapesMarkupAndCarriageReturns) {
    EXPECT_EQ(escaped("a<b>&\"c'\r\n\t]]>"), "a&lt;b&gt;&amp;&quot;c'&#13;\n\t]]&gt;");
    EXPECT_EQ(escaped(""), "");
    EXPECT_EQ(escaped("\xC5\xBE\xE2\x82\xAC\xF0\x9F\x98\x80\x7F"), "\xC5\xBE\xE2\x82\xAC\xF0\x9F\x98\x80\x7F");
    std::string out = "before ";
    append_escaped(out, "&");
    EXPECT_EQ(out, "before &amp;");
}

TEST(XmlWriter, ReplacesWhatXmlCannotHold) {
    constexpr auto kR = "\xEF\xBF\xBD";
    EXPECT_EQ(escaped("\0a\x01\x1F"sv), kR + "a"s + kR + kR);
    EXPECT_EQ(escaped("x\xEF\xBF\xBEy\xEF\xBF\xBFz\xEF\xBF\xBD"), "x"s + kR + "y" + kR + "z" + kR);
    EXPECT_EQ(escaped("\xFF\xC5\xBE\xC3("), kR + "\xC5\xBE"s + kR + "(");
    EXPECT_EQ(escaped("\xED\xA0\x80<"), kR + ""s + kR + kR + "&lt;");
    EXPECT_EQ(escaped("\xE2\x82"), kR + ""s + kR);
}

TEST(XmlWriter, SplitsTheEndOfACdataSectionOverTwo) {
    EXPECT_EQ(cdata("a<&b\r\n"), "<![CDATA[a<&b\r\n]]>");
    EXPECT_EQ(cdata(""), "<![CDATA[]]>");
    EXPECT_EQ(cdata("a]]>b"), "<![CDATA[a]]]]><![CDATA[>b]]>");
    EXPECT_EQ(cdata("\0\xFF"sv), "<![CDATA[\xEF\xBF\xBD\xEF\xBF\xBD]]>");
    for (auto text : {"]]>", "]]>]]>", "]]]>", "a]]", "a]", ">]]", "]]]]>>", "<![CDATA[x]]>"}) {
        EXPECT_EQ(read("<a>" + cdata(text) + "</a>").all_text(), text);
    }
}

TEST(XmlWriter, WhateverItEscapesIsReadBackAlike) {
    std::string text = "\t\n\r\r\n \xC5\xBE ]]> \xF0\x9F\x98\x80 ";
    for (int c = 32; c < 128; ++c) text += static_cast<char>(c);
    Element root;
    root.local = "a";
    root.attributes.push_back({"", "b", text});
    root.children.emplace_back().text = text;
    expect_same(root, read(written(root)));
}

TEST(XmlWriter, MakesSomethingReadableOfAnyBytes) {
    for (int c = 0; c < 256; ++c) {
        const std::string text = "x" + std::string(1, static_cast<char>(c)) + "y";
        Element root;
        root.local = "a";
        root.attributes.push_back({"", "b", text});
        root.children.emplace_back().text = text;
        EXPECT_EQ(read(written(root)).all_text(), read(written(root)).attributes.at(0).value) << c;
        EXPECT_TRUE(read("<a>" + cdata(text) + "</a>").all_text().ends_with('y')) << c;
    }
}

TEST(XmlWriter, UsesKnownPrefixesAndDeclaresOthersWhereTheyAreUsed) {
    const Element root = read(
        "<q:a xmlns:q='DAV:' xmlns='urn:&quot;x&quot;'><b q:c='1' d='2'><e/></b>"
        "<f xmlns='http://Schemas.microsoft.com/rvp'/><g xmlns='' xmlns:z='urn:z' z:h='3'>&lt;</g></q:a>");
    EXPECT_EQ(written(root, {{kDav, "d"}, {kRvp, "r"}}),
              "<d:a><x0:b xmlns:x0=\"urn:&quot;x&quot;\" d:c=\"1\" d=\"2\"><x0:e/></x0:b><r:f/>"
              "<g xmlns:x1=\"urn:z\" x1:h=\"3\">&lt;</g></d:a>");
}

TEST(XmlWriter, NeverTakesAPrefixThatIsKnown) {
    const Element root = read("<a xmlns='urn:a'><b xmlns='urn:b'/></a>");
    EXPECT_EQ(written(root, {{"urn:c", "x0"}, {"urn:d", "x2"}}),
              "<x1:a xmlns:x1=\"urn:a\"><x3:b xmlns:x3=\"urn:b\"/></x1:a>");
}

TEST(XmlWriter, WritesTheXmlPrefixAsItIs) {
    const auto kDocument = "<a xml:lang=\"en\"/>"sv;
    EXPECT_EQ(written(read(kDocument)), kDocument);
}

TEST(XmlWriter, ClosesInOneTagOnlyWithoutChildren) {
    Element root;
    root.local = "a";
    EXPECT_EQ(written(root), "<a/>");
    root.children.emplace_back();
    EXPECT_EQ(written(root), "<a></a>");
}

TEST(XmlWriter, RoundTripsDocuments) {
    for (auto document : {"<a/>",
                          "<a xmlns='DAV:'><b xmlns='urn:b' xmlns:c='urn:c' c:d='1' d='2'>x<c:e/>y</b>&amp;<f/></a>",
                          "<r:state xmlns:r='http://schemas.microsoft.com/rvp/'><r:online/></r:state>",
                          "<a b='&#10;&#9;&#13; &quot;&lt;'>\n\t&#13;<![CDATA[<&]]></a>",
                          "<p:a xmlns:p='u'><p:a xmlns:p='v'><p:a/></p:a><p:a/></p:a>"}) {
        const Element root = read(document);
        const std::string bare = written(root);
        expect_same(root, read(bare));
        EXPECT_EQ(written(read(bare)), bare);
        const std::string below = written(root, {{kDav, "d"}, {kRvp, "r"}});
        const auto head = "<x xmlns:d='DAV:' xmlns:r='http://schemas.microsoft.com/rvp/'>"s;
        const Element rooted = read(head + below + "</x>");
        expect_same(root, rooted.children.at(0));
    }
}

}  // namespace
}  // namespace base::xml
