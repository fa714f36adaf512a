// server/audit.h: one log line for each act of an admin.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "presence/acl.h"
#include "server/control.h"
#include "server/request_ids.h"

namespace server {

/// Does a command; `request` is the id that the deliveries it causes bear, 0 for what only asks.
using ActHandler = std::function<void(const std::string& command, const base::json::Value& args, std::uint64_t request,
                                      CommandAnswer answer)>;

/// A handler that passes everything on to `handler` and logs what changes something, once it is answered:
/// `audit-admin request=d05a3f1000001 act="node del" args="path=/groups/a" outcome=done`, or outcome=refused with why.
/// Of the arguments only those are told that are no secret. `log` and `ids` must outlive it.
[[nodiscard]] CommandHandler audited(ActHandler handler, base::Log& log, RequestIds& ids);

/// `audit-acl request=d05a3f1000001 node=/instmsg/aliases/bob by=… proof=digest from=192.0.2.7 change="alice any deny presence"`.
void audit_acl(base::Log& log, const presence::Caller& by, const std::string& node,
               const std::vector<presence::Ace>& changes);

/// `assertion`, `digest`, `ntlm` or `internal`.
[[nodiscard]] std::string_view word_of(presence::Proof proof);

}  // namespace server
