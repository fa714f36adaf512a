// server/courier_endpoint.h: one host:port: its connections, and who is served by which.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/timer_wheel.h"
#include "presence/ports.h"
#include "server/callback_url.h"
#include "server/courier_health.h"
#include "server/courier_kit.h"
#include "server/courier_lane.h"
#include "server/courier_target.h"

namespace server {

/// One endpoint. It begins with one connection and one NOTIFY on it at a time. Where many watchers stand behind it,
/// as behind another server, a deep queue is spread over more connections, each target staying with one as long as
/// anything of it is pending; and property changes are pipelined once its answers have earned it. A server answers a
/// message once somebody has it, so messages to one have connections of their own, and wait there neither for each other
/// nor before anything else, as long as there are few. Thread: its courier's.
class CourierEndpoint final : private LaneHost, private base::TimerHook {
public:
    CourierEndpoint(CourierKit& kit, const CallbackUrl& url);
    ~CourierEndpoint();

    /// Queues a delivery for one of its targets.
    void push(presence::Delivery&& delivery, CourierTarget& target);
    /// Also begins to count the subscription anew.
    void forget(CourierTarget& target, presence::TargetId id, presence::SubscriptionId subscription);
    void cancel_message(const CourierTarget& target, presence::TargetId id, presence::DeliveryToken token);

    void add_target() { ++targets_; }
    /// Drops what waits for it. Call it while the thread still knows the target.
    void remove_target(const CourierTarget& target, presence::TargetId id);
    /// No target, and nothing on the wire.
    [[nodiscard]] bool unused() const;
    /// Gives up connections for messages that nothing needs. Not from inside a lane.
    void trim();
    [[nodiscard]] bool busy() const;
    /// As CallbackUrl::endpoint().
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] presence::EndpointReport describe(CourierTarget& target,
                                                    presence::SubscriptionId subscription) const;
    /// Adds itself. O(1), but for the reason of one that is ailing.
    void count(CourierSurvey& survey) const;

private:
    bool allowed(const CourierTarget& target, const base::IpAddress& address) const override;
    std::size_t most_unanswered() const override;
    void set_alarm() override;
    void released(CourierLane& lane, bool well) override;
    void on_due(base::Instant due) override;

    [[nodiscard]] const base::Clock& clock() const { return kit_.loop.clock(); }
    [[nodiscard]] CourierLane& lane(std::size_t index) { return index == 0 ? first_ : *others_[index - 1]; }
    [[nodiscard]] HttpPeer peer() const;
    using Lanes = std::vector<std::unique_ptr<CourierLane>>;
    /// Of all connections.
    template <class Self, class F>
    static void for_each_lane(Self& self, F visit) {
        visit(self.first_);
        for (const auto& other : self.others_) visit(*other);
        if (!self.message_lanes_) return;
        for (std::size_t i = 0; i < self.message_lanes_->size(); ++i) visit(*(*self.message_lanes_)[i]);  // a visit may add one
    }
    [[nodiscard]] CourierLane& lane_for(CourierTarget& target, bool is_message);
    [[nodiscard]] CourierLane& message_lane_for(CourierTarget& target);
    [[nodiscard]] bool one_more_for_messages() const;
    void add_message_lane();
    [[nodiscard]] CourierLane* most_held_up();
    [[nodiscard]] std::optional<std::size_t> free_message_lane();
    void spread_messages();
    [[nodiscard]] bool alone() const { return alone_until_ && clock().now() < *alone_until_; }
    [[nodiscard]] std::size_t most_lanes() const;
    [[nodiscard]] std::size_t waiting() const;
    [[nodiscard]] bool make_room();
    void withdraw(CourierLane& lane);
    [[nodiscard]] bool takes_no_more(const CourierLane& lane) const;
    void message_lane_released(CourierLane& lane, bool well);
    void make_way();
    void advance();
    void give_up(const CourierTarget& target, const std::function<bool(const presence::Delivery&)>& matches,
                 CourierLane::GivingUp how);
    void log_full();

    CourierKit& kit_;
    std::string name_;
    std::string host_;
    std::uint16_t port_;
    bool tls_;
    std::shared_ptr<const FoundServer> server_;  // that holds the nodes behind it; null when it is a client
    std::optional<base::IpAddress> address_;  // written out in the URL: then the policy was asked when it was opened
    EndpointHealth health_;
    CourierLane first_;
    Lanes others_;
    std::unique_ptr<Lanes> message_lanes_;  // null: it is a client, and messages go with all else
    std::uint32_t targets_ = 0;
    std::uint32_t dropped_ = 0;  // since the last line in the log
    std::optional<base::Instant> logged_full_;
    std::optional<base::Instant> alone_until_;  // no connections but the first
};

}  // namespace server
