// presence/rooms_enter.cc: coming into a room, and being out of it again.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.9; design 7
#include <algorithm>
#include <utility>

#include "presence/contacts.h"
#include "presence/record.h"
#include "presence/rooms.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

// What a room is made from, as far as its people are concerned.
Room nobodys(const std::string& key) { return Room(key, 0, {}, true, {}); }

RoomEntered refused(RoomRefusal why) {
    RoomEntered entered;
    entered.refusal = why;
    return entered;
}

}  // namespace

void Rooms::enter(const Caller& caller, RoomEntry entry, Answer<RoomEntered> done) {
    const std::string key = entry.room;
    needs_.take_turn(key, [this, caller, entry = std::move(entry), done = std::move(done)](base::Once<void()> finished) mutable {
        enter_in_turn(caller, std::move(entry), [done = std::move(done), finished = std::move(finished)](auto entered) mutable {
            done(std::move(entered));
            finished();
        });
    });
}

void Rooms::enter_in_turn(const Caller& caller, RoomEntry entry, Answer<RoomEntered> done) {
    Place* at = place(entry.room);
    if (at && at->room->deserted()) {  // on its way out: what comes now is another
        return end(entry.room, "", [this, caller, entry, done = std::move(done)](base::Result<void> ended) mutable {
            if (!ended) return done(std::unexpected(ended.error()));
            create(caller, std::move(entry), std::move(done));
        });
    }
    if (!at) return create(caller, std::move(entry), std::move(done));
    Room& room = *at->room;
    if (entry.own && room.affiliation_of(caller.key) != Affiliation::owner) return done(refused(RoomRefusal::not_allowed));
    const auto nickname = nickname_for(&room, caller.key, entry.nickname);
    if (!nickname) return done(std::unexpected(nickname.error()));
    if (const auto why = room.refusal(caller.key, *nickname, entry.password, rule_.occupants)) return done(refused(*why));
    RoomEntered entered;
    entered.was_inside = room.occupant(caller.key) != nullptr;
    const bool renames = entered.was_inside && !entry.nickname.empty() && may_rename(room, *room.occupant(caller.key));
    const Occupant* namesake = renames ? room.called(*nickname) : nullptr;
    if (renames && ((namesake && namesake->account != caller.key) || room.reserved_for_another(caller.key, *nickname))) {
        return done(refused(RoomRefusal::nickname_conflict));
    }
    Occupant& self = seat(room, caller.key, *nickname, entry.seat);
    if (!entered.was_inside) tell_entered(room, self, false);
    if (renames) call(room, self, *nickname);
    entered.self = self;
    done(std::move(entered));
}

base::Result<std::unique_ptr<Room>> Rooms::made_of(const Caller& caller, const RoomEntry& entry) const {
    RoomConfig config = entry.config.value_or(RoomConfig());
    const std::string name(alias_of(entry.room));
    if (config.longname.empty()) config.longname = name;
    if (config.description.empty()) config.description = config.longname;
    for (const auto& [what, text] : {std::pair("longname", &config.longname), std::pair("description", &config.description),
                                     std::pair("password", &config.password), std::pair("subject", &config.subject)}) {
        if (auto sound = check_text(what, *text); !sound) return std::unexpected(sound.error());
    }
    config.enablelogging = config.enablelogging && archive_;
    if (entry.members.size() >= rule_.members) return fail(Errc::busy, "more belong to the room than may (limits.room_members)");
    auto room = std::make_unique<Room>(entry.room, needs_.message_time(entry.room), std::move(config), !entry.open,
                                       std::vector<RoomMember>{});
    for (const RoomMember& member : entry.members) {
        if (auto sound = check_names({member.account, member.nickname}); !sound) return std::unexpected(sound.error());
        room->set_affiliation({key_of_account(member.account), member.affiliation, member.nickname});
    }
    room->set_affiliation({caller.key, Affiliation::owner, ""});
    room->set_changed(nobodys(entry.room), room->created_ms());
    return room;
}

void Rooms::create(const Caller& caller, RoomEntry entry, Answer<RoomEntered> done) {
    if (!is_room(entry.room) || !key_of(address_of(entry.room))) return done(fail(Errc::malformed, entry.room + " is no room"));
    if (!entry.may_create) return done(refused(RoomRefusal::no_such_room));
    const auto owned = std::ranges::count_if(rooms_, [&](const auto& one) {
        return one.second.room->affiliation_of(caller.key) == Affiliation::owner;
    });
    if (rooms_.size() >= rule_.rooms || static_cast<std::size_t>(owned) >= rule_.per_principal) {
        return done(refused(RoomRefusal::not_allowed));
    }
    const auto nickname = nickname_for(nullptr, caller.key, entry.nickname);
    if (!nickname) return done(std::unexpected(nickname.error()));
    auto made = made_of(caller, entry);
    if (!made) return done(std::unexpected(made.error()));
    if (const auto node = needs_.make_room_node(caller, entry.room); !node) {
        if (node.error().code == Errc::busy) return done(refused(RoomRefusal::not_allowed));
        return done(std::unexpected(node.error()));
    }
    Batch batch;
    batch.records.push_back(record_of(**made));
    // That somebody begins alone is no news.
    auto events = (*made)->members().size() > 1 ? events_between(nobodys(entry.room), **made, caller.key) : std::vector<RoomEvent>();
    std::erase_if(events, [](const RoomEvent& event) { return event.deed != RoomDeed::added; });
    for (RoomEvent& event : events) {
        event.time_ms = (*made)->created_ms();
        if (archives(**made)) batch.messages.push_back(needs_.archived_in(**made, event));
    }
    needs_.keep(entry.room, std::move(batch), [this, room = std::move(*made), account = caller.key, nickname = *nickname, sits = entry.seat,
                                               events = std::move(events), done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(safe.error()));
        const std::string key = room->key();
        add(std::move(room));
        Place& at = *place(key);
        at.since_ever = true;
        needs_.show_room(*at.room);
        RoomEntered entered;
        entered.created = true;
        entered.self = seat(*at.room, account, nickname, sits);
        tell_entered(*at.room, entered.self, true);
        for (RoomEvent& event : events) tell_event(*at.room, std::move(event));
        done(std::move(entered));
    });
}

Occupant& Rooms::seat(Room& room, const std::string& account, const std::string& nickname, const std::string& seat) {
    Occupant* who = room.inside(account);
    if (!who) {
        room.occupants_.push_back({++room.last_occupant_, account, nickname, room.role_on_entry(account), room.affiliation_of(account), {},
                                   clock_.wall().time_since_epoch().count()});
        who = &room.occupants_.back();
    }
    if (std::ranges::find(who->seats, seat) == who->seats.end()) who->seats.push_back(seat);
    return *who;
}

void Rooms::tell_entered(const Room& room, const Occupant& who, bool created) {
    tell([&](RoomEvents& events) { events.entered(room, who, created); });
    if (!room.has_member(who.account)) tell_event(room, {RoomDeed::added, who.account, {who.account}, "", who.since_ms, !room.tells_of(who.role)});
}

void Rooms::tell_event(const Room& room, RoomEvent event) {
    if (event.deed == RoomDeed::removed) {
        RoomEvent stays = event;
        stays.deed = RoomDeed::lowered;
        std::erase_if(event.targets, [&](const std::string& account) { return room.occupant(account) != nullptr; });
        std::erase_if(stays.targets, [&](const std::string& account) { return room.occupant(account) == nullptr; });
        if (!stays.targets.empty()) tell([&](RoomEvents& events) { events.happened(room, stays); });
        if (event.targets.empty()) return;
    }
    tell([&](RoomEvents& events) { events.happened(room, event); });
}

void Rooms::leave(const std::string& account, std::string_view key, std::string_view seat) {
    Place* at = place(key);
    Occupant* who = at ? at->room->inside(account) : nullptr;
    if (!who || std::erase(who->seats, seat) == 0 || !who->seats.empty()) return;
    put_out(*at->room, account, RoomLeft::left, "");
}

void Rooms::put_out(Room& room, const std::string& account, RoomLeft why, const std::string& text) {
    const Occupant* inside = room.occupant(account);
    if (!inside) return;
    const Occupant who = *inside;
    std::erase_if(room.occupants_, [&](const Occupant& one) { return one.account == who.account; });
    tell([&](RoomEvents& events) { events.left(room, who, why, text); });
    // Whoever loses his place for good is told of with the change that takes it.
    if (who.affiliation < Affiliation::member && !room.has_member(who.account)) {
        tell_event(room, {RoomDeed::removed, who.account, {who.account}, "", clock_.wall().time_since_epoch().count(), !room.tells_of(who.role)});
    }
    if (why != RoomLeft::left) needs_.end_subscriptions(room.key(), who.seats);
    if (room.deserted()) wheel_.arm(sweep_, wheel_.now());
}

// -- the end of a room

void Rooms::end(const std::string& key, const std::string& text, Answer<void> done) {
    needs_.end_room(key, [this, key, text, done = std::move(done)](base::Result<void> safe) mutable {
        if (safe && take_away(key, text)) needs_.room_is_gone(key);
        done(std::move(safe));
    });
}

void Rooms::node_is_gone(const std::string& key) { take_away(key, ""); }

bool Rooms::take_away(const std::string& key, const std::string& text) {
    Place* at = place(key);
    if (!at) return false;
    const std::unique_ptr<Room> room = std::move(at->room);
    rooms_.erase(key);
    by_id_.erase(room->id());
    const auto inside = std::exchange(room->occupants_, {});
    for (const Occupant& who : inside) {
        tell([&](RoomEvents& events) { events.left(*room, who, RoomLeft::destroyed, text); });
    }
    tell([&](RoomEvents& events) { events.closed(*room); });
    return true;
}

void Rooms::sweep() {
    std::vector<std::string> deserted;
    for (const auto& [key, place] : rooms_) {
        if (place.room->deserted()) deserted.push_back(key);
    }
    for (const std::string& key : deserted) {
        needs_.take_turn(key, [this, key](base::Once<void()> finished) {
            const Place* at = place(key);
            if (!at || !at->room->deserted()) return finished();
            // What cannot be erased now is found again by the next start.
            end(key, "", [finished = std::move(finished)](const base::Result<void>&) mutable { finished(); });
        });
    }
}

void Rooms::destroy(const Caller& caller, std::string_view key, std::string text, Answer<void> done) {
    needs_.take_turn(std::string(key), [this, caller, key = std::string(key), text = std::move(text),
                                        done = std::move(done)](base::Once<void()> finished) mutable {
        auto then = [done = std::move(done), finished = std::move(finished)](base::Result<void> ended) mutable {
            done(std::move(ended));
            finished();
        };
        const auto room = known(caller, key);
        if (!room) return then(std::unexpected(room.error()));
        if ((*room)->affiliation_of(caller.key) != Affiliation::owner) return then(fail(Errc::denied, "only owners destroy a room"));
        end(key, text, std::move(then));
    });
}

}  // namespace presence
