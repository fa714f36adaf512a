// server/courier_endpoint.h: one host:port: what waits for it, its connection, and its back-off.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>

#include "base/ip.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/timer_wheel.h"
#include "presence/ports.h"
#include "server/callback_policy.h"
#include "server/courier_settings.h"
#include "server/delivery_queue.h"
#include "server/http_client.h"
#include "server/notify_request.h"
#include "server/socket_watch.h"

namespace server {

class CourierEndpoint;

/// A call-back of one watcher, as its courier thread knows it.
struct CourierTarget {
    CourierEndpoint* endpoint = nullptr;
    TargetText text;
    base::IpAddress source;
    std::uint32_t generation = 0;  ///< tells it from an earlier one with the same id
};

/// What an endpoint asks of its thread.
class CourierHost {
public:
    /// Null once closed.
    [[nodiscard]] virtual const CourierTarget* find(presence::TargetId id) const = 0;
    /// A fate for whoever waits for it; the target is open.
    virtual void report(const presence::Delivery& delivery, presence::Fate fate) = 0;
    /// The endpoint has become unused(); destroy it later, not from here.
    virtual void retire(CourierEndpoint& endpoint) = 0;

protected:
    ~CourierHost() = default;
};

/// What the endpoints of a thread share.
struct CourierKit {
    base::Loop& loop;
    base::Log& log;
    const CallbackPolicy& policy;
    const CourierSettings& settings;
    CourierHost& host;
    SocketWatch watch{loop};
    DeliveryPool pool{};
    std::string scratch{};
    std::minstd_rand random{std::random_device{}()};
};

/// A pause that doubles each time, and shortens itself by chance so that endpoints do not march in step.
class BackOff {
public:
    BackOff(std::chrono::milliseconds shortest, std::chrono::milliseconds longest)
        : shortest_(shortest), longest_(longest) {}

    void start(base::Instant now, std::minstd_rand& random);
    void reset() {
        until_ = {};
        pause_ = {};
    }
    /// Meaningful while it lasts.
    [[nodiscard]] base::Instant until() const { return until_; }
    [[nodiscard]] bool lasts(const base::Clock& clock) const {
        return until_ != base::Instant{} && until_ > clock.now();
    }

private:
    std::chrono::milliseconds shortest_;
    std::chrono::milliseconds longest_;
    std::chrono::milliseconds pause_{};
    base::Instant until_{};
};

/// One endpoint: sends what waits, one NOTIFY at a time. Messages are tried in their order; presence that failed
/// waits out a back-off, and messages may overtake it meanwhile. Thread: its courier's.
class CourierEndpoint final : private HttpClient::User, private base::TimerHook {
public:
    CourierEndpoint(CourierKit& kit, const CallbackUrl& url);

    /// Queues a delivery for one of its targets.
    void push(presence::Delivery&& delivery);
    void forget(presence::TargetId target, presence::SubscriptionId subscription);
    void cancel_message(presence::TargetId target, presence::DeliveryToken token);

    void add_target() { ++targets_; }
    /// Drops what waits for it. Call it while the thread still knows the target.
    void remove_target(presence::TargetId target);
    /// No target, and nothing on the wire.
    [[nodiscard]] bool unused() const { return targets_ == 0 && !in_flight_; }
    [[nodiscard]] bool busy() const { return client_.busy(); }
    /// "host:port".
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    bool may_connect(const base::IpAddress& address) override;
    bool next_request(std::string& into) override;
    void handed_back() override;
    void answered(int status) override;
    void failed(HttpClient::Failure why) override;
    void released() override;
    void on_due(base::Instant due) override;

    [[nodiscard]] const base::Clock& clock() const { return kit_.loop.clock(); }
    [[nodiscard]] QueuedDelivery* due_now();
    [[nodiscard]] bool allowed(const CourierTarget& target, const base::IpAddress& address) const;
    [[nodiscard]] bool make_room();
    void advance();
    void drop_expired();
    void wait();
    void settle_answered(QueuedDelivery& d, int status);
    void settle_failed(QueuedDelivery& d, HttpClient::Failure why);
    void try_again(QueuedDelivery& d);
    void give_up_if(const std::function<bool(const presence::Delivery&)>& matches, bool silently);
    void report(const QueuedDelivery& d, presence::Fate fate);
    void log_full();

    CourierKit& kit_;
    std::string name_;
    std::string host_;
    std::uint16_t port_;
    bool is_literal_;  // then the policy was asked when the target was opened
    HttpClient client_;
    DeliveryQueue queue_;
    QueuedDelivery* in_flight_ = nullptr;  // handed to the client, not in the queue
    bool urgent_ = false;  // a message came since the last attempt to connect: no back-off holds it
    std::uint32_t targets_ = 0;
    std::uint32_t dropped_ = 0;  // since the last line in the log
    std::optional<base::Instant> logged_full_;
    BackOff presence_pause_;
    BackOff message_pause_;
};

}  // namespace server
