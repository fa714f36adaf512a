// doors/safe_html.h: markup that people send each other, reduced to what can do no harm.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.5 (html kept safe); XHTML-IM (XEP-0071) for which tags are worth keeping
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace doors {

struct HtmlBounds {
    std::size_t bytes = 65536;
    int depth = 32;
};

struct SafeHtml {
    std::string html;  ///< well-formed; tags that format, links to http, https and mailto
    std::string text;  ///< what is left without markup
    bool marked_up = false;  ///< there was a tag at all
};

/// nullopt: not well-formed, so no markup. Scripts, styles and forms go with what is in them; of other unknown tags the
/// content stays. Errc::too_large.
[[nodiscard]] base::Result<std::optional<SafeHtml>> make_safe_html(std::string_view markup, const HtmlBounds& bounds);

}  // namespace doors
