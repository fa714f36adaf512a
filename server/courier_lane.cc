// server/courier_lane.cc: which delivery is next, and what becomes of it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#include "server/courier_lane.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace server {

using presence::DeliveryToken;
using presence::Fate;
using Failure = HttpClient::Failure;

namespace {

Fate fate_of(int status) {
    if (status >= 200 && status < 300) return Fate::taken;
    return status == 410 || status == 412 ? Fate::gone : Fate::rejected;
}

Fate fate_of(Failure why) {
    switch (why) {
        case Failure::refused:
            return Fate::refused;
        case Failure::broken:
        case Failure::untrusted:
        case Failure::no_tls:
            return Fate::rejected;
        case Failure::not_allowed:
            return Fate::dropped;
        case Failure::no_connect:
        case Failure::no_answer:
            break;
    }
    return Fate::timed_out;
}

}  // namespace

CourierLane::CourierLane(CourierKit& kit, LaneHost& host, EndpointHealth& health, const HttpPeer& peer, For what)
    : kit_(kit), host_(host), health_(health),
      client_(kit.loop, kit.watch, peer, kit.settings, kit.scratch, *this), queue_(kit.pool), for_(what) {}

CourierLane::~CourierLane() {
    while (!taken_.empty()) {
        QueuedDelivery& d = taken_.front();
        taken_.pop_front();
        queue_.discard(d);
    }
}

// ---- What is asked for -------------------------------------------------------------------------------------

void CourierLane::push(presence::Delivery&& delivery, CourierTarget& target) {
    if (is_for_messages()) ++target.messages;
    const bool may_be_replaced_late = ++target.pending > 1 && delivery.persistence == presence::Persistence::newest;
    const QueuedDelivery& d = queue_.push(std::move(delivery));
    if (!may_be_replaced_late) return;
    target.counts.of(d.delivery.subscription).last_order = static_cast<std::uint32_t>(d.order);
}

/// A slot is a set of properties, and two sets may share one. What is newer in any respect must come later; so the
/// place in the queue is kept only where no other change for the same subscription waits behind it.
bool CourierLane::replace(presence::Delivery& delivery, CourierTarget& target) {
    QueuedDelivery* waiting = queue_.waiting_like(delivery);
    if (!waiting) return false;
    SubscriptionCounts::Count& count = target.counts.of(delivery.subscription);
    const std::uint32_t behind = count.last_order - static_cast<std::uint32_t>(waiting->order);
    const bool is_last = static_cast<std::int32_t>(behind) <= 0;
    queue_.replace(*waiting, delivery, is_last ? DeliveryQueue::Place::kept : DeliveryQueue::Place::last);
    if (!is_last) count.last_order = static_cast<std::uint32_t>(waiting->order);
    if (delivery.token != DeliveryToken{}) kit_.host.report(delivery, Fate::dropped);
    return true;
}

void CourierLane::give_up_if(const std::function<bool(const presence::Delivery&)>& matches, GivingUp how) {
    queue_.remove_if(matches, [&](QueuedDelivery& d) {
        d.silent = how.silently;
        end(d, Fate::dropped);
    });
    for (QueuedDelivery& d : taken_) {
        if (!matches(d.delivery)) continue;
        d.given_up = true;
        d.silent = d.silent || how.silently;
        d.orphan = d.orphan || how.orphan;
    }
    if (queue_.size() == 0) host_.set_alarm();  // no alarm for nobody
}

void CourierLane::drop_oldest_presence() {
    QueuedDelivery& d = *queue_.first_presence();
    CourierTarget& target = *target_of(d);
    ++target.record.drops;
    ++target.counts.of(d.delivery.subscription).lost;
    queue_.take(d);
    end(d, Fate::dropped);
}

void CourierLane::adopt(CourierLane& other, const std::function<void(CourierTarget&)>& moved) {
    queue_.adopt(other.queue_, [&](const QueuedDelivery& d) { moved(*target_of(d)); });
}

std::optional<presence::TargetId> CourierLane::held_up() {
    const QueuedDelivery* next = taken_.empty() ? queue_.first_message() : nullptr;
    const QueuedDelivery* d = queue_.first_message_but([&](presence::TargetId target) {
        if (next && next->delivery.target == target) return true;
        return std::ranges::any_of(taken_, [target](const QueuedDelivery& other) { return other.delivery.target == target; });
    });
    return d ? std::optional(d->delivery.target) : std::nullopt;
}

// ---- What is next ------------------------------------------------------------------------------------------

/// The delivery whose turn it is; null when nothing waits or all that waits must wait longer.
QueuedDelivery* CourierLane::due_now() {
    if (queue_.size() == 0 || health_.all_waits(clock())) return nullptr;
    return health_.presence_waits(clock()) ? queue_.first_message() : queue_.first();
}

/// Whether it may be sent behind what has no answer yet.
bool CourierLane::may_join(const QueuedDelivery& d) const {
    if (taken_.size() >= host_.most_unanswered() || d.is_message() || taken_.front().is_message()) return false;
    return std::ranges::none_of(taken_, [&](const QueuedDelivery& other) {
        return other.delivery.target == d.delivery.target && other.delivery.subscription == d.delivery.subscription;
    });
}

void CourierLane::advance() {
    if (client_.busy()) {
        if (!taken_.empty() && host_.most_unanswered() > taken_.size() && due_now()) client_.wake();
        return;
    }
    drop_expired();
    if (due_now()) {
        client_.wake();
    } else {
        host_.set_alarm();
    }
}

void CourierLane::drop_expired() {
    for (;;) {
        QueuedDelivery* d = queue_.first_message();
        if (!d || clock().now() <= d->delivery.deadline) return;
        queue_.take(*d);
        end(*d, Fate::timed_out);
    }
}

base::Instant CourierLane::due() {
    if (queue_.size() == 0) return base::Instant::max();
    if (const QueuedDelivery* d = queue_.first_message()) {
        return std::min(health_.message_due(), d->delivery.deadline + std::chrono::milliseconds(1));
    }
    return health_.presence_due();
}

// ---- What the client asks and says -------------------------------------------------------------------------

bool CourierLane::may_connect(const base::IpAddress& address) {
    const QueuedDelivery* d = due_now();
    return d && host_.allowed(*target_of(*d), address);
}

bool CourierLane::next_request(std::string& into) {
    if (taken_.empty()) {
        health_.reached();
        shut_out_ = false;
        drop_expired();
    }
    while (QueuedDelivery* d = due_now()) {
        if (!taken_.empty() && !may_join(*d)) return false;
        CourierTarget* target = target_of(*d);
        assert(target && "closing a target drops what waits for it");
        queue_.take(*d);
        if (host_.allowed(*target, client_.address())) {
            put_on_wire(*d, *target, into);
            return true;
        }
        settle_failed(*d, Failure::not_allowed);
    }
    if (taken_.empty()) host_.set_alarm();
    return false;
}

void CourierLane::put_on_wire(QueuedDelivery& d, CourierTarget& target, std::string& into) {
    if (d.number == 0) {
        SubscriptionCounts::Count& count = target.counts.of(d.delivery.subscription);
        d.number = ++count.sent;
        d.lost += std::exchange(count.lost, 0);
    }
    d.sent_at = clock().now();
    ++target.record.attempts;
    taken_.push_back(d);
    append_notify(into, target.text, static_cast<const PreparedNotify&>(*d.delivery.what),
                  {d.delivery.subscription, d.number, d.lost});
}

/// Puts all that has no answer back where it was.
void CourierLane::take_back() {
    while (!taken_.empty()) {
        QueuedDelivery& d = taken_.back();
        taken_.pop_back();
        try_again(d);
    }
}

void CourierLane::handed_back() {
    health_.was_irregular(taken_.size() > 1);
    take_back();
}

void CourierLane::answered(int status) {
    QueuedDelivery& d = taken_.front();
    taken_.pop_front();
    const base::Instant now = clock().now();
    const auto latency = now - d.sent_at;
    health_.answered(status, latency);
    tell_attempt(d, status, "", latency);
    kit_.figures.answered(status);
    if (fate_of(status) == Fate::taken) {
        kit_.figures.told.add(now - static_cast<const PreparedNotify&>(*d.delivery.what).made);
    }
    if (CourierTarget* target = target_of(d)) {
        target->record.last = TargetRecord::Last::answer;
        target->record.status = static_cast<std::uint16_t>(status);
        target->record.latency_ms = static_cast<std::uint32_t>(latency.count());
        if (fate_of(status) == Fate::taken) ++target->record.delivered;
    }
    settle_answered(d, status);
}

void CourierLane::over(bool kept) {
    if (kept) {
        health_.was_regular();
    } else {
        health_.was_irregular(!taken_.empty());
    }
}

void CourierLane::failed(Failure why) {
    well_ = false;
    shut_out_ = taken_.empty();
    health_.was_irregular(taken_.size() > 1);
    health_.failed(why);
    kit_.figures.failed(why);
    QueuedDelivery* d = nullptr;
    if (!taken_.empty()) {
        d = &taken_.front();
        taken_.pop_front();
        take_back();
    } else {  // no connection, so none was handed out: it befalls the one whose turn it was
        d = due_now();
        if (!d) return;
        queue_.take(*d);
        ++target_of(*d)->record.attempts;
    }
    settle_failed(*d, why);
}

// ---- What becomes of a delivery ----------------------------------------------------------------------------

void CourierLane::settle_answered(QueuedDelivery& d, int status) {
    if (status == kUnavailable && !d.is_message()) {
        health_.pause_presence(clock().now(), kit_.random);
        return try_again(d);
    }
    d.lost = 0;  // it has been told
    end(d, fate_of(status));
}

void CourierLane::settle_failed(QueuedDelivery& d, Failure why) {
    const bool was_sent = d.number != 0 && d.sent_at != base::Instant{};
    tell_attempt(d, 0, HttpClient::name(why), was_sent ? clock().now() - d.sent_at : std::chrono::milliseconds(0));
    if (CourierTarget* target = target_of(d)) {
        target->record.last = TargetRecord::Last::failure;
        target->record.failure = static_cast<std::uint8_t>(why);
    }
    const bool unreachable = why == Failure::no_connect;
    const bool unproven = why == Failure::untrusted || why == Failure::no_tls;  // a new certificate may mend it
    if (d.is_message() && unreachable) {
        health_.pause_messages(clock().now(), kit_.random);
        return try_again(d);
    }
    if (!d.is_message() && (unreachable || unproven || why == Failure::refused || why == Failure::no_answer)) {
        if (d.delivery.token == DeliveryToken{}) report(d, fate_of(why));
        health_.pause_presence(clock().now(), kit_.random);
        return try_again(d);
    }
    end(d, fate_of(why));
}

/// For whoever looks on: the log, and rvpctl trace.
void CourierLane::tell_attempt(const QueuedDelivery& d, int status, std::string_view failure,
                               std::chrono::milliseconds took) {
    const base::LogLevel level = kit_.settings.log_attempts ? base::LogLevel::info : base::LogLevel::debug;
    const bool logged = kit_.log.writes(level);
    if (!logged && !kit_.attempts.wanted()) return;
    const std::uint64_t request = static_cast<const PreparedNotify&>(*d.delivery.what).request;
    Attempt attempt{request, d.delivery.subscription, d.number, d.is_message(), host_.name(), status, std::string(failure), took};
    if (logged) log_attempt(kit_.log, level, attempt);
    kit_.attempts.tell(std::move(attempt));
}

void CourierLane::try_again(QueuedDelivery& d) {
    if (!queue_.put_back(d)) end(d, Fate::dropped);
}

/// Null when it was closed meanwhile.
CourierTarget* CourierLane::target_of(const QueuedDelivery& d) const {
    return d.orphan ? nullptr : kit_.host.find(d.delivery.target);
}

/// `d` is neither queued nor on the wire any more.
void CourierLane::end(QueuedDelivery& d, Fate fate) {
    report(d, fate);
    if (CourierTarget* target = target_of(d)) {
        assert(target->pending > 0 && "each delivery ends once");
        --target->pending;
        if (is_for_messages()) --target->messages;
        SubscriptionCounts::Count* count = d.lost > 0 ? target->counts.find(d.delivery.subscription) : nullptr;
        if (count) count->lost += d.lost;  // the next one is to say so
    }
    queue_.discard(d);
}

void CourierLane::report(const QueuedDelivery& d, Fate fate) {
    const bool anonymous = d.delivery.token == DeliveryToken{};
    if (d.silent || (anonymous && fate != Fate::refused && fate != Fate::gone)) return;
    kit_.host.report(d.delivery, fate);
}

}  // namespace server
