// rvp/rvpacl.h: the rvpacl element, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7; rvp-in-practice 1.8, 8.2, 8.11, 8.14
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/xml.h"
#include "presence/acl.h"
#include "presence/address.h"

namespace rvp {

/// Reads `a:rvpacl/a:acl/a:ace…` (`allow` is `grant`). Errc::malformed: another root, an ace without principal,
/// `credentials not specified` (RVP 5.7.2), unknown credentials or rights.
[[nodiscard]] base::Result<std::vector<presence::Ace>> read_rvpacl(const base::xml::Element& root,
                                                                   const presence::Realm& realm);
/// A whole body, on one line.
[[nodiscard]] std::string render_rvpacl(const presence::Acl& acl);

}  // namespace rvp
