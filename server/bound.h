// server/bound.h: every socket that rvpd listens on, bound before root is given up.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 ([listen])
#pragma once

#include <cstddef>
#include <vector>

#include "base/fd.h"
#include "base/log.h"
#include "server/config.h"
#include "server/http_door.h"

namespace server {

/// All there is to bind; afterwards root is needed no more, and is given up.
struct Bound {
    /// Addresses are taken from `opened`, sockets that listen already, where they are there. Throws std::runtime_error that
    /// names the option, or the socket that no option names.
    Bound(const Config& config, base::Log& log, std::vector<base::Fd> opened);
    /// Listeners in all.
    [[nodiscard]] std::size_t size() const { return rvp.size() + rvp_tls.size() + msnp.size() + msnp_tls.size() + admin.size(); }

    std::vector<Listener> rvp;
    std::vector<Listener> rvp_tls;
    std::vector<Listener> msnp;
    std::vector<Listener> msnp_tls;
    std::vector<Listener> admin;
};

}  // namespace server
