// dav/propertyupdate.h: the propertyupdate element, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.5, 5.6.1; rvp-in-practice 1.5
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/xml.h"
#include "presence/prop.h"

namespace dav {

/// One property element under set or remove, not yet understood.
struct PropertyAct {
    enum class Kind { set, remove } kind;
    const base::xml::Element* element;  ///< borrowed from the document
};

/// Reads `propertyupdate` (or `propupdate`, as RVP 5.5.1 prints it). Errc::malformed names what is missing.
[[nodiscard]] base::Result<std::vector<PropertyAct>> read_propertyupdate(const base::xml::Element& root);
/// The name of a property element, its namespace in canonical spelling.
[[nodiscard]] presence::PropName prop_name(const base::xml::Element& element);
/// What a property element holds: text without blanks round it, or the child elements as markup.
[[nodiscard]] presence::PropValue prop_value(const base::xml::Element& element);

/// Appends `<d:propertyupdate><d:set><d:prop>…</d:prop></d:set></d:propertyupdate>`.
void append_propertyupdate(std::string& out, const std::vector<presence::PropChange>& changes);

}  // namespace dav
