// server/other_servers.h: all that knows of other servers.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 ([federation], homes)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "presence/address.h"
#include "server/callback_policy.h"
#include "server/config.h"
#include "server/domains.h"
#include "server/envoy.h"
#include "server/federation.h"
#include "server/passages.h"
#include "server/relay.h"
#include "server/router.h"

namespace server {

/// Whether any other server is known.
[[nodiscard]] bool knows_others(const Config& config);

/// Finds, believes and asks other servers. Thread: loop.
struct OtherServers {
    /// Borrows all but `config`. Throws std::runtime_error that names the option which cannot be followed.
    OtherServers(const Config& config, base::Loop& loop, base::Log& log, const base::Clock& clock,
                 const presence::Realm& realm, const CallbackPolicy& policy);
    ~OtherServers();
    OtherServers(const OtherServers&) = delete;
    OtherServers& operator=(const OtherServers&) = delete;

    /// The authority of the server that holds a node; "" when it is ours, or none's.
    [[nodiscard]] std::string server_of(const presence::Realm& realm, std::string_view authority, std::string_view path) const;
    /// The authority of the server that holds a principal and may be asked; "" when he is ours, or nobody's.
    [[nodiscard]] std::string holder_of(std::string_view key) const;

    std::string name;  ///< by which this server knows itself in RVPD-Passed; another at each start
    OtherDomains domains;
    Passages passages;
    Federation federation;
    Router router;
    std::optional<Relay> relay;  ///< none: federation.relay is off; the daemon sets it
    Envoy envoy;
};

}  // namespace server
