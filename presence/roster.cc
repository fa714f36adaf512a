// presence/roster.cc: who asked whom.
// SPDX-License-Identifier: Apache-2.0
#include "presence/roster.h"

#include <algorithm>
#include <utility>

namespace presence {

std::vector<PresenceAsk> PresenceAsks::of(const std::string& owner_key) const {
    const auto at = by_owner_.find(owner_key);
    return at == by_owner_.end() ? std::vector<PresenceAsk>() : at->second;
}

std::size_t PresenceAsks::count(const std::string& owner_key) const {
    const auto at = by_owner_.find(owner_key);
    return at == by_owner_.end() ? 0 : at->second.size();
}

bool PresenceAsks::waits(const std::string& owner_key, const std::string& account) const {
    const auto at = by_owner_.find(owner_key);
    return at != by_owner_.end() && std::ranges::find(at->second, account, &PresenceAsk::account) != at->second.end();
}

// Records come back in another order than that in which they were made.
void PresenceAsks::put(const std::string& owner_key, PresenceAsk ask) {
    auto& all = by_owner_[owner_key];
    std::erase_if(all, [&ask](const PresenceAsk& one) { return one.account == ask.account; });
    const auto at = std::ranges::upper_bound(all, ask.time, {}, &PresenceAsk::time);
    all.insert(at, std::move(ask));
}

bool PresenceAsks::erase(const std::string& owner_key, const std::string& account) {
    const auto at = by_owner_.find(owner_key);
    if (at == by_owner_.end()) return false;
    const auto gone = std::erase_if(at->second, [&account](const PresenceAsk& one) { return one.account == account; });
    if (at->second.empty()) by_owner_.erase(at);
    return gone > 0;
}

}  // namespace presence
