// presence/fanout.h: one notification in, its deliveries out.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.3, 5.1.4, 5.5, 5.6; design 3.2, 3.6, 4
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "presence/address.h"
#include "presence/node.h"
#include "presence/outbox.h"
#include "presence/ports.h"

namespace presence {

/// What about a node changed by one act.
struct Change {
    std::vector<PropChange> props;  ///< other than r:state
    bool state = false;             ///< its effective state may have; `before` is what was told until now
    Status before;
    /// Set when the node's status changed through a view: its log-ons other than this one are told too (RVP 5.5).
    std::optional<SubscriptionId> status_set_under;
    std::uint64_t request = 0;  ///< as Notification::request
};

/// Turns a change or a message into deliveries: who watches, who may see what, where his call-backs lead. Each
/// change reaches a distinct call-back of a watcher once. Owns nothing. Thread: loop. O(watchers).
class Fanout {
public:
    Fanout(const Realm& realm, NodeTable& nodes, Carrier& carrier) : realm_(realm), nodes_(nodes), carrier_(carrier) {}

    /// Tells the watchers what of `change` they may see and have not been told; node.told is the present state.
    void tell(Node& node, const Change& change);
    /// Tells one subscription the present state (a revived one, which missed changes). `request` as in Change.
    void tell_present(Node& node, Subscription& subscription, std::uint64_t request = 0);
    /// The ACL was replaced: who lost sight sees offline and no mobile, who gained it the truth
    /// (design 3.6).
    void tell_sight(Node& node, const Acl& before, std::uint64_t request);
    /// The same, whatever changed: `saw` says who saw it before.
    void tell_sight(Node& node, const std::function<bool(const Subscription&)>& saw, std::uint64_t request);
    /// Whether a watcher himself shuts out whose node it is: then he sees as much of it as those who may not. To his own
    /// node nobody is blind, whatever he denies.
    [[nodiscard]] bool blind(const std::string& watcher_key, const Node& node) const;
    [[nodiscard]] bool blind(const Subscription& subscription) const;

    /// The final destinations of what is sent to `node`: its pragma/notify subscriptions, and for those that call
    /// back a node of ours, that node's. Only those subscriptions that `counts` says, if given. Errc::loop when nodes
    /// call back each other in a ring.
    [[nodiscard]] base::Result<std::vector<Destination>> destinations(
        Node& node, const std::function<bool(const Subscription&)>& counts = nullptr);
    /// Nothing still queued for this subscription is sent any more.
    void forget(Subscription& subscription);
    /// The Carrier's targets that serve it now.
    [[nodiscard]] std::vector<Serving> serving(Subscription& subscription);

private:
    class Telling;
    friend class Telling;
    [[nodiscard]] Node* node_behind(CallBack& callback) const;
    template <class F>
    bool for_each_target(CallBack& callback, Proof proof, std::uint64_t walk, int depth, F&& visit);

    const Realm& realm_;
    NodeTable& nodes_;
    Carrier& carrier_;
    std::uint64_t changes_ = 0;
    std::uint64_t walks_ = 0;
};

}  // namespace presence
