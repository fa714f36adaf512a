// doors/zimbra_persona.cc: a person at the Zimbra door: his sessions, his presence, his roster.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_persona.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "doors/states.h"

namespace doors {
namespace {

constexpr int kBeatsPerLife = 4;  // how often a log-on is renewed before it would end

}  // namespace

ZimbraPersona::ZimbraPersona(ZimbraHouse& house, const Proved& proved, presence::NodeName own, presence::Caller caller)
    : house_(house), open_(house.open), proved_(proved), own_(std::move(own)), caller_(std::move(caller)),
      address_(house.service.address_of_account(own_.key)) {
    house_.wheel.arm(*this, house_.clock.now() + house_.limits.session_life / kBeatsPerLife);
}

ZimbraPersona::~ZimbraPersona() { sign_off(false); }

std::int64_t ZimbraPersona::now_ms() const { return house_.clock.wall().time_since_epoch().count(); }

void ZimbraPersona::later(void (ZimbraPersona::*what)()) {
    house_.post(house_.while_open([weak = weak_from_this(), what] {
        if (const auto self = weak.lock()) (self.get()->*what)();
    }));
}

// -- sessions

void ZimbraPersona::listen(const std::shared_ptr<ZimbraQueue>& queue, Done then) {
    if (queue->closed()) return then(base::fail(base::Errc::busy, "the session has ended"));
    const bool is_new = std::ranges::find(listeners_, queue, &Listener::queue) == listeners_.end();
    if (is_new) listeners_.push_back({queue, false});
    if (online()) {
        if (is_new) {
            replay(*queue, ZimbraLeg::router);
            apply_idle([](const base::Result<void>&) {});  // who comes is not idle
        }
        return then({});
    }
    waiting_.push_back(std::move(then));
    if (sign_in_) return;  // under way
    wanted_ = presence::Status("online");
    shade_.clear();
    text_.clear();
    idle_ = false;
    told_self_.clear();
    const presence::Node* person = house_.service.nodes().find(key());
    alone_ = !person || person->told.for_owner().is_offline();
    sign_in_ = std::make_unique<SignIn>(house_.service, house_.boxes, house_.clock, caller_, own_, house_.limits.session_life,
                                        static_cast<SignInEvents&>(*this));
    sign_in_->begin(wanted_, [this](const base::Result<void>& how) {
        began(how);
    });
}

// What an earlier life has left beside the state is taken away: a new one begins without, but not what he says through
// another door.
void ZimbraPersona::began(const base::Result<void>& how) {
    const auto self = shared_from_this();
    if (how) {
        ready_ = true;
        for (const auto& entry : house_.service.roster(key())) watch(entry);
        const presence::Node* person = house_.service.nodes().find(key());
        if (alone_ && person && (person->has_stored(presence::prop_show()) || person->has_stored(presence::prop_status_text()))) {
            sign_in_->set_state(wanted_, "", "", [](const base::Result<void>&) {});
        }
        seen_ = person ? person->told.for_owner() : wanted_;
        for (const Listener& one : listeners_) replay(*one.queue, ZimbraLeg::router);
        later(&ZimbraPersona::fetch_letters);
    } else {
        house_.post([gone = std::shared_ptr<SignIn>(std::move(sign_in_))] {});  // not from inside its own call
        listeners_.clear();
    }
    for (Done& done : std::exchange(waiting_, {})) done(how);
}

void ZimbraPersona::leave(ZimbraQueue& queue, bool asked) {
    const auto gone = std::erase_if(listeners_, [&queue](const Listener& one) { return one.queue.get() == &queue; });
    if (gone == 0) return;
    if (listeners_.empty()) return sign_off(asked);
    apply_idle([](const base::Result<void>&) {});
}

void ZimbraPersona::sign_off(bool asked) {
    if (!sign_in_) return;
    if (asked && ready_) sign_in_->sign_off();
    for (const auto& [key, weak] : std::exchange(tickets_, {})) {
        if (const auto ticket = weak.lock()) ticket->abandon();
    }
    ready_ = false;
    sign_in_.reset();
    changed_.clear();
    chats_.forget_unread();
    leave_rooms();  // nobody sits in one unseen
    for (Done& done : std::exchange(waiting_, {})) done(base::fail(base::Errc::busy, "the session ended meanwhile"));
}

void ZimbraPersona::leave_rooms() {
    std::vector<std::string> rooms;
    for (const auto& [thread, chat] : chats_) {
        if (!chat.room.empty()) rooms.push_back(thread);
    }
    for (const std::string& thread : rooms) close_chat(thread, ZimbraLeg::router);
}

void ZimbraPersona::on_due(base::Instant due) {
    const auto self = weak_from_this().lock();
    if (open_.expired()) return;
    house_.wheel.arm(*this, due + house_.limits.session_life / kBeatsPerLife);
    if (online()) sign_in_->keep_alive();
    look_at_gateways();
    std::erase_if(tickets_, [](const auto& one) { return one.second.expired(); });
    for (const std::string& thread : chats_.idle_since(house_.clock.now() - house_.limits.chat_life)) {
        close_chat(thread, ZimbraLeg::router);
    }
}

std::vector<ZimbraGateway> ZimbraPersona::list_gateways() {
    if (house_.gateways) gateways_ = house_.gateways(key());
    return gateways_;
}

// He connected there himself; a domain is reached for whoever needs it.
bool ZimbraPersona::is_elsewhere(const ZimbraGateway& gateway) const {
    return gateway.state == ZimbraGateway::State::online && gateway.domain == house_.service.realm().domain();
}

// No door says when somebody comes or goes: this looks with each answer to him, and now and then.
void ZimbraPersona::look_at_gateways() {
    if (gateways_.empty()) return;
    const auto before = std::exchange(gateways_, house_.gateways(key()));
    for (std::size_t i = 0; i < gateways_.size() && i < before.size(); ++i) {
        if (gateways_[i].name == before[i].name && gateways_[i].state != before[i].state) {
            tell(zimbra_n_gateway(gateways_[i]), ZimbraLeg::local);
            if (is_elsewhere(gateways_[i])) tell(zimbra_n_elsewhere(gateways_[i], address_), ZimbraLeg::local);
        }
    }
}

// -- what is told

void ZimbraPersona::tell(ZimbraQueue& queue, ZimbraElement n, ZimbraLeg leg) {
    queue.put({.n = std::make_shared<const ZimbraElement>(std::move(n)), .replayed = true}, leg);
}

void ZimbraPersona::tell(ZimbraElement n, ZimbraLeg leg, std::shared_ptr<ZimbraTicket> ticket) {
    const auto shared = std::make_shared<const ZimbraElement>(std::move(n));
    const auto listeners = listeners_;
    for (const Listener& one : listeners) one.queue->put({shared, ticket}, leg);
}

ZimbraElement ZimbraPersona::buddy_n(const presence::RosterEntry& entry) const {
    const auto& contact = entry.contact;
    return zimbra_n_buddy({house_.service.address_of_account(contact.account), contact.nickname, contact.groups,
                           entry.sees, contact.asking});
}

void ZimbraPersona::replay(ZimbraQueue& queue, ZimbraLeg leg) {
    queue.begin_replay();
    ZimbraElement roster = zimbra_n("roster");
    const auto entries = house_.service.roster(key());
    for (const auto& entry : entries) roster.add(buddy_n(entry));
    tell(queue, std::move(roster), leg);
    tell(queue, privacy_n(house_.service.privacy_list(key())), leg);
    if (!sign_in_) return;
    for (const auto& entry : entries) {
        const Watched* watched = sign_in_->watched(entry.contact.account);
        if (watched && !watched->state.is_offline()) tell(queue, presence_of(entry.contact.account), leg);
    }
    told_self_ = show() + "\n" + status_text();
    tell(queue, zimbra_n_presence(address_, show(), status_text()), leg);
    for (const auto& ask : house_.service.asks(key())) {
        ZimbraElement n = zimbra_n("subscribe");
        n.set("from", house_.service.address_of_account(ask.account));
        tell(queue, std::move(n), leg);
    }
}

void ZimbraPersona::replay_lines(ZimbraQueue& queue, ZimbraLeg leg) {
    for (const auto& [thread, chat] : chats_) {
        for (const ZimbraLine& line : chat.lines) {
            const auto n = std::make_shared<const ZimbraElement>(zimbra_n_message(line, thread, chat_target(chat)));
            queue.put({n, line.ticket && !line.ticket->settled() ? line.ticket : nullptr, true}, leg);
        }
    }
}

// -- his own presence

std::string ZimbraPersona::show() const {
    if (!online()) return "OFFLINE";
    const std::string_view plain = xmpp_show(seen_);
    const bool shaded = !shade_.empty() && status_of_xmpp_show(shade_) == seen_;
    return shaded ? shade_ : std::string(plain);
}

// It belongs to what he set by hand: to be away for being idle says nothing.
std::string ZimbraPersona::status_text() const { return idle_ && seen_.is_idle() ? "" : text_; }

void ZimbraPersona::tell_self(ZimbraLeg leg) {
    const std::string now = show() + "\n" + status_text();
    if (std::exchange(told_self_, now) == now && leg == ZimbraLeg::router) return;
    tell(zimbra_n_presence(address_, show(), status_text()), leg);
}

void ZimbraPersona::own_state(const presence::Status& state) {
    seen_ = state;
    if (!ready_) return;
    changed_.insert(key());
    if (!std::exchange(tell_posted_, true)) later(&ZimbraPersona::tell_changed);
}

// Through another door; what he wrote here is known, and comes again when he is not idle any more.
void ZimbraPersona::own_text(const std::string& text) {
    if (setting_ > 0 || idle_ || (!ready_ && alone_) || text == text_) return;
    text_ = text;
    if (!ready_) return;
    changed_.insert(key());
    if (!std::exchange(tell_posted_, true)) later(&ZimbraPersona::tell_changed);
}

void ZimbraPersona::set_presence(const presence::Status& state, std::string show, std::string text, Done done) {
    if (!online()) return done(base::fail(base::Errc::precondition, "nobody is logged in to IM in a session"));
    wanted_ = state;
    shade_ = std::move(show);
    text_ = state.is_offline() ? "" : std::move(text);
    const bool idle = idle_ && !wanted_.is_offline();
    ++setting_;
    sign_in_->set_state(idle ? presence::Status("idle") : wanted_, idle ? "" : shade_, idle ? "" : text_,
                        [weak = weak_from_this(), done = std::move(done)](const base::Result<void>& how) mutable {
        if (const auto self = weak.lock()) self->presence_set(how.has_value());
        done(how);
    });
}

void ZimbraPersona::presence_set(bool well) {
    --setting_;
    if (!well) return;
    const presence::Node* person = house_.service.nodes().find(key());
    seen_ = person ? person->told.for_owner() : wanted_;  // through another door he may still be there
    tell_self(ZimbraLeg::local);
}

void ZimbraPersona::set_idle(ZimbraQueue& queue, bool idle, Done done) {
    for (Listener& one : listeners_) {
        if (one.queue.get() == &queue) one.idle = idle;
    }
    apply_idle(std::move(done));
}

void ZimbraPersona::apply_idle(Done done) {
    const bool idle = !listeners_.empty() && std::ranges::all_of(listeners_, &Listener::idle);
    if (idle == idle_ || !online()) return done({});
    idle_ = idle;
    if (wanted_.is_offline()) return done({});  // set by hand
    sign_in_->set_state(idle ? presence::Status("idle") : wanted_, idle ? "" : shade_, idle ? "" : text_, std::move(done));
}

// -- others' presence

ZimbraElement ZimbraPersona::presence_of(const std::string& account) const {
    const Watched* watched = sign_in_ ? sign_in_->watched(account) : nullptr;
    const std::string address = house_.service.address_of_account(account);
    if (!watched) return zimbra_n_presence(address, "OFFLINE", "");
    const bool shaded = !watched->show.empty() && status_of_xmpp_show(watched->show) == watched->state;
    return zimbra_n_presence(address, shaded ? std::string_view(watched->show) : xmpp_show(watched->state), watched->text);
}

void ZimbraPersona::other_changed(const std::string& account) {
    if (account == key()) return;
    changed_.insert(account);
    if (!std::exchange(tell_posted_, true)) later(&ZimbraPersona::tell_changed);
}

// State and status come one after the other, and are told as one.
void ZimbraPersona::tell_changed() {
    tell_posted_ = false;
    if (!online()) return changed_.clear();
    for (const std::string& account : std::exchange(changed_, {})) {
        if (account == key()) {
            if (setting_ == 0) tell_self(ZimbraLeg::router);
            tell_rooms();
        }
        else if (sign_in_->watched(account)) tell(presence_of(account), ZimbraLeg::router);
    }
}

// Those who sit in a room with him see that something is new with him.
void ZimbraPersona::tell_rooms() {
    const std::string now = show();
    if (std::exchange(told_rooms_, now) == now) return;
    std::vector<std::string> rooms;
    for (const auto& [thread, chat] : chats_) {
        if (!chat.room.empty()) rooms.push_back(chat.room);
    }
    for (const std::string& room : rooms) house_.service.rooms().show_again(room, key());
}

// -- roster

void ZimbraPersona::watch(const presence::RosterEntry& entry) {
    const std::string& account = entry.contact.account;
    const auto name = house_.service.person(account);
    const bool wanted = entry.listed && entry.sees && !entry.contact.blocked && name;
    if (!wanted) return sign_in_->unwatch(account);
    if (!sign_in_->watched(account)) sign_in_->watch(*name);
}

void ZimbraPersona::roster_put(const presence::RosterEntry& entry) {
    if (!online()) return;
    const std::string account = entry.contact.account;
    const bool saw = sign_in_->watched(account) != nullptr;
    tell(buddy_n(entry), ZimbraLeg::router);
    later_watch(entry);
    if (saw && !entry.sees) {
        changed_.erase(account);  // is told now
        tell(zimbra_n_presence(house_.service.address_of_account(account), "OFFLINE", ""), ZimbraLeg::router);
    }
}

// To watch is an act of the service, which must not be called from inside its own calls.
void ZimbraPersona::later_watch(const presence::RosterEntry& entry) {
    house_.post(house_.while_open([weak = weak_from_this(), account = entry.contact.account] {
        const auto self = weak.lock();
        if (!self || !self->online()) return;
        const auto now = self->house_.service.roster_entry(self->key(), account);
        if (!now) return self->sign_in_->unwatch(account);
        const bool watched_before = self->sign_in_->watched(account) != nullptr;
        self->watch(*now);
        const Watched* watched = self->sign_in_->watched(account);
        if (watched_before || !watched || watched->state.is_offline()) return;
        self->changed_.erase(account);  // is told now
        self->tell(self->presence_of(account), ZimbraLeg::router);
    }));
}

void ZimbraPersona::roster_removed(const presence::RosterEntry& left) {
    if (!online()) return;
    const std::string address = house_.service.address_of_account(left.contact.account);
    later_watch(left);
    changed_.erase(left.contact.account);
    tell(left.seen ? buddy_n(left) : zimbra_n_buddy({address, left.contact.nickname, left.contact.groups}), ZimbraLeg::router);
    tell(zimbra_n_presence(address, "OFFLINE", ""), ZimbraLeg::router);
}

void ZimbraPersona::asked(const presence::PresenceAsk& ask) {
    ZimbraElement n = zimbra_n("subscribe");
    n.set("from", house_.service.address_of_account(ask.account));
    tell_later(std::move(n));
}

// -- privacy

ZimbraElement ZimbraPersona::privacy_n(const presence::PrivacyList& list) const {
    ZimbraElement n = zimbra_n("privacy");
    ZimbraElement& told = n.add(ZimbraElement("list"));
    told.set("name", list.name.empty() ? std::string(presence::kDefaultPrivacyList) : list.name);
    for (const presence::PrivacyItem& item : list.items) {
        ZimbraElement& one = told.add(ZimbraElement("item"));
        one.set("addr", house_.service.address_of_privacy(item.account)).set("action", item.allow ? "allow" : "deny");
        one.set("order", static_cast<std::int64_t>(item.order));
    }
    return n;
}

void ZimbraPersona::privacy_set(const presence::PrivacyList& list) { tell(privacy_n(list), ZimbraLeg::router); }

}  // namespace doors
