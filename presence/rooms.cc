// presence/rooms.cc: all rooms: names, what may be read of them, and how they come back after a restart.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.7 to 3.10; design 7
#include "presence/rooms.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/text.h"
#include "presence/contacts.h"
#include "presence/room_record.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

constexpr std::string_view kRooms = "/instmsg/rooms/";
constexpr std::size_t kEventsAmongMessages = 4;  // rows of the archive that are looked at for a message
constexpr std::string_view kSomebody = "somebody";  // who has no nickname any more, and whose name is not to be told

std::unexpected<base::Error> no_room(std::string_view key) {
    return fail(Errc::not_found, "there is no room " + std::string(alias_of(key)));
}

// Names stand in addresses and in URLs.
bool may_be_called(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && base::valid_utf8(name) && std::ranges::none_of(name, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || std::string_view("@/\"<>,;:\\&'").contains(c);
    });
}

}  // namespace

Rooms::Rooms(RoomNeeds& needs, const Realm& realm, base::TimerWheel& wheel, const base::Clock& clock, const RoomRule& rule,
             bool archive)
    : needs_(needs), realm_(realm), wheel_(wheel), clock_(clock), rule_(rule), archive_(archive),
      service_("conference." + realm.mail_domain()) {}

Rooms::~Rooms() = default;

void Rooms::change(const RoomRule& rule, bool archive) {
    rule_ = rule;
    archive_ = archive;
}

void Rooms::listen(RoomEvents& events) { events_.push_back(&events); }
void Rooms::unlisten(RoomEvents& events) { std::erase(events_, &events); }

// -- names

bool Rooms::is_room(std::string_view key) {
    return key.size() > kRooms.size() && key.starts_with(kRooms) && key.find('/', kRooms.size()) == std::string_view::npos;
}

base::Result<std::string> Rooms::key_of(std::string_view address) const {
    std::string name(address);
    if (const std::size_t at = address.rfind('@'); at != std::string_view::npos && address.find('/') == std::string_view::npos) {
        if (!base::equal_ignoring_case(address.substr(at + 1), service_)) {
            return fail(Errc::not_found, std::string(address.substr(at + 1, 256)) + " is no conference service of ours");
        }
        name = address.substr(0, at);
    } else if (address.find('/') != std::string_view::npos) {
        const auto parsed = Address::from_target(address, realm_.domain());
        if (!parsed) return std::unexpected(parsed.error());
        std::string key = realm_.key(*parsed);
        if (!realm_.ours(parsed->authority()) || !is_room(key)) return fail(Errc::not_found, std::string(address.substr(0, 256)) + " is no room");
        name = alias_of(key);
    }
    name = base::to_lower(name);
    if (!may_be_called(name)) return fail(Errc::malformed, "'" + name.substr(0, 256) + "' is no name of a room");
    if (name.size() > rule_.name_bytes) {
        return fail(Errc::malformed, "the name of a room has " + std::to_string(rule_.name_bytes) + " bytes at most (limits.room_name_bytes)");
    }
    return std::string(kRooms) + name;
}

std::string Rooms::address_of(std::string_view key) const { return std::string(alias_of(key)) + "@" + service_; }

// -- reading

Rooms::Place* Rooms::place(std::string_view key) {
    const auto at = rooms_.find(key);
    return at == rooms_.end() ? nullptr : &at->second;
}

const Room* Rooms::find(std::string_view key) const {
    const auto at = rooms_.find(key);
    return at == rooms_.end() || at->second.room->deserted() ? nullptr : at->second.room.get();
}

const Room* Rooms::find_by_id(const std::string& id) const {
    const auto at = by_id_.find(id);
    return at == by_id_.end() ? nullptr : find(at->second);
}

template <class P>
std::vector<const Room*> Rooms::those(P wanted) const {
    std::vector<const Room*> found;
    for (const auto& [key, place] : rooms_) {
        if (!place.room->deserted() && wanted(*place.room)) found.push_back(place.room.get());
    }
    return found;
}

std::vector<const Room*> Rooms::of(std::string_view account) const {
    return those([account](const Room& room) { return room.joined_ms(account).has_value(); });
}

void Rooms::add(std::unique_ptr<Room> room) {
    by_id_[room->id()] = room->key();
    const std::string& key = room->key();
    rooms_[key].room = std::move(room);
}

base::Result<Room*> Rooms::known(const Caller& caller, std::string_view key) {
    Place* at = place(key);
    if (!at || at->room->deserted() || !at->room->known_to(caller.key)) return no_room(key);
    return at->room.get();
}

std::vector<const Room*> Rooms::all() const {
    return those([](const Room&) { return true; });
}

std::vector<const Room*> Rooms::listed() const {
    return those([](const Room& room) { return room.config().publicroom; });
}

base::Result<std::vector<RoomVariable>> Rooms::variables(const Caller& caller, std::string_view key, Room::Scope scope) const {
    const Room* room = find(key);
    if (!room || !room->known_to(caller.key)) return no_room(key);
    const bool owner = room->affiliation_of(caller.key) == Affiliation::owner;
    if (scope == Room::Scope::owners && !(owner && room->occupant(caller.key))) {
        return fail(Errc::denied, "only owners who are inside see the whole configuration of " + room->name());
    }
    auto all = room->variables(scope);
    for (RoomVariable& variable : all) {
        if (variable.name != "owners" && variable.name != "admins") continue;
        for (std::string& account : variable.values) account = needs_.address_of_account(account);
    }
    return all;
}

// -- what was said

void Rooms::recent(std::string_view key, const std::string& viewer, base::Once<void(std::vector<RoomMessage>)> done) {
    const Place* at = place(key);
    if (!at) return done({});
    if (at->since_ever || !past_ || at->tail.size() >= kRecentInRoom) return done(tail_for(*at, viewer));
    past_->last(std::string(key), kRecentInRoom * kEventsAmongMessages, [this, key = std::string(key), viewer, done = std::move(done)](
                                                     std::vector<ArchivedMessage> rows) mutable {
        Place* still = place(key);
        if (!still) return done({});
        if (!still->since_ever) recall(*still, std::move(rows));
        done(tail_for(*still, viewer));
    });
}

// What is older than the room was said in another of that name. What is as new as this start is in the tail already, or
// will be once it is told.
void Rooms::recall(Place& place, std::vector<ArchivedMessage> rows) const {
    place.since_ever = true;
    for (auto row = rows.rbegin(); row != rows.rend() && place.tail.size() < kRecentInRoom; ++row) {
        if (place.since_ms != 0 && row->time_ms >= place.since_ms) continue;
        if (row->time_ms < place.room->created_ms()) break;
        if (is_room_event(*row)) continue;
        place.tail.push_front(message_of(*place.room, std::move(*row)));
    }
}

RoomMessage Rooms::message_of(const Room& room, ArchivedMessage row) const {
    RoomMessage message;
    const auto sender = Address::parse(row.sender);
    message.account = sender ? realm_.key(*sender) : row.sender;
    const Occupant* inside = room.occupant(message.account);
    message.nickname = inside ? inside->nickname : room.reserved_nick(message.account);
    message.time_ms = row.time_ms;
    message.message.from.href = std::move(row.sender);
    message.message.mime = std::move(row.octets);
    message.message.facts = {MessageKind::text, std::move(row.session_id), std::move(row.content_type), std::move(row.text)};
    return message;
}

RoomMessage Rooms::as_seen(const Room& room, RoomMessage message, const std::string& viewer) const {
    const bool known = room.shows_account(message.account, viewer);
    if (message.nickname.empty()) message.nickname = known ? needs_.name_of_account(message.account) : std::string(kSomebody);
    message.message.from.description = message.nickname;
    if (!known) {
        message.account.clear();
        message.message.from.href = realm_.url_of(room.key());
    }
    return message;
}

std::vector<RoomMessage> Rooms::tail_for(const Place& place, const std::string& viewer) const {
    std::vector<RoomMessage> seen;
    for (const RoomMessage& message : place.tail) seen.push_back(as_seen(*place.room, message, viewer));
    return seen;
}

// -- what may be written

base::Result<std::string> Rooms::nickname_for(const Room* room, const std::string& account, const std::string& wanted) const {
    std::string name(base::trim(wanted));
    if (name.empty() && room) name = room->reserved_nick(account);
    if (name.empty()) name = alias_of(account);
    ContactPatch as_contact{account, name};
    if (const auto sound = check_names(as_contact); !sound) return std::unexpected(sound.error());
    return name;
}

base::Result<void> Rooms::check_text(std::string_view what, std::string_view text) const {
    if (text.size() > rule_.text_bytes) {
        return fail(Errc::malformed, "the " + std::string(what) + " of a room has " + std::to_string(rule_.text_bytes) +
                                         " bytes at most (limits.room_text_bytes)");
    }
    if (!base::valid_utf8(text)) return fail(Errc::malformed, "the " + std::string(what) + " of a room is not UTF-8");
    return {};
}

// -- by subscription

std::optional<RoomRefusal> Rooms::refuses(std::string_view key, const std::string& account) const {
    const auto at = rooms_.find(key);
    if (at == rooms_.end()) return RoomRefusal::no_such_room;
    const Room& room = *at->second.room;
    const auto nickname = nickname_for(&room, account, "");
    return nickname ? room.refusal(account, *nickname, std::nullopt, rule_.occupants) : RoomRefusal::nickname_conflict;
}

bool Rooms::sit_down(std::string_view key, const std::string& account, const std::string& by) {
    if (refuses(key, account)) return false;
    Room& room = *place(key)->room;
    const bool was_inside = room.occupant(account) != nullptr;
    const Occupant who = seat(room, account, *nickname_for(&room, account, ""), by);
    if (!was_inside) tell_entered(room, who, false);
    return true;
}

// -- coming back

Record Rooms::record_of(const Room& room) const { return put_record(room.key(), room.key(), to_record(room)); }

base::Result<void> Rooms::restore(const Record& record) {
    const auto content = read_record<RoomRecord>(record);
    if (!content) return std::unexpected(content.error());
    auto room = from_record(record.key, *content);
    if (!room) return std::unexpected(room.error());
    if (!is_room(record.key)) return fail(Errc::internal, "a stored room is no room");
    add(std::make_unique<Room>(std::move(*room)));
    return {};
}

// Whoever was inside is, unless he would have been put out meanwhile; whatever else has become of the rules.
bool Rooms::sit_down_again(std::string_view key, const std::string& account, const std::string& by) {
    Place* at = place(key);
    if (!at || !at->room->may_stay(account)) return false;
    auto nickname = nickname_for(at->room.get(), account, "");
    std::string name = nickname ? std::move(*nickname) : account;
    for (int n = 2; !at->room->occupant(account) && at->room->called(name); ++n) {
        name = std::string(alias_of(account)) + " " + std::to_string(n);
    }
    seat(*at->room, account, name, by);
    return true;
}

void Rooms::start() {
    for (auto& [key, place] : rooms_) needs_.show_room(*place.room);
    if (std::ranges::any_of(rooms_, [](const auto& one) { return one.second.room->deserted(); })) wheel_.arm(sweep_, clock_.now());
}

}  // namespace presence
