// doors/rich_text.cc: the markup in which Skype clients write, and plain text.
// SPDX-License-Identifier: Apache-2.0
#include "doors/rich_text.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/text.h"

namespace doors {
namespace {

constexpr std::size_t kMostEntity = 10;
constexpr std::size_t kMostTag = 4096;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// How many bytes at the start of `text`, which begins with `<`, are a tag; 0: it is none.
std::size_t tag_size(std::string_view text) {
    const std::size_t name = text.size() > 1 && text[1] == '/' ? 2 : 1;
    if (name >= text.size() || !is_letter(text[name])) return 0;
    char quote = 0;
    for (std::size_t i = name; i < text.size() && i < kMostTag; ++i) {
        if (quote != 0) {
            if (text[i] == quote) quote = 0;
        } else if (text[i] == '"' || text[i] == '\'') {
            quote = text[i];
        } else if (text[i] == '<') {
            return 0;
        } else if (text[i] == '>') {
            return i + 1;
        }
    }
    return 0;
}

void append_utf8(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xc0 | c >> 6);
        out += static_cast<char>(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xe0 | c >> 12);
        out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (c & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | c >> 18);
        out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
        out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (c & 0x3f));
    }
}

/// `#60` or `#x3c`; nullopt: no character, or none that text may have.
std::optional<std::uint32_t> numbered(std::string_view digits) {
    std::uint32_t value = 0;
    const bool hex = digits.starts_with('x') || digits.starts_with('X');
    if (hex) digits.remove_prefix(1);
    if (digits.empty()) return std::nullopt;
    for (const char c : base::to_lower(digits)) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit && (!hex || c < 'a' || c > 'f')) return std::nullopt;
        value = value * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit ? c - '0' : c - 'a' + 10);
        if (value > 0x10ffff) return std::nullopt;
    }
    const bool text = value >= 0x20 || value == '\n' || value == '\t' || value == '\r';
    if (!text || (value >= 0xd800 && value < 0xe000) || value == 0xfffe || value == 0xffff) return std::nullopt;
    return value;
}

std::optional<std::uint32_t> meaning(std::string_view entity) {
    static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kNamed = {
        {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0}}};
    if (entity.starts_with('#')) return numbered(entity.substr(1));
    for (const auto& [name, value] : kNamed) {
        if (entity == name) return value;
    }
    return std::nullopt;
}

bool breaks_line(std::string_view tag) {
    return tag.size() > 3 && base::equal_ignoring_case(tag.substr(1, 2), "br") && !is_letter(tag[3]);
}

}  // namespace

std::string plain_of_rich(std::string_view rich) {
    std::string out;
    out.reserve(rich.size());
    for (std::size_t at = 0; at < rich.size();) {
        const std::string_view rest = rich.substr(at);
        if (const std::size_t tag = rest.front() == '<' ? tag_size(rest) : 0; tag > 0) {
            if (breaks_line(rest.substr(0, tag))) out += '\n';
            at += tag;
            continue;
        }
        const std::size_t end = rest.front() == '&' ? rest.substr(0, kMostEntity).find(';') : std::string_view::npos;
        const auto value = end == std::string_view::npos ? std::nullopt : meaning(rest.substr(1, end - 1));
        if (value) {
            append_utf8(out, *value);
            at += end + 1;
        } else {
            out += rest.front();
            ++at;
        }
    }
    return out.empty() ? std::string(rich) : out;
}

std::string rich_of_plain(std::string_view plain) {
    std::string out;
    out.reserve(plain.size() + plain.size() / 8);
    for (const char c : plain) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

}  // namespace doors
