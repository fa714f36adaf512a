// server/room_commands.cc: rvpctl room, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
#include "server/room_commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/admin_words.h"
#include "server/command_args.h"

namespace server {

using base::Errc;
using base::fail;
using base::Result;
using base::json::Value;
using presence::Affiliation;

namespace {

constexpr std::array kAffiliations{Affiliation::none, Affiliation::outcast, Affiliation::member, Affiliation::admin, Affiliation::owner};

Result<Affiliation> read_affiliation(std::string_view word) {
    std::vector<std::string_view> known;
    for (const Affiliation one : kAffiliations) {
        if (word_of(one) == word) return one;
        known.push_back(word_of(one));
    }
    return std::unexpected(unknown_word("affiliation", word, known));
}

}  // namespace

// In whose name the admin acts: a room has one owner at least.
presence::Caller RoomCommands::owner_of(const presence::Room& room) const {
    const auto owner = std::ranges::find(room.members(), Affiliation::owner, &presence::RoomMember::affiliation);
    presence::Caller caller;
    if (owner == room.members().end()) return caller;
    caller.key = owner->account;
    caller.url = service_.realm().url_of(owner->account);
    return caller;
}

void RoomCommands::run(const std::string& command, const Value& args, CommandAnswer answer) {
    if (command == "room list") return answer(list());
    const bool shows = command == "room show", affiliates = command == "room affiliate";
    if (!shows && !affiliates && command != "room kick") {
        base::Error unknown = unknown_word("command", command, {"room list", "room show", "room affiliate", "room kick"});
        unknown.code = Errc::not_implemented;
        return answer(std::unexpected(std::move(unknown)));
    }
    const std::string name = text_arg(args, "room");
    if (name.empty()) return answer(fail(Errc::malformed, command + " needs room, a text"));
    const auto key = service_.rooms().key_of(name.find_first_of("@/") == name.npos ? name + "@" + service_.rooms().service() : name);
    if (!key) return answer(std::unexpected(key.error()));
    const presence::Room* room = service_.rooms().find(*key);
    if (!room) return answer(fail(Errc::not_found, "no room " + service_.rooms().address_of(*key)));
    if (shows) return answer(people(*room));
    if (affiliates) return affiliate(*room, args, std::move(answer));
    kick(*room, args, std::move(answer));
}

Value RoomCommands::list() const {
    Value all = Value::array();
    for (const presence::Room* room : service_.rooms().all()) {
        const auto& config = room->config();
        all.append(Value::object()
                       .set("room", service_.rooms().address_of(room->key()))
                       .set("name", config.longname)
                       .set("inside", room->occupants().size())
                       .set("belong", room->members().size())
                       .set("persistent", config.persistent)
                       .set("members_only", config.membersonly)
                       .set("locked", room->locked()));
    }
    return all;
}

Value RoomCommands::people(const presence::Room& room) const {
    Value all = Value::array();
    const auto add = [&](const std::string& account, std::string_view nickname, std::string_view role) {
        all.append(Value::object()
                       .set("account", service_.address_of_account(account))
                       .set("affiliation", std::string(word_of(room.affiliation_of(account))))
                       .set("nickname", std::string(nickname))
                       .set("role", std::string(role)));
    };
    for (const presence::RoomMember& member : room.members()) {
        const presence::Occupant* inside = room.occupant(member.account);
        add(member.account, inside ? inside->nickname : member.nickname, inside ? word_of(inside->role) : "");
    }
    for (const presence::Occupant& who : room.occupants()) {
        if (room.affiliation_of(who.account) == Affiliation::none) add(who.account, who.nickname, word_of(who.role));
    }
    return all;
}

void RoomCommands::affiliate(const presence::Room& room, const Value& args, CommandAnswer answer) {
    const auto account = service_.contact_account(text_arg(args, "name"));
    if (!account) return answer(std::unexpected(account.error()));
    const auto what = read_affiliation(text_arg(args, "affiliation"));
    if (!what) return answer(std::unexpected(what.error()));
    auto done = [answer = std::move(answer)](Result<void> how) mutable {
        if (!how) return answer(std::unexpected(how.error()));
        answer(Value::object());
    };
    service_.rooms().affiliate(owner_of(room), room.key(), {*account, *what, text_arg(args, "nickname")}, text_arg(args, "text"), std::move(done));
}

void RoomCommands::kick(const presence::Room& room, const Value& args, CommandAnswer answer) {
    const auto account = service_.contact_account(text_arg(args, "name"));
    if (!account) return answer(std::unexpected(account.error()));
    if (auto done = service_.rooms().kick(room.key(), *account, text_arg(args, "text")); !done) return answer(std::unexpected(done.error()));
    answer(Value::object());
}

}  // namespace server
