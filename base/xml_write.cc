// base/xml_write.cc: XML out: escapes, CDATA sections, and elements with their namespaces.
// SPDX-License-Identifier: Apache-2.0
// Spec: XML 1.0 (fifth edition) 2.2, 2.7, 3.3.3, Namespaces in XML 1.0
#include "base/chars.h"
#include "base/lanes.h"
#include "base/text.h"
#include "base/xml.h"

#include <algorithm>
#include <deque>
#include <optional>

namespace base::xml {
namespace {

constexpr std::string_view kXmlNamespace = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

enum class Place { text, attribute, cdata };

/// Printable ASCII that is written as it stands everywhere: what nearly every text consists of. As a table, and of many together.
constexpr Chars kPlain = [] {
    Chars table{};
    for (std::size_t c = ' '; c <= '~'; ++c) table[c] = true;
    for (const char c : std::string_view("&<>\"")) table[static_cast<unsigned char>(c)] = false;
    return table;
}();
constexpr auto kIsPlain = [](auto bytes) {
    return lanes::between(bytes, ' ', '~') & ~(lanes::is(bytes, '&') | lanes::is(bytes, '<') | lanes::is(bytes, '>') | lanes::is(bytes, '"'));
};

/// What an ASCII character becomes; nullopt when it stays.
std::optional<std::string_view> escaped(char c, Place place) {
    if (c == '\t' || c == '\n') {
        if (place != Place::attribute) return std::nullopt;  // a reader would make it a blank
        return c == '\t' ? "&#9;" : "&#10;";
    }
    if (c >= 0 && c < ' ' && c != '\r') return kReplacement;
    if (place == Place::cdata) return std::nullopt;
    switch (c) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '"': return "&quot;";
        case '\r': return "&#13;";  // a bare one would arrive as LF
        default: return std::nullopt;
    }
}

/// Of valid UTF-8.
void append_valid(std::string& out, std::string_view text, Place place) {
    std::size_t done = 0;
    const auto replace = [&](std::size_t at, std::size_t length, std::string_view by) {
        out.append(text, done, at - done).append(by);
        done = at + length;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((text[i] & 0x80) == 0) {
            if (const auto by = escaped(text[i], place)) replace(i, 1, *by);
        } else if (text[i] == '\xEF') {
            const std::string_view character = text.substr(i, 3);
            if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") replace(i, 3, kReplacement);
        }
    }
    out.append(text, done);
}

/// Every byte that belongs to no character is replaced by itself.
void append(std::string& out, std::string_view text, Place place) {
    if (all_of(text, kPlain, kIsPlain)) {
        out += text;
        return;
    }
    for (;;) {
        const std::size_t valid = valid_utf8_prefix(text);
        append_valid(out, text.substr(0, valid), place);
        if (valid == text.size()) return;
        out += kReplacement;
        text.remove_prefix(valid + 1);
    }
}

/// Writes elements, and knows which namespaces are declared round the place it is at.
class Writer {
public:
    Writer(std::string& out, const std::vector<Prefix>& known) : out_(out), known_(known) {}

    void write(const Element& element);

private:
    std::string_view prefix(std::string_view ns);
    void write_name(std::string_view ns, std::string_view local);

    struct Declared {
        std::string_view ns;
        std::string prefix;
    };
    std::string& out_;
    const std::vector<Prefix>& known_;
    std::deque<Declared> declared_;  // by this element and those above it
    int next_ = 0;
};

/// The prefix to write for a namespace, declared already or from now on; "" for none.
std::string_view Writer::prefix(std::string_view ns) {
    if (ns.empty()) return {};
    if (ns == kXmlNamespace) return "xml";
    for (const Prefix& one : known_) {
        if (!one.prefix.empty() && same_namespace(one.ns, ns)) return one.prefix;
    }
    for (const Declared& one : declared_) {
        if (one.ns == ns) return one.prefix;
    }
    Declared& added = declared_.emplace_back(ns);
    do {
        added.prefix = "x" + std::to_string(next_++);
    } while (std::ranges::find(known_, added.prefix, &Prefix::prefix) != known_.end());
    return added.prefix;
}

void Writer::write_name(std::string_view ns, std::string_view local) {
    const std::string_view before = prefix(ns);
    if (!before.empty()) out_.append(before).append(":");
    out_.append(local);
}

void Writer::write(const Element& element) {
    if (element.is_text()) return append(out_, element.text, Place::text);
    const std::size_t outer = declared_.size();
    prefix(element.ns);
    for (const Attribute& attribute : element.attributes) prefix(attribute.ns);
    out_ += '<';
    write_name(element.ns, element.local);
    for (std::size_t i = outer; i < declared_.size(); ++i) {
        out_.append(" xmlns:").append(declared_[i].prefix).append("=\"");
        append(out_, declared_[i].ns, Place::attribute);
        out_ += '"';
    }
    for (const Attribute& attribute : element.attributes) {
        out_ += ' ';
        write_name(attribute.ns, attribute.local);
        out_ += "=\"";
        append(out_, attribute.value, Place::attribute);
        out_ += '"';
    }
    if (element.children.empty()) {
        out_ += "/>";
    } else {
        out_ += '>';
        for (const Element& child : element.children) write(child);
        out_ += "</";
        write_name(element.ns, element.local);
        out_ += '>';
    }
    while (declared_.size() > outer) declared_.pop_back();
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) { append(out, text, Place::text); }

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    out.append(" ").append(name).append("=\"");
    append_escaped(out, value);
    out += '"';
}

void append_cdata(std::string& out, std::string_view text) {
    for (;;) {
        const auto end = text.find("]]>");
        out += "<![CDATA[";
        append(out, text.substr(0, end == text.npos ? end : end + 2), Place::cdata);
        out += "]]>";
        if (end == text.npos) return;
        text.remove_prefix(end + 2);
    }
}

void append_element(std::string& out, const Element& element, const std::vector<Prefix>& known) {
    Writer(out, known).write(element);
}

}  // namespace base::xml
