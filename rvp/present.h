// rvp/present.h: what another server's answer tells of a node's properties.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.7.2, 5.4.1; rvp-in-practice 0 (rules 4 to 8)
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/xml.h"
#include "presence/prop.h"

namespace rvp {

/// The properties of the first d:response of a multistatus, those that were found. What cannot be read is left out, and a
/// state is one that others may be told. Errc: malformed, too_large.
[[nodiscard]] base::Result<std::vector<presence::Prop>> read_present(std::string_view body, const base::xml::Bounds& bounds);

}  // namespace rvp
