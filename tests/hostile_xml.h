// tests/hostile_xml.h: documents that nobody honest sends; each is a 400, and costs little.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (hostile input has a bound); rvp-in-practice 8.23
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tests {

struct HostileXml {
    std::string title;
    std::string document;  ///< below 1 MiB
};

inline std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

/// As UTF-16, or as UTF-32 with `width` 4.
inline std::string widened(std::string_view text, std::size_t width, bool big_endian) {
    std::string wide;
    for (const char c : text) {
        std::string unit(width, '\0');
        unit[big_endian ? width - 1 : 0] = c;
        wide += unit;
    }
    return wide;
}

/// All of them with a root that would be right: `name` is "d:propfind", and its namespaces are declared.
inline std::vector<HostileXml> hostile_xml(const std::string& name) {
    using namespace std::string_literals;
    const std::string declared = R"( xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/")"
                                 R"( xmlns:a="http://schemas.microsoft.com/rvp/acl/")";
    const std::string open = "<" + name + declared + ">";
    const std::string close = "</" + name + ">";
    const auto holding = [&](const std::string& inside) { return open + inside + close; };
    const auto after = [&](const std::string& prolog, const std::string& inside = "") { return prolog + holding(inside); };
    std::vector<HostileXml> all;
    const auto add = [&all](std::string title, std::string document) {
        all.push_back({std::move(title), std::move(document)});
    };

    std::string laughs = "<!ENTITY l0 \"ha\">";
    for (int i = 1; i < 12; ++i) {
        const std::string below = "&l" + std::to_string(i - 1) + ";";
        laughs += "<!ENTITY l" + std::to_string(i) + " \"" + repeated(below, 10) + "\">";
    }
    add("a billion laughs", after("<!DOCTYPE d [" + laughs + "]>", "&l11;"));
    add("one long entity, often", after("<!DOCTYPE d [<!ENTITY a \"" + std::string(100'000, 'a') + "\">]>", repeated("&a;", 100'000)));
    add("an entity of itself", after("<!DOCTYPE d [<!ENTITY a \"&a;\">]>", "&a;"));
    add("an external entity, a file", after(R"(<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>)", "&e;"));
    add("an external entity, a device", after(R"(<!DOCTYPE d [<!ENTITY e SYSTEM "/dev/zero">]>)", "&e;"));
    add("an external entity, a URL", after(R"(<!DOCTYPE d [<!ENTITY e SYSTEM "http://127.0.0.1:1/x">]>)", "&e;"));
    add("an external entity, public", after(R"(<!DOCTYPE d [<!ENTITY e PUBLIC "-//x" "ftp://127.0.0.1/x">]>)", "&e;"));
    add("an external parameter entity", after(R"(<!DOCTYPE d [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]>)"));
    add("a parameter bomb", after(R"(<!DOCTYPE d [<!ENTITY % a "<!ENTITY b 'x'>"> %a; %a; %a;]>)", "&b;"));
    add("an external subset", after(R"(<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd">)"));
    add("an attribute by default", after(R"(<!DOCTYPE d [<!ATTLIST d a CDATA "x">]>)"));
    add("a DOCTYPE", after("<!DOCTYPE d>"));
    add("a DOCTYPE behind a comment", after("<!-- x --><!DOCTYPE d>"));
    add("a DOCTYPE of many parts", after("<!DOCTYPE d [" + repeated("<!ELEMENT e ANY>", 50'000) + "]>"));
    add("a DOCTYPE without end", "<!DOCTYPE d [" + repeated("<!ENTITY e 'x'>", 50'000));
    add("a doctype", after("<!doctype d>"));
    add("a DOCTYPE inside", holding("<!DOCTYPE d>"));
    add("an entity of HTML", holding("&nbsp;"));
    add("many unknown entities", holding(repeated("&e;", 200'000)));
    add("an entity without end", holding("&" + std::string(500'000, 'e')));

    add("depth 65", holding(repeated("<x>", 64) + repeated("</x>", 64)));
    add("depth 100,000", open + repeated("<x>", 100'000) + repeated("</x>", 100'000) + close);
    add("depth without end", repeated("<x>", 300'000));
    add("1,001 elements", holding(repeated("<x/>", 1000)));
    add("200,000 elements", holding(repeated("<x/>", 200'000)));
    std::string attributes;
    for (int i = 0; attributes.size() < 1'000'000; ++i) attributes += " a" + std::to_string(i) + "=''";
    add("a hundred thousand attributes", "<" + name + declared + attributes + ">" + close);
    add("attributes without end", "<" + name + attributes);
    add("one attribute, often", "<" + name + repeated(" a=''", 180'000) + ">" + close);
    std::string namespaces;
    for (int i = 0; namespaces.size() < 1'000'000; ++i) namespaces += " xmlns:n" + std::to_string(i) + "='u'";
    add("sixty thousand namespaces", "<" + name + declared + namespaces + ">" + close);
    add("one namespace, often", "<" + name + repeated(" xmlns:n='u'", 80'000) + ">" + close);
    add("a namespace of 1,000,000 bytes", "<" + name + declared + " xmlns:n='" + std::string(1'000'000, 'n') + "'>" + close);
    add("an attribute without end", "<" + name + " a='" + std::string(1'000'000, 'a'));
    add("a name of 1,000,000 bytes", "<" + std::string(1'000'000, 'n'));
    add("a comment without end", open + "<!--" + std::string(1'000'000, '-'));
    add("an instruction without end", open + "<?x " + std::string(1'000'000, '?'));
    add("CDATA without end", open + "<![CDATA[" + std::string(1'000'000, ']'));
    add("CDATA without end, and the root's", open + "<![CDATA[x" + close);
    add("CDATA at the root", "<![CDATA[x]]>");
    add("]]> in text", holding("x]]>y"));
    add("]]> behind CDATA", holding("<![CDATA[x]]>]]>"));
    add("opening brackets", std::string(1'000'000, '<'));
    add("ampersands", holding(std::string(1'000'000, '&')));

    const std::string plain = holding("");
    add("UTF-16, little end", "\xff\xfe" + widened(plain, 2, false));
    add("UTF-16, big end", "\xfe\xff" + widened(plain, 2, true));
    add("UTF-16 without mark, little end", widened(plain, 2, false));
    add("UTF-16 without mark, big end", widened(plain, 2, true));
    add("UTF-16 in name only", after("<?xml version=\"1.0\" encoding=\"UTF-16\"?>"));
    add("UTF-32, little end", "\xff\xfe\0\0"s + widened(plain, 4, false));
    add("UTF-32, big end", "\0\0\xfe\xff"s + widened(plain, 4, true));
    add("UTF-7", after("<?xml version=\"1.0\" encoding=\"UTF-7\"?>", "+ADw-x/+AD4-"));
    add("UTF-7 with its mark", "+/v8-+ADw-" + name + "/+AD4-");
    add("EBCDIC", "\x4c\x6f\xa7\x94\x93");
    add("EBCDIC in name only", after("<?xml version=\"1.0\" encoding=\"IBM037\"?>"));
    add("an encoding nobody knows", after("<?xml version=\"1.0\" encoding=\"" + std::string(500'000, 'x') + "\"?>"));
    add("Latin-1 behind the mark of UTF-8", "\xef\xbb\xbf" + after("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"));
    add("two marks", "\xef\xbb\xbf\xef\xbb\xbf" + plain);
    add("Latin-1 unsaid", holding("\xe9"));
    add("UTF-8 said to be ASCII", after("<?xml version=\"1.0\" encoding=\"US-ASCII\"?>", "\xc3\xa9"));
    add("an overlong <", open + "\xc0\xbcx/>" + close);
    add("half a surrogate pair", holding("\xed\xa0\x80"));
    add("beyond Unicode", holding("\xf5\x80\x80\x80"));
    add("UTF-8 cut short", open + "\xe2\x82");
    add("NUL", holding("\0"s));
    add("NUL first", "\0"s + plain);
    add("NUL last", plain + "\0"s);
    add("a control character", holding("\x01"));
    for (const char* reference : {"&#0;", "&#x1f;", "&#xFFFE;", "&#xD800;", "&#x110000;", "&#-1;", "&#99999999999999999999;", "&#;", "&#x;"}) {
        add("the character "s + reference, holding(reference));
    }

    add("nothing but blanks", std::string(500'000, ' '));
    add("nothing but a declaration", "<?xml version=\"1.0\"?>");
    add("nothing but a comment", "<!-- x -->");
    add("two roots", plain + plain);
    add("text behind the root", plain + "x");
    add("text before the root", "x" + plain);
    add("a blank before the declaration", " " + after("<?xml version=\"1.0\"?>"));
    add("two declarations", after("<?xml version=\"1.0\"?><?xml version=\"1.0\"?>"));
    add("the declaration as it is printed", after("<?xml.version=\"1.0\"?>"));
    add("a declaration inside", holding("<?xml version=\"1.0\"?>"));
    add("an end that is not its own", open + "<x></y>" + close);
    add("ends that cross", holding("<x><y></x></y>"));
    add("no end", open);
    add("only an end", close);
    add("an attribute without quotes", holding("<x a=1/>"));
    add("an attribute without value", holding("<x a/>"));
    add("an attribute twice", holding("<x a='1' a='2'/>"));
    add("an attribute twice, by two prefixes", holding("<x xmlns:p='u' xmlns:q='u' p:a='1' q:a='2'/>"));
    add("< in an attribute", holding("<x a='<'/>"));
    add("-- in a comment", holding("<!-- -- -->"));
    add("a prefix of nobody", holding("<q:x/>"));
    add("a prefix of nobody on an attribute", holding("<x q:a=''/>"));
    add("a prefix without namespace", holding("<q:x xmlns:q=''/>"));
    add("the prefix xmlns", holding("<x xmlns:xmlns='u'/>"));
    add("a name with two colons", holding("<d:x:y/>"));
    add("a name that begins with a digit", holding("<1x/>"));
    add("another root", "<html><body>x</body></html>");
    add("an envelope", "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body/></e:Envelope>");
    add("JSON", R"({"a": [1, 2, 3]})");
    return all;
}

}  // namespace tests
