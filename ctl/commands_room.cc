// ctl/commands_room.cc: rvpctl room list, show, affiliate, kick.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl); zimbra-im 3.7
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace ctl {

using base::json::Value;

namespace {

struct RoomOptions {
    std::string room, name, affiliation, nickname, text;
};

void add_list(CLI::App& group, Terms& terms, Chosen& chosen) {
    CLI::App* command = group.add_subcommand("list", "all rooms");
    add_terms(*command, terms);
    command->callback([&terms, &chosen] {
        chosen = [&terms] {
            return ask(terms, "room list", Value::object(), "room list", [](const Value& list) {
                return table(list, {{"ROOM", "room"}, {"NAME", "name"}, {"INSIDE", "inside"}, {"BELONG", "belong"},
                                    {"PERSISTENT", "persistent"}, {"MEMBERS ONLY", "members_only"}, {"LOCKED", "locked"}}, "no rooms");
            });
        };
    });
}

void add_room_show(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto o = std::make_shared<RoomOptions>();
    CLI::App* command = group.add_subcommand("show", "who belongs to a room, and who is inside");
    add_terms(*command, terms);
    command->add_option("ROOM", o->room, "such as den")->required();
    command->callback([o, &terms, &chosen] {
        chosen = [o, &terms] {
            return ask(terms, "room show", Value::object().set("room", o->room), "room show " + o->room, [](const Value& list) {
                return table(list, {{"ACCOUNT", "account"}, {"AFFILIATION", "affiliation"}, {"NICKNAME", "nickname"}, {"ROLE", "role"}},
                             "nobody");
            });
        };
    });
}

/// What is done to somebody in a room: `verb`, ROOM and NAME.
std::shared_ptr<RoomOptions> add_act(CLI::App& command, Terms& terms) {
    auto o = std::make_shared<RoomOptions>();
    add_terms(command, terms);
    command.add_option("ROOM", o->room, "such as den")->required();
    command.add_option("NAME", o->name, "such as bob, or zoe@other.org")->required();
    command.add_option("--text", o->text, "the reason, which he is told");
    return o;
}

std::string nothing(const Value&) { return ""; }

void add_affiliate(CLI::App& group, Terms& terms, Chosen& chosen) {
    CLI::App* command = group.add_subcommand("affiliate", "say what somebody is to a room");
    auto o = add_act(*command, terms);
    command->add_option("AFFILIATION", o->affiliation, "owner, admin, member, outcast (who is banned) or none")->required();
    command->add_option("--nickname", o->nickname, "which is reserved for him there");
    command->callback([o, &terms, &chosen] {
        chosen = [o, &terms] {
            const Value args = Value::object().set("room", o->room).set("name", o->name).set("affiliation", o->affiliation)
                                   .set("nickname", o->nickname).set("text", o->text);
            return ask(terms, "room affiliate", args, "room affiliate " + o->room + " " + o->name + " " + o->affiliation, nothing);
        };
    });
}

void add_kick(CLI::App& group, Terms& terms, Chosen& chosen) {
    CLI::App* command = group.add_subcommand("kick", "put somebody out of a room, until he comes again");
    auto o = add_act(*command, terms);
    command->callback([o, &terms, &chosen] {
        chosen = [o, &terms] {
            const Value args = Value::object().set("room", o->room).set("name", o->name).set("text", o->text);
            return ask(terms, "room kick", args, "room kick " + o->room + " " + o->name, nothing);
        };
    });
}

}  // namespace

void add_room(CLI::App& app, Terms& terms, Chosen& chosen) {
    CLI::App* group = app.add_subcommand("room", "the rooms in which many talk");
    group->require_subcommand(0, 1);  // main says which is missing
    add_list(*group, terms, chosen);
    add_room_show(*group, terms, chosen);
    add_affiliate(*group, terms, chosen);
    add_kick(*group, terms, chosen);
}

}  // namespace ctl
