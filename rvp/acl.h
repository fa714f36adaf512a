// rvp/acl.h: ACL get and set.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7; rvp-in-practice 1.8
#pragma once

#include "rvp/verb.h"

namespace rvp {

/// Without a body the ACL; with one, its entries are merged in. 200.
void acl(const Verbs& verbs, Act act, base::Responder responder);

}  // namespace rvp
