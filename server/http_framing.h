// server/http_framing.h: is a request's framing sound enough to look inside?
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing); RFC 7230 3.2, 3.3.3, 5.4
#pragma once

#include <cstdint>

#include "base/http.h"
#include "base/result.h"

namespace server {

/// What the head says about the body.
struct Framing {
    std::uint64_t content_length = 0;
    bool chunked = false;
};

/// Errc::malformed says which rule the head breaks: two Content-Length or Host, Content-Length with
/// Transfer-Encoding, a coding other than chunked, no Host on HTTP/1.1, names that are no tokens, control characters
/// in values. After any of these the connection must be closed: what follows cannot be told apart.
[[nodiscard]] base::Result<Framing> check_framing(const base::Request& request, const std::string& version);

}  // namespace server
