// presence/outbox.cc: acknowledgements counted: SingleHop, DeepOr, DeepAnd.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; design 5
#include "presence/outbox.h"

#include <algorithm>

#include "presence/settings.h"

namespace presence {

/// A message whose sender still waits.
struct Outbox::Sending final : base::TimerHook {
    Sending(Outbox& box, AckType kind, base::Once<void(base::Result<void>)> answer)
        : outbox(box), ack(kind), done(std::move(answer)) {}
    void on_due(base::Instant) override { outbox.give_up(*this); }

    Outbox& outbox;
    AckType ack;
    base::Once<void(base::Result<void>)> done;
    std::vector<std::uint64_t> open;  // tokens whose fate is not known
    bool taken = false;
};

/// A message answered already (SingleHop) and still owed to one destination.
struct Outbox::Kept final : base::TimerHook {
    Kept(Outbox& box, std::uint64_t t, std::shared_ptr<const Prepared> m, const Destination& d)
        : outbox(box), token(t), message(std::move(m)), to(d) {}
    void on_due(base::Instant) override { outbox.push(DeliveryToken(token), message, to, to.lease_end); }

    Outbox& outbox;
    std::uint64_t token;
    std::shared_ptr<const Prepared> message;
    Destination to;
    std::chrono::seconds pause{1};
};

namespace {

constexpr std::chrono::seconds kLongestPause{30};

base::Result<void> nobody() {
    return base::fail(base::Errc::precondition, "the message could not be delivered: nobody is reachable (RVP 5.6)");
}

}  // namespace

Outbox::Outbox(Carrier& carrier, base::TimerWheel& wheel) : carrier_(carrier), wheel_(wheel) {}

Outbox::~Outbox() {
    for (auto& [key, sending] : sendings_) {
        if (sending->done) sending->done(base::fail(base::Errc::busy, "the server is stopping"));
    }
}

void Outbox::push(DeliveryToken token, const std::shared_ptr<const Prepared>& message, const Destination& to,
                  base::Instant deadline) {
    Delivery delivery;
    delivery.target = to.target;
    delivery.subscription = to.subscription;
    delivery.what = message;
    delivery.persistence = Persistence::message;
    delivery.token = token;
    delivery.deadline = deadline;
    carrier_.push(std::move(delivery));
}

void Outbox::send(std::shared_ptr<const Prepared> message, const std::vector<Destination>& to, AckType ack,
                  base::Instant now, base::Once<void(base::Result<void>)> done) {
    if (ack == AckType::single_hop) {
        for (const Destination& d : to) keep_trying(DeliveryToken(++last_token_), message, d);
        return done({});
    }
    auto owned = std::make_unique<Sending>(*this, ack, std::move(done));
    Sending& sending = *owned;
    sendings_.emplace(&sending, std::move(owned));
    const base::Instant deadline = now + kAckTime;
    wheel_.arm(sending, deadline);
    for (const Destination& d : to) {
        const std::uint64_t token = ++last_token_;
        sending.open.push_back(token);
        by_token_[token] = Entry{&sending, nullptr, d.target};
        push(DeliveryToken(token), message, d, deadline);
    }
}

void Outbox::keep_trying(DeliveryToken token, std::shared_ptr<const Prepared> message, const Destination& to) {
    const auto number = static_cast<std::uint64_t>(token);
    auto owned = std::make_unique<Kept>(*this, number, message, to);
    by_token_[number] = Entry{nullptr, owned.get(), to.target};
    Kept* key = owned.get();
    kept_.emplace(key, std::move(owned));
    push(token, message, to, to.lease_end);
}

void Outbox::settled(DeliveryToken token, Fate fate, base::Instant now) {
    const auto it = by_token_.find(static_cast<std::uint64_t>(token));
    if (it == by_token_.end()) return;
    const Entry entry = it->second;
    if (Kept* kept = entry.kept) {
        const bool again = (fate == Fate::refused || fate == Fate::timed_out) && now + kept->pause < kept->to.lease_end;
        if (again) {
            wheel_.arm(*kept, now + kept->pause);
            kept->pause = std::min(kept->pause * 2, kLongestPause);
            return;
        }
        by_token_.erase(it);
        kept_.erase(kept);
        return;
    }
    by_token_.erase(it);
    Sending& sending = *entry.sending;
    std::erase(sending.open, static_cast<std::uint64_t>(token));
    const bool taken = fate == Fate::taken;
    sending.taken = sending.taken || taken;
    if (sending.ack == AckType::deep_or && taken) answer(sending, {});
    if (sending.ack == AckType::deep_and && !taken) return give_up(sending);
    if (!sending.open.empty()) return;
    answer(sending, sending.taken ? base::Result<void>() : nobody());
    sendings_.erase(&sending);
}

void Outbox::answer(Sending& sending, base::Result<void> result) {
    if (sending.done) sending.done(std::move(result));
}

void Outbox::give_up(Sending& sending) {
    for (const std::uint64_t token : sending.open) {
        const auto it = by_token_.find(token);
        carrier_.cancel(it->second.target, DeliveryToken(token));
        by_token_.erase(it);
    }
    answer(sending, nobody());
    sendings_.erase(&sending);
}

}  // namespace presence
