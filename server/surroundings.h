// server/surroundings.h: what a process gives its daemon beside the configuration.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "server/config.h"

namespace server {

class Supervisor;

/// Reads the configuration again; the error's text is `file:line:column: what, and what was meant`.
using LoadConfig = std::function<base::Result<Config>()>;

/// What a process gives its daemon beside the configuration; each part may be missing.
struct Surroundings {
    LoadConfig load;                         ///< none: reload() has nothing to read
    std::vector<base::Fd> sockets;           ///< listening already; each must be one that a listen option names
    const Supervisor* supervisor = nullptr;  ///< is told how it goes; must outlive the daemon
};

}  // namespace server
