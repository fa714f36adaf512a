// rvp/names.h: RVP names of headers.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 7.2
#pragma once

#include <string_view>

namespace rvp {

inline constexpr std::string_view kVersion = "RVP-Notifications-Version";
inline constexpr std::string_view kFromPrincipal = "RVP-From-Principal";
inline constexpr std::string_view kAckType = "RVP-Ack-Type";
inline constexpr std::string_view kHopCount = "RVP-Hop-Count";
inline constexpr std::string_view kCallBack = "Call-Back";
inline constexpr std::string_view kSubscriptionId = "Subscription-Id";
inline constexpr std::string_view kSubscriptionLifetime = "Subscription-Lifetime";
inline constexpr std::string_view kNotificationType = "Notification-Type";
inline constexpr std::string_view kDepth = "Depth";
/// Ours: the servers that a request has passed, each by a name of its own.
inline constexpr std::string_view kPassed = "RVPD-Passed";

/// What we speak unless the client names a number of his own (rvp-in-practice 8.1).
inline constexpr std::string_view kOurVersion = "0.2";

}  // namespace rvp
