// rvp/credentials.h: RVP-From-Principal and Authorization -> Caller, or a challenge.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7.2, 6, 7.2; design 6
#pragma once

#include "base/http.h"
#include "base/result.h"
#include "presence/acl.h"
#include "presence/address.h"

namespace rvp {

/// Who asks. Unproven (assertion): what RVP-From-Principal says. Errc::malformed when it is missing, stands twice
/// or is no principal.
[[nodiscard]] base::Result<presence::Caller> caller_of(const base::Request&, const presence::Realm&);

}  // namespace rvp
