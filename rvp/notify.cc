// rvp/notify.cc: NOTIFY coming in.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; rvp-in-practice 1.6
#include "rvp/notify.h"

#include "rvp/headers.h"
#include "rvp/names.h"
#include "rvp/notification.h"
#include "rvp/status.h"

namespace rvp {

void notify(const Verbs& verbs, Act act, base::Responder responder) {
    const auto refuse = [&](const base::Error& error) { responder(error_response(error)); };
    const auto ack = ack_type(act.request);
    if (!ack) return refuse(ack.error());
    const auto hops = hop_count(act.request);
    if (!hops) return refuse(hops.error());
    const auto passed = single(act.request, kPassed);
    if (!passed) return refuse(passed.error());
    auto payload = read_notification(act.request.body, verbs.bounds, act.caller.url, act.href(verbs.realm));
    if (!payload) return refuse(payload.error());
    presence::NotifyRequest request{act.node, std::move(*payload), *ack, *hops};
    request.passed = passed->value_or("");
    verbs.service.notify(act.caller, std::move(request),
                         [responder = std::move(responder)](base::Result<presence::Accepted> done) mutable {
                             if (!done) return responder(error_response(done.error()));
                             responder(*done == presence::Accepted::kept ? accepted() : ok());
                         });
}

}  // namespace rvp
