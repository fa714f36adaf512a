// rvp/headers.h: typed headers: lifetime, ids, ack type, hop count, and the node a request is for.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 7; rvp-in-practice 1.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/http.h"
#include "base/result.h"
#include "presence/address.h"
#include "presence/ids.h"
#include "presence/notification.h"
#include "presence/service.h"

namespace rvp {

/// The value of a header that may stand once; nullopt when absent. Errc::malformed when it stands twice, is empty
/// or over 1024 bytes.
[[nodiscard]] base::Result<std::optional<std::string_view>> single(const base::Request&, std::string_view name);

/// The node of the request target: absolute-form wins over Host, physical URLs are understood, and an origin-form
/// target is ours whatever Host says, since clients write names we do not know (rvp-in-practice 6.2).
/// Errc: malformed; not_found when the URL names another domain.
[[nodiscard]] base::Result<presence::NodeName> target_node(const base::Request&, const presence::Realm&);

/// Subscription-Lifetime in seconds; absurdly large ones are cut, the grant is bounded anyway. Errc::malformed.
[[nodiscard]] base::Result<std::optional<std::chrono::seconds>> lifetime(const base::Request&);
/// Subscription-Id, 1 to 2^31-1. A number that we cannot have given out is Errc::precondition, like any unknown
/// id; what is no number is Errc::malformed.
[[nodiscard]] base::Result<std::optional<presence::SubscriptionId>> subscription_id(const base::Request&);
/// Notification-Type. Errc::malformed when missing or neither update/propchange nor pragma/notify.
[[nodiscard]] base::Result<presence::NotificationType> notification_type(const base::Request&);
/// RVP-Ack-Type; missing means DeepOr (rvp-in-practice 6.6). Errc::malformed when unknown.
[[nodiscard]] base::Result<presence::AckType> ack_type(const base::Request&);
/// RVP-Hop-Count, 1-based; missing means 1. Errc::malformed.
[[nodiscard]] base::Result<int> hop_count(const base::Request&);
/// The version to answer with: the client's, if it is a number such as 1.0, else ours.
[[nodiscard]] std::string answered_version(const base::Request&);

/// Digits and blanks round them, up to `most`; larger numbers become `most`. For seconds in bodies and headers.
[[nodiscard]] std::optional<std::chrono::seconds> parse_seconds(std::string_view text);

}  // namespace rvp
