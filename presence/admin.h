// presence/admin.h: what an admin may ask and do, as plain values.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3.7, 9 (rvpctl)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "presence/acl.h"
#include "presence/ids.h"
#include "presence/prop.h"
#include "presence/subscription.h"

namespace presence {

/// Sums that are kept, so that nobody has to count.
struct Tally {
    std::size_t online = 0;  ///< principals that others see as anything but offline
    std::uint64_t subscriptions_due = 0;  ///< leases of subscriptions that ended unrenewed
    std::uint64_t views_due = 0;          ///< leases of views that did
    std::uint64_t properties_due = 0;     ///< leases of other properties that did
};

/// One node in a list.
struct NodeLine {
    std::string path;
    std::string owner;  ///< URL
    std::string state;  ///< what others are told
    std::size_t views = 0;
    std::size_t watchers = 0;
    std::size_t logins = 0;
};

/// One subscription in a list.
struct SubscriptionDetail {
    SubscriptionId id{};
    std::string node;
    std::string principal;  ///< URL of the watcher
    std::string callback;
    NotificationType type{};
    std::chrono::seconds left{};  ///< of the lease; of an expired one, of the time in which it can be revived
    bool active = true;
};

/// One view of a node.
struct ViewDetail {
    ViewId id{};
    std::string value;
    std::string fallback;
    std::chrono::seconds left{};
    SubscriptionId login{};  ///< 0: none
    std::string source;      ///< address of the request that used it last
};

/// Why somebody sees what he sees (design 3.7).
struct Explanation {
    std::string path;
    std::string watcher;    ///< URL; "" when asked for nobody in particular
    std::string sees;       ///< the state that is shown to the watcher
    std::string told;       ///< the state that watchers were told last, before invisible is hidden
    std::string effective;  ///< what the views add up to now; differs from told while a change lingers
    std::string rule;       ///< one sentence: which rule of design 3.1 made it
    std::optional<std::chrono::seconds> linger_left;
    std::vector<ViewDetail> views;
    std::optional<Ace> decided_by;  ///< the ACL entry that let him see, or did not; none: owner, or no entry at all
    bool may_see = true;
    std::chrono::seconds since{};   ///< time since watchers were told last
};

}  // namespace presence
