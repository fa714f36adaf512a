// server/courier_health.cc: counters, a smoothed latency, two pauses.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#include "server/courier_health.h"

#include <algorithm>
#include <string>

namespace server {

using State = presence::EndpointReport::State;

namespace {

constexpr int kSmoothing = 8;                // one answer moves the latency by an eighth
constexpr std::uint32_t kMostNeeded = 4096;  // answers; each breach of order asks for 8 times as many

}  // namespace

void BackOff::start(base::Instant now, std::minstd_rand& random) {
    if (until_ > now) return;
    pause_ = std::clamp(pause_ * 2, shortest_, longest_);
    until_ = now + std::chrono::milliseconds(
                       std::uniform_int_distribution<std::int64_t>(pause_.count() / 2, pause_.count())(random));
}

void EndpointHealth::pause_messages(base::Instant now, std::minstd_rand& random) {
    message_pause_.start(now, random);
    urgent_ = false;
}

void EndpointHealth::answered(int status, std::chrono::milliseconds latency) {
    latency_ms8_ = tried_ ? latency_ms8_ + latency.count() - latency_ms8_ / kSmoothing : latency.count() * kSmoothing;
    tried_ = true;
    unavailable_ = status == kUnavailable;
    if (unavailable_) {
        ++failures_;
        return;
    }
    failures_ = 0;
    presence_pause_.reset();
    message_pause_.reset();
}

void EndpointHealth::failed(HttpClient::Failure why) {
    if (why == HttpClient::Failure::not_allowed) return;  // says nothing of who is there
    tried_ = true;
    unavailable_ = false;
    failure_ = why;
    ++failures_;
}

void EndpointHealth::was_irregular(bool pipelined) {
    regular_ = 0;
    if (pipelined) needed_ = std::min(needed_ * 8, kMostNeeded);
}

bool EndpointHealth::refuses() const {
    return failures_ > 0 && !unavailable_ && failure_ == HttpClient::Failure::refused;
}

State EndpointHealth::state(const TargetRecord& target) const {
    const bool says_so = target.last == TargetRecord::Last::answer && (target.status == 410 || target.status == 412);
    if (refuses() || says_so) return State::gone;
    if (failures_ >= static_cast<std::uint32_t>(settings_.suspend_after)) return State::suspended;
    if (!tried_) return State::unknown;
    return latency_ms8_ / kSmoothing > settings_.slow.count() ? State::slow : State::healthy;
}

void EndpointHealth::describe(const TargetRecord& target, presence::EndpointReport& into) const {
    const std::string last = unavailable_ ? "answered 503" : std::string(HttpClient::name(failure_));
    into.state = state(target);
    switch (into.state) {
        case State::gone:
            into.reason = refuses() ? "connections are refused or reset" : "answered " + std::to_string(target.status);
            break;
        case State::suspended:
            into.reason = std::to_string(failures_) + " attempts in a row failed, the last: " + last;
            break;
        case State::unknown:
            into.reason = "nothing was sent yet";
            break;
        case State::slow:
            into.reason = "answers take " + std::to_string(latency_ms8_ / kSmoothing) + " ms";
            break;
        case State::healthy:
            into.reason = failures_ == 0 ? "answers" : "the last attempt failed: " + last;
            break;
    }
}

}  // namespace server
