// dav/multistatus.h: the multistatus element, value -> bytes.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.7.2, 5.4.1, 5.5.1, 8; rvp-in-practice 0 (rules 4 to 8)
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace dav {

/// One propstat: ready property elements and the status they share, such as "200 Successful".
struct PropStat {
    std::string props;
    std::string_view status;
};

inline constexpr std::string_view kStatusOk = "200 Successful";
inline constexpr std::string_view kStatusForbidden = "403 Forbidden";
inline constexpr std::string_view kStatusNotFound = "404 Not Found";

/// A whole body with exactly one response, on one line:
/// `<?xml version="1.0"?><d:multistatus …><d:response><d:href>…</d:href><d:propstat>…</d:propstat></d:response></d:multistatus>`
[[nodiscard]] std::string multistatus(std::string_view href, std::span<const PropStat> propstats);
[[nodiscard]] inline std::string multistatus(std::string_view href, std::initializer_list<PropStat> propstats) {
    return multistatus(href, std::span(propstats.begin(), propstats.size()));
}

}  // namespace dav
