// server/http_reason.h: the reason phrases of our status lines.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 8 (200 Successful, 401 Access denied); rvp-in-practice 8.10
#pragma once

#include <string_view>

namespace server {

/// The phrase of a status code; the text ends with a NUL. Any thread.
[[nodiscard]] std::string_view reason_phrase(unsigned code);

}  // namespace server
