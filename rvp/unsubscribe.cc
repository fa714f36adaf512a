// rvp/unsubscribe.cc: UNSUBSCRIBE.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.2; rvp-in-practice 1.2, 8.15
#include "rvp/unsubscribe.h"

#include "rvp/headers.h"
#include "rvp/status.h"

namespace rvp {

void unsubscribe(const Verbs& verbs, Act act, base::Responder responder) {
    const auto id = subscription_id(act.request);
    if (!id) return responder(error_response(id.error()));
    if (!*id) {
        return responder(error_response({base::Errc::malformed, "UNSUBSCRIBE needs Subscription-Id: <number> (RVP 5.2)"}));
    }
    verbs.service.unsubscribe(act.caller, **id, [responder = std::move(responder)](base::Result<void> ended) mutable {
        responder(ended ? ok() : error_response(ended.error()));
    });
}

}  // namespace rvp
