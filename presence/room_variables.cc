// presence/room_variables.cc: a room's configuration as variables, there and back.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.10, 3.11
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "presence/room.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

using Flag = bool RoomConfig::*;
using Words = std::string RoomConfig::*;

constexpr std::array<std::pair<std::string_view, Flag>, 11> kFlags{{
    {"publicroom", &RoomConfig::publicroom},
    {"moderated", &RoomConfig::moderated},
    {"persistent", &RoomConfig::persistent},
    {"membersonly", &RoomConfig::membersonly},
    {"nonanonymous", &RoomConfig::nonanonymous},
    {"subjectmodifyable", &RoomConfig::subjectmodifyable},
    {"allowinvites", &RoomConfig::allowinvites},
    {"enablelogging", &RoomConfig::enablelogging},
    {"reservednick", &RoomConfig::reservednick},
    {"canchangenick", &RoomConfig::canchangenick},
    {"allowregister", &RoomConfig::allowregister},
}};
constexpr std::array<std::pair<std::string_view, Words>, 3> kWords{{
    {"longname", &RoomConfig::longname},
    {"description", &RoomConfig::description},
    {"password", &RoomConfig::password},
}};
// What only tells, or is set in another way (zimbra-im 3.11).
constexpr std::array<std::string_view, 6> kTold{"open", "creationdate", "numoccupants", "subject", "owners", "admins"};

RoomVariable one(std::string name, std::string value) { return {std::move(name), false, {std::move(value)}}; }
RoomVariable flag(std::string name, bool value) { return one(std::move(name), value ? "1" : "0"); }

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

std::optional<bool> truth(std::string_view text) {
    for (const std::string_view yes : {"1", "true"}) {
        if (base::equal_ignoring_case(text, yes)) return true;
    }
    for (const std::string_view no : {"0", "false"}) {
        if (base::equal_ignoring_case(text, no)) return false;
    }
    return std::nullopt;
}

std::unexpected<base::Error> no_value(const std::string& name, std::string_view value) {
    return fail(Errc::malformed, "the room's variable " + name + " cannot be '" + std::string(value.substr(0, 64)) + "'");
}

base::Result<void> set_broadcast(RoomConfig& config, const RoomVariable& variable) {
    std::vector<Role> roles;
    for (const std::string& value : variable.values) {
        const std::string_view word = base::trim(value);
        if (word.empty()) continue;
        bool known = false;
        for (const Role role : {Role::moderator, Role::participant, Role::visitor}) {
            if (!base::equal_ignoring_case(word, word_of(role))) continue;
            known = true;
            if (std::ranges::find(roles, role) == roles.end()) roles.push_back(role);
        }
        if (!known) return no_value(variable.name, word);
    }
    config.presencebroadcast = std::move(roles);
    return {};
}

base::Result<void> set_whois(RoomConfig& config, const RoomVariable& variable) {
    bool anyone = false;
    for (const std::string& value : variable.values) {
        const std::string_view word = base::trim(value);
        if (base::equal_ignoring_case(word, "anyone")) anyone = true;
        else if (!word.empty() && !base::equal_ignoring_case(word, "moderators") && !base::equal_ignoring_case(word, "moderator")) {
            return no_value(variable.name, word);
        }
    }
    config.nonanonymous = anyone;
    return {};
}

}  // namespace

// An empty single value leaves things as they are.
base::Result<void> Room::set_variable(const RoomVariable& variable) {
    const std::string name = base::to_lower(variable.name == "noanonymous" ? "nonanonymous" : variable.name);
    if (std::ranges::find(kTold, name) != kTold.end()) return {};
    if (name == "presencebroadcast") return set_broadcast(config_, variable);
    if (name == "whois") return set_whois(config_, variable);
    const std::string value(variable.values.empty() ? std::string_view() : base::trim(variable.values.front()));
    if (const auto at = std::ranges::find(kFlags, name, &std::pair<std::string_view, Flag>::first); at != kFlags.end()) {
        if (value.empty()) return {};
        const auto is = truth(value);
        if (!is) return no_value(name, value);
        config_.*(at->second) = *is;
        return {};
    }
    if (const auto at = std::ranges::find(kWords, name, &std::pair<std::string_view, Words>::first); at != kWords.end()) {
        if (!value.empty()) config_.*(at->second) = value;
        return {};
    }
    if (name == "semianonymous" || name == "passwordprotect") {
        if (value.empty()) return {};
        const auto is = truth(value);
        if (!is) return no_value(name, value);
        if (name == "semianonymous") config_.nonanonymous = !*is;
        else config_.passwordprotect = *is;
        return {};
    }
    if (name == "maxusers") {
        if (value.empty()) return {};
        const auto number = base::parse_number(value, UINT32_MAX);
        if (!number) return no_value(name, value);
        config_.maxusers = static_cast<std::uint32_t>(*number);
        return {};
    }
    return fail(Errc::malformed, "a room has no variable " + variable.name.substr(0, 64));
}

std::vector<RoomVariable> Room::variables(Scope scope) const {
    std::vector<RoomVariable> all;
    all.push_back(flag("open", !locked_));
    all.push_back(one("creationdate", date_of(created_ms_)));
    for (const std::string_view name : {"publicroom", "moderated", "persistent", "membersonly", "nonanonymous"}) {
        const auto at = std::ranges::find(kFlags, name, &std::pair<std::string_view, Flag>::first);
        all.push_back(flag(std::string(name), config_.*(at->second)));
    }
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
