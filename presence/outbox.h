// presence/outbox.h: messages on their way out, and when their sender gets his answer.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6 (RVP-Ack-Type); design 5
#pragma once

#include <chrono>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/once.h"
#include "base/timer_wheel.h"
#include "presence/ports.h"

namespace presence {

/// One final destination of a message.
struct Destination {
    TargetId target;
    SubscriptionId subscription;
    base::Instant lease_end;  ///< of the subscription it goes to
};

/// Sends a message to its destinations and pays the sender's answer: SingleHop at once, DeepOr when the first took
/// it or none can, DeepAnd when all took it or one cannot; never later than the deadline. Thread: loop.
class Outbox {
public:
    Outbox(Carrier& carrier, base::TimerWheel& wheel);
    ~Outbox();
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    /// `to` is not empty. `done`: success, or Errc::precondition when nobody could be reached (DeepAnd: when
    /// somebody could not). After a SingleHop answer each delivery is tried until taken or its lease ends.
    void send(std::shared_ptr<const Prepared> message, const std::vector<Destination>& to, AckType ack,
              base::Instant now, base::Once<void(base::Result<void>)> done);
    /// What CarrierEvents::settled reported for a token; unknown ones are ignored.
    void settled(DeliveryToken token, Fate fate, base::Instant now);
    /// Messages whose fate is not known yet.
    [[nodiscard]] std::size_t waiting() const { return by_token_.size(); }

private:
    struct Sending;
    struct Kept;
    void answer(Sending& sending, base::Result<void> result);
    void give_up(Sending& sending);
    void keep_trying(DeliveryToken token, std::shared_ptr<const Prepared> message, const Destination& to);
    void push(DeliveryToken token, const std::shared_ptr<const Prepared>& message, const Destination& to,
              base::Instant deadline);

    Carrier& carrier_;
    base::TimerWheel& wheel_;
    std::uint64_t last_token_ = 0;
    struct Entry {
        Sending* sending = nullptr;  // DeepOr, DeepAnd
        Kept* kept = nullptr;        // SingleHop
        TargetId target{};
    };
    std::unordered_map<std::uint64_t, Entry> by_token_;
    std::unordered_map<Sending*, std::unique_ptr<Sending>> sendings_;
    std::unordered_map<Kept*, std::unique_ptr<Kept>> kept_;
};

}  // namespace presence
