// doors/msnp_endpoint_threads.cc: what an endpoint of MSNP24 does in threads, and what it is told of them.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 6, 7
#include <algorithm>
#include <set>
#include <utility>

#include "doors/msnp_endpoint.h"
#include "doors/msnp_names.h"
#include "doors/together.h"

namespace doors {

using base::Errc;
using base::fail;
using base::xml::Element;
using presence::Affiliation;
using presence::Room;
using presence::RoomDeed;
using presence::RoomEvent;
using presence::RoomMember;
using presence::RoomMessage;

namespace {

constexpr std::size_t kMostThreadsAsked = 1000;  // by one GET
constexpr std::size_t kMostThreadsTold = 1U << 20;  // bytes of what is answered, and the last thread whole
constexpr const char* kInvitation = "Please join my chat";

std::unexpected<base::Error> no_thread() { return fail(Errc::not_found, "There is no such thread."); }

std::string new_room_name() {
    std::string name = presence::new_guid();
    std::erase(name, '-');
    return name;
}

// Those who are inside or belong to it.
std::set<std::string> people_of(const Room& room) {
    std::set<std::string> people;
    for (const presence::Occupant& one : room.occupants()) people.insert(one.account);
    for (const RoomMember& one : room.members()) {
        if (one.affiliation >= Affiliation::member) people.insert(one.account);
    }
    return people;
}

// Who goes on as owner; "" = nobody is left.
std::string successor_in(const presence::Service& service, const Room& room, const std::string& own) {
    for (const Affiliation what : {Affiliation::admin, Affiliation::member}) {
        for (const RoomMember& one : room.members()) {
            const bool may = one.affiliation == what && one.account != own && presence::is_alias(one.account);
            if (may && takes_part(service, room, one.account)) return one.account;
        }
    }
    return "";
}

}  // namespace

// To those who are in the thread no secret is made of why something is not theirs to do.
template <class T>
presence::Rooms::Answer<T> MsnpEndpoint::in_thread(Done done) {
    return [alive = std::weak_ptr(alive_), done = std::move(done)](const base::Result<T>& how) mutable {
        if (alive.expired()) return;
        if (how) return done({});
        base::Error error = how.error();
        if (error.code == Errc::precondition) error.code = Errc::denied;
        done(std::unexpected(std::move(error)));
    };
}

// -- where he sits

void MsnpEndpoint::seat_soon() {
    if (std::exchange(seating_, true)) return;
    house_.post([this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        seating_ = false;
        if (!sign_in_) return;
        if (is_seen(std::nullopt)) seats_.take_all();
        else seats_.give_up_all();
    });
}

void MsnpEndpoint::room_opens(const std::string& key, const std::string& by) {
    if (by == own_) return;
    house_.post([this, alive = std::weak_ptr(alive_), key, by] {
        if (alive.expired() || !sign_in_) return;
        const presence::Node* own = house_.service.nodes().find(own_);
        const Room* room = house_.service.rooms().find(key);
        if (!room || (own && own->shuts_out(by))) return;
        if (!room->has_member(own_) || takes_part(house_.service, *room, own_)) seats_.bring(key);
    });
}

// -- what he says

void MsnpEndpoint::say_in_thread(const Room& room, MsnpWords words, Done done) {
    if (!room.config().nonanonymous) words.endpoint.clear();  // by which others would know him again
    const std::string text = text_of(words);
    auto message = house_.compose("Content-Type: text/plain; charset=UTF-8\r\n" + headers_of(words), text, room.key());
    if (!message) return done(std::unexpected(message.error()));
    const std::string key = room.key();
    if (room.occupant(own_)) return speak(key, std::move(*message), std::move(done));
    seats_.take(key, [this, key, message = std::move(*message), done = std::move(done)](const base::Result<void>& how) mutable {
        if (!how) return done(how);
        speak(key, std::move(message), std::move(done));
    });
}

void MsnpEndpoint::speak(const std::string& key, presence::Message message, Done done) {
    const std::string client_id = words_of(message.mime, message.facts.text).client_id;
    spoken_ = message.mime;
    house_.service.rooms().say(sign_in_->caller(), key, {std::move(message), std::nullopt},
                               [this, alive = std::weak_ptr(alive_), key, client_id,
                                done = in_thread<RoomMessage>(std::move(done))](const base::Result<RoomMessage>& said) mutable {
        if (!alive.expired()) spoken_.clear();
        if (!alive.expired() && said) marks_.wrote(key, said->time_ms, client_id, now_ms());
        done(said);
    });
}

void MsnpEndpoint::type_in_thread(const Room& room) {
    if (!room.occupant(own_)) return;
    auto note = typing_note(room.key(), room.config().nonanonymous ? endpoint_ : "");
    if (note) house_.service.rooms().say(sign_in_->caller(), room.key(), {std::move(*note), std::nullopt}, [](const auto&) {});
}

void MsnpEndpoint::stop_typing_in_thread(const Room& room) {
    const std::string endpoint = room.config().nonanonymous ? endpoint_ : "";
    for (const std::string& account : people_of(room)) {
        if (account == own_) continue;
        for (MsnpMember* member : crowd_.of(account)) member->typing_stopped(own_, endpoint, &room);
    }
}

// -- what is told

void MsnpEndpoint::room_said(const Room& room, const RoomMessage& message) {
    if (!sign_in_ || message.subject || out_.unsent() > kMsnpBehind) return;  // who is behind finds it in his history
    const bool typing = message.message.facts.kind == presence::MessageKind::control;
    const bool own = message.account == own_;
    const bool shown = presence::is_alias(message.account) && room.shows_account(message.account, own_);
    if (typing && (own || !shown)) return;
    if (!typing && message.message.facts.text.empty()) return;
    MsnpWords words = words_of(message.message.mime, message.message.facts.text);
    if (typing) {
        words.type = kMsnpTyping;
        words.content.clear();
        types(room.key(), message.account);
    } else {
        types_no_more(room.key(), message.account);
    }
    if (own && !typing && message.message.mime == spoken_) return;
    const std::string alias(presence::alias_of(message.account));
    if (words.endpoint.empty()) words.endpoint = crowd_.endpoint_of(message.account);
    const std::string from = shown ? msnp_name(alias, words.endpoint) : thread_name(room);
    const std::string called = shown && message.nickname == alias ? "" : message.nickname;
    const std::uint64_t ack = typing || own ? 0 : ++last_ack_;
    out_.send(packet_of(thread_name(room), from, words, typing ? 0 : message.time_ms, called, ack));
    if (ack != 0) marks_.told(ack, room.key(), message.time_ms, words.client_id);
}

void MsnpEndpoint::room_happened(const Room& room, const RoomEvent& event, const std::string& element) {
    const auto activity = activity_of(room, event, own_);
    if (!activity || !sign_in_ || out_.unsent() > kMsnpBehind) return;
    tell_thread(element);
    MsnpWords words;
    words.type = activity->type;
    words.content = activity->content;
    out_.send(packet_of(thread_name(room), thread_name(room), words, event.time_ms, "", 0));
}

// He is taken out of what there is no more.
void MsnpEndpoint::room_ended(const Room& room) {
    if (!sign_in_ || out_.unsent() > kMsnpBehind) return;
    tell_thread(empty_thread_element(room));
    MsnpWords words;
    words.type = "ThreadActivity/DeleteMember";
    const std::int64_t time_ms = now_ms();
    words.content = "<deletemember><eventtime>" + std::to_string(time_ms) + "</eventtime><initiator>" + msnp_name(own_alias()) +
                    "</initiator><target>" + msnp_name(own_alias()) + "</target></deletemember>";
    out_.send(packet_of(thread_name(room), thread_name(room), words, time_ms, "", 0));
}

void MsnpEndpoint::tell_thread(const std::string& element) {
    out_.send(msnp_packet("NFY", 0, "MSGR\\THREAD", MsnpWriter().header("Context", context_).end().body(element).take()));
}

std::string MsnpEndpoint::threads(const Element& threads) const {
    std::string out = "<threads-response><threads>";
    std::size_t asked = 0;
    std::set<const Room*> told;
    for (const Element& thread : threads.children) {
        if (thread.local != "thread") continue;
        if (++asked > kMostThreadsAsked || out.size() >= kMostThreadsTold) break;
        const Room* room = thread_of(house_.service, thread.text_of("id"), own_);
        if (room && told.insert(room).second) out += thread_element(*room, own_);
    }
    return out + "</threads></threads-response>";
}

// -- to make one, and to change it

void MsnpEndpoint::put_thread(const Element& thread, Named done) {
    const auto ask = read_thread_ask(house_.service, thread);
    if (!ask) return done(std::unexpected(ask.error()));
    for (const ThreadAsk::Member& one : ask->members) {
        const bool known = house_.service.nodes().find(one.account) || house_.gate.stamp(std::string(presence::alias_of(one.account))) != 0;
        if (!known) return done(fail(Errc::not_found, "Nobody is called so."));
    }
    if (ask->thread.empty()) return make_thread(*ask, std::move(done));
    const Room* room = thread_of(house_.service, ask->thread, own_);
    if (!room) return done(no_thread());
    change_thread(*room, *ask, [name = thread_name(*room), done = std::move(done)](const base::Result<void>& how) mutable {
        done(how ? base::Result<std::string>(name) : std::unexpected(how.error()));
    });
}

void MsnpEndpoint::make_thread(const ThreadAsk& ask, Named done) {
    const auto key = house_.service.rooms().key_of(new_room_name());
    if (!key) return done(std::unexpected(key.error()));
    presence::RoomEntry entry;
    entry.room = *key;
    entry.open = true;
    entry.own = true;
    presence::RoomConfig config;
    config.publicroom = false;
    config.persistent = true;
    config.membersonly = true;
    config.allowinvites = true;
    config.subjectmodifyable = true;
    config.maxusers = 0;
    config.subject = ask.topic.value_or("");
    entry.config = std::move(config);
    std::vector<std::string> others;
    for (const ThreadAsk::Member& one : ask.members) {
        if (one.account == own_) continue;
        entry.members.push_back({one.account, one.admin.value_or(false) ? Affiliation::admin : Affiliation::member, ""});
        others.push_back(one.account);
    }
    seats_.make(std::move(entry), [this, key = *key, others = std::move(others), done = std::move(done)](const base::Result<void>& how) mutable {
        const Room* room = how ? house_.service.rooms().find(key) : nullptr;
        if (!how) return done(std::unexpected(how.error()));
        if (!room) return done(no_thread());
        const std::string name = thread_name(*room);
        if (others.empty()) tell_thread(thread_element(*room, own_));  // else everybody has been told
        for (const std::string& account : others) {
            house_.service.rooms().invite(sign_in_->caller(), key, account, kInvitation, [](const auto&) {});
        }
        seat_soon();
        done(name);
    });
}

void MsnpEndpoint::change_thread(const Room& room, const ThreadAsk& ask, Done done) {
    Together all(std::move(done));
    for (const ThreadAsk::Member& one : ask.members) put_member(room, one, all.one());
    if (ask.topic && *ask.topic != room.config().subject) {
        const std::string key = room.key();
        auto set = [this, key, topic = *ask.topic, one = all.one()](const base::Result<void>& how) mutable {
            if (!how) return one(how);
            presence::RoomSpeech speech{presence::Message(), topic};
            house_.service.rooms().say(sign_in_->caller(), key, std::move(speech), in_thread<RoomMessage>(std::move(one)));
        };
        if (room.occupant(own_)) set({});
        else seats_.take(key, std::move(set));
    }
    all.all_begun();
}

void MsnpEndpoint::put_member(const Room& room, const ThreadAsk::Member& member, Done done) {
    const bool admin = member.admin.value_or(false);
    if (!room.has_member(member.account)) return add_member(room, member.account, admin, std::move(done));
    if (!member.admin || admin == (room.affiliation_of(member.account) >= Affiliation::admin)) return done({});
    affiliate(room.key(), member.account, admin ? Affiliation::admin : Affiliation::member, std::move(done));
}

// Whoever may make him a member does; others invite him, by which he becomes one where the room is for members only. Who
// only sits there and names himself registers (allowregister).
void MsnpEndpoint::add_member(const Room& room, const std::string& account, bool admin, Done done) {
    if (room.affiliation_of(account) == Affiliation::outcast) return done(fail(Errc::denied, "The thread has banned him."));
    const std::string key = room.key();
    if (account == own_ && !admin) return affiliate(key, own_, Affiliation::member, std::move(done));
    auto invite = [this, key, account, done = std::move(done)](const base::Result<void>& how) mutable {
        if (!how) return done(how);
        auto invited = [this, key, account, done = std::move(done)](const base::Result<void>& inside) mutable {
            if (!inside) return done(inside);
            house_.service.rooms().invite(sign_in_->caller(), key, account, kInvitation, in_thread<void>(std::move(done)));
        };
        seats_.take(key, std::move(invited));
    };
    const bool is_admin = room.affiliation_of(own_) >= Affiliation::admin;
    if (!admin && (!is_admin || room.config().membersonly)) return invite({});
    affiliate(key, account, admin ? Affiliation::admin : Affiliation::member, std::move(invite));
}

void MsnpEndpoint::affiliate(const std::string& key, const std::string& account, Affiliation what, Done done) {
    house_.service.rooms().affiliate(sign_in_->caller(), key, {account, what, ""}, "", in_thread<void>(std::move(done)));
}

// -- to take out of it

void MsnpEndpoint::remove_from_thread(const Element& thread, Done done) {
    const auto ask = read_thread_ask(house_.service, thread);
    if (!ask) return done(std::unexpected(ask.error()));
    const Room* room = thread_of(house_.service, ask->thread, own_);
    if (!room) return done(no_thread());
    if (ask->members.empty()) return done(fail(Errc::malformed, "It says nobody who is to be taken out."));
    Together all(std::move(done));
    // He himself last: then he may do nothing more there.
    for (const ThreadAsk::Member& one : ask->members) {
        if (one.account != own_) take_out(*room, one.account, all.one());
    }
    const bool himself = std::ranges::find(ask->members, own_, &ThreadAsk::Member::account) != ask->members.end();
    const Room* still = himself ? thread_of(house_.service, ask->thread, own_) : nullptr;
    if (still) leave_thread(*still, all.one());
    all.all_begun();
}

void MsnpEndpoint::take_out(const Room& room, const std::string& account, Done done) {
    const std::string key = room.key();
    // Who is hidden behind a nickname is not to be found so.
    const bool inside = room.occupant(account) && room.shows_account(account, own_);
    if (!inside && !room.has_member(account)) return done({});
    auto kick = [this, key, account, done = std::move(done)](const base::Result<void>& how) mutable {
        const Room* still = how ? house_.service.rooms().find(key) : nullptr;
        if (!still || !still->occupant(account)) return done(how);
        seats_.take(key, [this, key, account, done = std::move(done)](const base::Result<void>& in) mutable {
            if (!in) return done(in);
            house_.service.rooms().set_role(sign_in_->caller(), key, account, presence::Role::none, "", in_thread<void>(std::move(done)));
        });
    };
    if (!room.has_member(account)) return kick({});
    affiliate(key, account, Affiliation::none, std::move(kick));
}

// A room has one owner at least: another follows him, or it ends with him. One that is open to others was not made to.
void MsnpEndpoint::leave_thread(const Room& room, Done done) {
    const std::string key = room.key();
    const auto get_up = [this, key] {
        for (MsnpMember* member : crowd_.of(own_)) member->room_leave(key);
    };
    if (!room.has_member(own_)) {
        get_up();
        return done({});
    }
    const bool last_owner = room.affiliation_of(own_) == Affiliation::owner && room.owners() == 1;
    const std::string next = last_owner ? successor_in(house_.service, room, own_) : "";
    if (last_owner && next.empty()) {
        if (!room.config().membersonly) return done(fail(Errc::denied, "Nobody else could own the room."));
        return house_.service.rooms().destroy(sign_in_->caller(), key, "", in_thread<void>(std::move(done)));
    }
    auto leave = [this, key, get_up, done = std::move(done)](const base::Result<void>& how) mutable {
        if (!how) return done(how);
        affiliate(key, own_, Affiliation::none, [get_up, done = std::move(done)](const base::Result<void>& left) mutable {
            if (left) get_up();
            done(left);
        });
    };
    if (!last_owner) return leave({});
    affiliate(key, next, Affiliation::owner, std::move(leave));
}

}  // namespace doors
