// presence/abroad.h: people whose nodes another server holds, of another domain or of ours, as ours reach them.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1, 4.1.1, 5.1.4, 5.6
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/once.h"
#include "base/result.h"
#include "presence/acl.h"
#include "presence/history.h"
#include "presence/notification.h"
#include "presence/prop.h"

namespace presence {

/// Told of somebody whom another server holds.
class AbroadEvents {
public:
    virtual ~AbroadEvents() = default;
    /// What may be seen of him, all of it, as it was after `asked`; without any he is out of sight. What changes later
    /// comes to the log-ons of who watches (RVP 5.1.4).
    virtual void seen(const std::string& key, const std::vector<Prop>& present, base::Instant asked) = 0;
};

/// What our people ask of other servers through doors whose clients do not ask themselves. Thread: loop.
class Abroad {
public:
    virtual ~Abroad() = default;
    /// The authority of the server that holds the principal of that key, and may be asked; "": he is ours, or nobody's.
    [[nodiscard]] virtual std::string holder(std::string_view key) const = 0;
    /// Subscribes to his properties with `who`'s own URL as Call-Back, once for all `events` of one person, and renews that
    /// until they are gone. They are told later, from the loop. `key` has a holder.
    virtual void watch(const Caller& who, const std::string& key, AbroadEvents& events) = 0;
    virtual void unwatch(const Caller& who, const std::string& key, AbroadEvents& events) = 0;
    /// Sends to him. `done` comes later, from the loop, with what his server says. Errc: precondition (also where that
    /// server cannot be asked), denied, not_found, too_large, malformed, loop.
    virtual void notify(const Notification& what, const std::string& key, base::Once<void(base::Result<Accepted>)> done) = 0;
};

}  // namespace presence
