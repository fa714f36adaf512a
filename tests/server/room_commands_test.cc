// tests/server/room_commands_test.cc: rvpctl room, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
#include "server/room_commands.h"

#include "server/audit.h"
#include "tests/fakes.h"

#include <gtest/gtest.h>

#include <optional>

namespace {

using base::json::Value;

presence::Settings with_rooms() {
    presence::Settings settings = tests::PresenceWorld::defaults();
    settings.auto_create.push_back("/instmsg/rooms/");
    return settings;
}

class RoomCommands : public testing::Test {
protected:
    RoomCommands() {
        enter("ann");
        world_.service.rooms().configure(world_.who("ann"), kDen, {{"longname", false, {"The Den"}}}, [](const auto& set) { EXPECT_TRUE(set); });
    }
    void enter(const std::string& who) {
        world_.service.rooms().enter(world_.who(who), {kDen, "test/1", "", {}}, [](const auto& in) { EXPECT_TRUE(in && !in->refusal); });
    }
    std::string told(const std::string& command, const std::string& args = "{}") {
        std::optional<base::Result<Value>> result;
        commands_.run(command, *base::json::parse(args), [&](base::Result<Value> r) { result = std::move(r); });
        if (!result) return "no answer";
        return *result ? (*result)->dump() : std::string(server::kind_of(result->error().code)) + ": " + result->error().text;
    }
    std::string who_is_in() {
        std::string names;
        for (const auto& who : world_.service.rooms().find(kDen)->occupants()) names += who.nickname + " ";
        return names;
    }

    static constexpr const char* kDen = "/instmsg/rooms/den";
    tests::PresenceWorld world_{with_rooms()};
    server::RoomCommands commands_{world_.service};
};

TEST_F(RoomCommands, TellOfRoomsAndTheirPeople) {
    enter("bob");
    EXPECT_EQ(told("room list"), R"([{"room":"den@conference.example.com","name":"The Den","inside":2,"belong":1,"persistent":false,)"
                                 R"("members_only":false,"locked":false}])");
    const std::string people = R"([{"account":"ann@example.com","affiliation":"owner","nickname":"ann","role":"moderator"},)"
                               R"({"account":"bob@example.com","affiliation":"none","nickname":"bob","role":"participant"}])";
    for (const char* name : {"den", "den@conference.example.com", "/instmsg/rooms/den"}) {
        EXPECT_EQ(told("room show", std::string(R"({"room":")") + name + "\"}"), people) << name;
    }
}

TEST_F(RoomCommands, KickAndBan) {
    enter("bob");
    EXPECT_EQ(told("room kick", R"({"room":"den","name":"bob"})"), "{}");
    EXPECT_EQ(who_is_in(), "ann ");
    EXPECT_EQ(told("room kick", R"({"room":"den","name":"bob"})"), "precondition: not inside the room den");
    enter("bob");
    EXPECT_EQ(told("room affiliate", R"({"room":"den","name":"bob","affiliation":"outcast","text":"enough"})"), "{}");
    EXPECT_EQ(who_is_in(), "ann ");
    EXPECT_TRUE(told("room show", R"({"room":"den"})").find(R"({"account":"bob@example.com","affiliation":"outcast","nickname":"","role":""})") != std::string::npos);
    EXPECT_EQ(told("room affiliate", R"({"room":"den","name":"zoe@other.org","affiliation":"outcast"})"), "{}");
    EXPECT_TRUE(told("room show", R"({"room":"den"})").find(R"("zoe@other.org","affiliation":"outcast")") != std::string::npos);
}

TEST_F(RoomCommands, SayWhatIsWrong) {
    EXPECT_EQ(told("room kick"), "malformed: room kick needs room, a text");
    EXPECT_EQ(told("room show", R"({"room":"attic"})"), "not_found: no room attic@conference.example.com");
    EXPECT_EQ(told("room affiliate", R"({"room":"den","name":"bob","affiliation":"ownr"})"),
              "malformed: unknown affiliation 'ownr'; did you mean owner?");
    EXPECT_TRUE(told("room affiliate", R"({"room":"den","name":"ann","affiliation":"none"})").starts_with("precondition: "));
    EXPECT_TRUE(told("room shut", R"({"room":"den"})").starts_with("not_implemented: "));
}

}  // namespace
