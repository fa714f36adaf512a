// presence/callback.cc: call-backs, interned, opened and closed at the Carrier.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.4
#include "presence/callback.h"

#include "base/text.h"

namespace presence {

void intrusive_ptr_release(CallBack* c) {
    if (--c->references_ == 0) c->table_.drop(*c);
}

void CallBackTable::drop(CallBack& callback) {
    if (!callback.is_node()) {
        const auto index = static_cast<std::size_t>(callback.target_);
        by_target_[index] = nullptr;
        carrier_.close(callback.target_);
    }
    auto node = by_key_.extract(std::string_view(callback.intern_key_));  // the key dies with the call-back
}

CallBack* CallBackTable::find(TargetId target) const {
    const auto index = static_cast<std::size_t>(target);
    return index < by_target_.size() ? by_target_[index] : nullptr;
}

base::Result<CallBackRef> CallBackTable::open(std::string_view url, const PrincipalRef& watcher, const Contact& to,
                                              const base::IpAddress& source) {
    url = base::trim(url);
    const auto address = Address::parse(url.substr(0, url.find('?')));
    std::string node_key;
    if (address && realm_.ours(address->authority())) {
        if (url.find('?') != std::string_view::npos) {
            return base::fail(base::Errc::malformed, "Call-Back: a node's URL has no query (RVP 5.1.4)");
        }
        if (!address->is_service()) {
            node_key = realm_.key(*address);
        } else if (address->authority().find(':') != std::string::npos) {
            return base::fail(base::Errc::malformed, "Call-Back names this server but none of its nodes (RVP 5.1.4)");
        }
    }
    // The policy judges the connected address by who asked, so a call-back is shared only within one source.
    std::string intern_key = node_key.empty() ? std::string(url) + "\n" + source.text() : node_key;
    intern_key += "\n" + watcher->key();
    if (const auto it = by_key_.find(intern_key); it != by_key_.end()) return CallBackRef(it->second.get());

    std::unique_ptr<CallBack> fresh(new CallBack(*this, std::move(intern_key), std::string(url), watcher));
    fresh->source_ = source;
    if (node_key.empty()) {
        auto target = carrier_.open(url, to, source);
        if (!target) return std::unexpected(target.error());
        fresh->target_ = *target;
        const auto index = static_cast<std::size_t>(*target);
        if (by_target_.size() <= index) by_target_.resize(index + 1);
        by_target_[index] = fresh.get();
    } else {
        fresh->node_key_size_ = static_cast<std::uint16_t>(node_key.size());
    }
    const CallBackRef ref(fresh.get());
    by_key_.emplace(std::string_view(ref->intern_key_), std::move(fresh));
    return ref;
}

}  // namespace presence
