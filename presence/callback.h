// presence/callback.h: where a watcher wants to be told, each place kept once.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.4; design 4, 6
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "base/key_index.h"
#include "base/result.h"
#include "presence/address.h"
#include "presence/ports.h"
#include "presence/principal.h"
#include "presence/quota.h"
#include "presence/settings.h"

namespace presence {

class CallBackTable;
class Node;

/// One watcher's call-back: a URL served by the Carrier, or one of our own nodes, whose login subscriptions are
/// meant. Lives as long as a subscription refers to it. Thread: loop.
class CallBack {
public:
    /// By which CallBackTable finds it.
    [[nodiscard]] const std::string& intern_key() const { return intern_key_; }
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] const Principal& watcher() const { return *watcher_; }
    [[nodiscard]] const PrincipalRef& watcher_ref() const { return watcher_; }
    /// Who asked for it; the policy judges what is connected to by it.
    [[nodiscard]] const base::IpAddress& source() const { return source_; }
    [[nodiscard]] bool is_node() const { return node_key_size_ > 0; }
    [[nodiscard]] std::string_view node_key() const { return std::string_view(intern_key_).substr(0, node_key_size_); }
    /// The node that it calls back, as it was found when so many had been removed; null when not remembered.
    [[nodiscard]] Node* node_at(std::uint64_t removals) const { return node_seen_ == removals ? node_ : nullptr; }
    void remember(Node& node, std::uint64_t removals) {
        node_ = &node;
        node_seen_ = removals;
    }
    /// A polling session's: whatever leads there ends with the session, and is not kept over a restart.
    [[nodiscard]] bool is_mailbox() const { return !is_node() && in_mailbox(target_); }
    /// As the Carrier knows it; only when !is_node().
    [[nodiscard]] TargetId target() const { return target_; }

    /// Marks the call-back as told of change number `change`; false if it already was (one change yields one
    /// NOTIFY per distinct call-back, design 4).
    bool mark(std::uint64_t change) {
        if (last_change_ == change) return false;
        last_change_ = change;
        return true;
    }

private:
    friend class CallBackTable;
    friend void intrusive_ptr_add_ref(CallBack* c) { ++c->references_; }
    friend void intrusive_ptr_release(CallBack* c);
    CallBack(CallBackTable& table, std::string intern_key, std::string url, PrincipalRef watcher)
        : table_(table), intern_key_(std::move(intern_key)), url_(std::move(url)), watcher_(std::move(watcher)) {}

    using Host = std::pair<const std::string, Quota>;

    CallBackTable& table_;
    Host* host_ = nullptr;  // counted against; null for a node, and for a URL at the address that asked for it
    std::string intern_key_;  // begins with the node's key when it calls back a node
    std::string url_;
    PrincipalRef watcher_;
    base::IpAddress source_;
    TargetId target_{};
    std::uint16_t node_key_size_ = 0;
    std::uint32_t references_ = 0;
    std::uint64_t last_change_ = 0;
    Node* node_ = nullptr;
    std::uint64_t node_seen_ = 0;
};
using CallBackRef = boost::intrusive_ptr<CallBack>;

/// Owns every CallBack somebody refers to; opens and closes them at the Carrier. Must outlive all references.
class CallBackTable {
public:
    CallBackTable(const Realm& realm, Carrier& carrier, const CallBackRule& rule)
        : realm_(realm), carrier_(carrier), rule_(rule) {}

    /// Errc: malformed (no such URL, or this server without a node), denied (policy), busy (too many, or too many new
    /// ones, at others' addresses).
    /// `to` is asked when the Carrier must know whom it calls.
    using Whom = std::function<Contact()>;
    /// `address`: what `url` is without its query; null: that is none.
    [[nodiscard]] base::Result<CallBackRef> open(std::string_view url, const Address* address, const PrincipalRef& watcher,
                                                 const Whom& to, const base::IpAddress& source, base::Instant now);
    /// The one that `watcher` opened last, if that is a node's and was opened by just this URL: to open it again would come to
    /// the same. Null: it has to be opened; always so where others hold nodes of ours, since who holds one may change.
    [[nodiscard]] CallBack* opened_last(std::string_view url, const Principal& watcher) const {
        CallBack* const latest = watcher.latest;
        return latest && latest->is_node() && latest->url() == url && !rule_.elsewhere ? latest : nullptr;
    }
    /// After a start: what was let in once is not bounded again.
    [[nodiscard]] base::Result<CallBackRef> reopen(std::string_view url, const PrincipalRef& watcher, const Whom& to,
                                                   const base::IpAddress& source);
    /// The call-back the Carrier knows as `target`; null once nobody refers to it.
    [[nodiscard]] CallBack* find(TargetId target) const;
    [[nodiscard]] std::size_t size() const { return by_key_.size(); }

private:
    friend void intrusive_ptr_release(CallBack* c);
    struct Place;
    [[nodiscard]] base::Result<Place> place_of(std::string_view url, const Address* address, const Principal& watcher,
                                               const base::IpAddress& source) const;
    [[nodiscard]] base::Result<CallBackRef> make(std::string_view url, Place place, const PrincipalRef& watcher,
                                                 const Whom& to, const base::IpAddress& source, base::Instant now);
    [[nodiscard]] base::Result<void> bound(const Place& place, const Principal& watcher, base::Instant now) const;
    void drop(CallBack& callback);
    [[nodiscard]] CallBack*& slot(TargetId target);

    const Realm& realm_;
    Carrier& carrier_;
    const CallBackRule& rule_;
    std::unordered_map<std::string, Quota> hosts_;  // those that call-backs are counted against
    base::KeyIndex<CallBack, &CallBack::intern_key> by_key_;
    std::vector<CallBack*> by_target_;
    std::vector<CallBack*> by_mailbox_;
};

}  // namespace presence
