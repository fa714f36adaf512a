// base/xml_markup.cc: from one `<` to its end, and on to the next.
// SPDX-License-Identifier: Apache-2.0
#include "base/xml_markup.h"

namespace base::xml {
namespace {

constexpr std::string_view kComment = "<!--";
constexpr std::string_view kCdata = "<![CDATA[";

/// Behind the `>` that ends the tag at `from`, which an attribute's value may hold too; npos: nowhere within `most`.
std::size_t behind_tag(std::string_view document, std::size_t from, std::size_t most) {
    const std::string_view tag = document.substr(from, most);
    for (std::size_t at = 0; at < tag.size(); ++at) {
        if (tag[at] == '>') return from + at + 1;
        if (tag[at] != '"' && tag[at] != '\'') continue;
        at = tag.find(tag[at], at + 1);
        if (at == tag.npos) break;
    }
    return tag.npos;
}

/// Behind the first `mark`, `mark`, `>` from there on; npos: nowhere. Not by find(), which begins anew at each mark.
std::size_t behind(std::string_view document, std::size_t from, char mark) {
    for (std::size_t at = from + 2; at < document.size(); ++at) {
        if (document[at] == '>' && document[at - 1] == mark && document[at - 2] == mark) return at + 1;
    }
    return document.npos;
}

}  // namespace

std::optional<BadMarkup> bad_markup(std::string_view document, std::size_t most) {
    std::size_t at = document.find('<');
    while (at != document.npos) {
        const std::string_view rest = document.substr(at);
        std::size_t next = 0;
        if (rest.starts_with(kComment)) {
            next = behind(document, at + kComment.size(), '-');
        } else if (rest.starts_with(kCdata)) {
            next = behind(document, at + kCdata.size(), ']');
        } else if (next = behind_tag(document, at, most); next == document.npos) {
            if (rest.size() > most) return BadMarkup{at, false};
            return std::nullopt;  // cut short: the parser will say so
        }
        if (next == document.npos) return BadMarkup{at, true};
        at = document.find('<', next);
    }
    return std::nullopt;
}

}  // namespace base::xml
