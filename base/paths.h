// base/paths.h: where the daemon and its tools meet when nobody says where.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (state and sockets)
#pragma once

#include <string>

namespace base {

/// The control socket's usual path: control.sock in $RUNTIME_DIRECTORY (the first, if it lists several),
/// else for root in /run/rvpd, else in $XDG_RUNTIME_DIR/rvpd, else in rvpd-UID under $TMPDIR or /tmp. Reads
/// the environment, so call it before any thread starts.
[[nodiscard]] std::string usual_control_socket();

/// Where a tool looks for the daemon: at the usual path, or, if nothing is there, in /run/rvpd, where that of the
/// system is, if there is such a folder.
[[nodiscard]] std::string reachable_control_socket();

/// The store's usual path: rvpd.db in $STATE_DIRECTORY (the first, if it lists several), else for root in
/// /var/lib/rvpd, else in ~/.local/state/rvpd. Reads the environment, so call it before any thread starts.
[[nodiscard]] std::string usual_store();

}  // namespace base
