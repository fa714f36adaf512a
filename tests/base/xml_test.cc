// tests/base/xml_test.cc: what the reader builds, and what it refuses.
// SPDX-License-Identifier: Apache-2.0
#include "base/xml.h"

#include "base/text.h"
#include "tests/base/xml_read.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace base::xml {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

Error refusal(std::string_view document, const Bounds& bounds = {}) {
    const auto root = parse(document, bounds);
    EXPECT_FALSE(root) << document.substr(0, 200);
    const Error error = root ? Error{} : root.error();
    EXPECT_FALSE(error.text.contains('\n')) << error.text;
    EXPECT_TRUE(error.text.starts_with("XML")) << error.text;
    EXPECT_TRUE(valid_utf8(error.text));
    return error;
}

testing::AssertionResult is_malformed(std::string_view document) {
    const Error error = refusal(document);
    if (error.code == Errc::malformed) return testing::AssertionSuccess();
    return testing::AssertionFailure() << document.substr(0, 200) << ": " << error.text;
}

std::string repeat(std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
}

std::string many_attributes(int count) {
    std::string out = "<a";
    for (int i = 0; i < count; ++i) out += " b" + std::to_string(i) + "=''";
    return out + "/>";
}

// ---- What is built -----------------------------------------------------------------------------------------

TEST(XmlReader, BuildsElementsTextAndAttributesInOrder) {
    const Element root = read("<a x='1' y=\"2\">one<b/>two<c>three</c></a>");
    EXPECT_EQ(root.local, "a");
    EXPECT_EQ(root.ns, "");
    ASSERT_EQ(root.attributes.size(), 2u);
    EXPECT_EQ(root.attributes[0].local, "x");
    EXPECT_EQ(root.attributes[1].value, "2");
    ASSERT_EQ(root.children.size(), 4u);
    EXPECT_EQ(root.children[0].text, "one");
    EXPECT_TRUE(root.children[0].is_text());
    EXPECT_EQ(root.children[1].local, "b");
    EXPECT_TRUE(root.children[1].children.empty());
    EXPECT_EQ(root.children[2].text, "two");
    EXPECT_EQ(root.children[3].all_text(), "three");
    EXPECT_EQ(root.all_text(), "onetwothree");
}

TEST(XmlReader, ResolvesDefaultAndPrefixedNamespaces) {
    const Element root = read(
        "<a xmlns='DAV:' xmlns:q='urn:q' p='0' q:p='1'><q:b/><c xmlns=''/><d xmlns:q='urn:r'><q:e/></d></a>");
    EXPECT_EQ(root.ns, kDav);
    ASSERT_EQ(root.attributes.size(), 2u) << "declarations are no attributes";
    EXPECT_EQ(root.attributes[0].ns, "") << "the default namespace is not for attributes";
    EXPECT_EQ(root.attributes[1].ns, "urn:q");
    ASSERT_EQ(root.children.size(), 3u);
    EXPECT_EQ(root.children[0].ns, "urn:q");
    EXPECT_EQ(root.children[1].ns, "");
    EXPECT_EQ(root.children[2].ns, kDav);
    EXPECT_EQ(root.children[2].children.at(0).ns, "urn:r");
}

TEST(XmlReader, KnowsTheXmlPrefixWithoutDeclaration) {
    const Element root = read("<a xml:lang='en'/>");
    EXPECT_EQ(root.attributes.at(0).ns, "http://www.w3.org/XML/1998/namespace");
    EXPECT_EQ(root.attributes.at(0).local, "lang");
}

TEST(XmlReader, KeepsNamespacesAsWrittenEvenIfTheyAreNoUris) {
    EXPECT_EQ(read("<a xmlns='HTTP://Schemas.Microsoft.com/RVP'/>").ns, "HTTP://Schemas.Microsoft.com/RVP");
    EXPECT_EQ(read("<a xmlns='not a uri'/>").ns, "not a uri");
    EXPECT_EQ(read("<a xmlns='relative'/>").ns, "relative");
}

TEST(XmlReader, JoinsTextCdataReferencesAndWhatCommentsDivide) {
    const Element root = read(
        "<a>x &lt;&amp;&gt;&quot;&apos; &#65;&#x20AC;<![CDATA[<&]]><!-- c --><?p i?>\xC5\xBE</a>");
    ASSERT_EQ(root.children.size(), 1u);
    EXPECT_EQ(root.children[0].text, "x <&>\"' A\xE2\x82\xAC<&\xC5\xBE");
}

TEST(XmlReader, DecodesReferencesInAttributes) {
    EXPECT_EQ(read("<a b='&amp;&lt;&gt;&quot;&apos;&#38;&#x26;&#10;x\ty'/>").attributes.at(0).value,
              "&<>\"'&&\nx y");
    EXPECT_EQ(read("<a b='&amp;amp;'/>").attributes.at(0).value, "&amp;");
}

TEST(XmlReader, KeepsBlankTextAndMakesLineEndsLf) {
    const Element root = read("<a>\r\n <b/>\r</a>");
    ASSERT_EQ(root.children.size(), 3u);
    EXPECT_EQ(root.children[0].text, "\n ");
    EXPECT_EQ(root.children[2].text, "\n");
    EXPECT_EQ(read("<a><![CDATA[x\r\ny]]></a>").all_text(), "x\ny");
    EXPECT_EQ(read("<a>x&#13;\n</a>").all_text(), "x\r\n");
}

TEST(XmlReader, MakesNoTextOfNothing) {
    EXPECT_TRUE(read("<a></a>").children.empty());
    EXPECT_TRUE(read("<a><![CDATA[]]></a>").children.empty());
    EXPECT_TRUE(read("<a><!-- --></a>").children.empty());
}

TEST(XmlReader, PassesOverDeclarationCommentsAndInstructions) {
    EXPECT_EQ(read("<?xml version='1.0'?>\r\n<!-- c --><?p i?>\n<a/>\n<!-- c --><?p?>\n").local, "a");
    EXPECT_EQ(read("<?xml-stylesheet href='http://127.0.0.1/x'?><a/>").local, "a");
}

TEST(XmlReader, ReadsLongTextInOnePiece) {
    const std::string text = repeat("0123456789 \xE2\x82\xAC &amp; ", 15'000);
    const std::string value = repeat("0123456789 \xE2\x82\xAC &amp; ", 2'000);
    const Element root = read("<a b='" + value + "'>" + text + "<![CDATA[" + text + "]]></a>");
    const std::string once = repeat("0123456789 \xE2\x82\xAC & ", 15'000);
    ASSERT_EQ(root.children.size(), 1u);
    EXPECT_EQ(root.children[0].text, once + text);
    EXPECT_EQ(root.attributes.at(0).value, repeat("0123456789 \xE2\x82\xAC & ", 2'000));
}

TEST(XmlReader, FindsChildren) {
    const Element root = read(
        "<a xmlns:d='DAV:' xmlns:r='HTTP://schemas.microsoft.com/RVP'>text<d:b i='1'/><r:b i='2'/><c/></a>");
    ASSERT_NE(root.child("b"), nullptr);
    EXPECT_EQ(root.child("b")->attributes[0].value, "1");
    ASSERT_NE(root.child(kRvp, "b"), nullptr);
    EXPECT_EQ(root.child(kRvp, "b")->attributes[0].value, "2");
    EXPECT_EQ(root.child(kRvp, "c"), nullptr);
    EXPECT_EQ(root.child("", "c"), &root.children.back());
    EXPECT_EQ(root.child("B"), nullptr);
    EXPECT_EQ(root.child(""), nullptr) << "text has no name to be found by";
    EXPECT_EQ(root.first_child(), &root.children[1]);
    EXPECT_EQ(read("<a>text</a>").first_child(), nullptr);
}

TEST(XmlNamespace, IsComparedWithoutCaseAndLastSlash) {
    EXPECT_TRUE(same_namespace(kRvp, "HTTP://SCHEMAS.Microsoft.com/rvp"));
    EXPECT_TRUE(same_namespace("", ""));
    EXPECT_FALSE(same_namespace(kRvp, "http://schemas.microsoft.com/rvp//"));
    EXPECT_FALSE(same_namespace(kRvp, "http://schemas.microsoft.com/rvp/acl/"));
    EXPECT_FALSE(same_namespace(kDav, ""));
}

// ---- What is refused ---------------------------------------------------------------------------------------

TEST(XmlRefusal, SaysWhereAndWhat) {
    const Error error = refusal("<a>\n <b>\n  </c>\n</a>");
    EXPECT_EQ(error.code, Errc::malformed);
    EXPECT_TRUE(error.text.starts_with("XML line 3 column 7: ")) << error.text;
    EXPECT_TRUE(error.text.contains("mismatch")) << error.text;
    EXPECT_TRUE(refusal("<a>\n b\0</a>"sv).text.starts_with("XML line 2 column 3: "));
    EXPECT_TRUE(refusal("<a>\n\xC3\xA4\xFF</a>").text.starts_with("XML line 2 column 3: "));
}

TEST(XmlRefusal, KeepsItsMessageShortWhateverItQuotes) {
    const std::string name = repeat("\xC3\xA4", 10'000);
    EXPECT_LT(refusal("<" + name + "></b>").text.size(), 250u);
    EXPECT_LT(refusal("<x" + name + ":b/>").text.size(), 250u);
}

TEST(XmlRefusal, MeetsIllFormedDocuments) {
    for (auto document : {""sv, " "sv, "a"sv, "<"sv, "<a"sv, "<a>"sv, "<a><b></a>"sv, "</a>"sv,
                          "<a></a"sv, "<a></b>"sv, "<a/><b/>"sv, "<a/>x"sv, "<a/>&amp;"sv, "x<a/>"sv,
                          " <?xml version='1.0'?><a/>"sv, "<a b/>"sv, "<a b=c/>"sv,
                          "<a b='1' b='2'/>"sv, "<a b='<'/>"sv, "<a b='1'c='2'/>"sv, "<1/>"sv,
                          "<a>]]></a>"sv, "<a>&</a>"sv, "<a>& </a>"sv, "<a>&amp</a>"sv,
                          "<a><![CDATA[x</a>"sv, "<a><![CDATA[x]]</a>"sv, "<![CDATA[x]]>"sv,
                          "<a><!-- x</a>"sv, "<a><!-- -- --></a>"sv, "<a><?p</a>"sv,
                          "<a><?xml version='1.0'?></a>"sv, "<a>\x01</a>"sv, "<a b='\x01'/>"sv,
                          "<a>\xEF\xBF\xBE</a>"sv, "<!-- -->"sv, "<?xml version='1.0'?>"sv,
                          "<a:b:c xmlns:a='urn:a'/>"sv}) {
        EXPECT_TRUE(is_malformed(document));
    }
}

TEST(XmlRefusal, MeetsEveryTruncation) {
    constexpr auto kWhole =
        "<?xml version='1.0' encoding='utf-8'?><r:a xmlns:r='u' b='&lt;'>t&#65;<![CDATA[x]]><!-- c --><?p i?>"
        "<c/>\xE2\x82\xAC</r:a>"sv;
    EXPECT_EQ(read(kWhole).local, "a");
    for (std::size_t length = 0; length < kWhole.size(); ++length) {
        EXPECT_TRUE(is_malformed(kWhole.substr(0, length)));
    }
}

TEST(XmlRefusal, MeetsUndeclaredPrefixes) {
    EXPECT_TRUE(is_malformed("<r:state/>"));
    EXPECT_TRUE(is_malformed("<a><r:state/></a>"));
    EXPECT_TRUE(is_malformed("<a r:b='1'/>"));
    EXPECT_TRUE(is_malformed("<a><b xmlns:r='u'/><r:c/></a>"));
    EXPECT_TRUE(is_malformed("<a xmlns:r=''><r:c/></a>"));
    EXPECT_TRUE(is_malformed("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>"));
    EXPECT_TRUE(is_malformed("<a xmlns:xml='urn:x'/>"));
    EXPECT_TRUE(is_malformed("<a xmlns:xmlns='urn:x'/>"));
}

TEST(XmlRefusal, MeetsEveryDoctype) {
    for (auto document : {"<!DOCTYPE a><a/>", "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'><a/>",
                          "<!DOCTYPE a PUBLIC 'x' 'y'><a/>",
                          "<?xml version='1.0' standalone='no'?><!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><a/>",
                          "<!DOCTYPE a [<!ATTLIST a b CDATA 'x'>]><a/>", "<!DOCTYPE", "<!DOCTYPE a [",
                          "<!doctype a><a/>", "<a><!DOCTYPE a></a>"}) {
        EXPECT_TRUE(is_malformed(document));
    }
    EXPECT_TRUE(refusal("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>").text.contains("DOCTYPE"));
}

TEST(XmlRefusal, MeetsAnEntityBombBeforeItGoesOff) {
    std::string bomb = "<!DOCTYPE a [<!ENTITY e0 'boom'>";
    for (int i = 1; i < 30; ++i) {
        const std::string inner = "&e" + std::to_string(i - 1) + ";";
        bomb += "<!ENTITY e" + std::to_string(i) + " '" + repeat(inner, 10) + "'>";
    }
    bomb += "]><a b='&e29;'>&e29;</a>";
    EXPECT_TRUE(is_malformed(bomb));
    EXPECT_TRUE(is_malformed("<x \x01" + bomb)) << "nor does an earlier mistake help it";
}

TEST(XmlRefusal, MeetsAnExternalEntityWithoutReadingIt) {
    const std::string path = testing::TempDir() + "xml_test_external";
    std::ofstream(path) << "secret";
    const auto error = refusal("<!DOCTYPE a [<!ENTITY e SYSTEM 'file://" + path + "'>]><a>&e;</a>");
    EXPECT_EQ(error.code, Errc::malformed);
    EXPECT_FALSE(error.text.contains("secret"));
    std::remove(path.c_str());
}

TEST(XmlRefusal, MeetsEntitiesOtherThanTheFive) {
    for (auto document : {"<a>&nbsp;</a>", "<a b='&nbsp;'/>", "<a>&e;</a>",
                          "<?xml version='1.0' standalone='yes'?><a>&e;</a>",
                          "<?xml version='1.0' standalone='no'?><a>&e;</a>", "<a>%e;&e;</a>"}) {
        EXPECT_TRUE(is_malformed(document));
    }
    for (auto document : {"<a>&#0;</a>", "<a>&#x1;</a>", "<a>&#xD800;</a>", "<a>&#xFFFE;</a>",
                          "<a>&#x110000;</a>", "<a>&#99999999999;</a>", "<a>&#;</a>", "<a>&#x;</a>",
                          "<a>&#xG;</a>", "<a b='&#0;'/>"}) {
        EXPECT_TRUE(is_malformed(document));
    }
}

TEST(XmlRefusal, MeetsANulAnywhere) {
    for (auto document : {"\0"sv, "\0<a/>"sv, "<a/>\0"sv, "<a\0/>"sv, "<a>\0</a>"sv, "<a b='\0'/>"sv,
                          "<a><![CDATA[\0]]></a>"sv, "<a/>\0<!-- -->"sv, "<a><!--\0--></a>"sv}) {
        EXPECT_TRUE(is_malformed(document));
    }
}

// ---- Encodings ---------------------------------------------------------------------------------------------

TEST(XmlEncoding, IsUtf8WithOrWithoutMarkAndDeclaration) {
    for (auto head : {"", "\xEF\xBB\xBF", "<?xml version='1.0'?>",
                      "<?xml version='1.0' encoding='UTF-8'?>",
                      "<?xml version=\"1.0\"\tencoding = \"utf-8\" standalone='yes'?>\n",
                      "\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?>"}) {
        EXPECT_EQ(read(head + "<a>\xC5\xBE</a>"s).all_text(), "\xC5\xBE") << head;
    }
}

TEST(XmlEncoding, MayBeLatin1OrAscii) {
    EXPECT_EQ(read("<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xFF'>\xE4\x85</a>").all_text(),
              "\xC3\xA4\xC2\x85");
    EXPECT_EQ(read("<?xml version='1.0' encoding='iso-8859-1'?><\xE4/>").local, "\xC3\xA4");
    EXPECT_EQ(read("<?xml version='1.0' encoding='US-ASCII'?><a>x&#228;</a>").all_text(), "x\xC3\xA4");
    EXPECT_TRUE(is_malformed("<?xml version='1.0' encoding='US-ASCII'?><a>\xC3\xA4</a>"));
}

TEST(XmlEncoding, IsRefusedWhenDeclaredOtherwise) {
    for (auto encoding : {"UTF-7", "UTF-16", "UTF-16LE", "UTF-32", "UCS-4", "ISO-8859-2",
                          "ISO-2022-CN-EXT", "windows-1252", "EBCDIC-CP-US", "IBM037", "HTML", "",
                          " utf-8", "utf-8\t", "x"}) {
        EXPECT_TRUE(is_malformed("<?xml version='1.0' encoding='"s + encoding + "'?><a/>"));
    }
    EXPECT_TRUE(is_malformed("<?xml version=\"encoding='UTF-8'\" encoding='UTF-7'?><a/>"));
    EXPECT_TRUE(is_malformed("\xEF\xBB\xBF<?xml version='1.0' encoding='ISO-8859-1'?><a/>"));
}

TEST(XmlEncoding, IsNeverUtf7HoweverItIsDisguised) {
    EXPECT_TRUE(is_malformed("+/v8-+ADw-a/+AD4-"));
    EXPECT_EQ(read("<?xml version='1.0'?><a>+ADw-b/+AD4-</a>").all_text(), "+ADw-b/+AD4-");
}

TEST(XmlEncoding, IsNeverWideNorEbcdic) {
    for (auto document : {"\xFF\xFE<\0a\0/\0>\0"sv, "\xFE\xFF\0<\0a\0/\0>"sv, "<\0a\0/\0>\0"sv,
                          "\0<\0a\0/\0>"sv, "\xFF\xFE\0\0<\0\0\0a\0\0\0/\0\0\0>\0\0\0"sv,
                          "\0\0\xFE\xFF\0\0\0<\0\0\0a\0\0\0/\0\0\0>"sv, "\xFF\xFE<a/>"sv,
                          "\xFE\xFF<a/>"sv, "\x4C\x6F\xA7\x94\x93\x40"sv}) {
        EXPECT_TRUE(is_malformed(document));
    }
    EXPECT_TRUE(refusal("\xFF\xFE<\0a\0/\0>\0"sv).text.contains("UTF-16"));
}

TEST(XmlEncoding, MustHoldToItsEnd) {
    for (auto document : {"<a>\xFF</a>", "<a>\xC0\x80</a>", "<a>\xED\xA0\x80</a>", "<a b='\xC3'/>",
                          "<a>\xF4\x90\x80\x80</a>", "<\xE4/>", "<a/><!-- \xFF -->",
                          "<a><![CDATA[\xE4]]></a>",
                          "<?xml version='1.0' encoding='UTF-8'?><a>\xE4</a>"}) {
        EXPECT_TRUE(is_malformed(document));
    }
}

// ---- Bounds ------------------------------------------------------------------------------------------------

TEST(XmlBound, OfBytesIsMetBeforeParsing) {
    const Bounds ten{.bytes = 10};
    EXPECT_EQ(read("<a>123</a>", ten).all_text(), "123");
    const Error error = refusal("<a>1234</a>", ten);
    EXPECT_EQ(error.code, Errc::too_large);
    EXPECT_EQ(error.text, "XML of 11 bytes; at most 10 are accepted");
    EXPECT_EQ(refusal("<<<<<<<<<<<", ten).code, Errc::too_large);
}

TEST(XmlBound, OfDepthIs64) {
    EXPECT_EQ(read(repeat("<a>", 64) + "x" + repeat("</a>", 64)).all_text(), "x");
    EXPECT_EQ(refusal(repeat("<a>", 65) + repeat("</a>", 65)).code, Errc::too_large);
    EXPECT_EQ(refusal(repeat("<a>", 100'000)).code, Errc::too_large) << "before the end is missed";
    EXPECT_EQ(refusal("<a><b><c/></b></a>", {.depth = 2}).text, "XML line 1 column 9: nested too deeply");
}

TEST(XmlBound, OfElementsIs1000) {
    EXPECT_EQ(read("<a>" + repeat("<b/>", 999) + "</a>").children.size(), 999u);
    EXPECT_EQ(refusal("<a>" + repeat("<b/>", 1000) + "</a>").code, Errc::too_large);
    EXPECT_EQ(refusal("<a>" + repeat("<b/>", 1000)).code, Errc::too_large);
    EXPECT_EQ(read("<a>" + repeat("<b/>", 1000) + "</a>", {.elements = 1001}).children.size(), 1000u);
}

TEST(XmlBound, OfAttributesIs64WithDeclarations) {
    EXPECT_EQ(read(many_attributes(64)).attributes.size(), 64u);
    EXPECT_EQ(refusal(many_attributes(65)).code, Errc::too_large);
    const std::string with_declaration = "<a xmlns='u'" + many_attributes(64).substr(2);
    EXPECT_EQ(refusal(with_declaration).code, Errc::too_large);
    EXPECT_EQ(read(many_attributes(200), {.attributes = 200}).attributes.size(), 200u);
}

TEST(XmlBound, OfAttributesHoldsForEveryElementAlike) {
    std::string document = "<a>";
    for (int count : {64, 1, 64, 12, 63}) document += many_attributes(count);
    const Element root = read(document + repeat(" ", 20'000) + many_attributes(64) + "</a>");
    EXPECT_EQ(root.children.back().attributes.size(), 64u);
}

TEST(XmlBound, StopsATagOfManyAttributesOnTheWay) {
    // Their ends are broken: whoever says malformed has read that far.
    EXPECT_EQ(refusal(many_attributes(20'000) + "<").code, Errc::too_large);
    EXPECT_EQ(refusal(many_attributes(20'000).replace(0, 2, "<a c='1' c='2'")).code, Errc::too_large);
    std::string declarations = "<a";
    for (int i = 0; i < 20'000; ++i) declarations += " xmlns:b" + std::to_string(i) + "='u'";
    EXPECT_EQ(refusal(declarations + " <").code, Errc::too_large);
}

TEST(XmlBound, AlsoHoldsForNamespaces) {
    EXPECT_EQ(read("<a xmlns='" + std::string(256, 'n') + "'/>").ns.size(), 256u);
    EXPECT_EQ(refusal("<a xmlns='" + std::string(257, 'n') + "'/>").code, Errc::too_large);
    std::string inner = "<a>", outer = "</a>";
    for (int i = 0; i < 65; ++i) {
        inner += "<a xmlns:n" + std::to_string(i) + "='u'>";
        outer += "</a>";
    }
    EXPECT_EQ(refusal(inner + outer, {.depth = 200}).code, Errc::too_large);
}

}  // namespace
}  // namespace base::xml
