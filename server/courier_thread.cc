// server/courier_thread.cc: commands in, fates out, both in batches.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 8
#include "server/courier_thread.h"

#include <algorithm>
#include <utility>

namespace server {

namespace {
constexpr std::chrono::milliseconds kCourierTick{100};
}

CourierThread::CourierThread(const base::Clock& clock, base::Log& log, const CallbackPolicy& policy,
                             const CourierSettings& settings, base::Handoff<CourierReport>& reports,
                             base::Handoff<CourierFindings>& findings, AttemptTap& attempts,
                             base::Handoff<CourierQuestion>& questions, std::size_t index)
    : loop_(clock, kCourierTick), settings_(settings), reports_(reports), findings_(findings), questions_(questions), index_(index),
      inbox_(loop_,
             [this](std::vector<CourierCommand>& batch) {
                 for (CourierCommand& command : batch) {
                     obey(command);
                     if (kit_.watch.crowded()) kit_.watch.look();
                 }
                 end_batch();
                 backlog_.done(batch.size());
             }),
      kit_{loop_, log, policy, settings_, *this, attempts, *this}, thread_([this] { loop_.run(); }) {}

CourierThread::~CourierThread() {
    loop_.stop();
    thread_.join();
}

void CourierThread::obey(CourierCommand& command) {
    const presence::Delivery& named = command.delivery;
    if (command.act == CourierCommand::Act::open) return open(named.target, *command.opening);
    if (command.act == CourierCommand::Act::tick) return tick(named.token);
    if (command.act == CourierCommand::Act::ask) return answer(std::move(command.asking));
    if (command.act == CourierCommand::Act::survey) return survey(std::move(command.asking));
    if (command.act == CourierCommand::Act::found) return hear(*command.asking);
    if (command.act == CourierCommand::Act::change) return void(settings_ = command.asking->settings);
    CourierTarget& target = *find(named.target);
    switch (command.act) {
        case CourierCommand::Act::push:
            return target.endpoint->push(std::move(command.delivery), target);
        case CourierCommand::Act::forget:
            return target.endpoint->forget(target, named.target, named.subscription);
        case CourierCommand::Act::cancel:
            target.endpoint->cancel_message(target, named.target, named.token);
            return say({.kind = CourierReport::Kind::cancelled, .token = named.token});
        case CourierCommand::Act::close:
            return close(named.target);
        default:
            break;
    }
}

void CourierThread::end_batch() {
    while (!kit_.at_end_of_batch.empty()) {
        AtEndOfBatch& one = kit_.at_end_of_batch.front();
        kit_.at_end_of_batch.pop_front();
        one.go_on();
    }
}

// ---- Targets and endpoints ---------------------------------------------------------------------------------

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
    const CourierTarget& target = *find(id);
    CourierEndpoint& endpoint = *target.endpoint;
    endpoint.remove_target(target, id);
    targets_[static_cast<std::size_t>(id)].reset();
    remove_if_unused(std::string(endpoint.name()));
}

void CourierThread::remove_if_unused(const std::string& endpoint) {
    const auto it = endpoints_.find(endpoint);
    if (it == endpoints_.end()) return;
    if (it->second->unused()) endpoints_.erase(it);
    else it->second->trim();
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

/// Of a target that is closed meanwhile there is nothing to say; its id does not lead to another before the command
/// that opens that.
void CourierThread::answer(CourierFindings asking) {
    for (const presence::Serving& one : asking->what) {
        CourierTarget* target = find(one.target);
        asking->found.push_back(target ? target->endpoint->describe(*target, one.subscription)
                                       : presence::EndpointReport{});
    }
    findings_.send(std::move(asking));
}

void CourierThread::survey(CourierFindings asking) {
    asking->survey = std::make_unique<CourierSurvey>();
    for (const auto& [name, endpoint] : endpoints_) endpoint->count(*asking->survey);
    asking->survey->figures = kit_.figures;
    findings_.send(std::move(asking));
}

void CourierThread::find(const std::string& authority, Found done) {
    asked_.emplace(++last_question_, std::move(done));
    questions_.send({index_, last_question_, authority});
}

void CourierThread::hear(CourierCommand::Asking& found) {
    auto asked = asked_.extract(found.number);
    asked.mapped()(std::move(*found.server));
}

void CourierThread::flush() { reports_.send_all(said_); }

void CourierThread::tick(presence::DeliveryToken token) {
    end_batch();
    loop_.tick();
    const bool busy = std::ranges::any_of(endpoints_, [](const auto& entry) { return entry.second->busy(); });
    say({.kind = CourierReport::Kind::ticked, .busy = busy, .token = token});
    flush();
}

}  // namespace server
