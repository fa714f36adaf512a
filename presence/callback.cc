// presence/callback.cc: call-backs, interned, opened and closed at the Carrier.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.4; design 6 (caps)
#include "presence/callback.h"

#include "base/ip_spelling.h"
#include "base/text.h"

namespace presence {

void intrusive_ptr_release(CallBack* c) {
    if (--c->references_ == 0) c->table_.drop(*c);
}

void CallBackTable::drop(CallBack& callback) {
    if (callback.watcher_->latest == &callback) callback.watcher_->latest = nullptr;
    if (!callback.is_node()) {
        slot(callback.target_) = nullptr;
        carrier_.close(callback.target_);
    }
    if (callback.host_) {
        callback.watcher_->foreign_call_backs.give_back();
        callback.host_->second.give_back();
        if (callback.host_->second.unused()) hosts_.erase(hosts_.find(callback.host_->first));
    }
    const auto gone = by_key_.take(callback);
}

namespace {

std::size_t index_of(TargetId target) { return static_cast<std::uint32_t>(target) & ~kMailboxBit; }

}  // namespace

CallBack* CallBackTable::find(TargetId target) const {
    const auto& all = in_mailbox(target) ? by_mailbox_ : by_target_;
    return index_of(target) < all.size() ? all[index_of(target)] : nullptr;
}

CallBack*& CallBackTable::slot(TargetId target) {
    auto& all = in_mailbox(target) ? by_mailbox_ : by_target_;
    if (all.size() <= index_of(target)) all.resize(index_of(target) + 1);
    return all[index_of(target)];
}

// What a call-back's URL means.
struct CallBackTable::Place {
    std::string intern_key;
    std::string node_key;  // "" when it is a client's
    std::string host;      // of a client's, if it is not the address that asks
};

namespace {

// One host has one spelling. A name may lead anywhere, so it is nobody's own address.
std::string foreign_host(const Address& address, const base::IpAddress& source) {
    std::string_view name = host_of(address.authority());
    const auto ip = base::address_of_host(name);
    if (ip) return *ip == source || (ip->is_loopback() && source.is_loopback()) ? std::string() : ip->text();
    if (name.ends_with('.')) name.remove_suffix(1);
    return std::string(name);
}

}  // namespace

base::Result<CallBackTable::Place> CallBackTable::place_of(std::string_view url, const Address* address, const Principal& watcher,
                                                          const base::IpAddress& source) const {
    Place place;
    const bool ours = address && realm_.ours(address->authority());
    const bool elsewhere = ours && rule_.elsewhere && rule_.elsewhere(address->path());
    if (ours && !elsewhere) {
        if (url.find('?') != std::string_view::npos) {
            return base::fail(base::Errc::malformed, "Call-Back: a node's URL has no query (RVP 5.1.4)");
        }
        if (!address->is_service()) {
            place.node_key = realm_.key(*address);
        } else if (address->authority().find(':') != std::string::npos) {
            return base::fail(base::Errc::malformed, "Call-Back names this server but none of its nodes (RVP 5.1.4)");
        }
    }
    if (address && !elsewhere && place.node_key.empty()) place.host = foreign_host(*address, source);
    // The policy judges the connected address by who asked, so a call-back is shared only within one source.
    constexpr std::size_t kBeside = 64;  // an IP address, and what parts it from the others
    place.intern_key.reserve(url.size() + watcher.key().size() + kBeside);
    if (place.node_key.empty()) place.intern_key.append(url).append("\n").append(source.text());
    else place.intern_key.append(place.node_key);
    place.intern_key.append("\n").append(watcher.key());
    return place;
}

base::Result<CallBackRef> CallBackTable::open(std::string_view url, const Address* address, const PrincipalRef& watcher, const Whom& to,
                                              const base::IpAddress& source, base::Instant now) {
    url = base::trim(url);
    auto place = place_of(url, address, *watcher, source);
    if (!place) return std::unexpected(place.error());
    // Most people are called back in one place, whomever they watch.
    if (watcher->latest && watcher->latest->intern_key() == place->intern_key) return CallBackRef(watcher->latest);
    if (CallBack* known = by_key_.find(place->intern_key)) return CallBackRef(watcher->latest = known);
    if (const auto free = bound(*place, *watcher, now); !free) return std::unexpected(free.error());
    return make(url, std::move(*place), watcher, to, source, now);
}

base::Result<CallBackRef> CallBackTable::reopen(std::string_view url, const PrincipalRef& watcher, const Whom& to,
                                                const base::IpAddress& source) {
    const auto address = Address::parse(url.substr(0, url.find('?')));
    auto place = place_of(url, address ? &*address : nullptr, *watcher, source);
    if (!place) return std::unexpected(place.error());
    if (CallBack* known = by_key_.find(place->intern_key)) return CallBackRef(watcher->latest = known);
    return make(url, std::move(*place), watcher, to, source, {});
}

base::Result<void> CallBackTable::bound(const Place& place, const Principal& watcher, base::Instant now) const {
    if (place.host.empty()) return {};
    const auto refuse = [](std::string what) { return base::fail(base::Errc::busy, "Call-Back: " + what + ")"); };
    const auto judge = [&](const Quota& quota, const QuotaBound& bound, const std::string& whose,
                           const std::string& option) -> base::Result<void> {
        switch (quota.may_take(bound, now)) {
            case Quota::Verdict::free: return {};
            case Quota::Verdict::full: return refuse(whose + " has as many as may be (limits." + option);
            case Quota::Verdict::hasty: break;
        }
        return refuse(whose + " has as many new ones as may be in a minute (limits.new_" + option);
    };
    auto free = judge(watcher.foreign_call_backs, rule_.per_principal, watcher.url() + " at others' addresses",
                      "foreign_call_backs");
    const auto host = hosts_.find(place.host);
    if (!free || host == hosts_.end()) return free;
    return judge(host->second, rule_.per_host, "the host " + place.host, "call_backs_per_host");
}

base::Result<CallBackRef> CallBackTable::make(std::string_view url, Place place, const PrincipalRef& watcher,
                                              const Whom& to, const base::IpAddress& source, base::Instant now) {
    std::unique_ptr<CallBack> fresh(new CallBack(*this, std::move(place.intern_key), std::string(url), watcher));
    fresh->source_ = source;
    if (place.node_key.empty()) {
        auto target = carrier_.open(url, to(), source);
        if (!target) return std::unexpected(target.error());
        fresh->target_ = *target;
        slot(*target) = fresh.get();
    } else {
        fresh->node_key_size_ = static_cast<std::uint16_t>(place.node_key.size());
    }
    if (!place.host.empty()) {
        fresh->host_ = &*hosts_.try_emplace(std::move(place.host)).first;  // stays where it is
        fresh->host_->second.take(now);
        watcher->foreign_call_backs.take(now);
    }
    return CallBackRef(watcher->latest = &by_key_.add(std::move(fresh)));
}

}  // namespace presence
