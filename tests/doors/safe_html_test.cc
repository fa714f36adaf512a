// tests/doors/safe_html_test.cc: what of markup is kept.
// SPDX-License-Identifier: Apache-2.0
#include "doors/safe_html.h"

#include <gtest/gtest.h>

namespace {

std::string safe(const std::string& markup) {
    const auto made = doors::make_safe_html(markup, {});
    if (!made) return "refused";
    return *made ? (*made)->html : "no markup";
}

TEST(SafeHtml, KeepsWhatFormats) {
    EXPECT_EQ(safe("<P>a<br/><B>b</B> &amp; c</P>"), "<p>a<br/><b>b</b> &amp; c</p>");
    EXPECT_EQ(safe("a&nbsp;b"), "a\xC2\xA0" "b");
    EXPECT_EQ(safe(R"x(<a href="http://x/" onclick="e()" style="x">l</a>)x"), R"(<a href="http://x/" rel="noopener noreferrer nofollow">l</a>)");
    EXPECT_EQ(safe(R"x(<font color="#f00" size="7" face="url(x)">l</font>)x"), R"(<font color="#f00" size="7">l</font>)");
}

TEST(SafeHtml, DropsWhatDoesMore) {
    for (const std::string link : {"javascript:e()", " javascript:e()", "java\tscript:e()", "JAVASCRIPT:e()", "data:text/html,x", "//x", "&#1;javascript:e()", "vbscript:x"}) {
        const std::string out = safe("<a href=\"" + link + "\">l</a>");
        EXPECT_TRUE(out == "<a>l</a>" || out == "no markup") << link << " became " << out;
    }
    EXPECT_EQ(safe("a<script>e()</script><style>p{}</style><iframe src=\"x\">y</iframe><form>f<input/></form>b"), "ab");
    EXPECT_EQ(safe("<table><tr><td>cell</td></tr></table><img src=\"http://spy/\"/><svg onload=\"e()\"/>"), "cell");
    EXPECT_EQ(safe("<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">e()</x:script>"), "");
    EXPECT_EQ(safe("<![CDATA[<script>e()</script>]]>"), "&lt;script&gt;e()&lt;/script&gt;");
    EXPECT_EQ(safe("</html><script>e()</script><html>"), "no markup");
}

TEST(SafeHtml, KnowsTheTextAndTheBounds) {
    const auto made = doors::make_safe_html("<p>one</p><p>two<br/>three</p>", {});
    EXPECT_EQ((*made)->text, "one\ntwo\nthree");
    EXPECT_TRUE((*made)->marked_up);
    EXPECT_FALSE((*doors::make_safe_html("plain", {}))->marked_up);
    EXPECT_EQ(safe("a < b"), "no markup");
    EXPECT_EQ(doors::make_safe_html(std::string(300, 'x'), {256, 32}).error().code, base::Errc::too_large);
    EXPECT_EQ(doors::make_safe_html("<b><b><b>x</b></b></b>", {256, 2}).error().code, base::Errc::too_large);
    EXPECT_TRUE(doors::make_safe_html("<b><b>x</b></b>", {256, 2}));
}

}  // namespace
