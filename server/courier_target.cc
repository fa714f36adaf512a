// server/courier_target.cc: a sorted array: small, and searched without a hash.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#include "server/courier_target.h"

#include <algorithm>

namespace server {

SubscriptionCounts::Count& SubscriptionCounts::of(presence::SubscriptionId id) {
    const auto at = std::ranges::lower_bound(counts_, id, {}, &Count::id);
    if (at != counts_.end() && at->id == id) return *at;
    return *counts_.insert(at, Count{id});
}

SubscriptionCounts::Count* SubscriptionCounts::find(presence::SubscriptionId id) {
    const auto at = std::ranges::lower_bound(counts_, id, {}, &Count::id);
    return at != counts_.end() && at->id == id ? &*at : nullptr;
}

void SubscriptionCounts::forget(presence::SubscriptionId id) {
    if (Count* count = find(id)) counts_.erase(counts_.begin() + (count - counts_.data()));
}

}  // namespace server
