// doors/msnp_thread.cc: rooms as MSNP24 has them.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_thread.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "doors/msnp_names.h"

namespace doors {

using base::Errc;
using base::fail;
using base::xml::Element;
using presence::Affiliation;
using presence::Occupant;
using presence::Room;
using presence::RoomDeed;
using presence::RoomEvent;
using presence::RoomMember;
using presence::RoomRefusal;

namespace {

constexpr std::string_view kThreadHost = "@thread.skype";
constexpr std::size_t kRoomIdDigits = 32;

bool is_hex_name(std::string_view text) {
    return text.size() == kRoomIdDigits && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void add_tag(std::string& out, std::string_view name, std::string_view text) {
    out.append("<").append(name).append(">");
    base::xml::append_escaped(out, text);
    out.append("</").append(name).append(">");
}

std::string name_of_account(const std::string& account) { return msnp_name(presence::alias_of(account)); }

/// Whether somebody can be named here, to him.
bool is_named(const Room& room, const std::string& account, const std::string& viewer) {
    return presence::is_alias(account) && room.shows_account(account, viewer);
}

/// Whether he learns what became of that one.
template <class Named>
bool tells_of_target(const RoomEvent& event, const std::string& target, const std::string& viewer, Named named) {
    return (!event.hidden || target == viewer) && named(target);
}

std::string head_of(const Room& room) {
    std::string out = "<thread>";
    add_tag(out, "id", thread_name(room));
    add_tag(out, "version", std::to_string(room.changed_ms()));
    return out;
}

void add_member(std::string& out, const std::string& account, bool admin) {
    out += "<member>";
    add_tag(out, "mri", name_of_account(account));
    add_tag(out, "role", admin ? "admin" : "user");
    out += "</member>";
}

}  // namespace

// -- names

std::string thread_name(const Room& room) { return std::to_string(kMsnpThread) + ":" + room.id() + std::string(kThreadHost); }

std::optional<std::string> room_id_in(std::string_view thread) {
    const auto name = read_msnp_name(thread);
    if (!name || name->network != kMsnpThread) return std::nullopt;
    std::string id = base::to_lower(name->user);
    if (!id.ends_with(kThreadHost)) return std::nullopt;
    id.resize(id.size() - kThreadHost.size());
    return is_hex_name(id) ? std::optional(std::move(id)) : std::nullopt;
}

// A room that was made here has digits for a name, which nobody gave it.
std::string topic_of(const Room& room) {
    if (!room.config().subject.empty()) return room.config().subject;
    return room.config().longname == room.name() && is_hex_name(room.name()) ? "" : room.config().longname;
}

// -- whose thread it is

bool takes_part(const presence::Service& service, const Room& room, const std::string& account) {
    if (room.occupant(account)) return true;
    const Affiliation is = room.affiliation_of(account);
    if (is < Affiliation::member) return false;
    const presence::Node* own = service.nodes().find(account);
    if (is == Affiliation::owner || !own || !own->shuts_anybody_out()) return true;
    return std::ranges::none_of(room.members(), [own](const RoomMember& one) {
        return one.affiliation == Affiliation::owner && own->shuts_out(one.account);
    });
}

bool hears(const presence::Service& service, const Room& room, const std::string& account) {
    if (room.occupant(account)) return true;
    if (!takes_part(service, room, account)) return false;
    const auto why = service.rooms().refuses(room.key(), account);
    return !why || *why == RoomRefusal::max_users || *why == RoomRefusal::nickname_conflict || *why == RoomRefusal::must_use_reserved_nick;
}

const Room* thread_of(const presence::Service& service, std::string_view thread, const std::string& account) {
    const auto id = room_id_in(thread);
    const Room* room = id ? service.rooms().find_by_id(*id) : nullptr;
    return room && takes_part(service, *room, account) ? room : nullptr;
}

// -- what is written

std::string thread_element(const Room& room, const std::string& viewer) {
    std::string out = head_of(room) + "<properties>";
    const auto creator = std::ranges::find(room.members(), Affiliation::owner, &RoomMember::affiliation);
    if (creator != room.members().end() && is_named(room, creator->account, viewer)) {
        add_tag(out, "creator", name_of_account(creator->account));
    }
    add_tag(out, "topic", topic_of(room));
    out += "</properties><members>";
    for (const RoomMember& one : room.members()) {
        if (one.affiliation < Affiliation::member || !is_named(room, one.account, viewer)) continue;
        add_member(out, one.account, one.affiliation >= Affiliation::admin);
    }
    for (const Occupant& one : room.occupants()) {
        if (room.has_member(one.account) || !is_named(room, one.account, viewer) || !room.shows(one, viewer)) continue;
        add_member(out, one.account, false);
    }
    return out + "</members></thread>";
}

bool looks_alike(const Room& room) {
    constexpr std::array kAll{presence::Role::visitor, presence::Role::participant, presence::Role::moderator};
    return room.config().nonanonymous && std::ranges::all_of(kAll, [&room](presence::Role role) { return room.tells_of(role); });
}

std::string empty_thread_element(const Room& room) {
    std::string out = head_of(room) + "<properties>";
    add_tag(out, "topic", topic_of(room));
    return out + "</properties><members></members></thread>";
}

std::function<bool(const RoomEvent&)> shown_to(const Room& room, const std::string& viewer) {
    const bool all = room.shows_account("", viewer);
    return [viewer, all](const RoomEvent& event) {
        const auto named = [&](const std::string& account) { return presence::is_alias(account) && (all || account == viewer); };
        return event.deed == RoomDeed::subject || std::ranges::any_of(event.targets, [&](const std::string& target) {
            return tells_of_target(event, target, viewer, named);
        });
    };
}

std::optional<MsnpActivity> activity_of(const Room& room, const RoomEvent& event, const std::string& viewer) {
    struct Kind {
        std::string_view type, element;
    };
    static constexpr std::array<Kind, 5> kKinds{{{"ThreadActivity/AddMember", "addmember"},
                                                 {"ThreadActivity/DeleteMember", "deletemember"},
                                                 {"ThreadActivity/RoleUpdate", "roleupdate"},
                                                 {"ThreadActivity/RoleUpdate", "roleupdate"},
                                                 {"ThreadActivity/TopicUpdate", "topicupdate"}}};
    const Kind& kind = kKinds.at(static_cast<std::size_t>(event.deed));
    std::string out = "<" + std::string(kind.element) + ">";
    add_tag(out, "eventtime", std::to_string(event.time_ms));
    add_tag(out, "initiator", is_named(room, event.by, viewer) ? name_of_account(event.by) : thread_name(room));
    std::size_t named = 0;
    for (const std::string& target : event.targets) {
        if (!tells_of_target(event, target, viewer, [&](const std::string& one) { return is_named(room, one, viewer); })) continue;
        ++named;
        if (event.deed == RoomDeed::added || event.deed == RoomDeed::removed) {
            add_tag(out, "target", name_of_account(target));
            continue;
        }
        out += "<target>";
        add_tag(out, "id", name_of_account(target));
        add_tag(out, "role", event.deed == RoomDeed::raised ? "admin" : "user");
        out += "</target>";
    }
    if (event.deed == RoomDeed::subject) add_tag(out, "value", event.value);
    else if (named == 0) return std::nullopt;
    return MsnpActivity{std::string(kind.type), out + "</" + std::string(kind.element) + ">"};
}

// -- what is asked

namespace {

base::Result<ThreadAsk::Member> read_thread_member(const presence::Service& service, const Element& member) {
    const auto name = read_msnp_name(member.text_of("mri"));
    if (!name || (name->network != kMsnpSkype && name->network != kMsnpMail)) return fail(Errc::malformed, "A member is called 8:name.");
    auto account = service.contact_account(without_live(name->user));
    if (!account || !presence::is_alias(*account)) return fail(Errc::not_found, "Nobody is called so.");
    ThreadAsk::Member read{std::move(*account)};
    const std::string role = base::to_lower(base::trim(member.text_of("role")));
    if (role == "admin" || role == "user") read.admin = role == "admin";
    else if (!role.empty()) return fail(Errc::malformed, "A role is admin or user.");
    return read;
}

}  // namespace

base::Result<ThreadAsk> read_thread_ask(const presence::Service& service, const Element& thread) {
    ThreadAsk ask;
    ask.thread = base::trim(thread.text_of("id"));
    const Element* properties = thread.child("properties");
    if (const Element* topic = properties ? properties->child("topic") : nullptr) ask.topic = base::trim(topic->all_text());
    const Element* members = thread.child("members");
    if (!members) return ask;
    const std::size_t most = ask.thread.empty() ? kMostThreadMembers : kMostThreadChanges;
    for (const Element& child : members->children) {
        if (child.local != "member") continue;
        auto member = read_thread_member(service, child);
        if (!member) return std::unexpected(member.error());
        if (std::ranges::find(ask.members, member->account, &ThreadAsk::Member::account) != ask.members.end()) continue;
        if (ask.members.size() == most) return fail(Errc::too_large, "There are too many members in it.");
        ask.members.push_back(std::move(*member));
    }
    return ask;
}

}  // namespace doors
