// tests/presence/model_act.h: random acts of few people at few addresses, as plain values that can be read aloud.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "presence/ports.h"
#include "tests/presence/model.h"

namespace tests {

inline const std::array<std::string, 5> kPeople = {"ann", "bob", "cay", "dan", "eve"};
inline constexpr int kHosts = 3;

/// What an answer that is none says in the story, and in the model.
inline std::string name_of(base::Errc code) {
    switch (code) {
        case base::Errc::denied: return "denied";
        case base::Errc::not_found: return "not_found";
        case base::Errc::precondition: return "precondition";
        case base::Errc::busy: return "busy";
        default: return "error " + std::to_string(static_cast<int>(code));
    }
}

/// One act. Only what its kind needs is set.
struct Act {
    enum class Kind { log_on, watch, end, renew, patch, fate, acl, pass };
    Kind kind = Kind::pass;
    Model::From from;  ///< connection 0: a new one
    std::string node;
    std::string url;         ///< call-back
    bool routed = false;     ///< which is the watcher's own URL
    bool own_place = true;   ///< or his own address
    Model::Asked asked;      ///< lifetime or timeout
    Model::Id id = 0;        ///< subscription
    std::string value;
    std::optional<std::string> fallback;
    std::optional<Model::Id> view;
    presence::Fate fate{};
    std::string subject;
    bool granted = false;
    Model::Ms time = 0;

    [[nodiscard]] std::string text() const {
        const std::string who = from.who + "@" + std::to_string(from.host) +
                                (from.connection ? "/" + std::to_string(from.connection) : "");
        const std::string lifetime = asked ? " for " + std::to_string(*asked) + " s" : "";
        switch (kind) {
            case Kind::log_on: return who + " logs " + node + " on, call-back " + url + lifetime;
            case Kind::watch: return who + " watches " + node + ", call-back " + url + lifetime;
            case Kind::end: return who + " ends subscription " + std::to_string(id);
            case Kind::renew: return who + " renews subscription " + std::to_string(id) + lifetime;
            case Kind::patch:
                return who + " sets " + node + " " + value + lifetime + (fallback ? " then " + *fallback : "") +
                       (view ? " in view " + std::to_string(*view) : "");
            case Kind::fate:
                return "the call-back of subscription " + std::to_string(id) + " is " + fate_name();
            case Kind::acl:
                return who + (granted ? " grants" : " denies") + " presence on " + node + " to " +
                       (subject.empty() ? "everybody" : subject);
            case Kind::pass: break;
        }
        return "time passes: " + std::to_string(time) + " ms";
    }

private:
    [[nodiscard]] std::string fate_name() const {
        static const std::array<std::string, 6> names = {"taken",    "refused",   "gone",
                                                         "rejected", "timed out", "dropped"};
        return names.at(static_cast<std::size_t>(fate));
    }
};

/// Thinks of the next act; knows the model only to hit what exists, or did until lately.
class Dice {
public:
    using Below = std::function<int(int n)>;  ///< a number from 0 to n - 1

    Dice(Below below, Model& model, int longest_pause)
        : below_(std::move(below)), model_(model), longest_pause_(longest_pause) {}

    [[nodiscard]] Act next() {
        static constexpr std::array kWeights = {9, 12, 7, 9, 32, 5, 5, 26};  // as Act::Kind
        int left = below(105);
        std::size_t kind = 0;
        while (left >= kWeights.at(kind)) left -= kWeights.at(kind++);
        Act act;
        act.kind = static_cast<Act::Kind>(kind);
        act.from = {pick(kPeople), 1 + below(kHosts), 0};
        if (one_in(2)) act.from.connection = static_cast<std::uint64_t>(act.from.host * 10 + below(2));
        act.node = act.from.who;
        if (act.kind == Act::Kind::watch && model_.subscriptions().size() > 120) act.kind = Act::Kind::end;
        fill(act);
        return act;
    }
    /// An id that was given out; it may be dead later.
    void remember_view(Model::Id id) {
        views_.push_back(id);
        if (views_.size() > 12) views_.erase(views_.begin());
    }

private:
    int below(int n) { return below_(n); }
    bool one_in(int n) { return below(n) == 0; }
    template <class List>
    const typename List::value_type& pick(const List& list) {
        return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))];
    }

    void fill(Act& act) {
        switch (act.kind) {
            case Act::Kind::log_on: return fill_log_on(act);
            case Act::Kind::watch: return fill_watch(act);
            case Act::Kind::end: return fill_id(act);
            case Act::Kind::renew:
                act.asked = lifetime();
                return fill_id(act);
            case Act::Kind::patch: return fill_patch(act);
            case Act::Kind::fate: return fill_fate(act);
            case Act::Kind::acl: return fill_acl(act);
            case Act::Kind::pass: act.time = pause();
        }
    }
    static std::string at(int host, int port) {
        return "http://10.0.0." + std::to_string(host) + ":" + std::to_string(port);
    }
    int other_host(int host) { return host % kHosts + 1; }

    void fill_log_on(Act& act) {
        if (one_in(20)) act.node = pick(kPeople);  // somebody else's: denied
        act.own_place = !one_in(10);
        act.url = at(act.own_place ? act.from.host : other_host(act.from.host), one_in(6) ? 2000 : 1000);
        act.asked = lifetime();
    }
    void fill_watch(Act& act) {
        act.node = pick(kPeople);
        act.asked = lifetime();
        act.routed = !one_in(3);
        act.own_place = act.routed || !one_in(8);
        act.url = act.routed ? "http://im.example.com/instmsg/aliases/" + act.from.who
                             : at(act.own_place ? act.from.host : other_host(act.from.host), one_in(3) ? 2000 : 1000);
    }
    void fill_id(Act& act) {
        const auto& all = model_.subscriptions();
        act.id = one_in(12) || all.empty() ? static_cast<Model::Id>(1 + below(100'000)) : pick(all).id;
        for (const auto& s : all) {  // often one that expired
            if (act.kind == Act::Kind::renew && !s.active && one_in(6)) act.id = s.id;
        }
        for (const auto& s : all) {
            if (s.id == act.id && !one_in(8)) act.from.who = s.place.watcher;
        }
    }
    void fill_patch(Act& act) {
        static const std::vector<std::string> values = {"online",  "online",  "busy",      "busy",        "away",
                                                        "idle",    "idle",    "offline",   "offline",     "invisible",
                                                        "at-lunch", "invisible", "gone-fishing", "not-here"};
        static const std::vector<std::string> fallbacks = {"offline", "offline", "offline", "away",
                                                           "away",    "idle",    "invisible", "not-here"};
        if (one_in(25)) act.node = pick(kPeople);  // somebody else's: denied
        const std::string& status = model_.person(act.node).status;
        act.value = one_in(3) && status != "offline" ? status : pick(values);  // refreshing is everyday life
        if (one_in(3)) act.fallback = pick(fallbacks);
        if (!one_in(5)) act.asked = timeout();
        const auto& views = model_.person(act.node).views;
        if (one_in(4) && !views.empty()) act.view = pick(views).id;
        else if (one_in(8) && !views_.empty()) act.view = pick(views_);
    }
    // A call-back that says 500, or nothing, is not dead.
    void fill_fate(Act& act) {
        std::vector<Model::Id> called;
        for (const auto& s : model_.subscriptions()) {
            if (s.active && !s.routed && (s.login || one_in(6))) called.push_back(s.id);
        }
        act.id = called.empty() ? 0 : pick(called);
        act.fate = static_cast<presence::Fate>(below(6));
        if (one_in(2)) act.fate = presence::Fate::refused;
        if (act.id == 0) act.kind = Act::Kind::pass;
        act.time = 250;
    }
    void fill_acl(Act& act) {
        if (one_in(12)) act.node = pick(kPeople);  // somebody else's: denied
        if (!one_in(3)) act.subject = pick(kPeople);
        act.granted = !one_in(3);
    }
    Model::Asked lifetime() {
        switch (below(8)) {
            case 0: return std::nullopt;
            case 1: return 1 + below(60);  // less than the least
            case 2: return 3600;
            case 3: return one_in(4) ? 1'000'000 : 1200;  // more than the most
            default: return 60 + below(300);
        }
    }
    int timeout() {
        switch (below(8)) {
            case 0: return below(2) * 99'999;  // less than the least, more than the most
            case 1: return 30 + below(600);
            case 2:
            case 3: return 1 + below(3);
            default: return 1 + below(30);
        }
    }
    /// In quarters of a second, mostly short, at most longest_pause_ seconds.
    Model::Ms pause() {
        static constexpr std::array kUpTo = {2, 2, 2, 2, 8, 8, 8, 30, 60, 90};
        int seconds = pick(kUpTo);
        if (one_in(12)) seconds = one_in(4) ? 1200 : 300;
        return 250 * (1 + below(4 * std::min(seconds, longest_pause_)));
    }

    Below below_;
    Model& model_;
    int longest_pause_;
    std::vector<Model::Id> views_;
};

}  // namespace tests
