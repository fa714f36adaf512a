// presence/rooms.cc: all rooms: names, and what may be read of them.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.7 to 3.10
#include "presence/rooms.h"

#include <algorithm>
#include <utility>

namespace presence {

using base::Errc;
using base::fail;

namespace {

std::unexpected<base::Error> not_yet() { return fail(Errc::internal, "rooms do not open yet"); }

}  // namespace

Rooms::Rooms(RoomNeeds& needs, const Realm& realm, const base::Clock& clock, RoomRule rule, bool archive)
    : needs_(needs), realm_(realm), clock_(clock), rule_(rule), archive_(archive),
      service_("conference." + realm.mail_domain()) {}

Rooms::~Rooms() = default;

const Room* Rooms::find(std::string_view key) const {
    const auto at = rooms_.find(key);
    return at == rooms_.end() ? nullptr : at->second.get();
}

std::vector<const Room*> Rooms::listed() const {
    std::vector<const Room*> found;
    for (const auto& [key, room] : rooms_) {
        if (room->config().publicroom) found.push_back(room.get());
    }
    return found;
}

std::vector<const Room*> Rooms::of(std::string_view account) const {
    std::vector<const Room*> found;
    for (const auto& [key, room] : rooms_) {
        if (room->affiliation_of(account) >= Affiliation::member || room->occupant(account)) found.push_back(room.get());
    }
    return found;
}

base::Result<std::string> Rooms::key_of(std::string_view) const { return not_yet(); }
std::string Rooms::address_of(std::string_view key) const { return std::string(alias_of(key)) + "@" + service_; }
base::Result<std::vector<RoomVariable>> Rooms::variables(const Caller&, std::string_view, Room::Scope) const { return not_yet(); }
void Rooms::recent(std::string_view, std::size_t, base::Once<void(std::vector<RoomMessage>)> done) { done({}); }
void Rooms::enter(const Caller&, RoomEntry, Answer<RoomEntered> done) { done(not_yet()); }
void Rooms::leave(const std::string&, std::string_view, std::string_view) {}
void Rooms::say(const Caller&, std::string_view, RoomSpeech, Answer<RoomMessage> done) { done(not_yet()); }
void Rooms::configure(const Caller&, std::string_view, std::vector<RoomVariable>, Answer<void> done) { done(not_yet()); }
void Rooms::invite(const Caller&, std::string_view, std::string, std::string, Answer<void> done) { done(not_yet()); }
void Rooms::affiliate(const Caller&, std::string_view, RoomMember, std::string, Answer<void> done) { done(not_yet()); }
void Rooms::set_role(const Caller&, std::string_view, std::string, Role, std::string, Answer<void> done) { done(not_yet()); }
void Rooms::rename(const Caller&, std::string_view, std::string, Answer<void> done) { done(not_yet()); }
void Rooms::destroy(const Caller&, std::string_view, std::string, Answer<void> done) { done(not_yet()); }
void Rooms::listen(RoomEvents& events) { events_.push_back(&events); }
void Rooms::unlisten(RoomEvents& events) { std::erase(events_, &events); }

}  // namespace presence
