// rvp/acl.cc: ACL get and set.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7; rvp-in-practice 1.8
#include "rvp/acl.h"

#include "rvp/body.h"
#include "rvp/rvpacl.h"
#include "rvp/status.h"

namespace rvp {

void acl(const Verbs& verbs, Act act, base::Responder responder) {
    const auto refuse = [&](const base::Error& error) { responder(error_response(error)); };
    if (act.request.body.empty()) {
        const auto acl = verbs.service.read_acl(act.caller, act.node);
        if (!acl) return refuse(acl.error());
        return responder(xml_response(kOk, render_rvpacl(*acl)));
    }
    const auto root = read_body(act.request.body, verbs.bounds, {"a:rvpacl", "5.7"});
    if (!root) return refuse(root.error());
    auto changes = read_rvpacl(*root, verbs.realm);
    if (!changes) return refuse(changes.error());
    auto told = [changed = verbs.acl_changed, caller = act.caller, node = act.node, changes = *changes,
                 responder = std::move(responder)](base::Result<presence::Acl> merged) mutable {
        if (!merged) return responder(error_response(merged.error()));
        if (changed) changed(caller, node, changes);
        responder(xml_response(kOk, render_rvpacl(*merged)));
    };
    verbs.service.merge_acl(act.caller, act.node, std::move(*changes), std::move(told));
}

}  // namespace rvp
