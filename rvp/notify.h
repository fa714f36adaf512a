// rvp/notify.h: NOTIFY coming in.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6
#pragma once

#include "rvp/verb.h"

namespace rvp {

/// Passes a notification on; answers when RVP-Ack-Type says so. 200, 412 when nobody is reachable.
void notify(const Verbs& verbs, Act act, base::Responder responder);

}  // namespace rvp
