// server/envoy.cc: subscriptions kept at other servers, and messages sent there.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.1, 5.1, 5.2, 5.6
#include "server/envoy.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rvp/headers.h"
#include "rvp/names.h"
#include "rvp/notification.h"
#include "rvp/present.h"
#include "server/carried_request.h"

namespace server {

using base::Errc;
using presence::Accepted;

namespace {

constexpr std::chrono::seconds kFullLogPause{60};
constexpr int kOurHop = 2;  // the person's own would have been the first
constexpr std::string_view kAllProperties = R"(<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:allprop/></d:propfind>)";

std::string name_of_watch(const std::string& watcher, const std::string& key) { return watcher + "\n" + key; }

/// The head of an answer where headers of requests are read.
base::Request as_request(const base::Response& answer) {
    base::Request request;
    request.headers = answer.headers;
    return request;
}

bool succeeded(int status) { return status >= 200 && status < 300; }

std::string with_body(std::string head, std::string_view body) {
    if (!body.empty()) append_field(head, "Content-Type", "text/xml");
    append_field(head, "Content-Length", std::to_string(body.size()));
    return head.append("\r\n").append(body);
}

base::Result<Accepted> accepted(const base::Response& answer) {
    if (answer.status == 202) return Accepted::kept;
    if (succeeded(answer.status)) return Accepted::settled;
    const std::string said = "his server answered " + std::to_string(answer.status);
    switch (answer.status) {
        case 400: return base::fail(Errc::malformed, said);
        case 401:
        case 403: return base::fail(Errc::denied, said);
        case 404: return base::fail(Errc::not_found, said);
        case 413: return base::fail(Errc::too_large, said);
        case 508: return base::fail(Errc::loop, said);
        default: return base::fail(Errc::precondition, said);
    }
}

}  // namespace

/// One whom one person watches.
struct Envoy::Watch final : base::TimerHook, std::enable_shared_from_this<Watch> {
    Watch(Envoy& e, presence::Caller w, std::string k) : envoy(e), who(std::move(w)), key(std::move(k)) {}
    void on_due(base::Instant) override { envoy.ask(shared_from_this()); }

    Envoy& envoy;
    const presence::Caller who;
    const std::string key;
    std::vector<presence::AbroadEvents*> events;  // none: it is over
    presence::SubscriptionId id{};                // 0: not subscribed
    base::Instant lease_end{};
    bool begun = false;  // else it waits for room
    bool asking = false;
    bool in_sight = false;
};

Envoy::Envoy(House house, HolderOf holder, base::xml::Bounds bounds, std::string our_name, std::size_t most_watches)
    : house_(house), holder_(std::move(holder)), bounds_(bounds), our_name_(std::move(our_name)), most_watches_(most_watches) {}

Envoy::~Envoy() = default;

std::size_t Envoy::asking() const {
    return static_cast<std::size_t>(std::ranges::count_if(watches_, [](const auto& one) { return one.second->asking; }));
}

// -- whom they watch

void Envoy::watch(const presence::Caller& who, const std::string& key, presence::AbroadEvents& events) {
    const std::string name = name_of_watch(who.key, key);
    if (!watches_.contains(name) && watches_.size() >= 2 * most_watches_) return tell_full(Watch(*this, who, key));
    WatchRef& watch = watches_[name];
    if (!watch) watch = std::make_shared<Watch>(*this, who, key);
    if (std::ranges::find(watch->events, &events) != watch->events.end()) return;
    watch->events.push_back(&events);
    if (watch->id != presence::SubscriptionId{}) return look(watch, events);  // he has heard nothing yet
    if (watch->events.size() == 1) begin(watch);
}

/// Or waits until another ends.
void Envoy::begin(const WatchRef& watch) {
    if (begun_ >= most_watches_) {
        if (parked_.size() >= 2 * most_watches_) std::erase_if(parked_, [](const auto& one) { return one.expired(); });
        parked_.push_back(watch);
        return tell_full(*watch);
    }
    watch->begun = true;
    ++begun_;
    ask(watch);
}

void Envoy::make_room_for_next() {
    --begun_;
    while (begun_ < most_watches_ && !parked_.empty()) {
        const WatchRef next = parked_.front().lock();
        parked_.pop_front();
        if (next) begin(next);
    }
}

/// Once a minute, however many there are.
void Envoy::tell_full(const Watch& watch) {
    if (told_full_ && house_.clock.now() - *told_full_ < kFullLogPause) return;
    told_full_ = house_.clock.now();
    house_.log.warning("abroad-full", {{"watcher", watch.who.url}, {"node", house_.realm.url_of(watch.key)}, {"limit", std::to_string(most_watches_)}});
}

void Envoy::unwatch(const presence::Caller& who, const std::string& key, presence::AbroadEvents& events) {
    const auto found = watches_.find(name_of_watch(who.key, key));
    if (found == watches_.end()) return;
    const WatchRef watch = found->second;
    std::erase(watch->events, &events);
    if (!watch->events.empty()) return;
    watches_.erase(found);
    watch->cancel();
    if (watch->id != presence::SubscriptionId{}) end(*watch);
    if (watch->begun) make_room_for_next();
}

/// Renews, or begins.
void Envoy::ask(const WatchRef& watch) {
    if (std::exchange(watch->asking, true)) return;
    const bool renew = watch->id != presence::SubscriptionId{};
    std::string head = head_of("SUBSCRIBE", house_.realm.url_of(watch->who.key), kOurHop, watch->key);
    if (renew) {
        append_field(head, rvp::kSubscriptionId, std::to_string(std::to_underlying(watch->id)));
    } else {
        append_field(head, rvp::kNotificationType, "update/propchange");
        append_field(head, rvp::kCallBack, house_.realm.url_of(watch->who.key));
    }
    append_field(head, rvp::kSubscriptionLifetime, std::to_string(kLease.count()));
    house_.passages.carry(holder_(watch->key), with_body(std::move(head), ""),
                          [this, watch, renew, at = house_.clock.now()](const Answered& answer) {
        watch->asking = false;
        asked(watch, renew, at, answer);
    });
}

void Envoy::asked(const WatchRef& watch, bool renewed, base::Instant at, const Answered& answer) {
    if (answer && succeeded(answer->status)) return granted(watch, renewed, at, *answer);
    if (watch->events.empty()) return;
    if (!answer || answer->status >= 500) return away(watch);
    if (renewed && answer->status == 412) {  // it has been forgotten there
        watch->id = {};
        return ask(watch);
    }
    refused(watch, std::to_string(answer->status));
}

void Envoy::granted(const WatchRef& watch, bool renewed, base::Instant at, const base::Response& answer) {
    const base::Request head = as_request(answer);
    const auto lifetime = rvp::lifetime(head);
    if (!renewed) {
        const auto id = rvp::subscription_id(head);
        if (!id || !*id) return watch->events.empty() ? void() : refused(watch, "an answer without Subscription-Id");
        watch->id = **id;
        if (watch->events.empty()) return end(*watch);
    }
    if (watch->events.empty()) return;
    const auto granted = std::max(lifetime ? lifetime->value_or(kLease) : kLease, std::chrono::seconds(2));
    watch->lease_end = at + granted;
    arm(*watch, granted / 2);
    if (renewed) return;
    const auto present = rvp::read_present(answer.body, bounds_);
    if (present) tell(watch, *present, at);
}

/// As long as the lease runs, what was told last may still be so.
void Envoy::away(const WatchRef& watch) {
    const base::Instant now = house_.clock.now();
    std::chrono::milliseconds pause = kAwayPause;
    if (watch->id != presence::SubscriptionId{}) {
        if (now < watch->lease_end) {
            pause = std::min(pause, std::chrono::duration_cast<std::chrono::milliseconds>(watch->lease_end - now));
        } else {
            watch->id = {};
            out_of_sight(watch);
        }
    }
    arm(*watch, pause);
}

void Envoy::refused(const WatchRef& watch, const std::string& why) {
    house_.log.debug("abroad-refused", {{"watcher", watch->who.url}, {"node", house_.realm.url_of(watch->key)}, {"answer", why}});
    watch->id = {};
    out_of_sight(watch);
    arm(*watch, kRefusedPause);
}

/// For one who watches whom this person watches already.
void Envoy::look(const WatchRef& watch, presence::AbroadEvents& events) {
    std::string head = head_of("PROPFIND", house_.realm.url_of(watch->who.key), kOurHop, watch->key);
    append_field(head, rvp::kDepth, "0");
    house_.passages.carry(holder_(watch->key), with_body(std::move(head), kAllProperties),
                          [this, watch, &events, at = house_.clock.now()](const Answered& answer) {
        if (std::ranges::find(watch->events, &events) == watch->events.end()) return;
        if (!answer || !succeeded(answer->status)) return;
        if (const auto present = rvp::read_present(answer->body, bounds_)) events.seen(watch->key, *present, at);
    });
}

void Envoy::end(const Watch& watch) {
    std::string head = head_of("UNSUBSCRIBE", house_.realm.url_of(watch.who.key), kOurHop, watch.key);
    append_field(head, rvp::kSubscriptionId, std::to_string(std::to_underlying(watch.id)));
    // Should it not come there, the lease ends it.
    house_.passages.carry(holder_(watch.key), with_body(std::move(head), ""), [](const Answered&) {});
}

void Envoy::tell(const WatchRef& watch, const std::vector<presence::Prop>& present, base::Instant asked) {
    watch->in_sight = !present.empty();
    for (presence::AbroadEvents* events : std::vector(watch->events)) events->seen(watch->key, present, asked);
}

void Envoy::out_of_sight(const WatchRef& watch) {
    if (watch->in_sight) tell(watch, {}, house_.clock.now());
}

/// A little later, so that not all come at once.
void Envoy::arm(Watch& watch, std::chrono::milliseconds pause) {
    const std::chrono::milliseconds more(std::uniform_int_distribution<std::int64_t>(0, pause.count() / 8)(random_));
    house_.wheel.arm(watch, house_.clock.now() + pause + more);
}

// -- what they write

void Envoy::notify(const presence::Notification& what, const std::string& key, base::Once<void(base::Result<Accepted>)> done) {
    std::string head = head_of("NOTIFY", what.from_principal, what.hop_count, key);
    append_field(head, rvp::kAckType, rvp::ack_name(what.ack));
    const rvp::NotificationText text = rvp::render(what);
    house_.passages.carry(holder_(key), with_body(std::move(head), text.head + text.tail),
                          [done = std::move(done)](const Answered& answer) mutable {
        if (answer) return done(accepted(*answer));
        done(std::unexpected(answer.error()));
    });
}

std::string Envoy::head_of(std::string_view method, const std::string& from, int hops, const std::string& key) const {
    const auto address = presence::Address::parse(house_.realm.url_of(key));
    std::string head(method);
    head.append(" ").append(address ? origin_form(*address) : key).append(" HTTP/1.1\r\n");
    append_field(head, "Host", address ? address->authority() : "");
    append_field(head, rvp::kVersion, rvp::kOurVersion);
    append_field(head, rvp::kFromPrincipal, from);
    append_field(head, rvp::kHopCount, std::to_string(hops));
    append_field(head, rvp::kPassed, our_name_);
    return head;
}

}  // namespace server
