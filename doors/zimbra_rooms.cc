// doors/zimbra_rooms.cc: what happens in rooms, as people at the Zimbra door are told.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_rooms.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace doors {

using presence::Occupant;
using presence::Room;
using presence::RoomLeft;

namespace {

std::string_view status_of(RoomLeft why) {
    switch (why) {
        case RoomLeft::kicked: return "KickedFromRoom";
        case RoomLeft::banned: return "YouHaveBeenBanned";
        case RoomLeft::affiliation: return "RemovedForAffiliationChange";
        case RoomLeft::members_only: return "RemovedForMembersOnly";
        case RoomLeft::left:
        case RoomLeft::destroyed: break;
    }
    return "";
}

}  // namespace

std::string local_part(const std::string& address) { return address.substr(0, address.find('@')); }

ZimbraParticipant zimbra_occupant(const presence::Service& service, const Room& room, const Occupant& who, const std::string& viewer) {
    ZimbraParticipant p;
    p.id = std::to_string(who.id);
    p.address = who.nickname;
    p.me = who.account == viewer;
    if (room.shows_account(who.account, viewer)) p.full_address = service.address_of_account(who.account);
    p.role = presence::word_of(who.role);
    p.affiliation = presence::word_of(who.affiliation);
    return p;
}

ZimbraRooms::ZimbraRooms(ZimbraHouse& house) : house_(house) { house_.service.rooms().listen(*this); }
ZimbraRooms::~ZimbraRooms() { house_.service.rooms().unlisten(*this); }

template <class F>
void ZimbraRooms::for_each_here(const Room& room, F visit) {
    for (const Occupant& one : room.occupants()) {
        ZimbraPersona* persona = house_.persona(one.account);
        ZimbraChat* chat = persona ? persona->chats().in_room(room.key()) : nullptr;
        if (chat) visit(*persona, *chat);
    }
}

// -- who is inside

void ZimbraRooms::tell_entered(ZimbraPersona& persona, const Room& room, const std::string& thread, const Occupant& who, bool created) const {
    ZimbraElement n = zimbra_n("enteredchat");
    n.set("thread", thread).set("addr", who.nickname);
    if (created) n.set("status", "NewRoomCreated");
    n.add(zimbra_participant(zimbra_occupant(house_.service, room, who, persona.key())));
    persona.tell(std::move(n), ZimbraLeg::router);
}

// Who comes in himself is told with what he finds there.
void ZimbraRooms::entered(const Room& room, const Occupant& who, bool) {
    for_each_here(room, [&](ZimbraPersona& persona, const ZimbraChat& chat) {
        if (persona.key() != who.account && room.shows(who, persona.key())) tell_entered(persona, room, chat.thread, who, false);
    });
}

void ZimbraRooms::welcome(ZimbraPersona& persona, const std::string& key, const std::string& thread, bool created) {
    const Room* room = house_.service.rooms().find(key);
    const Occupant* self = room ? room->occupant(persona.key()) : nullptr;
    if (!self) return;
    for (const Occupant& one : room->occupants()) {
        if (one.account != persona.key() && room->shows(one, persona.key())) tell_entered(persona, *room, thread, one, false);
    }
    tell_entered(persona, *room, thread, *self, created);
    auto recent = [this, weak = persona.weak_from_this(), key](const std::vector<presence::RoomMessage>& past) {
        const auto still = weak.lock();
        const Room* there = still ? house_.service.rooms().find(key) : nullptr;
        ZimbraChat* chat = there ? still->chats().in_room(key) : nullptr;
        if (!chat || !chat->lines.empty()) return;
        for (const auto& message : past) hear(*still, *there, *chat, message, ZimbraLeg::router);
    };
    house_.service.rooms().recent(key, persona.key(), house_.while_open(std::move(recent)));
}

void ZimbraRooms::tell_left(ZimbraPersona& persona, const std::string& thread, const Occupant& who, std::string_view status) {
    ZimbraElement n = zimbra_n("leftchat");
    if (persona.key() == who.account) n.set("me", true);
    n.set("thread", thread).set("addr", who.nickname).set_some("status", std::string(status));
    persona.tell(std::move(n), ZimbraLeg::router);
}

void ZimbraRooms::left(const Room& room, const Occupant& who, RoomLeft why, const std::string&) {
    for_each_here(room, [&](ZimbraPersona& persona, const ZimbraChat& chat) {
        if (persona.key() != who.account && room.shows(who, persona.key())) tell_left(persona, chat.thread, who, status_of(why));
    });
    ZimbraPersona* himself = house_.persona(who.account);
    const ZimbraChat* chat = himself ? himself->chats().in_room(room.key()) : nullptr;
    if (!chat || why == RoomLeft::left) return;
    tell_left(*himself, chat->thread, who, status_of(why));
    himself->chats().close(std::string(chat->thread));
}

// To those who may not know of somebody with the role that he has now, he left with the one that he had.
void ZimbraRooms::changed(const Room& room, const Occupant& before, const Occupant& now) {
    for_each_here(room, [&](ZimbraPersona& persona, const ZimbraChat& chat) {
        const bool known = room.shows(before, persona.key());
        if (!room.shows(now, persona.key())) return known ? tell_left(persona, chat.thread, before, "") : void();
        if (!known) return tell_entered(persona, room, chat.thread, now, false);
        ZimbraElement n = zimbra_n("chatpresence");
        n.set("thread", chat.thread).set("addr", now.nickname);
        n.set("role", std::string(presence::word_of(now.role))).set("affiliation", std::string(presence::word_of(now.affiliation)));
        if (before.nickname != now.nickname) n.set("status", "NewRoomNickname");
        else if (before.affiliation != now.affiliation) n.set("status", "AffiliationChange");
        n.add(zimbra_participant(zimbra_occupant(house_.service, room, now, persona.key())));
        persona.tell(std::move(n), ZimbraLeg::router);
    });
}

void ZimbraRooms::invited(const Room& room, const std::string& account, const std::string&, const std::string& text) {
    ZimbraPersona* persona = house_.persona(account);
    if (!persona) return;
    const std::string address = house_.service.rooms().address_of(room.key());
    ZimbraElement n = zimbra_n("invited");
    n.set("thread", local_part(address)).set("addr", address);
    n.text = text;
    persona->tell(std::move(n), ZimbraLeg::router);
}

// -- what is said

void ZimbraRooms::hear(ZimbraPersona& persona, const Room& room, ZimbraChat& chat, const presence::RoomMessage& message,
                       ZimbraLeg leg) const {
    const bool own = message.account == persona.key();
    const std::string& nickname = message.nickname;
    if (message.message.facts.kind == presence::MessageKind::control) {
        if (!own) persona.tell(zimbra_n_typing(nickname, chat.thread, message.time_ms, true), ZimbraLeg::router);
        return;
    }
    const auto& facts = message.message.facts;
    ZimbraLine line{0, message.time_ms, own ? persona.address() : nickname, own, message.subject.value_or(facts.subject), facts.text, facts.html, nullptr};
    const ZimbraLine& heard = persona.chats().say(chat, std::move(line), house_.limits.chats, house_.clock.now());
    const std::string address = house_.service.rooms().address_of(room.key());
    persona.tell(zimbra_n_message(heard, chat.thread, address), own ? leg : ZimbraLeg::router);
}

void ZimbraRooms::said(const Room& room, const presence::RoomMessage& message) {
    for_each_here(room, [&](ZimbraPersona& persona, ZimbraChat& chat) { hear(persona, room, chat, message, ZimbraLeg::local); });
}

void ZimbraRooms::say(ZimbraPersona& persona, const ZimbraChat& chat, ZimbraPersona::Said what, ZimbraPersona::Done done) {
    auto message = house_.compose(what.text, chat.thread);
    if (!message) return done(std::unexpected(message.error()));
    message->facts.html = std::move(what.html);
    presence::RoomSpeech speech{std::move(*message), std::nullopt};
    if (!what.subject.empty()) {
        if (what.text.empty()) speech.subject = what.subject;
        else speech.message.facts.subject = what.subject;
    }
    const auto refused = [weak = persona.weak_from_this(), thread = chat.thread, room = chat.room](const std::string& word, const std::string& text) {
        const auto self = weak.lock();
        if (!self) return;
        const std::string address = self->house().service.rooms().address_of(room);
        self->tell_later(zimbra_n_error(address, thread, self->now_ms(), word, text));
    };
    auto answer = [refused, done = std::move(done)](const base::Result<presence::RoomMessage>& how) mutable {
        if (how) return done({});
        switch (how.error().code) {
            case base::Errc::precondition: refused("not_acceptable", "You are not inside the room."); break;
            case base::Errc::denied: refused("forbidden", "You may not say that in the room."); break;
            case base::Errc::not_found: refused("recipient_unavailable", "The room is no more."); break;
            case base::Errc::busy: refused("resource_constraint", "The server is too busy; the message was not delivered."); break;
            default: return done(std::unexpected(how.error()));
        }
        done({});
    };
    house_.service.rooms().say(persona.caller(), chat.room, std::move(speech), house_.while_open(std::move(answer)));
}

// That somebody has stopped is known to this door alone.
void ZimbraRooms::stopped_typing(const ZimbraPersona& persona, const ZimbraChat& chat) {
    const Room* room = house_.service.rooms().find(chat.room);
    if (!room || !room->may_speak(persona.key())) return;
    const std::string nickname = room->occupant(persona.key())->nickname;
    for_each_here(*room, [&](ZimbraPersona& other, const ZimbraChat& his) {
        if (&other != &persona) other.tell(zimbra_n_typing(nickname, his.thread, other.now_ms(), false), ZimbraLeg::router);
    });
}

void ZimbraRooms::type(ZimbraPersona& persona, const ZimbraChat& chat, bool typing) {
    if (!typing) return stopped_typing(persona, chat);
    auto note = house_.compose_typing(persona.address(), chat.thread);
    if (note) house_.service.rooms().say(persona.caller(), chat.room, {std::move(*note), std::nullopt}, [](const auto&) {});
}

}  // namespace doors
