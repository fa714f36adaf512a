// doors/zimbra_talk.cc: what a person at the Zimbra door says and hears: ZimbraPersona's chats.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.0, 3.5, 3.11 (close)
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "doors/zimbra_persona.h"
#include "doors/zimbra_rooms.h"

namespace doors {

using base::Errc;

namespace {

constexpr std::size_t kMostFetched = 262144;  // bytes of messages at once

// Of a control note: whether it says that somebody is typing (rvp-in-practice 4.1).
bool says_typing(const presence::Message& message) {
    return base::to_lower(message.mime).find("\ntypinguser:") != std::string::npos;
}

std::string key_of(const presence::Realm& realm, const presence::Contact& contact) {
    const auto address = presence::Address::parse(contact.href);
    return address ? realm.key(*address) : contact.href;
}

bool is_control(const presence::Message& message) { return message.facts.kind == presence::MessageKind::control; }

}  // namespace

std::string ZimbraPersona::account_of(const presence::Contact& contact) const {
    std::string key = key_of(house_.service.realm(), contact);
    if (key.starts_with('/')) return key;
    const auto account = house_.service.contact_account(contact.href);
    return account ? *account : key;
}

bool ZimbraPersona::blocks(const std::string& other_key) const {
    const presence::Node* own = house_.service.nodes().find(key());
    return own && own->shuts_out(other_key);
}

// -- what he hears

Wanted ZimbraPersona::wants(const presence::Message& message) {
    const std::string from = account_of(message.from);
    if (!is_control(message) && message.facts.text.empty() && message.facts.html.empty() && message.facts.subject.empty()) {
        return Wanted::refused;  // no client of this door could show it
    }
    if (blocks(key_of(house_.service.realm(), message.from))) return Wanted::no;
    if (!is_control(message)) {
        if (!std::exchange(fetch_posted_, true)) later(&ZimbraPersona::fetch_letters);
        return Wanted::yes;
    }
    if (!says_typing(message)) return Wanted::no;
    ZimbraChat* chat = message.facts.thread.empty() ? nullptr : chats_.find(message.facts.thread);
    if (!chat || chat->with != from) chat = chats_.with(from);
    const std::string address = house_.service.address_of_account(from);
    const std::string thread = chat ? chat->thread : !message.facts.thread.empty() ? message.facts.thread : address.substr(0, address.find('@'));
    tell(zimbra_n_typing(address, thread, now_ms(), true), ZimbraLeg::router);
    return Wanted::no;
}

void ZimbraPersona::stopped_typing(const std::string& from_account, const std::string& thread) {
    ZimbraChat* chat = chats_.find(thread);
    if (!online() || !chat || chat->with != from_account || blocks(from_account)) return;
    tell(zimbra_n_typing(house_.service.address_of_account(from_account), thread, now_ms(), false), ZimbraLeg::router);
}

void ZimbraPersona::fetch_letters() {
    fetch_posted_ = false;
    if (!online()) return;
    for (Letter& letter : sign_in_->mailbox().take(kMostFetched)) read(std::move(letter));
    if (!sign_in_->mailbox().empty() && !std::exchange(fetch_posted_, true)) later(&ZimbraPersona::fetch_letters);
}

void ZimbraPersona::read(Letter letter) {
    const auto what = letter.what;
    const auto& message = std::get<presence::Message>(what->payload);
    const auto ticket = std::make_shared<ZimbraTicket>(house_.boxes, sign_in_->mailbox(), std::move(letter));
    tickets_[ticket.get()] = ticket;
    const std::string account = account_of(message.from);
    ZimbraChat& chat = chat_for(message, account);
    if (!message.facts.session_id.empty()) chat.session_id = message.facts.session_id;
    ZimbraLine line{0, now_ms(), house_.service.address_of_account(account), false, message.facts.subject, message.facts.text, message.facts.html, ticket};
    const ZimbraLine& said = chats_.say(chat, std::move(line), house_.limits.chats, house_.clock.now());
    tell(zimbra_n_message(said, chat.thread, ""), ZimbraLeg::router, ticket);
}

// By its thread, which is adopted; an answer from a door without threads by the Session-Id it repeats.
ZimbraChat& ZimbraPersona::chat_for(const presence::Message& message, const std::string& account) {
    const auto& facts = message.facts;
    const bool named = !facts.thread.empty() && facts.thread.size() <= kMostThread;
    ZimbraChat* chat = named ? chats_.find(facts.thread) : nullptr;
    if (chat && chat->with == account) return *chat;
    const bool taken = chat != nullptr;
    if (!named && !facts.session_id.empty()) {
        const auto same = std::ranges::find_if(chats_, [&](const auto& one) {
            return one.second.with == account && one.second.session_id == facts.session_id;
        });
        if (same != chats_.end()) return same->second;
    }
    if (!named || taken) {
        if (ZimbraChat* there = chats_.with(account)) return *there;
    }
    make_room();
    const std::string address = house_.service.address_of_account(account);
    return chats_.open(named && !taken ? facts.thread : chats_.free_thread(address.substr(0, address.find('@'))), account,
                       house_.clock.now());
}

// Who is written to cannot help it: the talk that has been silent for longest ends.
void ZimbraPersona::make_room() {
    while (chats_.size() > 0 && chats_.size() >= house_.limits.chats.chats) {
        const std::string thread = chats_.longest_idle()->thread;
        close_chat(thread, ZimbraLeg::router);
    }
}

// -- what he says

void ZimbraPersona::say(ZimbraChat& chat, Said what, Done done) {
    const std::string thread = chat.thread;
    const auto name = house_.service.person(chat.with);
    const std::string plain = what.text.empty() ? what.subject : what.text;
    const auto echo = [weak = weak_from_this(), thread, what] {
        const auto self = weak.lock();
        ZimbraChat* still = self ? self->chats_.find(thread) : nullptr;
        if (!still) return;
        ZimbraLine line{0, self->now_ms(), self->address_, true, what.subject, what.text, what.html, nullptr};
        const ZimbraLine& said = self->chats_.say(*still, std::move(line), self->house_.limits.chats, self->house_.clock.now());
        self->tell(zimbra_n_message(said, thread, self->chat_target(*still)), ZimbraLeg::local);
    };
    if (!name) {
        echo();
        not_delivered(thread, name.error());
        return done({});
    }
    auto message = house_.compose(plain, thread);
    if (!message) return done(std::unexpected(message.error()));
    chat.session_id = message->facts.session_id;
    message->facts.thread = thread;
    message->facts.subject = std::move(what.subject);
    message->facts.html = std::move(what.html);
    presence::NotifyRequest request{*name, std::move(*message), presence::AckType::single_hop, 1};
    auto accepted = [weak = weak_from_this(), thread, echo, done = std::move(done)](const base::Result<presence::Accepted>& how) mutable {
        if (!how && base::is_own_trouble(how.error().code)) return done(std::unexpected(how.error()));
        echo();
        if (const auto self = weak.lock(); self && !how) self->not_delivered(thread, how.error());
        done({});
    };
    house_.service.notify(caller_, std::move(request), house_.while_open(std::move(accepted)));
}

// Whether there is such a person, and whether he blocks, is nobody's business; that he is away is.
void ZimbraPersona::not_delivered(const std::string& thread, const base::Error& error) {
    const ZimbraChat* chat = chats_.find(thread);
    if (!chat) return;
    const std::string target = chat_target(*chat);
    std::string word, text;
    if (const auto room = house_.service.rooms().key_of(chat->with)) {
        const presence::Room* there = house_.service.rooms().find(*room);
        const bool known = there && there->known_to(key());
        word = known ? "not_acceptable" : "recipient_unavailable";
        text = known ? "You are not inside the room." : "There is no such room.";
    } else if (!house_.service.person(chat->with)) {
        word = "remote_server_not_found";
        text = "The domain of " + target + " cannot be reached.";
    } else if (error.code == Errc::precondition) {
        word = "recipient_unavailable";
        text = target + " is not available.";
    } else if (error.code == Errc::busy) {
        word = "resource_constraint";
        text = "The server is too busy; the message was not delivered.";
    } else {
        return;
    }
    tell_later(zimbra_n_error(target, thread, now_ms(), word, text));
}

void ZimbraPersona::tell_later(ZimbraElement n) {
    house_.post(house_.while_open([weak = weak_from_this(), n = std::make_shared<ZimbraElement>(std::move(n))] {
        if (const auto self = weak.lock()) self->tell(std::move(*n), ZimbraLeg::router);
    }));
}

void ZimbraPersona::type(const ZimbraChat& chat, bool typing) {
    const auto name = house_.service.person(chat.with);
    if (!name) return;
    if (!typing) {
        const presence::Node* person = house_.service.nodes().find(name->key);
        ZimbraPersona* other = house_.persona(name->key);
        if (other && person && person->may(caller_, presence::Right::send_to)) other->stopped_typing(key(), chat.thread);
        return;
    }
    auto note = house_.compose_typing(address_, chat.thread);
    if (!note) return;
    note->facts.thread = chat.thread;
    house_.service.notify(caller_, {*name, std::move(*note), presence::AckType::single_hop, 1}, [](const auto&) {});
}

// -- chats

void ZimbraPersona::close_chat(const std::string& thread, ZimbraLeg leg) {
    const ZimbraChat* chat = chats_.find(thread);
    if (!chat) return;
    const std::string room = chat->room;
    chats_.close(thread);
    if (!room.empty()) house_.service.rooms().leave(key(), room, "zimbra/" + thread);
    ZimbraElement n = zimbra_n("chatclosed");
    n.set("thread", thread);
    tell(std::move(n), leg);
}

std::string ZimbraPersona::chat_target(const ZimbraChat& chat) const {
    if (!chat.room.empty()) return house_.service.rooms().address_of(chat.room);
    return house_.service.address_of_account(chat.with);
}

std::vector<ZimbraParticipant> ZimbraPersona::participants(const ZimbraChat& chat) const {
    std::vector<ZimbraParticipant> all;
    if (!chat.room.empty()) {
        const presence::Room* room = house_.service.rooms().find(chat.room);
        if (!room) return all;
        for (const presence::Occupant& one : room->occupants()) {
            if (room->shows(one, key())) all.push_back(zimbra_occupant(house_.service, *room, one, key()));
        }
        return all;
    }
    ZimbraParticipant self{"1", address_, "", "", "", "", true};
    const auto contact = house_.service.roster_entry(key(), chat.with);
    ZimbraParticipant other{"2", chat_target(chat), "", contact ? contact->contact.nickname : "", "", "", false};
    all.push_back(std::move(self));
    all.push_back(std::move(other));
    return all;
}

}  // namespace doors
