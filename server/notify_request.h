// server/notify_request.h: the bytes of an outgoing NOTIFY, put together from pieces rendered beforehand.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; rvp-in-practice 1.7; design 5
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "presence/notification.h"
#include "presence/ports.h"
#include "rvp/notification.h"
#include "server/callback_url.h"

namespace server {

/// What all deliveries of one notification share.
struct PreparedNotify final : presence::Prepared {
    explicit PreparedNotify(const presence::Notification& notification);

    /// As one kind of target gets it.
    struct Version {
        explicit Version(const presence::Notification& notification);

        std::string fields;  ///< header lines from RVP-Hop-Count to "Subscription-Id: "
        rvp::NotificationText text;
    };
    Version version;
    std::unique_ptr<const Version> abroad;  ///< for other domains; null: as for all
    std::string passed;  ///< value of RVPD-Passed, for other servers
    base::Instant made{};  ///< when there was something to tell
    std::uint64_t request = 0;  ///< as Notification::request
};

/// What all NOTIFYs to one target share.
class TargetText {
public:
    TargetText(const CallbackUrl& url, const presence::Contact& to);

    /// From the request line to the last header line that never changes.
    [[nodiscard]] std::string_view head() const { return std::string_view(text_).substr(0, head_size_); }
    /// Its notification-to.
    [[nodiscard]] std::string_view to() const { return std::string_view(text_).substr(head_size_); }
    /// Whether it is another server that gets them.
    [[nodiscard]] bool is_server() const { return is_server_; }
    /// And one of another domain.
    [[nodiscard]] bool is_abroad() const { return is_abroad_; }

private:
    std::string text_;  // both in one piece: there may be a million of them
    std::uint32_t head_size_;
    bool is_server_;
    bool is_abroad_;
};

/// The value of RVPD-Passed for the next server: those whom it has passed, and us.
[[nodiscard]] std::string passed_on(std::string_view passed, std::string_view us);

/// What a NOTIFY says of its subscription.
struct NotifyNumbers {
    presence::SubscriptionId subscription{};
    std::uint32_t number = 1;  ///< RVPD-Seq: how many were sent before it, plus one
    std::uint32_t lost = 0;    ///< RVPD-Lost: how many were dropped since the last that said so; 0: not said
};

/// Appends a whole request: head, blank line, body. Allocates only when `into` grows.
void append_notify(std::string& into, const TargetText& target, const PreparedNotify& what,
                   const NotifyNumbers& numbers);

}  // namespace server
