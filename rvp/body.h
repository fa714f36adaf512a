// rvp/body.h: a request's body, read as the XML that its method wants.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4 to 5.7; design 9 (errors)
#pragma once

#include <string_view>

#include "base/xml.h"

namespace rvp {

/// The element that a body must hold, and the section that says so: {"d:propfind", "5.4"}.
struct Wanted {
    std::string_view element;
    std::string_view section;
};

/// base::xml::parse(), except that Errc::too_large is only the size of the whole; what breaks another bound is
/// malformed. Its errors name element and section:
/// `d:propfind: XML line 1 column 12: a DOCTYPE is not accepted (RVP 5.4)`.
[[nodiscard]] base::Result<base::xml::Element> read_body(std::string_view body, const base::xml::Bounds& bounds,
                                                         Wanted wanted);

}  // namespace rvp
