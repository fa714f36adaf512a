// server/courier_thread.h: one courier thread: its loop, the targets and endpoints that are its own.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 8
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/handoff.h"
#include "base/ip.h"
#include "base/log.h"
#include "presence/ports.h"
#include "server/backlog.h"
#include "server/callback_policy.h"
#include "server/callback_url.h"
#include "server/courier_endpoint.h"
#include "server/courier_settings.h"

namespace server {

/// What a courier thread is told.
struct CourierCommand {
    struct Opening {
        CallbackUrl url;
        presence::Contact to;
        base::IpAddress source;
        std::uint32_t generation;  ///< tells the target from an earlier one with the same id; reports repeat it
    };
    /// Some of the targets that a caller asked about: what to look up, and where in his list each stands.
    struct Asking {
        std::uint64_t number;
        std::vector<presence::Serving> what;
        std::vector<std::size_t> places;
        std::vector<presence::EndpointReport> found{};  ///< on its way back
        std::unique_ptr<CourierSurvey> survey{};        ///< on its way back, when that was asked for
        CourierSettings settings{};                     ///< change: does not come back
        std::unique_ptr<base::Result<PeerPlaces>> server{};  ///< found: what a CourierQuestion of that number asked for
    };
    enum class Act { open, close, push, forget, cancel, tick, ask, survey, change, found } act = Act::push;
    presence::Delivery delivery;  ///< push: all of it; else what names the target, subscription, token (tick: too)
    std::unique_ptr<Opening> opening{};  ///< open
    std::unique_ptr<Asking> asking{};    ///< ask, survey, change, found
};
using CourierFindings = std::unique_ptr<CourierCommand::Asking>;

/// What it says.
struct CourierReport {
    enum class Kind { fate, cancelled, ticked } kind = Kind::fate;
    presence::Fate fate = presence::Fate::dropped;  ///< fate
    bool busy = false;                              ///< ticked: see Courier::settle
    presence::TargetId target{};
    presence::SubscriptionId subscription{};
    presence::DeliveryToken token{};  ///< cancelled and ticked: that of the command
    std::uint32_t generation = 0;
};

/// What it asks: where the server of a domain is.
struct CourierQuestion {
    std::size_t thread = 0;
    std::uint64_t number = 0;
    std::string authority;
};

/// Runs from its constructor to its destructor, on a thread of its own; send() and age() are called from the Courier's.
class CourierThread final : private CourierHost, private PeerFinder {
public:
    /// `reports` hears of fates in batches, `findings` of what was asked; they must outlive the thread, as must all
    /// else.
    CourierThread(const base::Clock& clock, base::Log& log, const CallbackPolicy& policy,
                  const CourierSettings& settings, base::Handoff<CourierReport>& reports,
                  base::Handoff<CourierFindings>& findings, AttemptTap& attempts,
                  base::Handoff<CourierQuestion>& questions, std::size_t index);
    /// Stops the thread; what waits is dropped.
    ~CourierThread();

    /// Leaves `batch` empty.
    void send(std::vector<CourierCommand>& batch) {
        if (batch.empty()) return;
        backlog_.given(batch.size(), loop_.clock().now());
        inbox_.send_all(batch);
    }
    /// How long what was sent and is not begun yet has waited.
    [[nodiscard]] std::chrono::milliseconds age() { return backlog_.age(loop_.clock().now()); }

private:
    CourierTarget* find(presence::TargetId id) override { return targets_[static_cast<std::size_t>(id)].get(); }
    void report(const presence::Delivery& delivery, presence::Fate fate) override;
    void retire(CourierEndpoint& endpoint) override;
    void find(const std::string& authority, Found done) override;
    void hear(CourierCommand::Asking& found);

    void obey(CourierCommand& command);
    void open(presence::TargetId id, const CourierCommand::Opening& opening);
    void close(presence::TargetId id);
    void tick(presence::DeliveryToken token);
    void answer(CourierFindings asking);
    void survey(CourierFindings asking);
    void end_batch();
    void remove_if_unused(const std::string& endpoint);
    void say(CourierReport&& report);
    void flush();

    base::Loop loop_;
    CourierSettings settings_;  // the thread's own, so that it can change
    base::Handoff<CourierReport>& reports_;
    base::Handoff<CourierFindings>& findings_;
    base::Handoff<CourierQuestion>& questions_;
    const std::size_t index_;
    std::unordered_map<std::uint64_t, Found> asked_;  // by number
    std::uint64_t last_question_ = 0;
    Backlog backlog_;
    base::Handoff<CourierCommand> inbox_;
    CourierKit kit_;
    std::unordered_map<std::string, std::unique_ptr<CourierEndpoint>> endpoints_;
    std::vector<std::unique_ptr<CourierTarget>> targets_;  // by id
    std::vector<CourierReport> said_;               // in this turn of the loop
    std::thread thread_;
};

}  // namespace server
