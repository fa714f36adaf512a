// presence/kept_bound.h: what is refused since as much is kept for its receiver as may be.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; design 7
#pragma once

#include "base/result.h"

namespace presence {

/// Whether Service::notify failed since as much is kept for the receiver as may be. To RVP that is the same as that nobody
/// could be reached (precondition); other doors may tell it apart.
[[nodiscard]] bool is_kept_bound(const base::Error& error);

}  // namespace presence
