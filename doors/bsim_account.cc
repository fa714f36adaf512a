// doors/bsim_account.cc: an IM account that is signed into a session of BSIMService.
// SPDX-License-Identifier: Apache-2.0
#include "doors/bsim_account.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <utility>

#include "base/digest.h"
#include "doors/states.h"

namespace doors {

using base::Errc;
using presence::ListedContact;
using presence::RosterEntry;

namespace {

constexpr std::size_t kMostTextPerPoll = 262144;  // of messages as they came; percent signs make it three times that
constexpr std::size_t kMostEvents = 1000;         // of each kind, while nobody polls

template <class T>
void cap(std::vector<T>& list) {
    if (list.size() > kMostEvents) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(kMostEvents));
}

// Once, as the latest.
void note(std::vector<std::string>& keys, const std::string& key) {
    std::erase(keys, key);
    keys.push_back(key);
}

template <class T>
void append(std::vector<T>& to, std::vector<T>& more) {
    std::move(more.begin(), more.end(), std::back_inserter(to));
    cap(to);
}

}  // namespace

std::string bsim_time(base::WallTime when, bool utc) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::seconds>(when));
    std::tm parts{};
    if (utc) gmtime_r(&seconds, &parts);
    else localtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    return {text.data(), size};
}

BsimAccount::BsimAccount(BsimHouse& house, std::string type, std::string account, const Proved& proved,
                         presence::NodeName own, presence::Caller caller)
    : house_(house), type_(std::move(type)), account_(std::move(account)), proved_(proved), key_(own.key),
      sign_in_(std::make_unique<SignIn>(house.service, house.boxes, house.clock, std::move(caller), std::move(own),
                                        house.life, static_cast<SignInEvents&>(*this))),
      since_(house.clock.now()) {
    events_.log = {"Checking user...", "Password accepted.", "Signing in..."};
    sign_in_->begin(presence::Status("online"), [this](const base::Result<void>& how) { began(how); });
}

BsimAccount::BsimAccount(BsimHouse& house, std::string type, std::string account, std::string error)
    : house_(house), type_(std::move(type)), account_(std::move(account)) {
    events_.log = {"Checking user..."};
    fail(std::move(error));
}

// Who signed in is answered, whatever has become of it.
BsimAccount::~BsimAccount() {
    if (auto done = std::exchange(begun_, nullptr)) done();
}

// -- signing in and off

void BsimAccount::began(const base::Result<void>& how) {
    if (!how) {
        fail("Signing in failed: " + std::string(base::public_text(how.error())));
        failed_ = true;
    } else {
        take_up();
    }
    is_begun_ = true;
    if (auto done = std::exchange(begun_, nullptr)) done();
}

void BsimAccount::when_begun(std::move_only_function<void()> done) {
    if (is_begun_ || !sign_in_) return done();
    begun_ = std::move(done);
}

void BsimAccount::take_up() {
    ready_ = true;
    // Whoever was there already, by another door or session, is not told of a change.
    if (const presence::Node* node = house_.service.nodes().find(key_)) state_ = node->status();
    tell_all();
    tell_asks();
    if (const auto* contacts = house_.service.contacts(key_)) {
        for (const ListedContact& contact : contacts->all()) watch(contact);
    }
}

void BsimAccount::tell_all() {
    events_.log.emplace_back("Signed in.");
    events_.login = bsim_time(house_.clock.wall(), house_.utc);
    events_.nickname = name_;
    events_.status = msn_code(state_);
    list_due_ = true;
    events_.log.emplace_back("Received contact list.");
    cap(events_.log);
}

// Whoever has no answer yet asks again with each log-on.
void BsimAccount::tell_asks() {
    events_.requests.clear();
    for (const presence::PresenceAsk& ask : house_.service.asks(key_)) asked(ask.account);
}

bool BsimAccount::waits(const std::string& account) const {
    const auto asks = house_.service.asks(key_);
    return std::ranges::any_of(asks, [&](const presence::PresenceAsk& ask) {
        return house_.service.address_of_account(ask.account) == account;
    });
}

// Written when it is told, when his buddies' names are known.
void BsimAccount::list_contacts(BsimEvents& events) const {
    events.buddies.emplace();
    const auto* contacts = house_.service.contacts(key_);
    if (!contacts) return;
    contacts->for_each([&](const ListedContact& contact) {
        BsimBuddy buddy = buddy_of(contact);
        buddy.status = "HDN";  // who is there is told behind it
        buddy.text.clear();
        events.buddies->push_back(std::move(buddy));
    });
}

// All of them, whenever there is one that the client has not been told of.
void BsimAccount::list_groups(BsimEvents& events) {
    const auto* contacts = house_.service.contacts(key_);
    if (!contacts) return;
    std::vector<std::string> names;
    contacts->for_each([&names](const ListedContact& contact) {
        for (const std::string& name : contact.groups) {
            if (std::ranges::find(names, name) == names.end()) names.push_back(name);
        }
    });
    const auto told = [this](const std::string& name) { return std::ranges::find(told_groups_, name) != told_groups_.end(); };
    if (!events.buddies && std::ranges::all_of(names, told)) return;
    for (const std::string& name : names) events.groups.push_back({group_id(name), name});
    told_groups_ = std::move(names);
}

void BsimAccount::tell_again() {
    if (!signed_in()) return;
    tell_all();
    tell_asks();
    const auto* contacts = house_.service.contacts(key_);
    if (!contacts) return;
    contacts->for_each([this](const ListedContact& contact) {
        const Watched* watched = sign_in_->watched(contact.account);
        if (watched && !watched->state.is_offline()) note(changed_, contact.account);
    });
}

void BsimAccount::recheck() {
    if (sign_in_ && house_.gate.stamp(proved_.account) != proved_.stamp) sign_off();
}

void BsimAccount::keep_alive() {
    if (signed_in()) sign_in_->keep_alive();
}

void BsimAccount::sign_off() {
    if (!sign_in_) return;
    for (const std::string& key : std::exchange(added_, {})) {  // as he is seen for the last time
        if (const auto contact = contact_of(key)) events_.added.push_back(buddy_of(*contact));
    }
    sign_in_->sign_off();
    sign_in_.reset();
    ready_ = false;
    is_begun_ = true;
    if (auto done = std::exchange(begun_, nullptr)) done();
    changed_.clear();
    events_.status.clear();  // the word for it is that he is signed out
    events_.logout = bsim_time(house_.clock.wall(), house_.utc);
}

// -- what the client wants

void BsimAccount::fail(std::string error) {
    events_.errors.push_back(std::move(error));
    cap(events_.errors);
}

void BsimAccount::answer(const base::Result<void>& how, const std::string& what, Done done) {
    if (how) return done({});
    if (base::is_own_trouble(how.error().code)) return done(how);
    fail(what + ": " + how.error().text);
    done({});
}

template <class T>
presence::Answer<T> BsimAccount::answering(std::string what, Done done) {
    return [this, alive = std::weak_ptr(alive_), what = std::move(what), done = std::move(done)](const base::Result<T>& how) mutable {
        if (alive.expired()) return;
        answer(how ? base::Result<void>() : std::unexpected(how.error()), what, std::move(done));
    };
}

void BsimAccount::set_status(const std::string& code, Done done) {
    auto state = status_of_msn_code(code);
    if (!state) {
        fail("Unknown status: " + code.substr(0, 16));
        return done({});
    }
    sign_in_->set_state(*state, [this, alive = std::weak_ptr(alive_), state = *state, done = std::move(done)](
                                    const base::Result<void>& how) mutable {
        if (alive.expired()) return done(how);
        if (how) events_.status = msn_code(state);  // also when it is what it was
        answer(how, "The status was not changed", std::move(done));
    });
}

void BsimAccount::send(const std::string& to, std::string text, Done done) {
    const std::string failed = "The message to " + to.substr(0, 320) + " was not delivered";
    if (text.size() > kMostText) {
        fail(failed + ": it is over 65536 bytes");
        return done({});
    }
    const auto name = house_.service.person_called(to);
    if (!name) {
        fail(failed);
        return done({});
    }
    auto message = house_.compose(text, key_ + "\n" + name->key);
    if (!message) return answer(std::unexpected(message.error()), failed, std::move(done));
    presence::NotifyRequest request{*name, std::move(*message), presence::AckType::single_hop, 1};
    house_.service.notify(sign_in_->caller(), std::move(request),
                          [this, alive = std::weak_ptr(alive_), failed, done = std::move(done)](
                              const base::Result<presence::Accepted>& how) mutable {
        if (alive.expired()) return;
        // Who is blocked is not told so.
        if (how || how.error().code == Errc::denied) return done({});
        if (base::is_own_trouble(how.error().code)) return done(std::unexpected(how.error()));
        fail(failed);  // whether there is such a person is nobody's business
        done({});
    });
}

void BsimAccount::set_nickname(const std::string& name, Done done) {
    const auto sound = presence::check_names({key_, name, std::nullopt, std::nullopt});
    if (!sound) return answer(std::unexpected(sound.error()), "The nickname was not changed", std::move(done));
    sign_in_->set_name(name, [this, alive = std::weak_ptr(alive_), done = std::move(done)](const base::Result<void>& how) mutable {
        if (alive.expired()) return done(how);
        answer(how, "The nickname was not changed", std::move(done));
    });
}

void BsimAccount::add_buddy(const std::string& buddy, Done done) {
    const auto account = house_.service.contact_account(buddy);
    if (!account) return answer(std::unexpected(account.error()), "The buddy was not added", std::move(done));
    if (*account == key_) {
        fail("The buddy was not added: nobody is his own buddy");
        return done({});
    }
    house_.service.ask(sign_in_->own(), {.account = *account, .lets_see = true},
                       answering<RosterEntry>("The buddy was not added", std::move(done)));
}

void BsimAccount::delete_buddy(const std::string& buddy, Done done) {
    const auto account = house_.service.contact_account(buddy);
    if (!account) return answer(std::unexpected(account.error()), "The buddy was not deleted", std::move(done));
    house_.service.remove_contact(sign_in_->own(), *account, answering<void>("The buddy was not deleted", std::move(done)));
}

// Whoever is accepted becomes a buddy too.
void BsimAccount::accept_buddy(const std::string& buddy, bool accept, Done done) {
    const auto account = house_.service.contact_account(buddy);
    if (!account) return answer(std::unexpected(account.error()), "The buddy was not accepted", std::move(done));
    house_.service.decide(sign_in_->own(), {.account = *account, .lets_see = accept, .add = accept},
                          answering<RosterEntry>("The buddy was not accepted", std::move(done)));
}

// -- what happens

void BsimAccount::own_state(const presence::Status& state) {
    state_ = state;
    if (ready_) events_.status = msn_code(state);
}

void BsimAccount::own_name(const std::string& name) {
    name_ = name;
    if (ready_) events_.nickname = name;
}

void BsimAccount::other_changed(const std::string& account) {
    const auto contact = contact_of(account);
    if (contact && !contact->blocked) note(changed_, account);
}

Wanted BsimAccount::wants(const presence::Message& message) {
    if (message.facts.kind == presence::MessageKind::control) return Wanted::no;
    if (message.facts.kind == presence::MessageKind::invitation || message.facts.text.empty()) return Wanted::refused;
    const auto from = presence::Address::parse(message.from.href);
    const auto* contacts = house_.service.contacts(key_);
    const bool blocked = from && contacts && contacts->blocks(house_.service.realm().key(*from));
    return blocked ? Wanted::no : Wanted::yes;
}

void BsimAccount::contact_put(const std::string& owner, const ListedContact& contact, bool is_new) {
    if (!signed_in() || owner != key_) return;
    const Watched* watched = sign_in_->watched(contact.account);
    if (contact.blocked && watched) sign_in_->unwatch(contact.account);
    if (!contact.blocked && !watched) watch(contact);
    if (!is_new) return note(changed_, contact.account);
    note(added_, contact.account);
    cap(added_);
}

void BsimAccount::asked(const std::string& account) {
    if (!signed_in()) return;
    events_.requests.push_back(house_.service.address_of_account(account));
    cap(events_.requests);
}

void BsimAccount::ask_over(const std::string& account) {
    std::erase(events_.requests, house_.service.address_of_account(account));
}

void BsimAccount::contact_removed(const std::string& owner, const ListedContact& contact) {
    if (!signed_in() || owner != key_) return;
    sign_in_->unwatch(contact.account);
    std::erase(changed_, contact.account);
    std::erase(added_, contact.account);
    const std::string address = house_.service.address_of_account(contact.account);
    std::erase(events_.deleted, address);
    events_.deleted.push_back(address);
    cap(events_.deleted);
}

void BsimAccount::watch(const ListedContact& contact) {
    if (contact.blocked) return;
    if (const auto name = house_.service.person(contact.account)) sign_in_->watch(*name);
}

// -- what is told

BsimAccount::Collected BsimAccount::collect() {
    Collected collected;
    collected.events = std::exchange(events_, {});
    collected.changed = std::exchange(changed_, {});
    collected.added = std::exchange(added_, {});
    if (std::exchange(list_due_, false) && sign_in_) list_contacts(collected.events);
    if (sign_in_) list_groups(collected.events);
    // Who is new is told of as he is now, too.
    for (const auto& [keys, buddies] : {std::pair(&collected.changed, &collected.events.buddy_statuses), std::pair(&collected.added, &collected.events.added)}) {
        for (const std::string& key : *keys) {
            if (const auto contact = contact_of(key)) buddies->push_back(buddy_of(*contact));
        }
    }
    if (failed_) sign_in_.reset();
    if (!sign_in_) return collected;
    collected.letters = sign_in_->mailbox().take(kMostTextPerPoll);
    read_letters(collected.letters, collected.events);
    return collected;
}

void BsimAccount::read_letters(const std::vector<Letter>& letters, BsimEvents& events) const {
    for (const Letter& letter : letters) {
        const auto& message = std::get<presence::Message>(letter.what->payload);
        const auto address = presence::Address::parse(message.from.href);
        const std::string account = address ? presence::account_of_key(house_.service.realm().key(*address)) : "";
        const std::string from = account.empty() ? message.from.href : house_.service.address_of_account(account);
        const bool before = letter.what->kept_since && *letter.what->kept_since <= since_;
        (before ? events.offline_messages : events.messages).push_back({from, place_of(message) + message.facts.text});
    }
}

// What is not read is told again with what has happened since, older things first; of progress, nobody is told twice.
void BsimAccount::settle(Collected collected, bool read) {
    if (sign_in_) sign_in_->mailbox().settle(std::move(collected.letters), read);
    else house_.boxes.settle_late(collected.letters, read);
    if (read) return;
    BsimEvents& old = collected.events;
    BsimEvents now = std::exchange(events_, {});
    events_.errors = std::move(old.errors);
    append(events_.errors, now.errors);
    events_.log = std::move(now.log);
    events_.login = now.login.empty() ? old.login : now.login;
    events_.logout = now.logout.empty() ? old.logout : now.logout;
    events_.nickname = now.nickname ? now.nickname : old.nickname;
    list_due_ = list_due_ || old.buddies;
    events_.status = now.status.empty() ? old.status : now.status;
    for (const std::string& address : now.deleted) std::erase(old.deleted, address);
    events_.deleted = std::move(old.deleted);
    append(events_.deleted, now.deleted);
    if (!old.groups.empty()) told_groups_.clear();
    if (!sign_in_) {
        events_.added = std::move(old.added);
        append(events_.added, now.added);
    } else {
        for (const std::string& key : std::exchange(added_, std::move(collected.added))) note(added_, key);
        std::erase_if(added_, [this](const std::string& key) { return !contact_of(key); });
        cap(added_);
    }
    events_.requests = std::move(old.requests);
    append(events_.requests, now.requests);
    std::erase_if(events_.requests, [this](const std::string& account) { return !waits(account); });
    for (const std::string& key : std::exchange(changed_, std::move(collected.changed))) note(changed_, key);
}

// `[den] `, of what was said in a room or to a group: no event tells that (bsim 9).
std::string BsimAccount::place_of(const presence::Message& message) const {
    for (const auto& contacts : message.to) {
        for (const presence::Contact& contact : contacts) {
            const auto address = presence::Address::parse(contact.href);
            const std::string key = address ? house_.service.realm().key(*address) : "";
            if (key.empty() || !presence::account_of_key(key).empty()) return "";
            return "[" + std::string(presence::alias_of(key)) + "] ";
        }
    }
    return "";
}

BsimBuddy BsimAccount::buddy_of(const ListedContact& contact) const {
    BsimBuddy buddy;
    buddy.account = house_.service.address_of_account(contact.account);
    const Watched* watched = sign_in_ ? sign_in_->watched(contact.account) : nullptr;
    buddy.nickname = !contact.nickname.empty() ? contact.nickname : watched && !watched->name.empty() ? watched->name : buddy.account;
    if (!contact.groups.empty()) buddy.group_id = group_id(contact.groups.front());
    if (watched && !contact.blocked) buddy.status = msn_code(watched->state);
    if (buddy.status != "HDN") buddy.text = watched->text;
    buddy.id = contact.id;
    buddy.blocked = contact.blocked;
    return buddy;
}

std::optional<ListedContact> BsimAccount::contact_of(const std::string& key) const {
    const auto* contacts = house_.service.contacts(key_);
    return contacts ? contacts->find(key) : std::nullopt;
}

// Groups have no id of their own: it follows from whose they are and what they are called, so it stays.
std::string BsimAccount::group_id(const std::string& name) const {
    return presence::guid_of(base::sha256(key_ + "\n" + name).substr(0, presence::kGuidBytes));
}

}  // namespace doors
