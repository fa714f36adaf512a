// server/courier_target.h: a call-back of one watcher, as its courier thread knows it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#pragma once

#include <cstdint>
#include <vector>

#include "base/ip.h"
#include "presence/ports.h"
#include "server/notify_request.h"

namespace server {

class CourierEndpoint;

/// What was sent to each subscription of one target, and what had to be dropped. Allocates when a subscription is
/// sent its first NOTIFY, never later. find() and of() are O(log n).
class SubscriptionCounts {
public:
    struct Count {
        presence::SubscriptionId id{};
        std::uint32_t sent = 0;  ///< the RVPD-Seq of its last NOTIFY
        std::uint32_t lost = 0;  ///< dropped by a full queue, and not told of yet
        std::uint32_t last_order = 0;  ///< low half of the order of the last change queued behind another delivery
    };

    /// Made when it is not there.
    [[nodiscard]] Count& of(presence::SubscriptionId id);
    /// Null when it is not there.
    [[nodiscard]] Count* find(presence::SubscriptionId id);
    void forget(presence::SubscriptionId id);

private:
    std::vector<Count> counts_;  // by id; ids rise, so a new one mostly comes last
};

/// How deliveries to one target went.
struct TargetRecord {
    enum class Last : std::uint8_t { none, answer, failure };

    std::uint32_t attempts = 0;
    std::uint32_t delivered = 0;
    std::uint32_t drops = 0;
    std::uint32_t latency_ms = 0;  ///< of the last answer
    std::uint16_t status = 0;      ///< of the last answer
    std::uint8_t failure = 0;      ///< an HttpClient::Failure: how the last attempt failed, if it did
    Last last = Last::none;
};

/// A call-back of one watcher.
struct CourierTarget {
    CourierEndpoint* endpoint = nullptr;
    TargetText text;
    base::IpAddress source;
    std::uint32_t generation = 0;  ///< tells it from an earlier one with the same id
    std::uint32_t pending = 0;     ///< deliveries that wait for it or are on the wire
    std::uint32_t messages = 0;    ///< of these, messages on connections for messages alone
    std::uint16_t lane = 0;         ///< the connection of its endpoint that serves it, as long as any other is pending
    std::uint16_t message_lane = 0;  ///< the same of its messages
    SubscriptionCounts counts{};
    TargetRecord record{};
};

}  // namespace server
