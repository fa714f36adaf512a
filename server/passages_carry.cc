// server/passages_carry.cc: over which connection a request goes, or where it waits.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 6
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "presence/address.h"
#include "rvp/names.h"
#include "server/passages_inside.h"

namespace server {

namespace {

constexpr std::size_t kMostPeers = 1000;  // with connections

/// "" without one.
std::string_view field_of(std::string_view request, std::string_view name) {
    for (std::string_view head = request.substr(0, request.find("\r\n\r\n")); !head.empty();) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !base::equal_ignoring_case(line.substr(0, colon), name)) continue;
        return base::trim(line.substr(colon + 1));
    }
    return {};
}

/// Whether it is answered only once somebody has it: a notification, unless it says SingleHop (RVP 5.6).
bool is_deep(std::string_view request) {
    return request.starts_with("NOTIFY ") && !base::equal_ignoring_case(field_of(request, rvp::kAckType), "SingleHop");
}

/// However it is written.
std::string target_of(std::string_view request) {
    std::string target(request.substr(request.find(' ') + 1));
    target.resize(std::min(target.size(), target.find(' ')));
    const auto address = presence::Address::parse(target.starts_with('/') ? "http://x" + target : target);
    return base::to_lower(address ? address->path() : target);
}

std::string sender_of(std::string_view request) {
    const std::string_view from = field_of(request, rvp::kFromPrincipal);
    const auto address = presence::Address::parse(from);
    return base::to_lower(address ? address->url() : from);
}

}  // namespace

Passages::Passages(base::Loop& loop, PeerFinder& finder, CourierSettings settings, const Bounds& bounds)
    : loop_(loop), finder_(finder), settings_(std::move(settings)), bounds_(bounds) {
    settings_.whole_answers = true;
}

Passages::~Passages() = default;

std::size_t Passages::most_lanes() const { return lanes_ < bounds_.in_all ? bounds_.lanes : std::min(bounds_.own, bounds_.lanes); }

/// One that is free or new; null: the job has to wait.
Passages::Lane* Passages::lane_for(Peer& peer, const std::string& authority, bool deep) {
    const std::size_t most = most_lanes();
    if (deep && !peer.deep_may_go(most, bounds_)) return nullptr;
    for (const auto& lane : peer.lanes) {
        if (!lane->busy()) return lane.get();
    }
    if (peer.asking() >= most) return nullptr;
    peer.lanes.push_back(std::make_unique<Lane>(*this, peer, authority));
    return peer.lanes.back().get();
}

void Passages::carry(const std::string& authority, std::string request, Carried done, Bodies bodies) {
    const bool crowded = lanes_ >= bounds_.in_all || (!peers_.contains(authority) && peers_.size() >= kMostPeers);
    if (crowded) forget_idle();
    if (!peers_.contains(authority) && peers_.size() >= kMostPeers) {
        return done(base::fail(base::Errc::busy, "requests for too many domains are under way"));
    }
    std::unique_ptr<Peer>& peer = peers_[authority];
    if (!peer) peer = std::make_unique<Peer>();
    const bool deep = is_deep(request);
    Job job{std::move(request), std::move(done), loop_.clock().now(), bodies, deep};
    if (deep) {
        job.target = target_of(job.request);
        job.sender = sender_of(job.request);
    }
    Lane* lane = peer->may_begin(job, bounds_) ? lane_for(*peer, authority, deep) : nullptr;
    if (lane) return lane->begin(std::move(job));
    if (peer->queued() >= kQueued || peer->bytes + job.request.size() > kQueuedBytes) {
        return job.done(base::fail(base::Errc::busy, "too many requests wait for the server of " + authority));
    }
    peer->bytes += job.request.size();
    peer->waiting[deep ? 1 : 0].push_back(std::move(job));
}

Passages::Reach Passages::reach(const std::string& authority) const {
    const auto peer = peers_.find(authority);
    return peer == peers_.end() ? Reach::unknown : peer->second->reach;
}

void Passages::arrived(Arrived one) {
    if (arrived_.empty()) {
        loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
            if (alive.lock()) deliver();
        });
    }
    arrived_.push_back(std::move(one));
}

void Passages::finished(Lane& lane) {
    auto one = lane.take();
    lane.of.reach = !one || one->outcome ? Reach::reached : Reach::failed;  // of what is handed on as it comes there is none
    if (one) arrived(std::move(*one));
    lent_ = lent_ || !lane.of.waiting[1].empty();  // its target and its sender may go on, over lanes that are free
    if (auto next = next_of(lane.of, lane.of.deep_may_go(most_lanes(), bounds_))) lane.begin(std::move(*next));
}

/// What goes next; whoever asked for what has waited too long has given up by now.
std::optional<Passages::Job> Passages::next_of(Peer& peer, bool deep_too) {
    const base::Instant too_old = loop_.clock().now() - settings_.answer_time;
    for (;;) {
        const Peer::Next next = peer.next(deep_too, too_old, bounds_);
        if (!next.queue) return std::nullopt;
        Job job = peer.pop(next);
        if (job.came >= too_old) return job;
        too_late(std::move(job));
    }
}

void Passages::too_late(Job job) {
    arrived({std::move(job.done), base::fail(base::Errc::busy, "its server has answered nothing for too long")});
}

/// Not from inside a client: who hears of it may ask for more, and idle servers are forgotten then.
void Passages::deliver() {
    for (Arrived& one : std::exchange(arrived_, {})) one.done(std::move(one.outcome));
    if (!std::exchange(lent_, false)) return;
    for (auto& [authority, peer] : peers_) use_lanes(*peer, authority);
}

/// What waits goes over lanes that there may be.
void Passages::use_lanes(Peer& peer, const std::string& authority) {
    const base::Instant too_old = loop_.clock().now() - settings_.answer_time;
    for (;;) {
        const Peer::Next next = peer.next(peer.deep_may_go(most_lanes(), bounds_), too_old, bounds_);
        Lane* lane = next.queue ? lane_for(peer, authority, false) : nullptr;
        if (!lane) return;
        Job job = peer.pop(next);
        job.came < too_old ? too_late(std::move(job)) : lane->begin(std::move(job));
    }
}

void Passages::stop() {
    std::vector<Carried> owed;
    for (Arrived& one : std::exchange(arrived_, {})) owed.push_back(std::move(one.done));
    for (auto& [authority, peer] : peers_) {
        for (const auto& lane : peer->lanes) {
            if (!lane->busy()) continue;
            if (auto one = lane->take()) owed.push_back(std::move(one->done));
        }
        for (auto& queue : peer->waiting) {
            for (Job& job : std::exchange(queue, {})) owed.push_back(std::move(job.done));
        }
        peer->bytes = 0;
    }
    for (Carried& done : owed) done(base::fail(base::Errc::busy, "the server is stopping"));
}

void Passages::forget_idle() {
    std::erase_if(peers_, [](const auto& entry) { return entry.second->idle(); });
}

}  // namespace server
