// server/privileges.h: root binds the sockets, somebody lesser serves them.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9; issue 7 (process)
#pragma once

#include "base/log.h"
#include "base/result.h"
#include "server/config.h"

namespace server {

/// When root started us: becomes process.user for good, and gives that user the folders /var/lib/rvpd and /run/rvpd
/// with the files of the store, as far as root owns them. Call it after the sockets are bound, before anything else is
/// opened and any thread starts; it sets $STATE_DIRECTORY and $RUNTIME_DIRECTORY, so that the usual paths stay the same.
/// Where process.user is not written, rvpd is meant, if there is such a user and the store is in its usual place;
/// else root stays, and the log says so. Does nothing for anybody but root.
/// Errc::internal: there is no such user, or the system refuses.
[[nodiscard]] base::Result<void> drop_privileges(const Config& config, base::Log& log);

}  // namespace server
