// tests/fakes.h: every fake, once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "presence/ports.h"
#include "presence/service.h"

namespace tests {

/// A Carrier that sends nothing and remembers everything.
class FakeCarrier final : public presence::Carrier {
public:
    struct Ready final : presence::Prepared {
        presence::Notification notification;
    };
    struct Sent {
        std::string url;
        presence::Delivery delivery;
        [[nodiscard]] const presence::Notification& what() const {
            return static_cast<const Ready&>(*delivery.what).notification;
        }
        /// The status told by a property change; "" if it tells none.
        [[nodiscard]] std::string status() const {
            const auto* change = std::get_if<presence::PropNotification>(&what().payload);
            if (!change) return "";
            for (const presence::PropChange& c : change->changes) {
                if (c.name == presence::prop_state() && c.value) return std::get<presence::Status>(*c.value).name();
            }
            return "";
        }
    };

    base::Result<presence::TargetId> open(std::string_view url, const presence::Contact&,
                                          const base::IpAddress&) override {
        if (refuse_open) return std::unexpected(*refuse_open);
        urls_.emplace_back(url);
        ++open_targets;
        return presence::TargetId(static_cast<std::uint32_t>(urls_.size() - 1));
    }
    void close(presence::TargetId) override { --open_targets; }
    std::shared_ptr<presence::Prepared> prepare(const presence::Notification& notification) override {
        auto ready = std::make_shared<Ready>();
        ready->notification = notification;
        return ready;
    }
    void push(presence::Delivery delivery) override {
        const std::string url = urls_.at(static_cast<std::size_t>(delivery.target));
        sent.push_back({url, std::move(delivery)});
    }
    void forget(presence::TargetId target, presence::SubscriptionId id) override { forgotten.emplace_back(target, id); }
    void cancel(presence::TargetId, presence::DeliveryToken token) override { cancelled.push_back(token); }
    void report(std::vector<presence::Serving> asked,
                base::Once<void(std::vector<presence::EndpointReport>)> done) override {
        std::vector<presence::EndpointReport> found;
        for (const auto& one : asked) found.push_back(reports[urls_.at(static_cast<std::size_t>(one.target))]);
        done(std::move(found));
    }

    /// What was sent since the last call.
    std::vector<Sent> take() { return std::exchange(sent, {}); }
    /// `url status` of each property change sent since the last call.
    std::vector<std::string> take_states() {
        std::vector<std::string> lines;
        for (const Sent& s : take()) lines.push_back(s.url + " " + s.status());
        return lines;
    }

    std::vector<Sent> sent;
    std::vector<std::pair<presence::TargetId, presence::SubscriptionId>> forgotten;
    std::vector<presence::DeliveryToken> cancelled;
    std::map<std::string, presence::EndpointReport> reports;  // by URL; of others nothing is known
    std::optional<base::Error> refuse_open;
    int open_targets = 0;

private:
    std::vector<std::string> urls_;
};

/// Of the node of one of ours.
inline std::string key(const std::string& name) { return "/instmsg/aliases/" + name; }

/// presence/service on a fake clock and a fake carrier, and short ways to speak to it.
class PresenceWorld {
public:
    explicit PresenceWorld(presence::Settings settings = defaults())
        : realm("im.example.com", "example.com", {"127.0.0.1:8080"}),
          wheel(clock.now(), std::chrono::milliseconds(250)),
          service(realm, std::move(settings), carrier, journal, wheel, clock) {}

    static presence::Settings defaults() {
        presence::Settings s;
        s.auto_create = {"/instmsg/aliases/", "/groups/", "/information/"};
        return s;
    }

    /// `name` from 10.0.0.`host`, on a connection of its own unless told.
    presence::Caller who(const std::string& name, int host = 1, std::uint64_t connection = 0) {
        presence::Caller caller;
        caller.key = key(name);
        caller.url = "http://im.example.com/instmsg/aliases/" + name;
        caller.source = *base::IpAddress::parse("10.0.0." + std::to_string(host));
        caller.connection = base::ConnectionId(connection ? connection : ++connections_);
        return caller;
    }
    presence::NodeName node(const std::string& path) { return {path, path, 0}; }
    presence::NodeName alias(const std::string& name) { return node(key(name)); }

    base::Result<presence::Subscribed> subscribe(const presence::Caller& caller, const presence::NodeName& name,
                                                 presence::NotificationType type, const std::string& callback,
                                                 std::optional<int> seconds = std::nullopt) {
        presence::SubscribeRequest request{name, type, callback, {}};
        if (seconds) request.lifetime = std::chrono::seconds(*seconds);
        base::Result<presence::Subscribed> out = base::fail(base::Errc::internal, "no answer");
        service.subscribe(caller, request, [&out](auto made) { out = std::move(made); });
        return out;
    }
    /// A login subscription with call-back http://10.0.0.HOST:1000.
    base::Result<presence::Subscribed> login(const std::string& name, int host, std::optional<int> seconds = {}) {
        return subscribe(who(name, host), alias(name), presence::NotificationType::notify, url(host), seconds);
    }
    /// `watcher` watches `presentity` by way of his own logical URL.
    base::Result<presence::Subscribed> watch(const std::string& watcher, const std::string& presentity,
                                             std::optional<int> seconds = {}) {
        return subscribe(who(watcher), alias(presentity), presence::NotificationType::propchange,
                         "http://im.example.com/instmsg/aliases/" + watcher, seconds);
    }
    base::Result<void> renew(const presence::Caller& caller, presence::SubscriptionId id) {
        base::Result<void> out = base::fail(base::Errc::internal, "no answer");
        service.renew(caller, id, std::nullopt, [&out](auto renewed) {
            out = renewed ? base::Result<void>() : std::unexpected(renewed.error());
        });
        return out;
    }
    base::Result<void> unsubscribe(const presence::Caller& caller, presence::SubscriptionId id) {
        base::Result<void> out = base::fail(base::Errc::internal, "no answer");
        service.unsubscribe(caller, id, [&out](auto ended) { out = std::move(ended); });
        return out;
    }
    /// A PROPPATCH of r:state.
    base::Result<presence::StateGranted> patch(const presence::Caller& caller, const std::string& name,
                                               const std::string& status, std::optional<int> seconds = {},
                                               std::optional<presence::ViewId> view = {},
                                               const std::string& fallback = "offline") {
        presence::StatePatch state{presence::Status(status), presence::Status(fallback), {}, view};
        if (seconds) state.timeout = std::chrono::seconds(*seconds);
        base::Result<presence::StateGranted> out = base::fail(base::Errc::internal, "no answer");
        service.patch(caller, {alias(name), {state}}, [&out](auto granted) {
            if (granted) out = std::get<presence::StateGranted>(granted->front());
            else out = std::unexpected(granted.error());
        });
        return out;
    }
    /// What `watcher` sees of `presentity`'s state now; "" when he may not.
    std::string seen(const std::string& watcher, const std::string& presentity) {
        const auto found = service.find(who(watcher), alias(presentity), std::vector{presence::prop_state()});
        if (!found || found->props.empty()) return "";
        return std::get<presence::Status>(found->props.front().value).name();
    }
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        wheel.run(clock.now());
    }
    static std::string url(int host) { return "http://10.0.0." + std::to_string(host) + ":1000"; }

    base::FakeClock clock;
    presence::Realm realm;
    base::TimerWheel wheel;
    FakeCarrier carrier;
    presence::NullJournal journal;
    presence::Service service;

private:
    std::uint64_t connections_ = 100;
};

/// Another server that holds all of im.b.com, and harry of ours; asks nobody and remembers what it was asked.
class FakeAbroad final : public presence::Abroad {
public:
    std::string holder(std::string_view key) const override {
        return key.starts_with("im.b.com/") ? "im.b.com" : key == "/instmsg/aliases/harry" ? "home1.example.com" : "";
    }
    void watch(const presence::Caller& who, const std::string& key, presence::AbroadEvents& events) override {
        acts.push_back(who.key.substr(who.key.rfind('/') + 1) + " watches " + key);
        watching[key] = &events;
    }
    void unwatch(const presence::Caller& who, const std::string& key, presence::AbroadEvents& events) override {
        acts.push_back(who.key.substr(who.key.rfind('/') + 1) + " leaves " + key);
        if (watching[key] == &events) watching.erase(key);
    }
    void notify(const presence::Notification& what, const std::string& key, base::Once<void(base::Result<presence::Accepted>)> done) override {
        sent.emplace_back(key, what);
        done(outcome);
    }
    /// What its server answered to the question that was sent at `asked`.
    void tell(const std::string& key, const std::string& state, const std::string& name, base::Instant asked) {
        std::vector<presence::Prop> present;
        if (!state.empty()) present = {{presence::prop_displayname(), presence::Text{name}}, {presence::prop_state(), presence::Status(state)}};
        watching.at(key)->seen(key, present, asked);
    }

    std::vector<std::string> acts;
    std::map<std::string, presence::AbroadEvents*> watching;
    std::vector<std::pair<std::string, presence::Notification>> sent;
    base::Result<presence::Accepted> outcome = presence::Accepted::settled;
};

}  // namespace tests
