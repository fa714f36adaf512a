// server/courier_endpoint.cc: which delivery is next, and what becomes of it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#include "server/courier_endpoint.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace server {

using presence::DeliveryToken;
using presence::Fate;
using namespace std::chrono_literals;

namespace {

constexpr auto kPresencePause = 1s;
constexpr auto kLongestPresencePause = 60s;
constexpr auto kMessagePause = 500ms;
constexpr auto kLongestMessagePause = 8s;
constexpr auto kLogPause = 60s;

constexpr int kUnavailable = 503;  // says itself that it is for a while

Fate fate_of(int status) {
    if (status >= 200 && status < 300) return Fate::taken;
    return status == 410 || status == 412 ? Fate::gone : Fate::rejected;
}

Fate fate_of(HttpClient::Failure why) {
    switch (why) {
        case HttpClient::Failure::refused:
            return Fate::refused;
        case HttpClient::Failure::broken:
            return Fate::rejected;
        case HttpClient::Failure::not_allowed:
            return Fate::dropped;
        case HttpClient::Failure::no_connect:
        case HttpClient::Failure::no_answer:
            break;
    }
    return Fate::timed_out;
}

}  // namespace

void BackOff::start(base::Instant now, std::minstd_rand& random) {
    pause_ = std::clamp(pause_ * 2, shortest_, longest_);
    until_ = now + std::chrono::milliseconds(
                       std::uniform_int_distribution<std::int64_t>(pause_.count() / 2, pause_.count())(random));
}

CourierEndpoint::CourierEndpoint(CourierKit& kit, const CallbackUrl& url)
    : kit_(kit), name_(url.endpoint()), host_(url.host), port_(url.port), is_literal_(url.address.has_value()),
      client_(kit.loop, kit.watch, HttpPeer{url.host, url.port, url.address}, kit.settings, kit.scratch, *this),
      queue_(kit.pool), presence_pause_(kPresencePause, kLongestPresencePause),
      message_pause_(kMessagePause, kLongestMessagePause) {}

// ---- What is asked for -------------------------------------------------------------------------------------

void CourierEndpoint::push(presence::Delivery&& delivery) {
    if (queue_.replace(delivery)) {
        if (delivery.token != DeliveryToken{}) kit_.host.report(delivery, Fate::dropped);
        return;
    }
    const bool is_message = delivery.persistence == presence::Persistence::message;
    if (queue_.size() >= kit_.settings.queue_per_endpoint && (is_message || !make_room())) {
        log_full();
        if (delivery.token != DeliveryToken{}) kit_.host.report(delivery, Fate::dropped);
        return;
    }
    urgent_ = urgent_ || is_message;
    queue_.push(std::move(delivery));
    advance();
}

/// Drops the oldest presence.
bool CourierEndpoint::make_room() {
    QueuedDelivery* oldest = queue_.first_presence();
    if (!oldest) return false;
    log_full();
    report(*oldest, Fate::dropped);
    queue_.drop(*oldest);
    return true;
}

void CourierEndpoint::forget(presence::TargetId target, presence::SubscriptionId subscription) {
    give_up_if([=](const auto& d) { return d.target == target && d.subscription == subscription; }, false);
}

void CourierEndpoint::cancel_message(presence::TargetId target, DeliveryToken token) {
    give_up_if([=](const auto& d) { return d.target == target && d.token == token; }, true);
}

void CourierEndpoint::remove_target(presence::TargetId target) {
    assert(targets_ > 0 && "a target is removed once");
    give_up_if([=](const auto& d) { return d.target == target; }, true);
    --targets_;
}

void CourierEndpoint::give_up_if(const std::function<bool(const presence::Delivery&)>& matches, bool silently) {
    queue_.remove_if(matches, [&](const QueuedDelivery& d) {
        if (!silently) report(d, Fate::dropped);
    });
    if (in_flight_ && matches(in_flight_->delivery)) {
        in_flight_->given_up = true;
        in_flight_->silent = in_flight_->silent || silently;
    }
    if (queue_.size() == 0) cancel();  // no alarm for nobody
}

// ---- What is next ------------------------------------------------------------------------------------------

/// The delivery whose turn it is; null when nothing waits or all that waits must wait longer.
QueuedDelivery* CourierEndpoint::due_now() {
    const bool unreachable = !urgent_ && message_pause_.lasts(clock());
    if (queue_.size() == 0 || unreachable) return nullptr;
    return presence_pause_.lasts(clock()) ? queue_.first_message() : queue_.first();
}

/// Gets on with it, if the client is free.
void CourierEndpoint::advance() {
    if (client_.busy()) return;
    drop_expired();
    if (due_now()) {
        client_.wake();
    } else {
        wait();
    }
}

void CourierEndpoint::drop_expired() {
    for (;;) {
        QueuedDelivery* d = queue_.first_message();
        if (!d || clock().now() <= d->delivery.deadline) return;
        report(*d, Fate::timed_out);
        queue_.drop(*d);
    }
}

/// Sets the alarm for when something that waits now may go, or has waited too long.
void CourierEndpoint::wait() {
    using std::chrono::milliseconds;
    if (queue_.size() == 0) return cancel();
    base::Instant due = std::max(presence_pause_.until(), message_pause_.until());
    if (const QueuedDelivery* d = queue_.first_message()) {
        due = std::min(message_pause_.until(), d->delivery.deadline + milliseconds(1));
    }
    kit_.loop.wheel().arm(*this, due);
}

void CourierEndpoint::on_due(base::Instant) { advance(); }

// ---- What the client asks and says -------------------------------------------------------------------------

bool CourierEndpoint::allowed(const CourierTarget& target, const base::IpAddress& address) const {
    return is_literal_ || kit_.policy.check(address, port_, host_, target.source).has_value();
}

bool CourierEndpoint::may_connect(const base::IpAddress& address) {
    const QueuedDelivery* d = due_now();
    return d && allowed(*kit_.host.find(d->delivery.target), address);
}

bool CourierEndpoint::next_request(std::string& into) {
    message_pause_.reset();  // it stood for an endpoint that could not be reached
    drop_expired();
    while (QueuedDelivery* d = due_now()) {
        const CourierTarget* target = kit_.host.find(d->delivery.target);
        assert(target && "closing a target drops what waits for it");
        queue_.take(*d);
        if (!allowed(*target, client_.address())) {
            settle_failed(*d, HttpClient::Failure::not_allowed);
            continue;
        }
        in_flight_ = d;
        append_notify(into, target->text, static_cast<const PreparedNotify&>(*d->delivery.what),
                      d->delivery.subscription);
        return true;
    }
    wait();
    return false;
}

void CourierEndpoint::handed_back() {
    try_again(*std::exchange(in_flight_, nullptr));
}

void CourierEndpoint::answered(int status) {
    if (status != kUnavailable) {
        presence_pause_.reset();
        message_pause_.reset();
    }
    settle_answered(*std::exchange(in_flight_, nullptr), status);
}

void CourierEndpoint::failed(HttpClient::Failure why) {
    kit_.log.debug("courier.failed", {{"endpoint", name_}, {"failure", std::string(HttpClient::name(why))}});
    QueuedDelivery* d = std::exchange(in_flight_, nullptr);
    if (!d) {  // no connection, so none was handed out: it befalls the one whose turn it was
        d = due_now();
        if (!d) return;
        queue_.take(*d);
    }
    settle_failed(*d, why);
}

void CourierEndpoint::released() {
    if (unused()) return kit_.host.retire(*this);
    advance();
}

// ---- What becomes of a delivery ----------------------------------------------------------------------------

void CourierEndpoint::settle_answered(QueuedDelivery& d, int status) {
    if (status == kUnavailable && !d.is_message()) {
        presence_pause_.start(clock().now(), kit_.random);
        return try_again(d);
    }
    report(d, fate_of(status));
    queue_.discard(d);
}

void CourierEndpoint::settle_failed(QueuedDelivery& d, HttpClient::Failure why) {
    using Failure = HttpClient::Failure;
    const bool unreachable = why == Failure::no_connect;
    if (d.is_message() && unreachable) {
        message_pause_.start(clock().now(), kit_.random);
        urgent_ = false;
        return try_again(d);
    }
    if (!d.is_message() && (unreachable || why == Failure::refused || why == Failure::no_answer)) {
        if (d.delivery.token == DeliveryToken{}) report(d, fate_of(why));
        presence_pause_.start(clock().now(), kit_.random);
        return try_again(d);
    }
    report(d, fate_of(why));
    queue_.discard(d);
}

void CourierEndpoint::try_again(QueuedDelivery& d) {
    if (queue_.put_back(d)) return;
    report(d, Fate::dropped);
    queue_.discard(d);
}

void CourierEndpoint::report(const QueuedDelivery& d, Fate fate) {
    const bool anonymous = d.delivery.token == DeliveryToken{};
    if (d.silent || (anonymous && fate != Fate::refused && fate != Fate::gone)) return;
    kit_.host.report(d.delivery, fate);
}

/// Once a minute, however many are dropped.
void CourierEndpoint::log_full() {
    ++dropped_;
    if (logged_full_ && clock().now() - *logged_full_ < kLogPause) return;
    logged_full_ = clock().now();
    kit_.log.warning("courier.queue_full", {{"endpoint", name_},
                                            {"limit", std::to_string(kit_.settings.queue_per_endpoint)},
                                            {"dropped", std::to_string(std::exchange(dropped_, 0))}});
}

}  // namespace server
