// rvp/notification.h: the notification element, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6, 9.1.18-9.1.26, 10; rvp-in-practice 0 (rules 4, 5, 8 to 11), 4.2
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/xml.h"
#include "presence/notification.h"

namespace rvp {

/// The body of a NOTIFY in two shared pieces; what render_to() gives for the watcher stands between them
/// when `for_watcher` is set (property changes), nothing otherwise.
struct NotificationText {
    std::string head;
    std::string tail;
    bool for_watcher = false;
};

/// Renders everything that all receivers share: one line of XML, prefixes d: r: a: declared on the root.
[[nodiscard]] NotificationText render(const presence::Notification& notification);
/// `<r:notification-to><r:contact><d:href>…</d:href><r:description>…</r:description></r:contact></r:notification-to>`
[[nodiscard]] std::string render_to(const presence::Contact& watcher);
/// Name of the ack type on the wire: "SingleHop", "DeepOr", "DeepAnd".
[[nodiscard]] std::string_view ack_name(presence::AckType ack);

/// Reads a notification element (either namespace, RVP 5.6.1). Errc::malformed names the element that is missing
/// or wrong. mime-data is turned into octets by the rule of rvp-in-practice 4.2, and a Session-Id is added to a
/// part that has none (rule 10). `sender` and `receiver` are the URLs of who asks and of the node it is for: the
/// Session-Id is made from the people of a talk, and a message may leave them out.
[[nodiscard]] base::Result<decltype(presence::Notification::payload)> read_notification(
    std::string_view body, const base::xml::Bounds& bounds, std::string_view sender = {}, std::string_view receiver = {});

}  // namespace rvp
