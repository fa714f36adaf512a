// server/http_door_head.h: takes a request's head from libmicrohttpd, and judges it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing, bounds)
#pragma once

#include <optional>

#include "base/http.h"

namespace server {

struct DoorLimits;
struct Exchange;
class HttpDesk;

/// Fills method, version and headers of `e.request` and what else `e` knows of its head. Returned is the refusal,
/// worded by `desk`, of a head that breaks a rule of framing or a bound; after it the connection must be closed.
/// `method` and `version` are where libmicrohttpd has them.
[[nodiscard]] std::optional<base::Response> take_head(Exchange& e, const char* method, const char* version,
                                                      const DoorLimits& limits, const HttpDesk& desk);

/// What is said of a body over limits.body_bytes, before it has come or after.
[[nodiscard]] base::Response body_too_large(const base::Request& request, const DoorLimits& limits, const HttpDesk& desk);

}  // namespace server
