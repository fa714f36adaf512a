// presence/outbox.cc: acknowledgements counted: SingleHop, DeepOr, DeepAnd.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; design 5
#include "presence/outbox.h"

#include <algorithm>

#include "presence/settings.h"

namespace presence {

/// A message whose sender still waits.
struct Outbox::Sending final : base::TimerHook {
    Sending(Outbox& box, AckType kind, base::Once<void(Sent)> answer)
        : outbox(box), ack(kind), done(std::move(answer)) {}
    void on_due(base::Instant) override { outbox.give_up(*this, taken ? Sent::partly : Sent::unreachable); }

    Outbox& outbox;
    AckType ack;
    base::Once<void(Sent)> done;
    std::vector<std::uint64_t> open;  // tokens whose fate is not known
    bool taken = false;
    bool all_rejected = true;  // so far
};

/// A message answered already (SingleHop), shared by its destinations.
struct Outbox::Keeping {
    std::shared_ptr<const Prepared> message;
    std::move_only_function<void(bool)> over;
    std::size_t owed = 0;
    bool taken = false;
};

/// One destination that is still owed it.
struct Outbox::Kept final : base::TimerHook {
    Kept(Outbox& box, std::uint64_t t, std::shared_ptr<Keeping> w, const Destination& d)
        : outbox(box), token(t), what(std::move(w)), to(d) {}
    void on_due(base::Instant) override { outbox.try_again(*this); }

    Outbox& outbox;
    std::uint64_t token;
    std::shared_ptr<Keeping> what;
    Destination to;
    std::chrono::seconds pause{1};
};

namespace {

constexpr std::chrono::seconds kLongestPauseOfSending{30};

}  // namespace

Outbox::Outbox(Carrier& carrier, base::TimerWheel& wheel, LeaseOf lease_of)
    : carrier_(carrier), wheel_(wheel), lease_of_(std::move(lease_of)) {}

Outbox::~Outbox() {
    for (auto& [key, sending] : sendings_) {
        if (sending->done) sending->done(Sent::stopping);
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
                  base::Instant now, base::Once<void(Sent)> done) {
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

void Outbox::keep(std::shared_ptr<const Prepared> message, const std::vector<Destination>& to,
                  std::move_only_function<void(bool)> over) {
    auto what = std::make_shared<Keeping>(Keeping{std::move(message), std::move(over), to.size()});
    for (const Destination& d : to) {
        const std::uint64_t token = ++last_token_;
        auto owned = std::make_unique<Kept>(*this, token, what, d);
        by_token_[token] = Entry{nullptr, owned.get(), d.target};
        Kept* key = owned.get();
        kept_.emplace(key, std::move(owned));
        push(DeliveryToken(token), what->message, d, d.lease_end);
    }
}

void Outbox::settled(DeliveryToken token, Fate fate, base::Instant now) {
    const auto it = by_token_.find(static_cast<std::uint64_t>(token));
    if (it == by_token_.end()) return;
    const Entry entry = it->second;
    if (entry.kept) return settled(*entry.kept, fate, now);
    by_token_.erase(it);
    Sending& sending = *entry.sending;
    std::erase(sending.open, static_cast<std::uint64_t>(token));
    const bool taken = fate == Fate::taken;
    sending.taken = sending.taken || taken;
    sending.all_rejected = sending.all_rejected && fate == Fate::rejected;
    if (sending.ack == AckType::deep_or && taken) answer(sending, Sent::taken);
    const Sent failed = sending.all_rejected ? Sent::rejected : Sent::unreachable;
    if (sending.ack == AckType::deep_and && !taken) {
        return give_up(sending, sending.taken || !sending.open.empty() ? Sent::partly : failed);
    }
    if (!sending.open.empty()) return;
    give_up(sending, sending.taken ? Sent::taken : failed);
}

// Of what was acknowledged, only an answer ends the trying, or the end of who was to get it.
void Outbox::settled(Kept& kept, Fate fate, base::Instant now) {
    kept.what->taken = kept.what->taken || fate == Fate::taken;
    const bool again = fate == Fate::refused || fate == Fate::timed_out || fate == Fate::dropped;
    if (!again) return end(kept);
    wheel_.arm(kept, now + kept.pause);
    kept.pause = std::min(kept.pause * 2, kLongestPauseOfSending);
}

void Outbox::try_again(Kept& kept) {
    const auto lease_end = lease_of_(kept.to.subscription);
    if (!lease_end || *lease_end <= wheel_.now()) return end(kept);
    push(DeliveryToken(kept.token), kept.what->message, kept.to, *lease_end);
}

void Outbox::end(Kept& kept) {
    const auto what = kept.what;
    by_token_.erase(kept.token);
    kept_.erase(&kept);
    if (--what->owed == 0) what->over(what->taken);
}

void Outbox::answer(Sending& sending, Sent sent) {
    if (sending.done) sending.done(sent);
}

void Outbox::give_up(Sending& sending, Sent sent) {
    for (const std::uint64_t token : sending.open) {
        const auto it = by_token_.find(token);
        carrier_.cancel(it->second.target, DeliveryToken(token));
        by_token_.erase(it);
    }
    const auto gone = sendings_.extract(&sending);  // answering may bring the next message
    answer(sending, sent);
}

}  // namespace presence
