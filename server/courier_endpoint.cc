// server/courier_endpoint.cc: spreads deliveries over connections, and keeps the queue bounded.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5; performance (what follows from it, 4)
#include "server/courier_endpoint.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

#include "presence/address.h"

namespace server {

using presence::DeliveryToken;
using presence::Fate;
using State = presence::EndpointReport::State;
using namespace std::chrono_literals;

namespace {

constexpr auto kLogPause = 60s;
constexpr auto kAlonePause = 5min;      // after a connection beside the first had failed
constexpr std::uint32_t kServer = 4;    // call-backs at one host and port: not somebody's client any more
constexpr std::size_t kPipeline = 16;   // unanswered property changes on one connection
constexpr std::size_t kDeep = 16;       // deliveries on one connection before another is worth opening
constexpr std::size_t kOwnMessageLanes = 4;      // connections for messages that any server may have
constexpr std::size_t kMostMessageLanes = 64;    // of one server
constexpr std::size_t kMessageLanesInAll = 1024;  // of a thread's servers, but for their own

}  // namespace

CourierEndpoint::CourierEndpoint(CourierKit& kit, const CallbackUrl& url)
    : kit_(kit), name_(url.endpoint()), host_(url.host), port_(url.port), tls_(url.tls),
      server_(url.server.empty() ? nullptr : std::make_shared<FoundServer>(kit.finder, url.server)), address_(url.address), health_(kit.settings), first_(kit, *this, health_, peer()),
      message_lanes_(server_ ? std::make_unique<Lanes>() : nullptr) {}

CourierEndpoint::~CourierEndpoint() { kit_.message_lanes -= message_lanes_ ? message_lanes_->size() : 0; }

// ---- What is asked for -------------------------------------------------------------------------------------

void CourierEndpoint::push(presence::Delivery&& delivery, CourierTarget& target) {
    if (target.pending > 0 && lane(target.lane).replace(delivery, target)) return;
    const bool is_message = delivery.persistence == presence::Persistence::message;
    if (waiting() >= kit_.settings.queue_per_endpoint && (is_message || !make_room())) {
        log_full();
        ++target.record.drops;
        if (!is_message) ++target.counts.of(delivery.subscription).lost;
        if (delivery.token != DeliveryToken{}) kit_.host.report(delivery, Fate::dropped);
        return;
    }
    if (is_message) health_.new_message();
    CourierLane& by = lane_for(target, is_message);
    by.push(std::move(delivery), target);
    if (most_unanswered() == 1 || by.is_for_messages()) return by.advance();
    if (!by.is_linked()) kit_.at_end_of_batch.push_back(by);
}

HttpPeer CourierEndpoint::peer() const {
    if (!server_) return {host_, port_, address_, tls_};
    HttpPeer peer;
    peer.host = presence::host_of(server_->authority);  // whom a certificate must name
    peer.server = server_;
    return peer;
}

std::size_t CourierEndpoint::waiting() const {
    std::size_t sum = 0;
    for_each_lane(*this, [&sum](const CourierLane& one) { sum += one.waiting(); });
    return sum;
}

/// Drops the oldest presence.
bool CourierEndpoint::make_room() {
    CourierLane* oldest = nullptr;
    for (std::size_t i = 0; i <= others_.size(); ++i) {
        const QueuedDelivery* d = lane(i).oldest_presence();
        if (d && (!oldest || d->order < oldest->oldest_presence()->order)) oldest = &lane(i);
    }
    if (!oldest) return false;
    log_full();
    oldest->drop_oldest_presence();
    return true;
}

void CourierEndpoint::give_up(const CourierTarget& target,
                              const std::function<bool(const presence::Delivery&)>& matches,
                              CourierLane::GivingUp how) {
    if (target.messages > 0) (*message_lanes_)[target.message_lane]->give_up_if(matches, how);
    if (target.pending <= target.messages) return;
    lane(target.lane).give_up_if(matches, how);
    if (message_lanes_ && target.lane != 0) first_.give_up_if(matches, how);  // messages that it took over
}

void CourierEndpoint::forget(CourierTarget& target, presence::TargetId id, presence::SubscriptionId subscription) {
    give_up(target, [=](const auto& d) { return d.target == id && d.subscription == subscription; }, {});
    target.counts.forget(subscription);
}

void CourierEndpoint::cancel_message(const CourierTarget& target, presence::TargetId id, DeliveryToken token) {
    give_up(target, [=](const auto& d) { return d.target == id && d.token == token; }, {.silently = true});
}

void CourierEndpoint::remove_target(const CourierTarget& target, presence::TargetId id) {
    assert(targets_ > 0 && "a target is removed once");
    give_up(target, [=](const auto& d) { return d.target == id; }, {.silently = true, .orphan = true});
    --targets_;
}

// ---- Connections -------------------------------------------------------------------------------------------

std::size_t CourierEndpoint::most_unanswered() const {
    return targets_ >= kServer && health_.pipelines() ? kPipeline : 1;
}

std::size_t CourierEndpoint::most_lanes() const {
    if (targets_ < kServer || !health_.sound()) return 1;
    if (alone()) return 1;
    return kit_.settings.connections_per_endpoint;
}

/// The first that is not deep, else a new one, else the least deep of those there may be.
CourierLane& CourierEndpoint::lane_for(CourierTarget& target, bool is_message) {
    if (is_message && message_lanes_) {  // those that the first took over are not to be overtaken
        return target.messages > 0 || !alone() ? message_lane_for(target) : first_;
    }
    const auto depth = [this](std::size_t i) { return lane(i).waiting() + lane(i).unanswered(); };
    if (target.pending > target.messages) return lane(target.lane);
    target.lane = 0;
    if (depth(0) < kDeep) return first_;
    const std::size_t most = most_lanes();
    for (std::size_t i = 1; i < most; ++i) {
        if (i > others_.size()) {
            LaneHost& us = *this;
            others_.push_back(std::make_unique<CourierLane>(kit_, us, health_, peer()));
        }
        if (depth(i) < depth(target.lane)) target.lane = static_cast<std::uint16_t>(i);
        if (depth(i) < kDeep) break;
    }
    return lane(target.lane);
}

/// One with nothing on it, else a new one, else the least deep.
CourierLane& CourierEndpoint::message_lane_for(CourierTarget& target) {
    Lanes& all = *message_lanes_;
    if (target.messages > 0) return *all[target.message_lane];
    const auto depth = [](const auto& one) { return one->waiting() + one->unanswered(); };
    auto least = std::ranges::min_element(all, {}, depth);
    const bool free = least != all.end() && depth(*least) == 0;
    if (!free && one_more_for_messages()) {
        add_message_lane();
        least = all.end() - 1;
    }
    target.message_lane = static_cast<std::uint16_t>(least - all.begin());
    return **least;
}

/// Many only for a server that answers.
bool CourierEndpoint::one_more_for_messages() const {
    const std::size_t has = message_lanes_->size();
    if (has < kOwnMessageLanes) return true;
    return has < kMostMessageLanes && kit_.message_lanes < kMessageLanesInAll && health_.sound();
}

void CourierEndpoint::add_message_lane() {
    LaneHost& us = *this;
    message_lanes_->push_back(std::make_unique<CourierLane>(kit_, us, health_, peer(), CourierLane::For::messages));
    ++kit_.message_lanes;
}

/// The deepest on which a message waits for one to somebody else; null: there is none.
CourierLane* CourierEndpoint::most_held_up() {
    CourierLane* most = nullptr;
    for (const auto& one : *message_lanes_) {
        if ((!most || one->waiting() > most->waiting()) && one->held_up()) most = one.get();
    }
    return most;
}

/// One with nothing on it, else a new one.
std::optional<std::size_t> CourierEndpoint::free_message_lane() {
    const Lanes& all = *message_lanes_;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i]->waiting() + all[i]->unanswered() == 0 && !all[i]->shut_out()) return i;
    }
    if (!one_more_for_messages()) return std::nullopt;
    add_message_lane();
    return all.size() - 1;
}

/// What came while there were fewer connections does not stay behind those whom somebody must have first.
void CourierEndpoint::spread_messages() {
    while (!alone()) {
        CourierLane* from = most_held_up();
        const auto index = from ? free_message_lane() : std::nullopt;
        if (!index) return;
        const presence::TargetId target = *from->held_up();
        (*message_lanes_)[*index]->relieve(*from, target);
        kit_.host.find(target)->message_lane = static_cast<std::uint16_t>(*index);
    }
}

void CourierEndpoint::trim() {
    if (!message_lanes_) return;
    const std::size_t keep = alone() ? 0 : kOwnMessageLanes;
    while (message_lanes_->size() > keep) {
        const CourierLane& last = *message_lanes_->back();
        if (last.busy() || last.waiting() + last.unanswered() > 0) return;
        message_lanes_->pop_back();
        --kit_.message_lanes;
    }
}

/// A connection beside the first has failed: what it was to carry goes to the first, which alone finds out how the
/// endpoint is. A peer that takes fewer connections than we would like must not starve anybody.
void CourierEndpoint::withdraw(CourierLane& lane) {
    alone_until_ = clock().now() + kAlonePause;
    if (lane.is_for_messages()) return first_.adopt(lane, [](CourierTarget& target) { --target.messages; });
    first_.adopt(lane, [](CourierTarget& target) { target.lane = 0; });
}

/// Whether the endpoint takes fewer connections than it has: one stands, and this one could not be made.
bool CourierEndpoint::takes_no_more(const CourierLane& lane) const {
    bool stands = false;
    for_each_lane(*this, [&](const CourierLane& one) { stands = stands || (&one != &lane && one.connected()); });
    return lane.shut_out() && stands;
}

void CourierEndpoint::message_lane_released(CourierLane& lane, bool well) {
    // A message that came to nothing says nothing of the others.
    if (!well && takes_no_more(lane)) withdraw(lane);
    spread_messages();
    if (message_lanes_->size() > kOwnMessageLanes || alone()) kit_.host.retire(*this);
    advance();
}

/// The first must have a connection, at the cost of those for messages.
void CourierEndpoint::make_way() {
    for (const auto& one : *message_lanes_) {
        if (!one->busy()) withdraw(*one);
    }
    kit_.host.retire(*this);
}

void CourierEndpoint::released(CourierLane& lane, bool well) {
    if (unused()) return kit_.host.retire(*this);
    if (lane.is_for_messages()) return message_lane_released(lane, well);
    if (!well && &lane != &first_) withdraw(lane);
    if (!well && message_lanes_ && &lane == &first_ && takes_no_more(lane)) make_way();
    if (others_.empty() && !message_lanes_) return first_.advance();
    advance();
}

/// What one connection learned may let others go on.
void CourierEndpoint::advance() {
    for_each_lane(*this, [](CourierLane& one) { one.advance(); });
}

void CourierEndpoint::on_due(base::Instant) { advance(); }

void CourierEndpoint::set_alarm() {
    base::Instant due = base::Instant::max();
    for_each_lane(*this, [&due](CourierLane& one) {
        if (!one.busy()) due = std::min(due, one.due());
    });
    if (due == base::Instant::max()) return cancel();
    kit_.loop.wheel().arm(*this, due);
}

bool CourierEndpoint::allowed(const CourierTarget& target, const base::IpAddress& address) const {
    return address_.has_value() || server_ || kit_.policy.check(address, port_, host_, target.source).has_value();
}

// ---- What is known -----------------------------------------------------------------------------------------

bool CourierEndpoint::busy() const {
    bool busy = false;
    for_each_lane(*this, [&busy](const CourierLane& one) { busy = busy || one.busy(); });
    return busy;
}

bool CourierEndpoint::unused() const {
    if (targets_ > 0) return false;
    std::size_t unanswered = 0;
    for_each_lane(*this, [&unanswered](const CourierLane& one) { unanswered += one.unanswered(); });
    return unanswered == 0;
}

presence::EndpointReport CourierEndpoint::describe(CourierTarget& target,
                                                   presence::SubscriptionId subscription) const {
    presence::EndpointReport report;
    const TargetRecord& record = target.record;
    health_.describe(record, report);
    if (record.last == TargetRecord::Last::answer) report.status = record.status;
    if (record.last == TargetRecord::Last::failure) {
        report.failure = HttpClient::name(static_cast<HttpClient::Failure>(record.failure));
    }
    report.latency = std::chrono::milliseconds(record.latency_ms);
    report.attempts = record.attempts;
    report.delivered = record.delivered;
    report.drops = record.drops;
    report.queued = static_cast<std::uint32_t>(waiting());
    if (const auto* count = target.counts.find(subscription)) report.sent = count->sent;
    if (armed() && target.pending > 0) report.next_try = std::max(due() - clock().now(), 0ms);
    return report;
}

void CourierEndpoint::count(CourierSurvey& survey) const {
    const TargetRecord none{};  // what one call-back was told says nothing of the others
    const std::size_t queue = waiting();
    const auto state = health_.state(none);
    ++survey.endpoints[static_cast<std::size_t>(state)];
    survey.queued += queue;
    if (state == State::unknown || state == State::healthy) return;
    if (survey.ailing.size() >= 2 * CourierSurvey::kMostLines) survey.add({});  // keeps the longest queues
    presence::EndpointReport report;
    health_.describe(none, report);
    survey.ailing.push_back({name_, state, std::move(report.reason), queue, targets_});
}

/// Once a minute, however many are dropped.
void CourierEndpoint::log_full() {
    ++kit_.figures.dropped;
    ++dropped_;
    if (logged_full_ && clock().now() - *logged_full_ < kLogPause) return;
    logged_full_ = clock().now();
    kit_.log.warning("courier.queue_full", {{"endpoint", name_},
                                            {"limit", std::to_string(kit_.settings.queue_per_endpoint)},
                                            {"dropped", std::to_string(std::exchange(dropped_, 0))}});
}

}  // namespace server
