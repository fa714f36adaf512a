// server/send_command.h: rvpctl send, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl); RVP 5.6, 10
#pragma once

#include "base/json.h"
#include "presence/service.h"
#include "server/control.h"

namespace server {

/// The command `send` with name, text and from (a principal; `admin` when not given): an instant message that goes the
/// way of all others, ACL included. The answer comes when somebody has taken it, or it is kept: an object with to, from
/// and accepted (`delivered` or `kept`). Errc: precondition (nobody is there), denied. `request` as Caller::request.
/// Thread: loop.
void run_send(presence::Service& service, const base::json::Value& args, std::uint64_t request, CommandAnswer answer);

}  // namespace server
