// dav/propfind.h: the propfind element, bytes -> value.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4
#pragma once

#include <vector>

#include "base/result.h"
#include "base/xml.h"
#include "presence/prop.h"

namespace dav {

/// What a PROPFIND asks for; `names` only with Kind::prop.
struct PropFind {
    enum class Kind { prop, allprop, propname } kind = Kind::allprop;
    std::vector<presence::PropName> names;
};

/// Errc::malformed: another root, no child, or d:prop without a property.
[[nodiscard]] base::Result<PropFind> read_propfind(const base::xml::Element& root);

}  // namespace dav
