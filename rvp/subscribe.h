// rvp/subscribe.h: SUBSCRIBE.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1
#pragma once

#include "rvp/verb.h"

namespace rvp {

/// A new subscription (200 or 207) or, with Subscription-Id, a renewal (200).
void subscribe(const Verbs& verbs, Act act, base::Responder responder);

}  // namespace rvp
