// tests/presence/model.h: presence and leases as design 3 and 4 word them: short, slow, and meant to be right.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1, 5.5, 5.7; design 3, 4
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tests {

/// What presence::Service should do, told in plain vectors and linear scans, with a time of its own. Knows principals
/// only, by their bare names, who watch by way of their own log-ons or of an address. Each act returns what the
/// answer should say, or the name of the error; what is pushed gathers in `told`.
class Model {
public:
    using Ms = std::int64_t;
    using Id = std::uint32_t;
    using Asked = std::optional<int>;  ///< seconds

    struct Bounds {
        int least, otherwise, most;
    };
    struct Rules {
        Ms linger = 5000;
        std::size_t views = 64;
        Bounds subscription{60, 14400, 86400};
        Bounds state{1, 1200, 86400};
    };
    /// Who asks, from which address, on which connection.
    struct From {
        std::string who;
        int host = 0;
        std::uint64_t connection = 0;
    };
    /// Where a watcher is told: two differ if watcher, URL or the address that asked for it do.
    struct Place {
        std::string url, watcher;
        int host = 0;
        auto operator<=>(const Place&) const = default;
    };
    /// `must` is unset when the place may know already (a revived subscription that missed what came to nothing).
    struct Told {
        std::string url, watcher, presentity, state;
        bool must = true;
    };
    struct Leased {
        Ms due = 0;
        std::uint64_t order = 0;  ///< what is due at one instant ends in the order in which it was leased
    };
    struct Subscription : Leased {
        Id id = 0;
        bool login = false;  ///< pragma/notify on one's own node; else update/propchange
        std::string node;
        Place place;
        bool routed = false;  ///< the call-back is the watcher's own URL: his log-ons are meant
        bool active = true;
        Ms expired = 0;
        std::string knew;  ///< what its watcher saw when it expired
    };
    struct View : Leased {
        Id id = 0;
        std::string value, fallback;
        Id login = 0;
        int host = 0;
        std::uint64_t connection = 0, used = 0;
    };
    struct Person {
        bool exists = false;
        std::string status = "offline";       ///< last state other than idle and offline that any view set
        std::string left_behind = "offline";  ///< shown without a view
        std::string shown = "offline";        ///< what others were told, before `invisible` is hidden
        std::vector<View> views;              ///< oldest first
        std::optional<Leased> farewell;       ///< offline, but not told yet
        std::map<std::string, bool> sight;    ///< what the ACL says of one watcher; "" is everybody
        Ms news = -1;                         ///< when watchers or the ACL were last told something
    };

    Model(Rules rules, Ms now) : rules_(rules), now_(now) {}

    std::vector<Told> told;

    // -- asking
    [[nodiscard]] Ms now() const { return now_; }
    [[nodiscard]] const std::vector<Subscription>& subscriptions() const { return subscriptions_; }
    [[nodiscard]] const Person& person(const std::string& name) { return people_[name]; }
    /// What others, or he himself, get to read for a state (design 3.5).
    [[nodiscard]] static std::string look(const std::string& state, bool own) {
        static const std::array<std::string, 8> known = {"online",   "offline",  "away",     "busy",
                                                         "back-soon", "on-phone", "at-lunch", "idle"};
        if (state == "invisible") return own ? state : "offline";
        return std::find(known.begin(), known.end(), state) != known.end() ? state : "online";
    }
    /// What a PROPFIND of r:state shows.
    [[nodiscard]] std::string sees(const std::string& watcher, const std::string& name) {
        const Person& p = people_[name];
        if (!p.exists) return "not_found";
        return may_see(watcher, name) ? look(p.shown, watcher == name) : "denied";
    }

    // -- design 4: `fresh` is the id to be given out
    std::string subscribe(const From& from, const std::string& node, bool login, const std::string& url, bool routed,
                          bool own_place, Asked asked, Id fresh) {
        const bool owner = from.who == node;
        if (login ? !owner : !may_see(from.who, node)) return "denied";
        if (!own_place && !owner) return "denied";
        people_[node].exists = true;
        Subscription s;
        s.id = fresh;
        s.login = login;
        s.node = node;
        s.place = {url, from.who, from.host};
        s.routed = routed;
        const int granted = grant(rules_.subscription, asked);
        lease(s, now_ + granted * 1000);
        subscriptions_.push_back(s);
        return answer(fresh, granted) + (login ? "" : ", sees " + sees(from.who, node));
    }

    std::string renew(const From& from, Id id, Asked asked) {
        const auto s = find(id);
        if (s == subscriptions_.end()) return "precondition";
        if (s->place.watcher != from.who) return "denied";
        const int granted = grant(rules_.subscription, asked);
        lease(*s, now_ + granted * 1000);
        if (!s->active) revive(s);
        return answer(id, granted);
    }

    std::string unsubscribe(const From& from, Id id) {
        const auto s = find(id);
        if (s == subscriptions_.end()) return "precondition";
        if (s->place.watcher != from.who && s->node != from.who) return "denied";
        const Subscription gone = *s;
        subscriptions_.erase(s);
        if (gone.active && gone.login) end_view_of(gone, true);
        return "done";
    }

    // -- design 3: `fresh` is the id for a new view
    std::string patch(const From& from, const std::string& node, const std::string& value,
                      const std::optional<std::string>& fallback, Asked asked, std::optional<Id> named, Id fresh) {
        if (from.who != node) return "denied";
        Person& p = people_[node];
        p.exists = true;
        const int granted = grant(rules_.state, asked);
        const std::string after = fallback.value_or("offline");
        const auto says = [&](Id id) { return answer(id, granted) + " " + value + " then " + after; };
        Id login = 0;
        View* view = belongs_to(from, p, named, login);
        if (value == "offline") {
            const bool names_a_dead_one = named && !view_by_id(p, *named);
            if (!view || names_a_dead_one) return says(named.value_or(fresh));  // changes nothing
            const Id id = view->id;
            end_view(p, id, "offline");
            moved(node, true);
            return says(id);
        }
        if (!view) {
            if (p.views.size() >= rules_.views) return "busy";
            view = &p.views.emplace_back();
            view->id = fresh;
            view->login = login;
        }
        const Id id = view->id;
        use(*view, from, value, after, granted);
        const bool new_status = value != "idle" && value != p.status;
        if (new_status) p.status = value;
        moved(node, true, new_status ? std::optional(view->login) : std::nullopt);
        return says(id);
    }

    /// The call-back of subscription `id` refused, reset, or answered 410 or 412.
    void dies(Id id) {
        const Place place = find(id)->place;
        for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
            Subscription& s = subscriptions_[i];
            if (!s.active || !s.login || s.place != place) continue;
            end_view_of(s, false);
            if (s.due > now_ + 60'000) lease(s, now_ + 60'000);
        }
    }

    /// ACL set: presence granted or denied to one watcher, or to everybody (subject "").
    std::string acl(const From& from, const std::string& node, const std::string& subject, bool granted) {
        if (from.who != node) return "denied";
        Person& p = people_[node];
        p.exists = true;
        std::vector<bool> saw;
        for (const Subscription& s : subscriptions_) saw.push_back(may_see(s.place.watcher, node));
        p.sight[subject] = granted;
        p.news = now_;
        const std::string truth = look(p.shown, false);
        std::set<Place> done;
        for (std::size_t i = 0; i < subscriptions_.size() && truth != "offline"; ++i) {
            const Subscription& s = subscriptions_[i];
            const bool sees = may_see(s.place.watcher, node);
            if (s.active && !s.login && s.node == node && sees != saw[i]) deliver(s, sees ? truth : "offline", done);
        }
        return "done";
    }

    void pass(Ms time) {
        const Ms end = now_ + time;
        while (happen_next(end)) {
        }
        now_ = end;
    }

private:
    using Iterator = std::vector<Subscription>::iterator;

    static std::string answer(Id id, int seconds) {
        return std::to_string(id) + " for " + std::to_string(seconds) + " s";
    }
    static int grant(const Bounds& b, Asked asked) {
        return std::min(b.most, std::max(b.least, asked.value_or(b.otherwise)));
    }
    void lease(Leased& what, Ms due) {
        what.due = due;
        what.order = ++orders_;
    }
    Iterator find(Id id) {
        return std::find_if(subscriptions_.begin(), subscriptions_.end(), [&](const auto& s) { return s.id == id; });
    }
    static View* view_by_id(Person& p, Id id) {
        const auto it = std::find_if(p.views.begin(), p.views.end(), [&](const View& v) { return v.id == id; });
        return it == p.views.end() ? nullptr : &*it;
    }
    bool may_see(const std::string& watcher, const std::string& name) {
        const auto& sight = people_[name].sight;
        if (watcher == name) return true;
        for (const std::string& subject : {watcher, std::string()}) {
            if (const auto it = sight.find(subject); it != sight.end()) return it->second;
        }
        return true;
    }

    /// Design 3.1.
    static std::string effective(const Person& p) {
        if (p.views.empty()) return p.left_behind;
        const bool idle = std::all_of(p.views.begin(), p.views.end(), [](const View& v) { return v.value == "idle"; });
        return idle ? "idle" : p.status;
    }
    /// Design 3.2; null: a new view is due, under `login` if that is set.
    View* belongs_to(const From& from, Person& p, std::optional<Id> named, Id& login) {
        if (View* live = named ? view_by_id(p, *named) : nullptr) return live;
        for (View& v : p.views) {
            if (v.connection == from.connection) return &v;
        }
        for (const Subscription& s : subscriptions_) {  // the last one found is the newest
            if (!s.active || !s.login || s.node != from.who || s.place.host != from.host) continue;
            const auto is_of = [&s](const View& v) { return v.login == s.id; };
            if (std::none_of(p.views.begin(), p.views.end(), is_of)) login = s.id;
        }
        if (login != 0) return nullptr;
        View* last = nullptr;
        for (View& v : p.views) {
            if (v.host == from.host && (!last || v.used > last->used)) last = &v;
        }
        return last || p.views.empty() ? last : &p.views.back();
    }
    void use(View& v, const From& from, const std::string& value, const std::string& after, int seconds) {
        v.value = value;
        v.fallback = after;
        v.host = from.host;
        v.connection = from.connection;
        v.used = ++uses_;
        lease(v, now_ + seconds * 1000);
    }
    static void end_view(Person& p, Id id, const std::string& left_behind) {
        std::erase_if(p.views, [id](const View& v) { return v.id == id; });
        if (p.views.empty()) p.left_behind = left_behind;
    }
    void end_view_of(const Subscription& login, bool asked) {
        Person& p = people_[login.node];
        for (const View& v : p.views) {
            if (v.login != login.id) continue;
            end_view(p, v.id, std::string(v.fallback));
            return moved(login.node, asked);  // there is never more than one
        }
    }

    /// The views changed, because somebody asked or (design 3.3) because a lease or a dead call-back ended one.
    void moved(const std::string& name, bool asked, std::optional<Id> status_set_under = std::nullopt) {
        Person& p = people_[name];
        const std::string state = effective(p);
        if (state == p.shown && !status_set_under) return p.farewell.reset();
        if (!asked && look(state, false) == "offline" && rules_.linger > 0) {
            if (!p.farewell) lease(p.farewell.emplace(Leased{}), now_ + rules_.linger);
            return;
        }
        p.farewell.reset();
        p.news = now_;
        const std::string before = std::exchange(p.shown, state);
        std::set<Place> done;
        for (const Subscription& s : subscriptions_) {
            const bool own = s.place.watcher == name;
            if (!s.active || s.login || s.node != name || !may_see(s.place.watcher, name)) continue;
            if (look(before, own) != look(state, own) || (own && status_set_under)) deliver(s, look(state, own), done);
        }
        for (const Subscription& s : subscriptions_) {  // RVP 5.5: the other log-ons
            const bool other = s.active && s.login && s.node == name && s.id != status_set_under;
            if (other && status_set_under) deliver(s, look(state, true), done);
        }
    }
    /// One NOTIFY per distinct call-back (design 4): `done` are those that have theirs.
    void deliver(const Subscription& s, const std::string& state, std::set<Place>& done, bool must = true) {
        const auto tell = [&](const Place& place) {
            if (done.insert(place).second) told.push_back({place.url, place.watcher, s.node, state, must});
        };
        if (!s.routed) return tell(s.place);
        for (const Subscription& login : subscriptions_) {
            if (login.active && login.login && login.node == s.place.watcher) tell(login.place);
        }
    }
    /// An expired one is renewed: it counts as the newest, and its watcher hears what he missed.
    void revive(Iterator s) {
        std::rotate(s, s + 1, subscriptions_.end());
        Subscription& back = subscriptions_.back();
        back.active = true;
        if (back.login) return;
        const std::string now_sees = seen_by(back);
        std::set<Place> done;
        const bool differs = now_sees != back.knew;
        if (differs || people_[back.node].news >= back.expired) deliver(back, now_sees, done, differs);
    }
    std::string seen_by(const Subscription& s) {
        const std::string seen = sees(s.place.watcher, s.node);
        return seen == "denied" ? "offline" : seen;
    }

    /// Lets the first thing that is due until `end` happen; false: nothing is.
    bool happen_next(Ms end) {
        std::tuple<Ms, std::uint64_t> first{end + 1, 0};
        const auto is_first = [&first](const Leased& what) {
            const std::tuple when{what.due, what.order};
            if (when >= first) return false;
            first = when;
            return true;
        };
        std::string name;
        Id view = 0;
        Id subscription = 0;
        for (auto& [who, p] : people_) {
            if (p.farewell && is_first(*p.farewell)) std::tie(name, view, subscription) = std::tuple(who, 0, 0);
            for (const View& v : p.views) {
                if (is_first(v)) std::tie(name, view, subscription) = std::tuple(who, v.id, 0);
            }
        }
        for (const Subscription& s : subscriptions_) {
            if (is_first(s)) std::tie(name, view, subscription) = std::tuple(s.node, 0, s.id);
        }
        if (name.empty()) return false;
        now_ = std::get<0>(first);
        if (subscription != 0) {
            lease_over(find(subscription));
        } else if (view != 0) {
            Person& p = people_[name];
            end_view(p, view, std::string(view_by_id(p, view)->fallback));
            moved(name, false);
        } else {
            moved(name, true);  // the farewell is said
        }
        return true;
    }
    void lease_over(Iterator s) {
        if (!s->active) {  // ten minutes ago: nobody can revive it any more
            subscriptions_.erase(s);
            return;
        }
        s->active = false;
        s->expired = now_;
        if (s->login) end_view_of(*s, false);
        else s->knew = seen_by(*s);
        lease(*s, now_ + 600'000);
    }

    Rules rules_;
    Ms now_;
    std::map<std::string, Person> people_;
    std::vector<Subscription> subscriptions_;  // in the order in which they were made or revived
    std::uint64_t orders_ = 0;
    std::uint64_t uses_ = 0;
};

}  // namespace tests
