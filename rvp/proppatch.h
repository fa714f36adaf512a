// rvp/proppatch.h: PROPPATCH.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.5
#pragma once

#include "rvp/verb.h"

namespace rvp {

/// Sets and removes properties, r:state among them, all or nothing. 207.
void proppatch(const Verbs& verbs, Act act, base::Responder responder);

}  // namespace rvp
