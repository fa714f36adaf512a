// doors/sign_in.cc: a person who is logged on through a door that is polled.
// SPDX-License-Identifier: Apache-2.0
#include "doors/sign_in.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace doors {

using presence::NotificationType;
using presence::Subscribed;
using presence::SubscriptionId;

namespace {

// Who may not be watched, or is not there, may be later.
constexpr std::chrono::seconds kTryAgain{60};

// What lists call whom a node is of; a node that is nobody's by its key.
std::string account_of(const std::string& key) {
    std::string account = presence::account_of_key(key);
    return account.empty() ? key : account;
}

// Of whoever is watched; others may have any number.
const std::array<presence::PropName, 4>& known_properties() {
    static const std::array known{presence::prop_displayname(), presence::prop_show(), presence::prop_status_text(), presence::prop_state()};
    return known;
}

// Where a property of text is kept of whom he watches; null: nowhere.
std::string* place_of(Watched& watched, const presence::PropName& name) {
    if (name == presence::prop_displayname()) return &watched.name;
    if (name == presence::prop_show()) return &watched.show;
    return name == presence::prop_status_text() ? &watched.text : nullptr;
}

}  // namespace

SignIn::SignIn(presence::Service& service, Mailboxes& boxes, const base::Clock& clock, presence::Caller caller,
               presence::NodeName own, std::chrono::seconds lease, SignInEvents& events)
    : service_(service), clock_(clock), caller_(std::move(caller)), own_(std::move(own)), lease_(lease), events_(events),
      mailbox_(boxes.open_mailbox(*this)) {}

SignIn::~SignIn() {
    alive_.reset();
    for (const auto& [account, watched] : watched_) leave(watched);
    service_.end_with_mailbox(self_);
    service_.end_with_mailbox(login_);  // and the view with it
}

void SignIn::subscribe(const presence::NodeName& whom, NotificationType type, std::move_only_function<void(base::Result<Subscribed>)> done) {
    presence::SubscribeRequest request{whom, type, mailbox_->url(), std::nullopt, true};
    if (type == NotificationType::notify) request.lifetime = lease_;
    service_.subscribe(caller_, std::move(request), [&service = service_, alive = std::weak_ptr(alive_),
                                                     done = std::move(done)](base::Result<Subscribed> made) mutable {
        if (!alive.expired()) return done(std::move(made));
        if (made) service.end_with_mailbox(made->id);  // signed off meanwhile
    });
}

void SignIn::begin(presence::Status state, Done done) {
    log_on([this, state = std::move(state), done = std::move(done)](const base::Result<void>& how) mutable {
        if (!how) return done(how);
        set_state(std::move(state), [alive = std::weak_ptr(alive_), done = std::move(done)](const base::Result<void>& set) mutable {
            if (!alive.expired()) done(set);
        });
    });
}

void SignIn::log_on(Done done) {
    subscribe(own_, NotificationType::notify, [this, done = std::move(done)](base::Result<Subscribed> made) mutable {
        if (!made) return done(std::unexpected(made.error()));
        login_ = made->id;
        see_himself(std::move(done));
    });
}

void SignIn::see_himself(Done done) {
    subscribe(own_, NotificationType::propchange, [this, done = std::move(done)](base::Result<Subscribed> self) mutable {
        if (!self) return done(std::unexpected(self.error()));
        self_ = self->id;
        shortest_ = self->lifetime;
        renew_at_ = clock_.now() + shortest_ / 2;
        for (const auto& prop : self->present) {
            if (prop.name != presence::prop_state()) learn(own_.key, prop.name, prop.value);
        }
        done({});
    });
}

void SignIn::patch(std::vector<presence::PatchItem> items, Done done) {
    service_.patch(caller_, {own_, std::move(items)}, [this, alive = std::weak_ptr(alive_), done = std::move(done)](
                                                           base::Result<std::vector<presence::Granted>> granted) mutable {
        if (alive.expired()) return done(base::fail(base::Errc::busy, "the session ended meanwhile"));
        if (!granted) return done(std::unexpected(granted.error()));
        for (const presence::Granted& one : *granted) {
            const auto* state = std::get_if<presence::StateGranted>(&one);
            if (!state) continue;
            view_ = state->view;
            view_until_ = clock_.now() + state->timeout;
        }
        done({});
    });
}

void SignIn::set_state(presence::Status state, Done done) {
    set_state(std::move(state), std::nullopt, std::nullopt, std::move(done));
}

void SignIn::set_state(presence::Status state, std::optional<std::string> show, std::optional<std::string> text, Done done) {
    state_ = state;
    std::vector<presence::PatchItem> items;
    if (show) add_property(items, presence::prop_show(), *show);
    if (text) add_property(items, presence::prop_status_text(), *text);
    // The log-on ends before its view does, and takes it along.
    presence::StatePatch patched{std::move(state), std::nullopt, lease_ * 2, std::nullopt, login_};
    if (view_ != presence::ViewId{}) patched.view = view_;
    items.emplace_back(std::move(patched));
    patch(std::move(items), std::move(done));
}

void SignIn::set_text(const std::string& text, Done done) {
    std::vector<presence::PatchItem> items;
    add_property(items, presence::prop_status_text(), text);
    if (items.empty()) return done({});
    patch(std::move(items), std::move(done));
}

// "" takes it away, if it is there.
void SignIn::add_property(std::vector<presence::PatchItem>& items, const presence::PropName& name, const std::string& value) const {
    const presence::Node* node = service_.nodes().find(own_.key);
    if (value.empty() && !(node && node->has_stored(name))) return;
    presence::PropPatch patched{name, std::nullopt, std::nullopt, std::nullopt};
    if (!value.empty()) patched.value = presence::Text{value};
    items.emplace_back(std::move(patched));
}

void SignIn::set_name(const std::string& name, Done done) {
    patch({presence::PropPatch{presence::prop_displayname(), presence::Text{name}, std::nullopt, std::nullopt}}, std::move(done));
}

void SignIn::sign_off() {
    if (view_ == presence::ViewId{}) return;
    set_state(presence::Status(), [](const base::Result<void>&) {});
}

// -- whom he watches

void SignIn::watch(const presence::NodeName& whom) {
    const std::string account = account_of(whom.key);
    if (watched_.contains(account)) return;
    Watched& watched = watched_[account];
    watched.node = whom;
    presence::Abroad* abroad = service_.abroad(whom.key);
    watched.abroad = abroad != nullptr;
    abroad ? abroad->watch(caller_, whom.key, *this) : ask_for(account);
}

void SignIn::ask_for(const std::string& account) {
    Watched& watched = watched_.at(account);
    watched.asked = true;
    subscribe(watched.node, NotificationType::propchange,
              [this, account](const base::Result<Subscribed>& made) { asked(account, made); });
}

void SignIn::asked(const std::string& account, const base::Result<Subscribed>& made) {
    const auto found = watched_.find(account);
    const bool wanted = found != watched_.end() && found->second.id == SubscriptionId{};
    if (!wanted) {
        if (made) service_.end_with_mailbox(made->id);
        return;
    }
    Watched& watched = found->second;
    watched.asked = false;
    if (!made) {
        watched.retry_at = clock_.now() + kTryAgain;
        return;
    }
    watched.id = made->id;
    for (const auto& prop : made->present) {
        const auto* text = std::get_if<presence::Text>(&prop.value);
        if (std::string* place = place_of(watched, prop.name); place && text) *place = text->text;
    }
    for (const auto& prop : made->present) {
        if (prop.name == presence::prop_state()) learn(account, prop.name, prop.value);  // news, unless he is away
    }
}

void SignIn::unwatch(const std::string& account) {
    const auto found = watched_.find(account);
    if (found == watched_.end()) return;
    const Watched left = std::move(found->second);
    watched_.erase(found);
    leave(left);
}

void SignIn::leave(const Watched& watched) {
    if (!watched.abroad) return service_.end_with_mailbox(watched.id);
    if (presence::Abroad* abroad = service_.abroad(watched.node.key)) abroad->unwatch(caller_, watched.node.key, *this);
}

const Watched* SignIn::watched(const std::string& account) const {
    const auto found = watched_.find(account);
    return found == watched_.end() ? nullptr : &found->second;
}

// -- what is told

void SignIn::changed(const presence::PropNotification& change) {
    const auto address = presence::Address::parse(change.from.href);
    if (!address) return;
    const std::string account = account_of(service_.realm().key(*address));
    const auto found = watched_.find(account);
    const bool abroad = found != watched_.end() && found->second.abroad;
    for (const presence::PropChange& c : change.changes) {
        if (abroad && std::ranges::find(known_properties(), c.name) != known_properties().end()) found->second.told[c.name] = clock_.now();
        learn(account, c.name, c.value);
    }
}

// What he was told since goes before it: it may have overtaken this.
void SignIn::seen(const std::string& key, const std::vector<presence::Prop>& present, base::Instant asked) {
    const std::string account = account_of(key);
    const auto found = watched_.find(account);
    if (found == watched_.end()) return;
    const std::map<presence::PropName, base::Instant> told = found->second.told;
    const auto value_of = [&present](const presence::PropName& name) -> std::optional<presence::PropValue> {
        const auto prop = std::ranges::find(present, name, &presence::Prop::name);
        if (prop != present.end()) return prop->value;
        return name == presence::prop_state() ? std::optional<presence::PropValue>(presence::Status()) : std::nullopt;
    };
    for (const auto& name : known_properties()) {
        const auto at = told.find(name);
        if (at == told.end() || at->second < asked) learn(account, name, value_of(name));
    }
}

void SignIn::learn(const std::string& account, const presence::PropName& name, const std::optional<presence::PropValue>& value) {
    const auto* state = name == presence::prop_state() && value ? std::get_if<presence::Status>(&*value) : nullptr;
    const auto* text = value ? std::get_if<presence::Text>(&*value) : nullptr;
    if (account == own_.key) {
        if (state) events_.own_state(*state);
        if (text && name == presence::prop_displayname()) events_.own_name(text->text);
        if (name == presence::prop_status_text()) events_.own_text(text ? text->text : "");
    }
    const auto found = watched_.find(account);
    if (found == watched_.end()) return;
    Watched& watched = found->second;
    if (state) {
        if (watched.state == *state) return;
        watched.state = *state;
    } else {
        std::string* place = place_of(watched, name);
        const std::string now = text ? text->text : "";
        if (!place || *place == now || (value && !text)) return;
        *place = now;
    }
    events_.other_changed(account);
}

// -- leases

void SignIn::keep_alive() {
    const base::Instant now = clock_.now();
    if (login_ != SubscriptionId{}) {
        renew_lease(login_, lease_, [this] { log_on_again(); });
    }
    if (view_ != presence::ViewId{} && !state_.is_offline() && view_until_ - now < lease_ * 3 / 2) refresh_view();
    if (now >= renew_at_) renew_leases(now);
    for (const auto& [account, watched] : watched_) {
        if (watched.abroad || watched.id != SubscriptionId{} || watched.asked || now < watched.retry_at) continue;
        ask_for(account);
    }
}

// What another door has set since is not taken back by a client that only polls.
void SignIn::refresh_view() {
    const presence::Node* node = service_.nodes().find(own_.key);
    set_state(node && !state_.is_idle() ? node->status() : state_, [](const base::Result<void>&) {});
}

void SignIn::renew_leases(base::Instant now) {
    renew_lease(self_, std::nullopt, [this] { see_himself([](const base::Result<void>&) {}); });
    for (const auto& [account, watched] : watched_) {
        if (watched.id != SubscriptionId{}) renew_lease(watched.id, std::nullopt, [this, account, id = watched.id] { lost(account, id); });
    }
    renew_at_ = now + shortest_ / 2;
}

// A subscription that is there no more is told of as such; that the store is failing says nothing of it. A lease whose
// length we chose, the log-on's, does not say how often the others are to be renewed.
void SignIn::renew_lease(SubscriptionId id, std::optional<std::chrono::seconds> lifetime, std::move_only_function<void()> lost) {
    service_.renew(caller_, id, lifetime, [this, alive = std::weak_ptr(alive_), chosen = lifetime.has_value(), lost = std::move(lost)](
                                              const base::Result<Subscribed>& renewed) mutable {
        if (alive.expired()) return;
        if (!renewed && !base::is_own_trouble(renewed.error().code)) return lost();
        if (renewed && !chosen) shortest_ = std::min(shortest_, renewed->lifetime);
    });
}

// His node went, and came again, or somebody ended the subscription: what he is told stops, and nobody says so.
void SignIn::lost(const std::string& account, SubscriptionId id) {
    const auto found = watched_.find(account);
    if (found == watched_.end() || found->second.id != id) return;
    found->second.id = SubscriptionId{};
    ask_for(account);
}

void SignIn::log_on_again() {
    if (login_ == SubscriptionId{}) return;  // is under way
    login_ = SubscriptionId{};
    view_ = presence::ViewId{};
    subscribe(own_, NotificationType::notify, [this](const base::Result<Subscribed>& made) {
        if (!made) return;  // a session without a log-on is told nothing, and its client sees that it is alone
        login_ = made->id;
        set_state(state_, [](const base::Result<void>&) {});
    });
}

}  // namespace doors
