// rvp/unsubscribe.h: UNSUBSCRIBE.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.2
#pragma once

#include "rvp/verb.h"

namespace rvp {

/// Ends a subscription by its id, whatever node the request names (rvp-in-practice 1.2). 200.
void unsubscribe(const Verbs& verbs, Act act, base::Responder responder);

}  // namespace rvp
