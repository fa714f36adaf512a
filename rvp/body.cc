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
    return base::fail(root.error().code, std::move(text));
}

}  // namespace rvp
