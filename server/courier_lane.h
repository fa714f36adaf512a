// server/courier_lane.h: one connection to an endpoint: what waits for it, and what it has on the wire.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5; performance (what follows from it, 4)
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/ip.h"
#include "presence/ports.h"
#include "server/courier_health.h"
#include "server/courier_kit.h"
#include "server/courier_target.h"
#include "server/delivery_queue.h"
#include "server/http_client.h"

namespace server {

class CourierLane;

/// What a lane asks of its endpoint.
class LaneHost {
public:
    /// Whether NOTIFY for this target may go to `address`, the one connected to.
    [[nodiscard]] virtual bool allowed(const CourierTarget& target, const base::IpAddress& address) const = 0;
    /// How many property changes may be unanswered at once.
    [[nodiscard]] virtual std::size_t most_unanswered() const = 0;
    /// host:port
    [[nodiscard]] virtual const std::string& name() const = 0;
    /// Something waits out a pause, or nothing does any more.
    virtual void set_alarm() = 0;
    /// The lane has nothing on the wire; `well`: all it had was answered.
    virtual void released(CourierLane& lane, bool well) = 0;

protected:
    ~LaneHost() = default;
};

/// Sends what is queued, in its order: messages alone, property changes up to LaneHost::most_unanswered() at once,
/// but never two for the same subscription and target. Presence that failed waits out the endpoint's back-off, and
/// messages may overtake it meanwhile. Thread: its courier's.
class CourierLane final : private HttpClient::User, public AtEndOfBatch {
public:
    enum class For { all, messages };  ///< messages: they alone, counted in CourierTarget::messages
    CourierLane(CourierKit& kit, LaneHost& host, EndpointHealth& health, const HttpPeer& peer, For what = For::all);
    /// What is on the wire is not reported any more.
    ~CourierLane();

    /// Replaces what waits for the same subscription, target and slot; false when nothing does.
    [[nodiscard]] bool replace(presence::Delivery& delivery, CourierTarget& target);
    /// Queues, and does no more: advance() follows.
    void push(presence::Delivery&& delivery, CourierTarget& target);
    /// Gets on with it, as far as connection, order and pauses allow.
    void advance();
    void go_on() override { advance(); }

    /// Gives up all that matches. `silently`: nobody hears of it; `orphan`: its target is closed.
    struct GivingUp {
        bool silently = false;
        bool orphan = false;
    };
    void give_up_if(const std::function<bool(const presence::Delivery&)>& matches, GivingUp how);
    /// Ends the oldest presence that waits, as dropped by a full queue.
    void drop_oldest_presence();
    /// Takes over what waits in `other`.
    void adopt(CourierLane& other, const std::function<void(CourierTarget&)>& moved);

    /// Whose message is the first that waits here for those of others; nullopt: nobody's.
    [[nodiscard]] std::optional<presence::TargetId> held_up();
    /// Takes over all messages for what `other` says is held up, which goes by this one from now on.
    void relieve(CourierLane& other, presence::TargetId target) { queue_.adopt_messages(other.queue_, target); }

    [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
    [[nodiscard]] std::size_t unanswered() const { return taken_.size(); }
    [[nodiscard]] const QueuedDelivery* oldest_presence() { return queue_.first_presence(); }
    [[nodiscard]] bool busy() const { return client_.busy(); }
    [[nodiscard]] bool connected() const { return client_.connected(); }
    [[nodiscard]] bool is_for_messages() const { return for_ == For::messages; }
    /// Its last attempt to connect failed.
    [[nodiscard]] bool shut_out() const { return shut_out_; }
    /// When what waits may go, or has waited too long; Instant::max() when nothing waits.
    [[nodiscard]] base::Instant due();

private:
    bool may_connect(const base::IpAddress& address) override;
    bool next_request(std::string& into) override;
    void handed_back() override;
    void answered(int status) override;
    void over(bool kept) override;
    void failed(HttpClient::Failure why) override;
    void released() override { host_.released(*this, std::exchange(well_, true)); }

    [[nodiscard]] const base::Clock& clock() const { return kit_.loop.clock(); }
    [[nodiscard]] CourierTarget* target_of(const QueuedDelivery& d) const;
    [[nodiscard]] QueuedDelivery* due_now();
    [[nodiscard]] bool may_join(const QueuedDelivery& d) const;
    void drop_expired();
    void put_on_wire(QueuedDelivery& d, CourierTarget& target, std::string& into);
    void take_back();
    void settle_answered(QueuedDelivery& d, int status);
    void settle_failed(QueuedDelivery& d, HttpClient::Failure why);
    void try_again(QueuedDelivery& d);
    void end(QueuedDelivery& d, presence::Fate fate);
    void report(const QueuedDelivery& d, presence::Fate fate);
    void tell_attempt(const QueuedDelivery& d, int status, std::string_view failure, std::chrono::milliseconds took);

    CourierKit& kit_;
    LaneHost& host_;
    EndpointHealth& health_;
    HttpClient client_;
    DeliveryQueue queue_;
    DeliveryList taken_;  // handed to the client and not answered, in order; not in the queue
    const For for_;
    bool well_ = true;    // no failure since the last released()
    bool shut_out_ = false;
};

}  // namespace server
