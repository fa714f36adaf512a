// presence/room.cc: who may do what in a room.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.9 to 3.11
#include "presence/room.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "presence/address.h"

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

namespace {

std::string id_for(const std::string& key, std::int64_t created_ms) {
    return base::hex_encode(base::sha256("room " + key + '\0' + std::to_string(created_ms)).substr(0, 16));
}

}  // namespace

Room::Room(std::string key, std::int64_t created_ms, RoomConfig config, bool locked, std::vector<RoomMember> members)
    : key_(std::move(key)), name_(alias_of(key_)), id_(id_for(key_, created_ms)), created_ms_(created_ms), changed_ms_(created_ms),
      config_(std::move(config)), locked_(locked), members_(std::move(members)) {}

Affiliation Room::affiliation_of(std::string_view account) const {
    const auto at = std::ranges::find(members_, account, &RoomMember::account);
    return at == members_.end() ? Affiliation::none : at->affiliation;
}

const Occupant* Room::occupant(std::string_view account) const {
    const auto at = std::ranges::find(occupants_, account, &Occupant::account);
    return at == occupants_.end() ? nullptr : &*at;
}

Occupant* Room::inside(std::string_view account) {
    const auto at = std::ranges::find(occupants_, account, &Occupant::account);
    return at == occupants_.end() ? nullptr : &*at;
}

std::size_t Room::owners() const {
    return static_cast<std::size_t>(std::ranges::count(members_, Affiliation::owner, &RoomMember::affiliation));
}

bool Room::tells_of(Role role) const {
    return std::ranges::find(config_.presencebroadcast, role) != config_.presencebroadcast.end();
}

void Room::set_affiliation(const RoomMember& member) {
    const auto at = std::ranges::find(members_, member.account, &RoomMember::account);
    if (member.affiliation == Affiliation::none) {
        if (at != members_.end()) members_.erase(at);
    } else if (at == members_.end()) {
        members_.push_back(member);
    } else {
        at->affiliation = member.affiliation;
        if (!member.nickname.empty()) at->nickname = member.nickname;
    }
}

std::optional<std::int64_t> Room::joined_ms(std::string_view account) const {
    const auto at = std::ranges::find(members_, account, &RoomMember::account);
    if (at != members_.end() && at->affiliation >= Affiliation::member) return std::max(at->since_ms, created_ms_);
    const Occupant* who = occupant(account);
    return who ? std::optional(who->since_ms) : std::nullopt;
}

void Room::set_changed(const Room& before, std::int64_t time_ms) {
    changed_ms_ = time_ms;
    for (RoomMember& member : members_) {
        if (member.affiliation >= Affiliation::member && !before.has_member(member.account)) member.since_ms = time_ms;
    }
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

bool Room::shows_account(std::string_view account, std::string_view viewer) const {
    if (config_.nonanonymous || account == viewer) return true;
    const Occupant* inside = occupant(viewer);
    return inside && inside->role == Role::moderator;
}

bool Room::shows(const Occupant& whose, std::string_view viewer) const {
    return whose.account == viewer || tells_of(whose.role);
}

bool Room::reserved_for_another(std::string_view account, std::string_view nickname) const {
    return std::ranges::any_of(members_, [&](const RoomMember& one) {
        return one.account != account && !one.nickname.empty() && base::equal_ignoring_case(one.nickname, nickname);
    });
}

bool Room::may_stay(std::string_view account) const {
    const Affiliation is = affiliation_of(account);
    return is != Affiliation::outcast && (!config_.membersonly || is >= Affiliation::member);
}

bool Room::known_to(std::string_view account) const {
    return config_.publicroom || affiliation_of(account) > Affiliation::none || occupant(account);
}

std::optional<RoomRefusal> Room::refusal(std::string_view account, std::string_view nickname,
                                         const std::optional<std::string>& password, std::size_t most) const {
    if (occupant(account)) return std::nullopt;
    const Affiliation is = affiliation_of(account);
    const bool full = config_.maxusers != 0 && occupants_.size() >= config_.maxusers;
    const bool crowded = is < Affiliation::member && occupants_.size() >= most;  // who belongs to it is counted already
    if (full || crowded) return RoomRefusal::max_users;
    if (locked_ && is != Affiliation::owner) return RoomRefusal::no_such_room;
    if (called(nickname)) return RoomRefusal::nickname_conflict;
    if (config_.passwordprotect && password.value_or("") != config_.password) return RoomRefusal::password_required;
    const std::string_view own = reserved_nick(account);
    if (reserved_for_another(account, nickname)) return RoomRefusal::nickname_conflict;
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

}  // namespace presence
