// server/courier.cc: the face of the push engine: names targets, gathers commands, passes fates on.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 6, 8; RVP 5.1.4
#include "server/courier.h"

#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/handoff.h"
#include "server/callback_url.h"
#include "server/courier_thread.h"
#include "server/notify_request.h"

namespace server {

using presence::DeliveryToken;
using presence::TargetId;

namespace {
constexpr std::uint32_t kMostTargets = 16'000'000;  // ten times what the largest plan needs; some 500 bytes each
}

struct Courier::Parts {
    Parts(base::Loop& loop, const base::Clock& time, base::Log& log, const CallbackPolicy& call_back_policy,
          CourierSettings courier_settings)
        : clock(time), policy(call_back_policy), settings(courier_settings),
          reports(loop, [this](std::vector<CourierReport>& batch) {
              for (const CourierReport& report : batch) hear(report);
          }),
          findings(loop, [this](std::vector<CourierFindings>& batch) {
              for (const CourierFindings& found : batch) hear(*found);
          }),
          questions(loop, [this](std::vector<CourierQuestion>& batch) {
              for (CourierQuestion& question : batch) find_server(std::move(question));
          }),
          end_of_turn(loop, [this](std::vector<EndOfTurn>&) { flush(); }), attempts(loop) {
        const int count = std::max(settings.threads, 1);
        batches.resize(static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i) {
            threads.push_back(std::make_unique<CourierThread>(clock, log, policy, settings, reports, findings, attempts, questions,
                                                              threads.size()));
        }
    }

    ~Parts() {
        threads.clear();
        for (auto& [number, settling] : settlings) settling.done(false);
        for (auto& [number, asking] : askings) asking.done(std::move(asking.reports));
        for (auto& [number, surveying] : surveyings) surveying.done(std::move(surveying.sum));
    }

    struct Target {
        std::uint32_t generation = 0;
        std::uint16_t thread = 0;
        bool open = false;
    };
    struct Settling {
        base::Once<void(bool)> done;
        std::size_t awaited;
        bool busy = false;
    };
    struct Asking {
        base::Once<void(std::vector<presence::EndpointReport>)> done;
        std::vector<presence::EndpointReport> reports;
        std::size_t awaited = 0;
    };
    struct Surveying {
        base::Once<void(CourierSurvey)> done;
        CourierSurvey sum{};
        std::size_t awaited = 0;
    };
    struct EndOfTurn {};

    [[nodiscard]] Target* find(TargetId id);
    [[nodiscard]] base::Result<TargetId> new_id();
    void command(std::size_t thread, CourierCommand&& command);
    void command(CourierCommand::Act act, presence::Delivery&& delivery);
    void flush();
    void hear(const CourierReport& report);
    void hear_tick(const CourierReport& report);
    void hear(CourierCommand::Asking& found);
    void hear_survey(CourierCommand::Asking& found);
    void find_server(CourierQuestion question);

    const base::Clock& clock;
    const CallbackPolicy& policy;
    const CourierSettings settings;
    presence::CarrierEvents* events = nullptr;
    PeerFinder* finder = nullptr;  // null: no other domain is known
    Courier::ServerOf server_of;
    std::string our_name;
    std::vector<Target> targets{1};  // by id; 0 names none
    std::vector<TargetId> closed;    // ids to be used again
    // Tokens whose thread has not obeyed yet: a report may be on its way.
    std::unordered_set<std::uint64_t> cancelled;
    std::unordered_map<std::uint64_t, Settling> settlings;
    std::unordered_map<std::uint64_t, Asking> askings;
    std::unordered_map<std::uint64_t, Surveying> surveyings;
    std::uint64_t last_number = 0;  // of a settling or an asking
    std::vector<std::vector<CourierCommand>> batches;  // per thread, of this turn of the loop
    bool gathered = false;                             // something is in batches
    base::Handoff<CourierReport> reports;
    base::Handoff<CourierFindings> findings;
    base::Handoff<CourierQuestion> questions;
    base::Handoff<EndOfTurn> end_of_turn;
    AttemptTap attempts;
    std::vector<std::unique_ptr<CourierThread>> threads;
};

// ---- Commands ----------------------------------------------------------------------------------------------

Courier::Parts::Target* Courier::Parts::find(TargetId id) {
    const auto index = static_cast<std::size_t>(id);
    return index < targets.size() && targets[index].open ? &targets[index] : nullptr;
}

base::Result<TargetId> Courier::Parts::new_id() {
    if (!closed.empty()) {
        const TargetId id = closed.back();
        closed.pop_back();
        return id;
    }
    if (targets.size() > kMostTargets) return base::fail(base::Errc::busy, "too many call-backs are open");
    targets.emplace_back();
    return TargetId(static_cast<std::uint32_t>(targets.size() - 1));
}

void Courier::Parts::command(std::size_t thread, CourierCommand&& command) {
    if (!std::exchange(gathered, true)) end_of_turn.send({});
    batches[thread].push_back(std::move(command));
}

/// To the thread of the delivery's target, which may be closed: then nobody is told.
void Courier::Parts::command(CourierCommand::Act act, presence::Delivery&& delivery) {
    if (const Target* target = find(delivery.target)) command(target->thread, {act, std::move(delivery)});
}

void Courier::Parts::flush() {
    gathered = false;
    for (std::size_t i = 0; i < threads.size(); ++i) threads[i]->send(batches[i]);
}

// ---- Reports -----------------------------------------------------------------------------------------------

void Courier::Parts::hear(const CourierReport& report) {
    const auto token = static_cast<std::uint64_t>(report.token);
    if (report.kind == CourierReport::Kind::ticked) return hear_tick(report);
    if (report.kind == CourierReport::Kind::cancelled) return void(cancelled.erase(token));
    const Target* target = find(report.target);
    if (!target || target->generation != report.generation) return;  // closed while the report was on its way
    if (cancelled.contains(token) || !events) return;
    events->settled(report.target, report.subscription, report.token, report.fate);
}

void Courier::Parts::hear_tick(const CourierReport& report) {
    const auto it = settlings.find(static_cast<std::uint64_t>(report.token));
    it->second.busy = it->second.busy || report.busy;
    if (--it->second.awaited > 0) return;
    Settling settled = std::move(it->second);
    settlings.erase(it);
    settled.done(settled.busy || gathered);
}

void Courier::Parts::hear_survey(CourierCommand::Asking& found) {
    const auto it = surveyings.find(found.number);
    it->second.sum.add(std::move(*found.survey));
    if (--it->second.awaited > 0) return;
    Surveying whole = std::move(it->second);
    surveyings.erase(it);
    whole.done(std::move(whole.sum));
}

void Courier::Parts::hear(CourierCommand::Asking& found) {
    if (found.survey) return hear_survey(found);
    const auto it = askings.find(found.number);
    Asking& asking = it->second;
    for (std::size_t i = 0; i < found.places.size(); ++i) {
        asking.reports[found.places[i]] = std::move(found.found[i]);
    }
    if (--asking.awaited > 0) return;
    Asking answered = std::move(asking);
    askings.erase(it);
    answered.done(std::move(answered.reports));
}

void Courier::Parts::find_server(CourierQuestion question) {
    finder->find(question.authority, [this, question](base::Result<PeerPlaces> found) {
        CourierCommand answer{CourierCommand::Act::found, {}};
        answer.asking = std::make_unique<CourierCommand::Asking>(question.number);
        answer.asking->server = std::make_unique<base::Result<PeerPlaces>>(std::move(found));
        command(question.thread, std::move(answer));
    });
}

// ---- The face ----------------------------------------------------------------------------------------------

Courier::Courier(base::Loop& loop, const base::Clock& clock, base::Log& log, const CallbackPolicy& policy,
                 CourierSettings settings)
    : parts_(std::make_unique<Parts>(loop, clock, log, policy, settings)) {}

Courier::~Courier() = default;

AttemptTap& Courier::attempts() { return parts_->attempts; }

void Courier::set_servers(PeerFinder& finder, ServerOf server_of, std::string our_name) {
    parts_->finder = &finder;
    parts_->server_of = std::move(server_of);
    parts_->our_name = std::move(our_name);
}

void Courier::set_events(presence::CarrierEvents& events) { parts_->events = &events; }

base::Result<TargetId> Courier::open(std::string_view url, const presence::Contact& to,
                                     const base::IpAddress& source) {
    auto parsed = parse_callback_url(url);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    // Whatever address its server has, the finder judges it.
    if (parts_->server_of) parsed->server = parts_->server_of(parsed->authority(), parsed->path);
    if (!parsed->server.empty()) {
        parsed->address.reset();  // a node's name; its server is asked as it wishes
    } else if (parsed->address) {
        auto checked = parts_->policy.check(*parsed->address, parsed->port, parsed->host, source);
        if (!checked) return std::unexpected(std::move(checked.error()));
    } else if (!parts_->policy.may_try_name(parsed->host)) {
        return base::fail(base::Errc::denied, "Call-Back: the host " + parsed->host + " is not in callback.allow (RVP 5.1.4)");
    }
    const auto id = parts_->new_id();
    if (!id) return std::unexpected(id.error());
    Parts::Target& target = parts_->targets[static_cast<std::size_t>(*id)];
    target.open = true;
    const std::size_t hash = std::hash<std::string>()(parsed->endpoint());
    target.thread = static_cast<std::uint16_t>(hash % parts_->threads.size());
    CourierCommand command{CourierCommand::Act::open, {}};
    command.delivery.target = *id;
    command.opening =
        std::make_unique<CourierCommand::Opening>(std::move(*parsed), to, source, ++target.generation);
    parts_->command(target.thread, std::move(command));
    return *id;
}

void Courier::close(TargetId id) {
    presence::Delivery named;
    named.target = id;
    Parts::Target* target = parts_->find(id);
    if (!target) return;
    parts_->command(CourierCommand::Act::close, std::move(named));
    target->open = false;
    parts_->closed.push_back(id);
}

std::shared_ptr<presence::Prepared> Courier::prepare(const presence::Notification& notification) {
    auto prepared = std::make_shared<PreparedNotify>(notification);
    prepared->made = parts_->clock.now();
    prepared->request = notification.request;
    if (parts_->finder) prepared->passed = passed_on(notification.passed, parts_->our_name);
    return prepared;
}

void Courier::push(presence::Delivery delivery) {
    parts_->command(CourierCommand::Act::push, std::move(delivery));
}

void Courier::forget(TargetId target, presence::SubscriptionId subscription) {
    presence::Delivery named;
    named.target = target;
    named.subscription = subscription;
    parts_->command(CourierCommand::Act::forget, std::move(named));
}

void Courier::cancel(TargetId target, DeliveryToken token) {
    if (token == DeliveryToken{} || !parts_->find(target)) return;
    parts_->cancelled.insert(static_cast<std::uint64_t>(token));
    presence::Delivery named;
    named.target = target;
    named.token = token;
    parts_->command(CourierCommand::Act::cancel, std::move(named));
}

void Courier::report(std::vector<presence::Serving> asked,
                     base::Once<void(std::vector<presence::EndpointReport>)> done) {
    const std::uint64_t number = ++parts_->last_number;
    std::vector<CourierFindings> parcels(parts_->threads.size());
    for (std::size_t place = 0; place < asked.size(); ++place) {
        const Parts::Target* target = parts_->find(asked[place].target);
        if (!target) continue;
        CourierFindings& parcel = parcels[target->thread];
        if (!parcel) parcel = std::make_unique<CourierCommand::Asking>(number);
        parcel->what.push_back(asked[place]);
        parcel->places.push_back(place);
    }
    Parts::Asking asking{std::move(done), std::vector<presence::EndpointReport>(asked.size())};
    for (const CourierFindings& parcel : parcels) asking.awaited += parcel ? 1 : 0;
    if (asking.awaited == 0) return asking.done(std::move(asking.reports));
    parts_->askings.emplace(number, std::move(asking));
    for (std::size_t i = 0; i < parcels.size(); ++i) {
        if (!parcels[i]) continue;
        CourierCommand command{CourierCommand::Act::ask, {}};
        command.asking = std::move(parcels[i]);
        parts_->command(i, std::move(command));
    }
}

void Courier::survey(base::Once<void(CourierSurvey)> done) {
    const std::uint64_t number = ++parts_->last_number;
    Parts::Surveying surveying{std::move(done)};
    surveying.awaited = parts_->threads.size();
    surveying.sum.age = age();
    parts_->surveyings.emplace(number, std::move(surveying));
    for (std::size_t i = 0; i < parts_->threads.size(); ++i) {
        CourierCommand command{CourierCommand::Act::survey, {}};
        command.asking = std::make_unique<CourierCommand::Asking>(number);
        parts_->command(i, std::move(command));
    }
}

void Courier::change(const CourierSettings& settings) {
    for (std::size_t i = 0; i < parts_->threads.size(); ++i) {
        CourierCommand command{CourierCommand::Act::change, {}};
        command.asking = std::make_unique<CourierCommand::Asking>(0);
        command.asking->settings = settings;
        parts_->command(i, std::move(command));
    }
}

std::chrono::milliseconds Courier::age() {
    std::chrono::milliseconds oldest{0};
    for (const auto& thread : parts_->threads) oldest = std::max(oldest, thread->age());
    return oldest;
}

void Courier::settle(base::Once<void(bool)> done) {
    const std::uint64_t number = ++parts_->last_number;
    parts_->settlings.emplace(number, Parts::Settling{std::move(done), parts_->threads.size()});
    for (std::size_t i = 0; i < parts_->threads.size(); ++i) {
        CourierCommand command{CourierCommand::Act::tick, {}};
        command.delivery.token = DeliveryToken(number);
        parts_->command(i, std::move(command));
    }
    parts_->flush();
}

}  // namespace server
