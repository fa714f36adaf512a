// tests/base/xml_markup_test.cc: markup that never reaches the parser.
// SPDX-License-Identifier: Apache-2.0
#include "base/xml_markup.h"

#include <gtest/gtest.h>

#include <string>

#include "base/xml.h"

namespace {

using base::xml::bad_markup;

std::string letters(std::size_t count) { return std::string(count, 'a'); }

TEST(XmlMarkup, OfAnyKindIsFineWithinTheBound) {
    for (const std::string document : {"<a/>", "", "text", "<a b='>' c=\"'>\"/>", "<?x y?><a><!-- < ' --><![CDATA[<'>]]></a>",
                                       "<a b='12345678901'/>"}) {
        EXPECT_FALSE(bad_markup(document, 20)) << document;
    }
}

TEST(XmlMarkup, LongerThanTheBoundIsFoundWhereItBegins) {
    for (const std::string& long_one : {"<" + letters(20) + "/>", "<a b='>" + letters(20) + "'/>", "<?x " + letters(20) + "?>",
                                        "<a b=\"" + letters(30), "<!DOCTYPE " + letters(20) + ">"}) {
        const auto bad = bad_markup("<x>" + long_one, 20);
        ASSERT_TRUE(bad) << long_one;
        EXPECT_EQ(bad->offset, 3U) << long_one;
        EXPECT_FALSE(bad->endless) << long_one;
    }
}

TEST(XmlMarkup, TextCommentsAndSectionsMayBeLongButMustEnd) {
    const std::string text = letters(100);
    EXPECT_FALSE(bad_markup("<a>" + text + "<!--" + text + "--><![CDATA[" + text + "]]></a>", 20));
    for (const std::string& endless : {"<!--" + text, "<!-->" + text, "<![CDATA[" + text + "]>", "<![CDATA[" + text + "]]"}) {
        const auto bad = bad_markup("<a>" + endless, 200);
        ASSERT_TRUE(bad) << endless;
        EXPECT_EQ(bad->offset, 3U);
        EXPECT_TRUE(bad->endless);
    }
}

TEST(XmlMarkup, ASectionEndsAtItsFirstEnd) {
    const std::string endless = "<!--";
    for (const std::string section : {"<!---->", "<!-- - -> > -- ->-->", "<!----->", "<![CDATA[]]>", "<![CDATA[] ]> > ]]]>"}) {
        const auto bad = bad_markup(section + endless + ">]]>", 200);
        ASSERT_TRUE(bad) << section;
        EXPECT_EQ(bad->offset, section.size()) << section;
        EXPECT_TRUE(bad->endless) << section;
    }
}

TEST(XmlMarkup, OfMoreThan64KiBIsRefusedWithItsPlace) {
    const std::string fits = "<x a='" + letters(60'000) + "'/>";
    EXPECT_TRUE(base::xml::parse(fits));
    const auto refused = base::xml::parse("<x>\n <y a='" + letters(70'000) + "'/></x>");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Errc::too_large);
    EXPECT_EQ(refused.error().text, "XML line 2 column 2: a tag or instruction of more than 64 KiB");
    const auto endless = base::xml::parse("<x><![CDATA[y</x>");
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().code, base::Errc::malformed);
}

}  // namespace
