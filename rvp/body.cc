// rvp/body.cc: a request's body, read as the XML that its method wants.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4 to 5.7; design 9 (errors)
#include "rvp/body.h"

#include <string>

namespace rvp {

base::Result<base::xml::Element> read_body(std::string_view body, const base::xml::Bounds& bounds, Wanted wanted) {
    auto root = base::xml::parse(body, bounds);
    if (root) return root;
    std::string text(wanted.element);
    text.append(": ").append(root.error().text).append(" (RVP ").append(wanted.section).append(")");
    // 413 is for what is too long (RFC 7231 6.5.11); a document of too many or too deep elements is a bad one.
    const bool is_long = body.size() > bounds.bytes;
    const base::Errc code = root.error().code;
    return base::fail(code == base::Errc::too_large && !is_long ? base::Errc::malformed : code, std::move(text));
}

}  // namespace rvp
