// rvp/subscriptions.h: SUBSCRIPTIONS.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.3
#pragma once

#include "rvp/verb.h"

namespace rvp {

/// Lists the active subscriptions of a kind on a node. 200.
void subscriptions(const Verbs& verbs, Act act, base::Responder responder);

}  // namespace rvp
