// rvp/status.h: Errc -> status line and one-line body.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6.3, 8; rvp-in-practice 0 (rule 13), 1.10; design 9 (Wire)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/result.h"

namespace rvp {

inline constexpr int kOk = 200;
inline constexpr int kAccepted = 202;
inline constexpr int kMultiStatus = 207;

/// The HTTP status of an error.
[[nodiscard]] int status_of(base::Errc code);
/// `text/plain`, one line: what was wrong, and which header or section.
[[nodiscard]] base::Response error_response(const base::Error& error);
/// 401 with each challenge in a WWW-Authenticate of its own, and a small page (RVP 6.3).
[[nodiscard]] base::Response access_denied(std::string_view why, std::vector<std::string> challenges);
/// An empty 200, or one with an XML body.
[[nodiscard]] base::Response ok();
/// 202: safe here, and delivered later.
[[nodiscard]] base::Response accepted();
[[nodiscard]] base::Response xml_response(int status, std::string body);

}  // namespace rvp
