// presence/outbox.h: messages on their way out, and how each of them fared.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6 (RVP-Ack-Type); design 5
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
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

/// How a message fared with all its destinations together.
enum class Sent {
    taken,        ///< DeepOr: by one; DeepAnd: by all
    partly,       ///< DeepAnd: one could not, and others have it, or may have
    rejected,     ///< everybody answered, and nobody with a 2xx
    unreachable,  ///< nobody took it in time
    stopping,     ///< the server stops before it is known
};

/// Sends a message to its destinations and says how it fared: DeepOr when the first took it or none can, DeepAnd when
/// all took it or one cannot; never later than kAckTime. What was acknowledged before it was delivered (SingleHop) is
/// tried until it is taken or its destination's lease ends. Thread: loop.
class Outbox {
public:
    /// The end of a subscription's lease as it stands now; none: it is not active any more.
    using LeaseOf = std::function<std::optional<base::Instant>(SubscriptionId)>;

    Outbox(Carrier& carrier, base::TimerWheel& wheel, LeaseOf lease_of);
    ~Outbox();
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    /// `to` is not empty; `ack` is DeepOr or DeepAnd.
    void send(std::shared_ptr<const Prepared> message, const std::vector<Destination>& to, AckType ack,
              base::Instant now, base::Once<void(Sent)> done);
    /// `over` is called, later, when no destination is owed the message any more, with whether one took it; never
    /// when the server stops before that. `to` is not empty.
    void keep(std::shared_ptr<const Prepared> message, const std::vector<Destination>& to,
              std::move_only_function<void(bool taken)> over);
    /// What CarrierEvents::settled reported for a token; unknown ones are ignored.
    void settled(DeliveryToken token, Fate fate, base::Instant now);
    /// Messages whose fate is not known yet.
    [[nodiscard]] std::size_t waiting() const { return by_token_.size(); }

private:
    struct Sending;
    struct Keeping;
    struct Kept;
    void answer(Sending& sending, Sent sent);
    void give_up(Sending& sending, Sent sent);
    void settled(Kept& kept, Fate fate, base::Instant now);
    void try_again(Kept& kept);
    void end(Kept& kept);
    void push(DeliveryToken token, const std::shared_ptr<const Prepared>& message, const Destination& to,
              base::Instant deadline);

    Carrier& carrier_;
    base::TimerWheel& wheel_;
    const LeaseOf lease_of_;
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
