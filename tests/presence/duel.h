// tests/presence/duel.h: presence::Service and its model, given the same acts; they must agree.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3, 4, 12
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/fakes.h"
#include "tests/presence/model.h"
#include "tests/presence/model_act.h"

namespace tests {

inline std::string alias(const std::string& url_or_key) { return url_or_key.substr(url_or_key.rfind('/') + 1); }
inline Model::Ms count(base::Instant time) { return time.time_since_epoch().count(); }
template <class Id>
Model::Id number(Id id) {
    return static_cast<Model::Id>(id);
}

inline Model::Rules rules_of(const presence::Settings& s) {
    const auto bounds = [](const presence::LeaseRule& rule) {
        return Model::Bounds{static_cast<int>(rule.least.count()), static_cast<int>(rule.fallback.count()),
                             static_cast<int>(rule.most.count())};
    };
    return {std::chrono::milliseconds(s.linger).count(), s.views_per_node, bounds(s.subscription), bounds(s.state)};
}

// All of a NOTIFY that reaches the wire, but for whom it is.
inline std::string bytes_of(const FakeCarrier::Sent& sent) {
    const auto& what = sent.what();
    const auto& payload = std::get<presence::PropNotification>(what.payload);
    std::string bytes = payload.from.href + "|" + payload.from.description + "|" + what.from_principal;
    for (const std::int64_t number : {static_cast<std::int64_t>(what.hop_count), static_cast<std::int64_t>(what.ack),
                                      static_cast<std::int64_t>(sent.delivery.slot),
                                      static_cast<std::int64_t>(sent.delivery.persistence),
                                      static_cast<std::int64_t>(sent.delivery.token), count(sent.delivery.deadline)}) {
        bytes += "|" + std::to_string(number);
    }
    for (const presence::PropChange& c : payload.changes) {
        bytes.append("|").append(c.name.ns()).append(c.name.local()).append("=").append(std::get<presence::Status>(*c.value).name());
    }
    return bytes;
}

/// One world and its model, and what somebody who knows neither can check by watching.
class Duel {
public:
    Duel(Dice::Below below, const presence::Settings& settings, int longest_pause)
        : settings_(settings), world_(settings), model_(rules_of(settings), count(world_.clock.now())),
          dice_(std::move(below), model_, longest_pause) {
        for (const std::string& name : kPeople) callers_.push_back(world_.who(name));
    }

    /// Plays `acts` acts, or as many as `go_on` wants. Returns "", or what differed and the acts before it.
    [[nodiscard]] std::string run(int acts, const std::function<bool()>& go_on = [] { return true; }) {
        for (act_ = 1; act_ <= acts && trouble_.empty() && go_on(); ++act_) {
            play(dice_.next());
            check_told();
            check_sight();
            check_subscriptions();
            check_views();
            check_leases();
            check_beliefs();
        }
        if (trouble_.empty()) return "";
        std::string story = "act " + std::to_string(act_ - 1) + ":\n" + trouble_;
        for (const std::string& line : last_acts_) story += line + "\n";
        return story;
    }

private:
    static std::optional<std::chrono::seconds> seconds(Model::Asked asked) {
        if (!asked) return std::nullopt;
        return std::chrono::seconds(*asked);
    }

    // -- one act, played twice
    void play(const Act& act) {
        sent_.clear();
        model_.told.clear();
        presence::Caller caller = world_.who(act.from.who, act.from.host, act.from.connection);
        Model::From from = act.from;
        from.connection = static_cast<std::uint64_t>(caller.connection);
        last_acts_.push_back("#" + std::to_string(act_) + " " + std::to_string(count(world_.clock.now()) - 1'000'000) +
                             " ms: " + act.text());
        if (last_acts_.size() > 15) last_acts_.pop_front();
        const auto [done, wanted] = play_both(act, caller, from);
        sent_ = world_.carrier.take();
        world_.carrier.forgotten.clear();
        last_acts_.back() += " -> " + done;
        for (const auto& s : sent_) last_acts_.back() += ", tells " + line_of(s);
        if (done != wanted) differ("the answer", done, wanted);
    }
    using Kind = Act::Kind;
    using Verdicts = std::pair<std::string, std::string>;  // of the service, of the model

    Verdicts play_both(const Act& act, const presence::Caller& caller, const Model::From& from) {
        switch (act.kind) {
            case Kind::log_on:
            case Kind::watch: return subscribe(act, caller, from);
            case Kind::end: {
                const auto ended = world_.unsubscribe(caller, presence::SubscriptionId(act.id));
                return {ended ? "done" : name_of(ended.error().code), model_.unsubscribe(from, act.id)};
            }
            case Kind::renew: return renew(act, caller, from);
            case Kind::patch: return patch(act, caller, from);
            case Kind::fate: {
                const auto* s = world_.service.table().find(presence::SubscriptionId(act.id));
                if (!s) return {"no subscription", "one"};
                world_.service.settled(s->callback()->target(), s->id(), {}, act.fate);
                if (act.fate == presence::Fate::refused || act.fate == presence::Fate::gone) model_.dies(act.id);
                return {"done", "done"};
            }
            case Kind::acl: return acl(act, caller, from);
            case Kind::pass: break;
        }
        world_.pass(std::chrono::milliseconds(act.time));
        model_.pass(act.time);
        return {"done", "done"};
    }

    Verdicts subscribe(const Act& act, const presence::Caller& caller, const Model::From& from) {
        const bool login = act.kind == Kind::log_on;
        const auto type = login ? presence::NotificationType::notify : presence::NotificationType::propchange;
        const auto made = world_.subscribe(caller, world_.alias(act.node), type, act.url, act.asked);
        const Model::Id id = made ? number(made->id) : 0;
        Verdicts v{made ? std::to_string(id) + " for " + std::to_string(made->lifetime.count()) + " s"
                        : name_of(made.error().code),
                   model_.subscribe(from, act.node, login, act.url, act.routed, act.own_place, act.asked, id)};
        if (!made) return v;
        if (!subscribers_.emplace(id, act.from.who).second) v.first += " again";
        if (login) return v;
        const auto it = std::find_if(made->present.begin(), made->present.end(),
                                     [](const presence::Prop& p) { return p.name == presence::prop_state(); });
        const std::string sees = it == made->present.end() ? "nothing" : std::get<presence::Status>(it->value).name();
        v.first += ", sees " + sees;
        if (!act.routed) beliefs_[{act.url, act.from.who, act.node}] = sees;
        return v;
    }

    Verdicts renew(const Act& act, const presence::Caller& caller, const Model::From& from) {
        std::string done;
        world_.service.renew(caller, presence::SubscriptionId(act.id), seconds(act.asked), [&done](auto renewed) {
            done = renewed ? std::to_string(number(renewed->id)) + " for " +
                                 std::to_string(renewed->lifetime.count()) + " s"
                           : name_of(renewed.error().code);
        });
        return {done, model_.renew(from, act.id, act.asked)};
    }

    Verdicts patch(const Act& act, const presence::Caller& caller, const Model::From& from) {
        presence::StatePatch state{presence::Status(act.value), {}, seconds(act.asked), {}};
        if (act.fallback) state.fallback = presence::Status(*act.fallback);
        if (act.view) state.view = presence::ViewId(*act.view);
        std::vector<Model::Id> live;
        for (const auto& v : model_.person(act.node).views) live.push_back(v.id);
        Model::Id id = 0;
        std::string done;
        world_.service.patch(caller, {world_.alias(act.node), {state}}, [&](auto granted) {
            if (!granted) return void(done = name_of(granted.error().code));
            const auto& g = std::get<presence::StateGranted>(granted->front());
            id = number(g.view);
            done = std::to_string(id) + " for " + std::to_string(g.timeout.count()) + " s " + g.value.name();
            done += " then " + g.fallback.name();
            if (act.value != "offline") note_lease(act.node, id, g);
        });
        const std::string wanted = model_.patch(from, act.node, act.value, act.fallback, act.asked, act.view, id);
        if (id == 0) return {done, wanted};
        const bool was_live = std::find(live.begin(), live.end(), id) != live.end();
        if (!was_live && act.value != "offline" && !view_ids_.insert(id).second) done += " again";
        if (was_live) check_refresh(act, id);
        if (act.value == "offline") return {done, wanted};
        dice_.remember_view(id);
        values_[id] = act.value;
        if (act.value != "idle") statuses_[act.node] = act.value;
        return {done, wanted};
    }

    Verdicts acl(const Act& act, const presence::Caller& caller, const Model::From& from) {
        presence::Ace ace;
        if (!act.subject.empty()) {
            ace.key = world_.who(act.subject).key;
            ace.url = world_.who(act.subject).url;
        }
        (act.granted ? ace.grant : ace.deny) = {presence::Right::presence};
        std::string done;
        world_.service.merge_acl(caller, world_.alias(act.node), {ace}, [&done](auto merged) {
            done = merged ? "done" : name_of(merged.error().code);
        });
        return {done, model_.acl(from, act.node, act.subject, act.granted)};
    }

    // -- against the model
    using Audience = std::tuple<std::string, std::string, std::string>;  // call-back, watcher, presentity

    Audience audience_of(const FakeCarrier::Sent& s) {
        const auto& payload = std::get<presence::PropNotification>(s.what().payload);
        return {s.url, subscribers_[number(s.delivery.subscription)], alias(payload.from.href)};
    }
    std::string line_of(const FakeCarrier::Sent& s) {
        const auto [url, watcher, presentity] = audience_of(s);
        return watcher + " at " + url.substr(7) + ": " + presentity + " " + s.status();
    }

    /// Each audience ends with the right state, hears nothing that it need not, and not too often.
    void check_told() {
        struct Both {
            std::vector<std::string> done, wanted;
            bool must = false;
        };
        std::map<Audience, Both> all;
        for (const auto& s : sent_) all[audience_of(s)].done.push_back(s.status());
        for (const Model::Told& t : model_.told) {
            Both& both = all[{t.url, t.watcher, t.presentity}];
            both.wanted.push_back(t.state);
            both.must = both.must || t.must;
        }
        for (const auto& [audience, both] : all) {
            const auto& [url, watcher, presentity] = audience;
            const std::string whom = watcher + " at " + url + " of " + presentity;
            const std::string done = both.done.empty() ? "nothing" : both.done.back();
            const std::string wanted = both.wanted.empty() ? "nothing" : both.wanted.back();
            if (both.done.size() > both.wanted.size()) differ("how often was told " + whom, done, wanted);
            if (done != wanted && (both.must || !both.done.empty())) differ("what was told " + whom, done, wanted);
        }
        check_hidden();
    }

    void check_sight() {
        for (std::size_t w = 0; w < kPeople.size(); ++w) {
            for (const std::string& presentity : kPeople) {
                const auto found = world_.service.find(callers_[w], world_.alias(presentity), wants_state_);
                std::string sees = found ? "denied" : name_of(found.error().code);
                if (found && !found->props.empty()) sees = std::get<presence::Status>(found->props[0].value).name();
                const std::string wanted = model_.sees(kPeople[w], presentity);
                if (sees != wanted) differ("what " + kPeople[w] + " sees of " + presentity, sees, wanted);
                sees_[{kPeople[w], presentity}] = sees;
            }
        }
    }

    void check_subscriptions() {
        std::vector<std::string> done, wanted;
        const auto line = [](Model::Id id, bool active, Model::Ms end) {
            return std::to_string(id) + (active ? " ends " : " is forgotten ") + std::to_string(end);
        };
        world_.service.table().for_each([&](const presence::Subscription& s) {
            done.push_back(line(number(s.id()), s.active(), count(s.lease_end())));
        });
        for (const auto& s : model_.subscriptions()) wanted.push_back(line(s.id, s.active, s.due));
        compare("the subscriptions", std::move(done), std::move(wanted));
    }

    void check_views() {
        for (const std::string& name : kPeople) {
            std::vector<std::string> done, wanted;
            const auto line = [](Model::Id id, const std::string& value, Model::Ms end) {
                return std::to_string(id) + " " + value + " ends " + std::to_string(end);
            };
            const presence::Node* node = world_.service.nodes().find("/instmsg/aliases/" + name);
            if (!node) continue;  // check_sight saw that
            for (const auto& v : node->views()) done.push_back(line(number(v->id()), v->value.name(), count(v->due())));
            for (const auto& v : model_.person(name).views) wanted.push_back(line(v.id, v.value, v.due));
            compare("the views of " + name, std::move(done), std::move(wanted));
        }
    }

    void compare(const std::string& what, std::vector<std::string> done, std::vector<std::string> wanted) {
        std::sort(done.begin(), done.end());
        std::sort(wanted.begin(), wanted.end());
        if (done == wanted) return;
        const auto text = [](const std::vector<std::string>& lines) {
            return std::accumulate(lines.begin(), lines.end(), std::string(), [](auto a, auto b) { return a + b + "; "; });
        };
        differ(what, text(done), text(wanted));
    }

    // -- without the model
    /// Design 3.3: past the end of all leases, linger and a second, only a default-value is shown.
    void note_lease(const std::string& name, Model::Id view, const presence::StateGranted& granted) {
        auto& leases = leases_[name];
        if (all_over(leases)) leases.clear();
        leases[view] = {count(world_.clock.now() + granted.timeout), granted.fallback.name()};
    }
    bool all_over(const std::map<Model::Id, std::pair<Model::Ms, std::string>>& leases) {
        const Model::Ms quiet = std::chrono::milliseconds(settings_.linger).count() + 1000;
        return std::all_of(leases.begin(), leases.end(), [&](const auto& l) {
            return l.second.first + quiet <= count(world_.clock.now());
        });
    }
    void check_leases() {
        for (const auto& [name, leases] : leases_) {
            if (!all_over(leases)) continue;
            for (const std::string& watcher : kPeople) {
                const std::string sees = sees_[{watcher, name}];
                const bool excused = sees == "offline" || sees == "denied" ||
                                     std::any_of(leases.begin(), leases.end(), [&](const auto& l) {
                                         return Model::look(l.second.second, watcher == name) == sees;
                                     });
                if (!excused) differ("rule 3.3: what " + watcher + " sees of " + name, sees, "a default-value");
            }
        }
    }

    /// Design 3.4: the same state again through the same view tells nobody.
    void check_refresh(const Act& act, Model::Id view) {
        const bool same = values_[view] == act.value && (act.value == "idle" || statuses_[act.node] == act.value);
        if (same && !world_.carrier.sent.empty()) differ("rule 3.4: a refresh", "told", "nothing told");
    }

    /// Design 3.5: what others get of an invisible person is what they get of one who is offline.
    void check_hidden() {
        for (const auto& s : sent_) {
            const auto [url, watcher, presentity] = audience_of(s);
            if (watcher == presentity) continue;
            if (Model::look(s.status(), false) != s.status()) differ("rule 3.5: told", s.status(), "a known state");
            if (s.status() != "offline") continue;
            const std::string bytes = bytes_of(s);
            const auto first = offline_bytes_.try_emplace(presentity, bytes).first;
            if (first->second != bytes) differ("rule 3.5: bytes", bytes, first->second);
        }
        for (std::size_t w = 0; w < kPeople.size(); ++w) {
            const std::string& presentity = kPeople[static_cast<std::size_t>(act_) % kPeople.size()];
            if (kPeople[w] == presentity || model_.sees(kPeople[w], presentity) != "offline") continue;
            const auto found = world_.service.find(callers_[w], world_.alias(presentity), presence::FindAll{});
            if (!found) continue;  // check_sight says so
            const auto first = offline_finds_.try_emplace(presentity, found->props).first;
            if (first->second != found->props) differ("rule 3.5: PROPFIND of " + presentity, "other", "offline's");
        }
    }

    /// Who watches by an address of his own believes what he was told last, and that is what a PROPFIND shows.
    void check_beliefs() {
        for (const auto& s : sent_) beliefs_[audience_of(s)] = s.status();
        world_.service.table().for_each([this](const presence::Subscription& s) {
            if (!s.active() || s.type() != presence::NotificationType::propchange || s.callback()->is_node()) return;
            const std::string watcher = alias(s.watcher()->key());
            const std::string presentity = alias(s.node().key());
            const std::string& believes = beliefs_[{s.callback()->url(), watcher, presentity}];
            const std::string& sees = sees_[{watcher, presentity}];
            if (believes != (sees == "denied" ? "offline" : sees)) {
                differ("what " + watcher + " was told last of " + presentity, believes, sees);
            }
        });
    }

    void differ(const std::string& what, const std::string& done, const std::string& wanted) {
        trouble_ += what + ": is \"" + done + "\", should be \"" + wanted + "\"\n";
    }

    presence::Settings settings_;
    PresenceWorld world_;
    Model model_;
    Dice dice_;
    int act_ = 0;
    std::string trouble_;
    std::deque<std::string> last_acts_;
    std::vector<FakeCarrier::Sent> sent_;
    std::vector<presence::Caller> callers_;  // who ask what they see
    const presence::FindWanted wants_state_ = std::vector{presence::prop_state()};

    std::map<Model::Id, std::string> subscribers_;  // of every subscription ever made
    std::set<Model::Id> view_ids_;                  // ever given out
    std::map<Model::Id, std::string> values_;       // last set through a view
    std::map<std::string, std::string> statuses_;
    std::map<std::string, std::map<Model::Id, std::pair<Model::Ms, std::string>>> leases_;
    std::map<std::pair<std::string, std::string>, std::string> sees_;  // watcher, presentity
    std::map<Audience, std::string> beliefs_;
    std::map<std::string, std::string> offline_bytes_;
    std::map<std::string, std::vector<presence::Prop>> offline_finds_;
};

}  // namespace tests
