// presence/room.cc: who may do what in a room.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.9 to 3.11
#include "presence/room.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/text.h"

namespace presence {

using base::Errc;
using base::fail;

std::string_view word_of(Affiliation affiliation) {
    constexpr std::array<std::string_view, 5> kWords{"outcast", "none", "member", "admin", "owner"};
    return kWords.at(static_cast<std::size_t>(affiliation));
}

std::string_view word_of(Role role) {
    constexpr std::array<std::string_view, 4> kWords{"none", "visitor", "participant", "moderator"};
    return kWords.at(static_cast<std::size_t>(role));
}

std::string_view word_of(RoomRefusal refusal) {
    constexpr std::array<std::string_view, 8> kWords{"PasswordRequired", "Banned",     "NoSuchRoom",       "NotAllowed",
                                                     "MustUseReservedRoomnick", "NotAMember", "NicknameConflict", "MaxUsers"};
    return kWords.at(static_cast<std::size_t>(refusal));
}

Affiliation Room::affiliation_of(std::string_view account) const {
    const auto at = std::ranges::find(members_, account, &RoomMember::account);
    return at == members_.end() ? Affiliation::none : at->affiliation;
}

const Occupant* Room::occupant(std::string_view account) const {
    const auto at = std::ranges::find(occupants_, account, &Occupant::account);
    return at == occupants_.end() ? nullptr : &*at;
}

const Occupant* Room::called(std::string_view nickname) const {
    const auto at = std::ranges::find_if(
        occupants_, [nickname](const Occupant& one) { return base::equal_ignoring_case(one.nickname, nickname); });
    return at == occupants_.end() ? nullptr : &*at;
}

Role Room::role_on_entry(std::string_view account) const {
    switch (affiliation_of(account)) {
        case Affiliation::owner:
        case Affiliation::admin: return Role::moderator;
        case Affiliation::member: return Role::participant;
        case Affiliation::none: return config_.moderated ? Role::visitor : Role::participant;
        case Affiliation::outcast: break;
    }
    return Role::none;
}

std::string_view Room::reserved_nick(std::string_view account) const {
    const auto at = std::ranges::find(members_, account, &RoomMember::account);
    return at == members_.end() ? std::string_view() : std::string_view(at->nickname);
}

bool Room::shows_account(const Occupant& whose, std::string_view viewer) const {
    if (config_.nonanonymous || whose.account == viewer) return true;
    const Occupant* inside = occupant(viewer);
    return inside && inside->role == Role::moderator;
}

bool Room::known_to(std::string_view account) const {
    return config_.publicroom || affiliation_of(account) > Affiliation::none || occupant(account);
}

std::optional<RoomRefusal> Room::refusal(std::string_view account, std::string_view nickname,
                                         const std::optional<std::string>& password, std::size_t most) const {
    if (occupant(account)) return std::nullopt;
    const Affiliation is = affiliation_of(account);
    const std::size_t room = config_.maxusers == 0 ? most : std::min<std::size_t>(most, config_.maxusers);
    if (occupants_.size() >= room) return RoomRefusal::max_users;
    if (locked_ && is != Affiliation::owner) return RoomRefusal::no_such_room;
    if (called(nickname)) return RoomRefusal::nickname_conflict;
    if (config_.passwordprotect && password.value_or("") != config_.password) return RoomRefusal::password_required;
    const std::string_view own = reserved_nick(account);
    const bool reserved = std::ranges::any_of(members_, [&](const RoomMember& one) {
        return one.account != account && !one.nickname.empty() && base::equal_ignoring_case(one.nickname, nickname);
    });
    if (reserved) return RoomRefusal::nickname_conflict;
    const bool must = config_.reservednick || !own.empty();
    if (must && (own.empty() || !base::equal_ignoring_case(own, nickname))) return RoomRefusal::must_use_reserved_nick;
    if (is == Affiliation::outcast) return RoomRefusal::banned;
    if (config_.membersonly && is < Affiliation::member) return RoomRefusal::not_a_member;
    return std::nullopt;
}

namespace {

std::unexpected<base::Error> not_inside(const std::string& name) {
    return fail(Errc::precondition, "not inside the room " + name);
}

}  // namespace

base::Result<void> Room::may_speak(std::string_view account) const {
    const Occupant* who = occupant(account);
    if (!who) return not_inside(name_);
    if (who->role < Role::participant) return fail(Errc::denied, "visitors of the room " + name_ + " have no voice");
    return {};
}

base::Result<void> Room::may_set_subject(std::string_view account) const {
    const Occupant* who = occupant(account);
    if (!who) return not_inside(name_);
    const Role least = config_.subjectmodifyable ? Role::participant : Role::moderator;
    if (who->role < least) return fail(Errc::denied, "the subject of the room " + name_ + " is not his to set");
    return {};
}

base::Result<void> Room::may_invite(std::string_view account) const {
    const Occupant* who = occupant(account);
    if (!who) return not_inside(name_);
    if (config_.membersonly && !config_.allowinvites && who->affiliation < Affiliation::admin) {
        return fail(Errc::denied, "only owners and admins invite to the room " + name_);
    }
    return {};
}

namespace {

RoomVariable one(std::string name, std::string value) { return {std::move(name), false, {std::move(value)}}; }
// 20261129T14:30:00, in UTC, as such servers write it.
std::string date_of(std::int64_t time_ms) {
    const auto time = std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(time_ms));
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    std::array<char, 32> text{};
    const int size = std::snprintf(text.data(), text.size(), "%04d%02u%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}
RoomVariable flag(std::string name, bool value) { return one(std::move(name), value ? "1" : "0"); }

}  // namespace

std::vector<RoomVariable> Room::variables(Scope scope) const {
    std::vector<RoomVariable> all;
    all.push_back(flag("open", !locked_));
    all.push_back(one("creationdate", date_of(created_ms_)));
    all.push_back(flag("publicroom", config_.publicroom));
    all.push_back(flag("moderated", config_.moderated));
    all.push_back(flag("persistent", config_.persistent));
    all.push_back(flag("membersonly", config_.membersonly));
    all.push_back(flag("nonanonymous", config_.nonanonymous));
    all.push_back(flag("semianonymous", !config_.nonanonymous));
    all.push_back(flag("passwordprotect", config_.passwordprotect));
    all.push_back(one("numoccupants", std::to_string(occupants_.size())));
    all.push_back(one("description", config_.description));
    all.push_back(one("subject", config_.subject));
    if (scope == Scope::everybody) return all;
    all.push_back(one("password", config_.password));
    all.push_back(one("maxusers", std::to_string(config_.maxusers)));
    all.push_back(one("longname", config_.longname));
    all.push_back(flag("subjectmodifyable", config_.subjectmodifyable));
    all.push_back(flag("allowinvites", config_.allowinvites));
    RoomVariable told{"presencebroadcast", true, {}};
    for (const Role role : config_.presencebroadcast) told.values.emplace_back(word_of(role));
    all.push_back(std::move(told));
    all.push_back({"whois", true, {config_.nonanonymous ? "anyone" : "moderators"}});
    for (const auto& [name, affiliation] : {std::pair("owners", Affiliation::owner), std::pair("admins", Affiliation::admin)}) {
        RoomVariable list{name, true, {}};
        for (const RoomMember& member : members_) {
            if (member.affiliation == affiliation) list.values.push_back(member.account);
        }
        all.push_back(std::move(list));
    }
    all.push_back(flag("enablelogging", config_.enablelogging));
    all.push_back(flag("reservednick", config_.reservednick));
    all.push_back(flag("canchangenick", config_.canchangenick));
    all.push_back(flag("allowregister", config_.allowregister));
    return all;
}

}  // namespace presence
