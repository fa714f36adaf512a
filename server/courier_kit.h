// server/courier_kit.h: what the endpoints of one courier thread share.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 8
#pragma once

#include <boost/intrusive/list.hpp>
#include <random>
#include <string>

#include "base/log.h"
#include "base/loop.h"
#include "presence/ports.h"
#include "server/attempt.h"
#include "server/callback_policy.h"
#include "server/courier_settings.h"
#include "server/courier_survey.h"
#include "server/courier_target.h"
#include "server/delivery_queue.h"
#include "server/peer_finder.h"
#include "server/socket_watch.h"

namespace server {

/// What an endpoint asks of its thread.
class CourierHost {
public:
    /// Null once closed.
    [[nodiscard]] virtual CourierTarget* find(presence::TargetId id) = 0;
    /// A fate for whoever waits for it; the target is open.
    virtual void report(const presence::Delivery& delivery, presence::Fate fate) = 0;
    /// The endpoint has become unused(), or may be trimmed; destroy it later, not from here.
    virtual void retire(CourierEndpoint& endpoint) = 0;

protected:
    ~CourierHost() = default;
};

/// Something that goes on at the end of a batch of commands, when all that belongs together is there. Unlinks
/// itself when destroyed.
class AtEndOfBatch
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    virtual void go_on() = 0;

protected:
    ~AtEndOfBatch() = default;
};

struct CourierKit {
    base::Loop& loop;
    base::Log& log;
    const CallbackPolicy& policy;
    const CourierSettings& settings;
    CourierHost& host;
    AttemptTap& attempts;
    PeerFinder& finder;
    SocketWatch watch{loop};
    DeliveryPool pool{};
    std::string scratch{};
    CourierFigures figures{};
    std::size_t message_lanes = 0;  ///< of all endpoints
    std::minstd_rand random{std::random_device{}()};
    boost::intrusive::list<AtEndOfBatch, boost::intrusive::constant_time_size<false>> at_end_of_batch{};
};

}  // namespace server
