// server/courier.h: the push engine: a queue per endpoint, one send() per NOTIFY, keep-alive where the peer allows.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 8; RVP 5.1.4, 5.6
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "presence/ports.h"
#include "server/attempt.h"
#include "server/callback_policy.h"
#include "server/courier_settings.h"
#include "server/courier_survey.h"
#include "server/peer_finder.h"

namespace server {

/// Carrier to Call-Back URLs. Its face lives on the loop; its threads own the endpoints (host:port), spread by
/// hash. Starts its threads when built, ends them when destroyed (what is queued then is dropped without report).
class Courier final : public presence::Carrier {
public:
    Courier(base::Loop& loop, const base::Clock& clock, base::Log& log, const CallbackPolicy& policy,
            CourierSettings settings);
    ~Courier() override;

    /// What is to be known of other servers; set before the first open. `finder` lives on the loop. `server_of`: the
    /// authority of the server that holds a node, "" where it is none elsewhere; what is for the node goes to that one. `our_name` tells this server from
    /// others in RVPD-Passed.
    using ServerOf = std::function<std::string(std::string_view authority, std::string_view path)>;
    void set_servers(PeerFinder& finder, ServerOf server_of, std::string our_name);
    /// Who hears the fates; set before the first push.
    void set_events(presence::CarrierEvents& events);

    [[nodiscard]] base::Result<presence::TargetId> open(std::string_view url, const presence::Contact& to,
                                                        const base::IpAddress& source) override;
    void close(presence::TargetId target) override;
    [[nodiscard]] std::shared_ptr<presence::Prepared> prepare(const presence::Notification&) override;
    void push(presence::Delivery delivery) override;
    void forget(presence::TargetId target, presence::SubscriptionId subscription) override;
    void cancel(presence::TargetId target, presence::DeliveryToken token) override;
    void report(std::vector<presence::Serving> asked,
                base::Once<void(std::vector<presence::EndpointReport>)> done) override;

    /// For what is sent from now on; the number of threads stays.
    void change(const CourierSettings& settings);
    /// All endpoints, and what was counted; `done` runs on the loop.
    void survey(base::Once<void(CourierSurvey)> done);

    /// Where each attempt to deliver can be seen.
    [[nodiscard]] AttemptTap& attempts();

    /// How long the oldest of what was pushed and no thread has begun yet has waited. Call on the loop.
    [[nodiscard]] std::chrono::milliseconds age();

    /// For tests (see Daemon::settle): ticks the wheels of all courier threads; then whether anything is still
    /// under way: a delivery that can be sent now or waits for its answer, a connection being made, a hand-off.
    /// Deliveries waiting for a back-off timer do not count. Call on the loop; `done` runs on the loop.
    void settle(base::Once<void(bool busy)> done);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace server
