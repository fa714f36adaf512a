// rvp/propfind.h: PROPFIND.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4
#pragma once

#include "rvp/verb.h"

namespace rvp {

/// The properties asked for. 207; 412 without Depth: 0.
void propfind(const Verbs& verbs, Act act, base::Responder responder);

}  // namespace rvp
