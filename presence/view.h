// presence/view.h: one log-on of a principal: its leased state.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.5 (view identifiers), 5.5.2; design 3
#pragma once

#include <cstdint>

#include "base/http.h"
#include "base/ip.h"
#include "base/timer_wheel.h"
#include "presence/ids.h"
#include "presence/prop.h"

namespace presence {

class Node;
class View;

/// Told when a view's lease ends; the view still lives.
class ViewEvents {
public:
    virtual ~ViewEvents() = default;
    virtual void view_lease_ended(View& view, base::Instant due) = 0;
};

/// One log-on's state, leased. Owned by its node. Thread: loop.
class View final : public base::TimerHook {
public:
    View(Node& node, ViewId id, ViewEvents& events) : node_(node), events_(events), id_(id) {}

    [[nodiscard]] Node& node() const { return node_; }
    [[nodiscard]] ViewId id() const { return id_; }
    [[nodiscard]] bool idle() const { return value.is_idle(); }

    Status value;                ///< what it set last; never offline while it lives
    Status fallback;             ///< what the node shows when this was the last view and its lease ends
    SubscriptionId login{};      ///< the login subscription it was made under; 0 = none
    base::IpAddress source;      ///< of the request that used it last
    base::ConnectionId connection{};
    std::uint64_t used = 0;      ///< counts up: the greatest was used last

private:
    void on_due(base::Instant due) override { events_.view_lease_ended(*this, due); }

    Node& node_;
    ViewEvents& events_;
    ViewId id_;
};

}  // namespace presence
