// presence/rooms_acts.cc: what is said and done in a room, and how it is set up.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.5, 3.11; design 5, 7
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "presence/contacts.h"
#include "presence/record.h"
#include "presence/room_record.h"
#include "presence/rooms.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

std::unexpected<base::Error> not_inside(const Room& room) {
    return fail(Errc::precondition, "not inside the room " + room.name());
}

}  // namespace

// -- what is said

void Rooms::say(const Caller& caller, std::string_view key, RoomSpeech speech, Answer<RoomMessage> done) {
    const auto found = known(caller, key);
    if (!found) return done(std::unexpected(found.error()));
    const Room& room = **found;
    if (const auto may = room.may_speak(caller.key); !may && !speech.subject) return done(std::unexpected(may.error()));
    const Occupant* who = room.occupant(caller.key);
    RoomMessage message{caller.key, who ? who->nickname : "", speech.subject, std::move(speech.message), 0};
    message.message.from = {caller.url, message.nickname};
    const bool typing = message.message.facts.kind == MessageKind::control;
    Batch batch;  // typing is no talk, and a subject alone is none
    if (!speech.subject) {
        message.time_ms = typing ? clock_.wall().time_since_epoch().count() : needs_.message_time(room.key());
        if (!typing && archive_ && room.config().enablelogging) batch.messages.push_back(needs_.archived_in(room, message));
    }
    if (Place& at = *place(key); !batch.empty() && at.since_ms == 0) at.since_ms = message.time_ms;
    Edit edit = [this, account = caller.key, subject = speech.subject.value_or("")](Room& next) -> base::Result<void> {
        if (auto may = next.may_set_subject(account); !may) return may;
        if (subject.size() > rule_.text_bytes) {
            return fail(Errc::too_large, "the subject of a room has " + std::to_string(rule_.text_bytes) +
                                             " bytes at most (limits.room_text_bytes)");
        }
        if (auto sound = check_text("subject", subject); !sound) return sound;
        next.config_.subject = subject;
        return {};
    };
    const bool sets_subject = speech.subject.has_value();
    auto then = [this, key = room.key(), message = std::move(message), speech = std::move(speech), request = caller.request,
                 done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(safe.error()));
        Place* at = place(key);
        if (!at) return done(fail(Errc::not_found, "the room was destroyed meanwhile"));
        if (message.subject) message.time_ms = needs_.message_time(key);
        said(*at, std::move(message), speech, request, std::move(done));
    };
    if (sets_subject) return store(caller, key, "", std::move(edit), std::move(then));
    if (batch.empty()) return then({});
    needs_.keep(room.key(), std::move(batch), std::move(then));
}

void Rooms::said(Place& place, RoomMessage message, const RoomSpeech& speech, std::uint64_t request, Answer<RoomMessage> done) {
    Room& room = *place.room;
    const bool typing = message.message.facts.kind == MessageKind::control && !message.subject;
    if (!typing) {
        place.tail.push_back(message);
        if (place.tail.size() > kRecentInRoom) place.tail.pop_front();
    }
    const std::string key = room.key();
    tell([&](RoomEvents& events) { events.said(room, message); });
    const Place* still = this->place(key);
    if (!still) return done(std::move(message));
    needs_.deliver(*still->room, message, speech, request, [message, done = std::move(done)](base::Result<void> how) mutable {
        if (!how) return done(std::unexpected(how.error()));
        done(std::move(message));
    });
}

// -- how it is set up

void Rooms::store(const Caller& caller, std::string_view key, const std::string& text, Edit edit, Answer<void> done) {
    needs_.take_turn(std::string(key), [this, caller, key = std::string(key), text, edit = std::move(edit),
                                        done = std::move(done)](base::Once<void()> finished) mutable {
        store_in_turn(caller, key, text, std::move(edit), [done = std::move(done), finished = std::move(finished)](base::Result<void> how) mutable {
            done(std::move(how));
            finished();
        });
    });
}

void Rooms::store_in_turn(const Caller& caller, const std::string& key, const std::string& text, Edit edit, Answer<void> done) {
    const auto room = known(caller, key);
    if (!room) return done(std::unexpected(room.error()));
    auto next = std::make_unique<Room>(**room);
    if (auto edited = edit(*next); !edited) return done(edited);
    if (next->owners() == 0) return done(fail(Errc::precondition, "a room has one owner at least"));
    if (next->members().size() > rule_.members) return done(fail(Errc::busy, "more belong to the room than may (limits.room_members)"));
    Batch batch;
    auto events = events_between(**room, *next, caller.key);
    if (!events.empty()) next->set_changed(**room, needs_.message_time(key));
    for (RoomEvent& event : events) {
        event.time_ms = event.deed == events.front().deed ? next->changed_ms() : needs_.message_time(key);
        if (archives(*next)) batch.messages.push_back(needs_.archived_in(*next, event));
    }
    batch.records.push_back(record_of(*next));
    needs_.keep(key, std::move(batch), [this, key, by = caller.key, text, next = std::move(next), events = std::move(events),
                                        done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::move(safe));
        if (Place* at = place(key)) become(*at->room, *next, events, by, text);
        done({});
    });
}

// Whoever came or went since `next` was copied is where he is now.
void Rooms::become(Room& room, const Room& next, const std::vector<RoomEvent>& happened, const std::string& by, const std::string& text) {
    const bool closes = next.config_.membersonly && !room.config_.membersonly;
    RoomConfig before = std::exchange(room.config_, next.config_);
    const bool was_locked = std::exchange(room.locked_, next.locked_);
    const auto members = std::exchange(room.members_, next.members_);
    room.changed_ms_ = next.changed_ms_;
    needs_.show_room(room);
    const auto inside = room.occupants_;
    const auto was = [&](std::string_view account) {
        const auto at = std::ranges::find(members, account, &RoomMember::account);
        return at == members.end() ? Affiliation::none : at->affiliation;
    };
    auto concerned = room.members_;
    for (const RoomMember& member : members) {
        if (room.affiliation_of(member.account) == Affiliation::none) concerned.push_back({member.account, Affiliation::none, "", member.since_ms});
    }
    for (const RoomMember& member : concerned) {
        if (was(member.account) == member.affiliation) continue;
        tell([&](RoomEvents& events) { events.affiliated(room, member, was(member.account), by); });
    }
    for (const Occupant& who : inside) reconsider(room, who, closes ? RoomLeft::members_only : RoomLeft::affiliation, text);
    for (const RoomEvent& event : happened) tell_event(room, event);
    before.subject = room.config_.subject;  // that is told as what was said
    if (before != room.config_ || was_locked != room.locked_) tell([&](RoomEvents& events) { events.configured(room, by); });
    if (room.deserted()) wheel_.arm(sweep_, wheel_.now());
}

void Rooms::reconsider(Room& room, const Occupant& before, RoomLeft why, const std::string& text) {
    Occupant* who = room.inside(before.account);
    if (!who) return;
    const Affiliation is = room.affiliation_of(before.account);
    if (!room.may_stay(before.account)) {
        return put_out(room, before.account, is == Affiliation::outcast ? RoomLeft::banned : why, text);
    }
    if (is == who->affiliation) return;
    const Occupant old = *who;
    who->affiliation = is;
    who->role = room.role_on_entry(before.account);
    const Occupant now = *who;
    tell([&](RoomEvents& events) { events.changed(room, old, now); });
}

// Whoever was an owner or admin and is not named becomes a member.
base::Result<void> Rooms::edit_lists(Room& next, const RoomVariable& variable) const {
    const bool owners = base::equal_ignoring_case(variable.name, "owners");
    if (!owners && !base::equal_ignoring_case(variable.name, "admins")) return {};
    const Affiliation kind = owners ? Affiliation::owner : Affiliation::admin;
    std::vector<std::string> named;
    for (const std::string& value : variable.values) {
        if (base::trim(value).empty()) continue;
        auto account = needs_.account_of(base::trim(value));
        if (!account) return std::unexpected(account.error());
        named.push_back(key_of_account(*account));
    }
    const auto before = next.members();
    for (const RoomMember& member : before) {
        const bool stays = std::ranges::find(named, member.account) != named.end();
        if (member.affiliation == kind && !stays) next.set_affiliation({member.account, Affiliation::member, ""});
    }
    for (const std::string& account : named) next.set_affiliation({account, kind, ""});
    return {};
}

void Rooms::configure(const Caller& caller, std::string_view key, std::vector<RoomVariable> variables, Answer<void> done) {
    Edit edit = [this, account = caller.key, variables = std::move(variables)](Room& next) -> base::Result<void> {
        if (next.affiliation_of(account) != Affiliation::owner) return fail(Errc::denied, "only owners configure a room");
        const std::string password = next.config().password;
        for (const RoomVariable& variable : variables) {
            if (auto set = next.set_variable(variable); !set) return set;
            if (auto set = edit_lists(next, variable); !set) return set;
        }
        RoomConfig& config = next.config_;
        for (const auto& [what, text] : {std::pair("longname", &config.longname), std::pair("description", &config.description),
                                         std::pair("password", &config.password)}) {
            if (auto sound = check_text(what, *text); !sound) return sound;
        }
        if (!config.passwordprotect) config.password.clear();
        if (config.passwordprotect && config.password.empty()) return fail(Errc::malformed, "passwordprotect needs a password");
        config.enablelogging = config.enablelogging && archive_;
        next.locked_ = false;
        return {};
    };
    store(caller, key, "", std::move(edit), std::move(done));
}

// -- who belongs to it

void Rooms::affiliate(const Caller& caller, std::string_view key, RoomMember member, std::string text, Answer<void> done) {
    if (auto sound = check_names({member.account, member.nickname}); !sound) return done(std::move(sound));
    member.account = key_of_account(member.account);
    Edit edit = [by = caller.key, member = std::move(member)](Room& next) -> base::Result<void> {
        const Affiliation his = next.affiliation_of(by);
        const Affiliation was = next.affiliation_of(member.account);
        const bool himself = by == member.account;
        const bool leaves = himself && member.affiliation == Affiliation::none && his > Affiliation::none;
        const bool names_himself = himself && member.affiliation == his && his > Affiliation::none;
        const bool registers = himself && his == Affiliation::none && member.affiliation == Affiliation::member && next.occupant(by);
        if (registers && !next.config().allowregister) {
            return fail(Errc::denied, "nobody makes himself a member of the room " + next.name() + " (allowregister)");
        }
        const bool may = leaves || names_himself || registers || his == Affiliation::owner ||
                         (his == Affiliation::admin && was < Affiliation::admin && member.affiliation < Affiliation::admin);
        if (!may) return fail(Errc::denied, "that is for the owners and admins of the room " + next.name());
        if (!member.nickname.empty() && next.reserved_for_another(member.account, member.nickname)) {
            return fail(Errc::precondition, "that nickname is reserved for somebody else");
        }
        next.set_affiliation(member);
        return {};
    };
    store(caller, key, text, std::move(edit), std::move(done));
}

namespace {

// Null: nobody is left.
const RoomMember* heir_in(const Room& room) {
    const RoomMember* heir = nullptr;
    for (const RoomMember& one : room.members()) {
        if (one.affiliation < Affiliation::member) continue;
        const bool comes_first = !heir || one.affiliation > heir->affiliation ||
                                 (one.affiliation == heir->affiliation && one.since_ms < heir->since_ms);
        if (comes_first) heir = &one;
    }
    return heir;
}

bool is_last_in(const Room& room, const std::string& account) {
    return room.affiliation_of(account) == Affiliation::owner &&
           std::ranges::none_of(room.members(), [&](const RoomMember& one) { return one.account != account && one.affiliation >= Affiliation::member; });
}

}  // namespace

// One room after the other, since each act may change which there are.
void Rooms::forget(const std::string& account, Answer<void> done) {
    const auto his = of(account);
    const auto found = std::ranges::find_if(his, [&](const Room* room) { return room->affiliation_of(account) != Affiliation::none; });
    if (found == his.end()) return done({});
    auto next = [this, account, done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::move(safe));
        forget(account, std::move(done));
    };
    const std::string key = (*found)->key();
    if (is_last_in(**found, account)) return end(key, "", std::move(next));
    Caller himself;
    himself.key = account;
    Edit edit = [account](Room& room) -> base::Result<void> {
        room.set_affiliation({account, Affiliation::none, ""});
        const RoomMember* heir = room.owners() > 0 ? nullptr : heir_in(room);
        if (heir) room.set_affiliation({heir->account, Affiliation::owner, ""});
        return {};
    };
    store(himself, key, "", std::move(edit), std::move(next));
}

void Rooms::invite(const Caller& caller, std::string_view key, std::string account, std::string text, Answer<void> done) {
    const auto room = known(caller, key);
    if (!room) return done(std::unexpected(room.error()));
    if (const auto may = (*room)->may_invite(caller.key); !may) return done(may);
    if (const auto sound = check_text("invitation", text); !sound) return done(sound);
    account = key_of_account(account);
    const Affiliation is = (*room)->affiliation_of(account);
    if (is == Affiliation::outcast) return done(fail(Errc::denied, "whom the room " + (*room)->name() + " has banned, nobody invites"));
    auto invited = [this, caller, key = std::string(key), account, text, done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::move(safe));
        const Place* at = place(key);
        if (!at) return done(fail(Errc::not_found, "the room was destroyed meanwhile"));
        if (!needs_.shuts_out(account, caller)) {
            tell([&](RoomEvents& events) { events.invited(*at->room, account, caller.key, text); });
            needs_.invite_by_message(*at->room, account, caller, text);
        }
        done({});
    };
    if (!(*room)->config().membersonly || is >= Affiliation::member) return invited({});
    Edit edit = [account, by = caller.key](Room& next) -> base::Result<void> {
        if (auto may = next.may_invite(by); !may) return may;
        if (next.affiliation_of(account) == Affiliation::none) next.set_affiliation({account, Affiliation::member, ""});
        return {};
    };
    store(caller, key, "", std::move(edit), std::move(invited));
}

// -- who is inside

void Rooms::set_role(const Caller& caller, std::string_view key, std::string account, Role role, std::string text, Answer<void> done) {
    const auto known_room = known(caller, key);
    if (!known_room) return done(std::unexpected(known_room.error()));
    Room& room = **known_room;
    const Occupant* by = room.occupant(caller.key);
    account = key_of_account(account);
    Occupant* who = room.inside(account);
    if (!by || !who) return done(not_inside(room));
    const bool over = by->role == Role::moderator && by->affiliation >= who->affiliation && (by->affiliation == Affiliation::owner || who->affiliation < Affiliation::admin);
    const bool gives = role == Role::moderator || who->role == Role::moderator;  // or takes away what only admins give
    const bool lowers_admin = role != Role::none && role != Role::moderator && who->affiliation >= Affiliation::admin;
    if (!over || lowers_admin || (gives && by->affiliation < Affiliation::admin)) {
        return done(fail(Errc::denied, "that is for those who moderate the room " + room.name()));
    }
    if (role == Role::none) {
        put_out(room, account, RoomLeft::kicked, text);
        return done({});
    }
    const Occupant before = *who;
    who->role = role;
    const Occupant now = *who;
    if (before != now) tell([&](RoomEvents& events) { events.changed(room, before, now); });
    done({});
}

void Rooms::show_again(std::string_view key, const std::string& account) {
    const Place* at = place(key);
    const Occupant* inside = at ? at->room->occupant(account) : nullptr;
    if (!inside) return;
    const Occupant who = *inside;
    tell([&](RoomEvents& events) { events.changed(*at->room, who, who); });
}

base::Result<void> Rooms::kick(std::string_view key, const std::string& account, const std::string& text) {
    Place* at = place(key);
    if (!at) return fail(Errc::not_found, "no room " + address_of(key));
    if (auto sound = check_text("reason", text); !sound) return sound;
    const std::string whom = key_of_account(account);
    if (!at->room->occupant(whom)) return not_inside(*at->room);
    put_out(*at->room, whom, RoomLeft::kicked, text);
    return {};
}

bool Rooms::may_rename(const Room& room, const Occupant& who) {
    return room.config().canchangenick || who.affiliation >= Affiliation::admin;
}

void Rooms::call(const Room& room, Occupant& who, const std::string& nickname) {
    const Occupant before = who;
    who.nickname = nickname;
    const Occupant now = who;
    if (before != now) tell([&](RoomEvents& events) { events.changed(room, before, now); });
}

void Rooms::rename(const Caller& caller, std::string_view key, std::string nickname, Answer<void> done) {
    const auto known_room = known(caller, key);
    if (!known_room) return done(std::unexpected(known_room.error()));
    Room& room = **known_room;
    Occupant* who = room.inside(caller.key);
    if (!who) return done(not_inside(room));
    const auto name = nickname_for(&room, caller.key, nickname);
    if (!name) return done(std::unexpected(name.error()));
    if (!may_rename(room, *who)) {
        return done(fail(Errc::denied, "nicknames stay what they are in the room " + room.name()));
    }
    const Occupant* other = room.called(*name);
    if ((other && other != who) || room.reserved_for_another(caller.key, *name)) {
        return done(fail(Errc::precondition, "somebody is called " + *name + " already"));
    }
    call(room, *who, *name);
    done({});
}

}  // namespace presence
