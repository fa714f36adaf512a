// server/courier_thread.cc: commands in, fates out, both in batches.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 8
#include "server/courier_thread.h"

#include <algorithm>
#include <utility>

namespace server {

namespace {
constexpr std::chrono::milliseconds kTick{100};
}

CourierThread::CourierThread(const base::Clock& clock, base::Log& log, const CallbackPolicy& policy,
                             const CourierSettings& settings, base::Handoff<CourierReport>& reports)
    : loop_(clock, kTick), reports_(reports),
      inbox_(loop_,
             [this](std::vector<CourierCommand>& batch) {
                 for (CourierCommand& command : batch) obey(command);
             }),
      kit_{loop_, log, policy, settings, *this}, thread_([this] { loop_.run(); }) {}

CourierThread::~CourierThread() {
    loop_.stop();
    thread_.join();
}

void CourierThread::obey(CourierCommand& command) {
    const presence::Delivery& named = command.delivery;
    if (command.act == CourierCommand::Act::open) return open(named.target, *command.opening);
    if (command.act == CourierCommand::Act::tick) return tick(named.token);
    CourierEndpoint& endpoint = *find(named.target)->endpoint;
    switch (command.act) {
        case CourierCommand::Act::push:
            return endpoint.push(std::move(command.delivery));
        case CourierCommand::Act::forget:
            return endpoint.forget(named.target, named.subscription);
        case CourierCommand::Act::cancel:
            endpoint.cancel_message(named.target, named.token);
            return say({.kind = CourierReport::Kind::cancelled, .token = named.token});
        case CourierCommand::Act::close:
            return close(named.target);
        default:
            break;
    }
}

// ---- Targets and endpoints ---------------------------------------------------------------------------------

const CourierTarget* CourierThread::find(presence::TargetId id) const {
    return targets_[static_cast<std::size_t>(id)].get();
}

void CourierThread::open(presence::TargetId id, const CourierCommand::Opening& opening) {
    std::unique_ptr<CourierEndpoint>& endpoint = endpoints_[opening.url.endpoint()];
    if (!endpoint) endpoint = std::make_unique<CourierEndpoint>(kit_, opening.url);
    endpoint->add_target();
    const auto index = static_cast<std::size_t>(id);
    if (targets_.size() <= index) targets_.resize(index + 1);
    targets_[index] = std::make_unique<CourierTarget>(
        endpoint.get(), TargetText(opening.url, opening.to), opening.source, opening.generation);
}

void CourierThread::close(presence::TargetId id) {
    CourierEndpoint& endpoint = *find(id)->endpoint;
    endpoint.remove_target(id);
    targets_[static_cast<std::size_t>(id)].reset();
    remove_if_unused(std::string(endpoint.name()));
}

void CourierThread::remove_if_unused(const std::string& endpoint) {
    const auto it = endpoints_.find(endpoint);
    if (it != endpoints_.end() && it->second->unused()) endpoints_.erase(it);
}

void CourierThread::retire(CourierEndpoint& endpoint) {
    // Not now: it is the endpoint that calls. Later another target may have come.
    loop_.post([this, name = endpoint.name()] { remove_if_unused(name); });
}

// ---- Reports -----------------------------------------------------------------------------------------------

void CourierThread::report(const presence::Delivery& delivery, presence::Fate fate) {
    say({.fate = fate,
         .target = delivery.target,
         .subscription = delivery.subscription,
         .token = delivery.token,
         .generation = find(delivery.target)->generation});
}

void CourierThread::say(CourierReport&& report) {
    if (said_.empty()) loop_.post([this] { flush(); });
    said_.push_back(std::move(report));
}

void CourierThread::flush() { reports_.send_all(said_); }

void CourierThread::tick(presence::DeliveryToken token) {
    loop_.tick();
    const bool busy = std::ranges::any_of(endpoints_, [](const auto& entry) { return entry.second->busy(); });
    say({.kind = CourierReport::Kind::ticked, .busy = busy, .token = token});
    flush();
}

}  // namespace server
