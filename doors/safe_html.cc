// doors/safe_html.cc: markup reduced to what can do no harm.
// SPDX-License-Identifier: Apache-2.0
#include "doors/safe_html.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "base/xml.h"

namespace doors {
namespace {

constexpr int kMostElements = 2000;
constexpr int kOwnLevels = 1;  // the root that we put round it
constexpr std::size_t kMostLink = 2048;

constexpr std::array<std::string_view, 34> kKept = {
    "a",  "b",  "i",  "u",  "s",  "em", "strong", "strike", "tt",  "code", "pre", "br", "p",   "div", "span", "font", "ul",
    "ol", "li", "dl", "dt", "dd", "h1", "h2",     "h3",     "h4",  "h5",   "h6",  "hr", "sub", "sup", "small", "big", "blockquote"};
constexpr std::array<std::string_view, 20> kDropped = {
    "script", "style", "head", "title", "iframe", "frame", "frameset", "object", "embed", "applet", "form",
    "input",  "button", "select", "textarea", "svg", "math", "template", "noscript", "link"};
constexpr std::array<std::string_view, 13> kLines = {"br", "p", "div", "li", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "hr"};
constexpr std::array<std::string_view, 3> kSchemes = {"http:", "https:", "mailto:"};

template <class T>
bool is_in(const T& list, std::string_view name) { return std::ranges::find(list, name) != list.end(); }

// Controls and blanks are what browsers overlook inside a scheme.
bool is_harmless_link(std::string_view link) {
    const bool printable = std::ranges::all_of(link, [](char c) { return c > ' ' && c != '\x7f' && c != '\\'; });
    const std::string lower = base::to_lower(link.substr(0, 16));
    return printable && link.size() <= kMostLink &&
           std::ranges::any_of(kSchemes, [&lower](std::string_view scheme) { return lower.starts_with(scheme); });
}

// A colour, a size, the name of a font.
bool is_plain_word(std::string_view value) {
    return !value.empty() && value.size() <= 64 && std::ranges::all_of(value, [](char c) {
               return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("#+-, ").contains(c);
           });
}

void append_attributes(SafeHtml& out, const base::xml::Element& element, std::string_view tag) {
    for (const auto& a : element.attributes) {
        const std::string name = base::to_lower(a.local);
        if (!a.ns.empty()) continue;
        if (tag == "a" && name == "href" && is_harmless_link(a.value)) {
            base::xml::append_attribute(out.html, name, a.value);
            base::xml::append_attribute(out.html, "rel", "noopener noreferrer nofollow");
        }
        const bool of_font = tag == "font" && (name == "color" || name == "size" || name == "face");
        if (of_font && is_plain_word(a.value)) base::xml::append_attribute(out.html, name, a.value);
    }
}

void line_break(std::string& text) {
    if (!text.empty() && text.back() != '\n') text += '\n';
}

void append(SafeHtml& out, const base::xml::Element& element);

void append_all(SafeHtml& out, const base::xml::Element& element) {
    for (const auto& child : element.children) append(out, child);
}

void append(SafeHtml& out, const base::xml::Element& element) {
    if (element.is_text()) {
        base::xml::append_escaped(out.html, element.text);
        out.text += element.text;
        return;
    }
    out.marked_up = true;
    const std::string tag = base::to_lower(element.local);
    if (is_in(kDropped, tag)) return;
    const bool line = is_in(kLines, tag);
    if (tag == "br") out.text += '\n';
    else if (line) line_break(out.text);
    if (!is_in(kKept, tag)) return append_all(out, element);
    out.html += '<';
    out.html += tag;
    append_attributes(out, element, tag);
    if (tag == "br" || tag == "hr") {
        out.html += "/>";
    } else {
        out.html += '>';
        append_all(out, element);
        out.html += "</" + tag + ">";
    }
    if (line && tag != "br") line_break(out.text);
}

// The entity that everybody writes and XML does not know.
std::string with_blanks(std::string_view markup) {
    constexpr std::string_view kBlank = "&nbsp;";
    std::string out;
    for (std::size_t at; (at = markup.find(kBlank)) != std::string_view::npos; markup.remove_prefix(at + kBlank.size())) {
        out.append(markup, 0, at).append("&#160;");
    }
    return out.append(markup);
}

}  // namespace

base::Result<std::optional<SafeHtml>> make_safe_html(std::string_view markup, const HtmlBounds& bounds) {
    const auto large = [](std::string what) { return base::fail(base::Errc::too_large, std::move(what)); };
    if (markup.size() > bounds.bytes) return large("HTML of more than " + std::to_string(bounds.bytes) + " bytes (zimbra.html_bytes)");
    const std::string document = "<html>" + with_blanks(markup) + "</html>";
    const auto root = base::xml::parse(document, {.bytes = 2 * bounds.bytes + 64, .depth = bounds.depth + kOwnLevels, .elements = kMostElements, .attributes = 64});
    if (!root && root.error().code == base::Errc::too_large) return large("HTML with too many tags or too deep (zimbra.html_depth): " + root.error().text);
    if (!root) return std::optional<SafeHtml>();
    SafeHtml out;
    append_all(out, *root);
    while (out.text.ends_with('\n')) out.text.pop_back();
    return std::optional(std::move(out));
}

}  // namespace doors
