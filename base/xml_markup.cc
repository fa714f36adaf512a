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
    std::size_t at = 0;
    while ((at = tag.find_first_of("\"'>", at)) != tag.npos) {
        if (tag[at] == '>') return from + at + 1;
        at = tag.find(tag[at], at + 1);
        if (at == tag.npos) return at;
        ++at;
    }
    return tag.npos;
}

std::size_t behind(std::string_view document, std::size_t from, std::string_view end) {
    const std::size_t at = document.find(end, from);
    return at == document.npos ? at : at + end.size();
}

}  // namespace

std::optional<BadMarkup> bad_markup(std::string_view document, std::size_t most) {
    std::size_t at = document.find('<');
    while (at != document.npos) {
        const std::string_view rest = document.substr(at);
        std::size_t next = 0;
        if (rest.starts_with(kComment)) {
            next = behind(document, at + kComment.size(), "-->");
        } else if (rest.starts_with(kCdata)) {
            next = behind(document, at + kCdata.size(), "]]>");
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
