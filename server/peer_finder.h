// server/peer_finder.h: who knows where the server of a domain is.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.1
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace server {

/// Where to connect to, in the order of trying.
struct PeerPlaces {
    struct Place {
        base::IpAddress address;
        std::uint16_t port = 80;
        bool operator==(const Place&) const = default;
    };
    std::vector<Place> places;  ///< not empty
    bool tls = false;
};

/// Thread: that of who asks.
class PeerFinder {
public:
    using Found = std::move_only_function<void(base::Result<PeerPlaces>)>;

    virtual ~PeerFinder() = default;
    /// `authority` is that of a node's URL: a host, or host:port, in lower case.
    virtual void find(const std::string& authority, Found done) = 0;
};

/// One server that is found by whoever knows it.
struct FoundServer {
    PeerFinder& finder;  ///< on the thread of who connects
    std::string authority;
};

}  // namespace server
