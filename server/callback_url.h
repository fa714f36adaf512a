// server/callback_url.h: a Call-Back URL taken apart.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.4; RFC 3986
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip.h"
#include "base/result.h"

namespace server {

inline constexpr std::size_t kLongestCallbackUrl = 1024;  ///< bytes; real ones have some 30

struct CallbackUrl {
    std::string host;  ///< lower-case name, or the address as text, no brackets
    std::uint16_t port = 80;
    bool tls = false;                        ///< https
    std::string path;                        ///< with the query; "/" when the URL has none
    std::optional<base::IpAddress> address;  ///< when the host is one, in any spelling ("0x7f.1" too)
    std::string server{};  ///< of a node elsewhere: the authority of its server, which a PeerFinder knows; not set by reading

    /// "host:port" or "https://host:port", IPv6 in brackets: names the endpoint. Of a node elsewhere, "server AUTHORITY".
    [[nodiscard]] std::string endpoint() const;
    /// For the Host header: without the port when that is the scheme's own.
    [[nodiscard]] std::string authority() const;
};

/// Reads `http://host[:port][/path]` or the same with https. Errc::malformed: another scheme, user info, a fragment, a blank or control
/// character anywhere, no host or port that can be, or too long.
[[nodiscard]] base::Result<CallbackUrl> parse_callback_url(std::string_view url);

}  // namespace server
