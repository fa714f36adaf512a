// tests/doors/zimbra_rooms_test.cc: rooms through the Zimbra door: who gets in, who is told, who is out again.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.9 to 3.11
#include "tests/doors/zimbra_world.h"

#include <algorithm>

namespace {

using presence::Affiliation;
using tests::ZimbraClient;
using tests::ZimbraWorld;
using std::chrono::seconds;

constexpr const char* kRoom = "/instmsg/rooms/den";
constexpr const char* kTalk = "chat-ann%example.com-0";

class ZimbraDen : public testing::Test {
protected:
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    ZimbraClient bob = w.on_im("bob");
    ZimbraClient carol = w.on_im("carol");

    static std::string join_of(const std::string& more = "") {
        return ZimbraWorld::im("JoinConferenceRoom", "addr=\"den@conference.example.com\" " + more);
    }
    static std::string change_of(const std::string& thread, const std::string& op, const std::string& more = "", const std::string& inside = "") {
        return ZimbraWorld::im("ModifyChat", "thread=\"" + thread + "\" op=\"" + op + "\" " + more, inside);
    }
    static std::string var(const std::string& name, const std::string& value) { return "<var name=\"" + name + "\">" + value + "</var>"; }
    static std::string joined(const std::string& more = "") { return R"(<IMJoinConferenceRoomResponse xmlns="urn:zimbraIM" thread="den")" + more + "/>"; }
    static std::string changed(const std::string& thread, const std::string& more = "") {
        return R"(<IMModifyChatResponse xmlns="urn:zimbraIM" thread=")" + thread + "\"" + more + "/>";
    }
    static std::string p(int id, const std::string& name, const std::string& role, const std::string& affiliation, const std::string& more = "") {
        return "<p id=\"" + std::to_string(id) + "\" addr=\"" + name + "\"" + more + " fulladdr=\"" + name + "@example.com\" role=\"" + role +
               "\" affiliation=\"" + affiliation + "\"/>";
    }
    /// ann makes the room, sets it up so, and has read what came of it.
    void open(const std::string& variables = "") {
        ASSERT_EQ(w.call(ann, join_of()), joined(R"( status="NewRoomCreated")"));
        ASSERT_EQ(w.call(ann, change_of("den", "configure", "", variables)), changed("den"));
        w.poll(ann);
    }
    void affiliate(const std::string& who, Affiliation what) {
        w.service.rooms().affiliate(w.who("ann"), kRoom, {"/instmsg/aliases/" + who, what, ""}, "", [](const auto& done) { EXPECT_TRUE(done); });
        w.finish();
    }
    void shut_out(const std::string& owner, const std::string& whom) {
        w.service.set_privacy_list(ZimbraWorld::alias(owner), {"", {{false, 1, "/instmsg/aliases/" + whom}}}, [](const auto& set) { EXPECT_TRUE(set); });
        w.finish();
    }
    /// Who is inside, by nickname.
    std::vector<std::string> inside(const std::string& room = kRoom) {
        std::vector<std::string> names;
        const presence::Room* found = w.service.rooms().find(room);
        for (const auto& one : found ? found->occupants() : std::vector<presence::Occupant>()) names.push_back(one.nickname);
        return names;
    }
    void say(ZimbraClient& from, const std::string& to, const std::string& text) { w.call(from, ZimbraWorld::words(to, text)); }
};

using Names = std::vector<std::string>;

// -- who gets in

TEST_F(ZimbraDen, SaysWhyItLetsNobodyIn) {
    ASSERT_EQ(w.call(ann, join_of()), joined(R"( status="NewRoomCreated")"));
    EXPECT_EQ(w.call(bob, join_of()), joined(R"( error="NoSuchRoom")")) << "it is locked";
    ASSERT_EQ(w.call(ann, change_of("den", "configure", "", var("passwordprotect", "1") + var("password", "sesame"))), changed("den"));
    EXPECT_EQ(w.call(bob, join_of()), joined(R"( error="PasswordRequired")"));
    EXPECT_EQ(w.call(bob, join_of(R"(password="open")")), joined(R"( error="PasswordRequired")"));
    EXPECT_EQ(w.call(bob, ZimbraWorld::im("GetChat", R"(thread="den")")), R"(<IMGetChatResponse xmlns="urn:zimbraIM" thread="den" error="not_found"/>)")
        << "there is no chat of what came to nothing";
    EXPECT_EQ(w.call(bob, join_of(R"(nick="ANN" password="sesame")")), joined(R"( error="NicknameConflict")"));
    EXPECT_EQ(w.call(bob, join_of(R"(nick="Bob" password="sesame")")), joined());
    affiliate("bob", Affiliation::outcast);
    EXPECT_EQ(w.poll(bob), R"(<n type="enteredchat" thread="den" addr="ann">)" + p(1, "ann", "moderator", "owner") + "</n>" +
                               R"(<n type="enteredchat" thread="den" addr="Bob"><p id="2" addr="Bob" me="1" fulladdr="bob@example.com" role="participant" affiliation="none"/></n>)" +
                               R"(<n type="leftchat" me="1" thread="den" addr="Bob" status="YouHaveBeenBanned"/>)");
    EXPECT_EQ(w.call(bob, join_of(R"(password="sesame")")), joined(R"( error="Banned")"));
    ASSERT_EQ(w.call(ann, change_of("den", "configure", "", var("passwordprotect", "0") + var("maxusers", "1"))), changed("den"));
    EXPECT_EQ(w.call(carol, join_of()), joined(R"( error="MaxUsers")"));
    ASSERT_EQ(w.call(ann, change_of("den", "configure", "", var("membersonly", "1") + var("maxusers", "0"))), changed("den"));
    EXPECT_EQ(w.call(carol, join_of()), joined(R"( error="NotAMember")"));
    EXPECT_EQ(w.call(carol, ZimbraWorld::im("JoinConferenceRoom", R"(addr="den@conference.elsewhere.org")")), joined(R"( error="NoSuchRoom")"));
}

TEST_F(ZimbraDen, TellsThoseInsideWhenSomebodysPresenceChanges) {
    open();
    ASSERT_EQ(w.call(bob, join_of()), joined());
    w.poll(bob);
    w.poll(ann);
    const std::string news = R"(<n type="chatpresence" thread="den" addr="bob" role="participant" affiliation="none">)" + p(2, "bob", "participant", "none") + "</n>";
    w.call(bob, ZimbraWorld::im("SetPresence", "", R"(<presence show="dnd"/>)"));
    EXPECT_EQ(w.poll(ann), news) << "though he is none of her buddies";
    EXPECT_EQ(w.poll(ann), "");
}

TEST_F(ZimbraDen, OnlyOwnersSetItUp) {
    open(var("longname", "The Den"));
    ASSERT_EQ(w.call(bob, join_of()), joined());
    EXPECT_EQ(w.call(bob, change_of("den", "configure", "", var("longname", "Mine"))), changed("den", R"( error="not_allowed")"));
    const auto config = [this](ZimbraClient& c, const std::string& more) {
        return w.call(c, ZimbraWorld::im("GetChatConfiguration", R"(thread="den")" + more));
    };
    EXPECT_EQ(config(bob, R"( requestOwnerConfig="1")"), R"(<IMGetChatConfigurationResponse xmlns="urn:zimbraIM" thread="den" error="not_allowed"/>)");
    EXPECT_EQ(config(bob, "").find("longname"), std::string::npos);
    const std::string whole = config(ann, R"( requestOwnerConfig="1")");
    EXPECT_NE(whole.find(R"(<var name="longname">The Den</var>)"), std::string::npos) << whole;
    EXPECT_NE(whole.find(R"(<var name="owners" multi="1"><value>ann@example.com</value></var>)"), std::string::npos) << whole;
    EXPECT_NE(w.call(ann, change_of("den", "configure", "", var("colour", "red"))).find("service.INVALID_REQUEST"), std::string::npos);
    EXPECT_NE(w.call(ann, change_of("den", "configure", "", R"(<var name="owners" multi="1"/>)")).find("not_allowed"), std::string::npos)
        << "one owner stays";
}

TEST_F(ZimbraDen, SaysWhyWhatIsSaidThereIsNotHeard) {
    open(var("moderated", "1"));
    const auto error = [this](ZimbraClient& c) {
        const std::string told = w.poll(c);
        const std::size_t at = told.find("error=\"");
        return at == std::string::npos ? told : told.substr(at + 7, told.find('"', at + 7) - at - 7);
    };
    say(bob, R"(addr="den@conference.example.com")", "hello?");
    EXPECT_EQ(error(bob), "not_acceptable") << "he is not inside";
    say(bob, R"(addr="void@conference.example.com")", "hello?");
    EXPECT_EQ(error(bob), "recipient_unavailable");
    ASSERT_EQ(w.call(carol, join_of()), joined());
    w.poll(carol);
    say(carol, R"(thread="den")", "hello?");
    EXPECT_EQ(error(carol), "forbidden") << "she has no voice";
}

TEST_F(ZimbraDen, TellsThatSomebodyTypesAndHasStopped) {
    open();
    ASSERT_EQ(w.call(bob, join_of(R"(nick="Bobby")")), joined());
    w.poll(ann);
    w.call(bob, ZimbraWorld::im("SendMessage", "", R"(<message thread="den"><typing/></message>)"));
    EXPECT_EQ(w.poll(ann), R"(<n type="message" from="Bobby" thread="den" ts="1000000000000"><typing/></n>)");
    w.call(bob, ZimbraWorld::im("SendMessage", "", R"(<message thread="den"/>)"));
    EXPECT_EQ(w.poll(ann), R"(<n type="message" from="Bobby" thread="den" ts="1000000000000"/>)");
}

// -- who is told

TEST_F(ZimbraDen, TellsWhatWasSaidBeforeToWhoComesBack) {
    open();
    ASSERT_EQ(w.call(bob, join_of(R"(nick="Bobby")")), joined());
    say(bob, R"(thread="den")", "one");
    const std::string told = w.poll(ann);
    say(ann, R"(thread="den")", "two");
    ASSERT_NE(told.find(R"(<n type="message" from="Bobby" thread="den")"), std::string::npos) << told;
    const std::size_t at = told.find("ts=\"");
    const std::string ts = told.substr(at, told.find('"', at + 4) - at + 1);
    w.call(bob, R"(<EndSessionRequest xmlns="urn:zimbraAccount"/>)");
    EXPECT_EQ(inside(), Names{"ann"}) << "who has no session is out";
    EXPECT_EQ(w.poll(ann), R"(<n type="leftchat" thread="den" addr="Bobby"/>)");
    w.pass(seconds(60));
    bob = w.on_im("bob");
    ASSERT_EQ(w.call(bob, join_of()), joined());
    const std::string past = w.poll(bob);
    EXPECT_NE(past.find(R"(<n type="message" from="bob@example.com" thread="den" )" + ts + R"( to="den@conference.example.com" seq="1"><body html="0">one</body></n>)"), std::string::npos) << past;
    EXPECT_NE(past.find(R"(<n type="message" from="ann" thread="den")"), std::string::npos) << past;
    EXPECT_LT(past.find("one</body>"), past.find("two</body>"));
}

TEST_F(ZimbraDen, HidesWhoIsBehindANicknameFromThoseWhoDoNotModerate) {
    open(var("nonanonymous", "0"));
    ASSERT_EQ(w.call(bob, join_of(R"(nick="Zorro")")), joined());
    ASSERT_EQ(w.call(carol, join_of()), joined());
    EXPECT_EQ(w.poll(carol).find("bob@example.com"), std::string::npos) << carol.news;
    EXPECT_NE(w.poll(ann).find(R"(addr="Zorro" fulladdr="bob@example.com")"), std::string::npos) << ann.news;
    say(bob, R"(thread="den")", "hi");
    EXPECT_NE(w.poll(carol).find(R"(from="Zorro")"), std::string::npos) << carol.news;
    w.call(bob, change_of("den", "close"));
    w.call(carol, change_of("den", "close"));
    ASSERT_EQ(w.call(carol, join_of()), joined());
    EXPECT_NE(w.poll(carol).find(R"(from="Zorro")"), std::string::npos) << carol.news;
    EXPECT_EQ(carol.news.find("bob"), std::string::npos) << carol.news;
}

TEST_F(ZimbraDen, TellsOfThoseAloneWhoseRoleIsBroadcast) {
    open(R"(<var name="presencebroadcast" multi="1"><value>moderator</value></var>)");
    ASSERT_EQ(w.call(bob, join_of()), joined());
    EXPECT_EQ(w.poll(ann), "") << "a participant comes unseen";
    EXPECT_NE(w.poll(bob).find(R"(addr="ann")"), std::string::npos) << bob.news;
    ASSERT_EQ(w.call(carol, join_of()), joined());
    EXPECT_EQ(w.poll(carol).find(R"(addr="bob")"), std::string::npos) << carol.news;
    EXPECT_EQ(w.poll(bob), "");
    EXPECT_EQ(w.call(ann, ZimbraWorld::im("GetChat", R"(thread="den")")).find("bob"), std::string::npos);
    const auto give = [this](const std::string& whom, presence::Role role) {
        w.service.rooms().set_role(w.who("ann"), kRoom, "/instmsg/aliases/" + whom, role, "", [](const auto& done) { EXPECT_TRUE(done); });
        w.finish();
    };
    give("bob", presence::Role::moderator);
    EXPECT_EQ(w.poll(ann), R"(<n type="enteredchat" thread="den" addr="bob">)" + p(2, "bob", "moderator", "none") + "</n>");
    EXPECT_NE(w.poll(bob).find(R"(<n type="chatpresence" thread="den" addr="bob" role="moderator")"), std::string::npos) << bob.news;
    give("bob", presence::Role::participant);
    EXPECT_EQ(w.poll(ann), R"(<n type="leftchat" thread="den" addr="bob"/>)");
    EXPECT_NE(w.poll(bob).find(R"(<n type="chatpresence" thread="den" addr="bob" role="participant")"), std::string::npos) << bob.news;
    w.call(bob, change_of("den", "close"));
    EXPECT_EQ(w.poll(ann), "");
    w.poll(carol);
    w.call(ann, change_of("den", "close"));
    EXPECT_EQ(w.poll(carol), R"(<n type="leftchat" thread="den" addr="ann"/>)");
}

// -- to bring others in

TEST_F(ZimbraDen, InvitesWhoWantsToHearOfTheOneWhoDoes) {
    open(var("membersonly", "1"));
    EXPECT_EQ(w.call(ann, change_of("den", "adduser", R"(addr="bob")", "come in")), changed("den"));
    EXPECT_EQ(w.poll(bob), R"(<n type="invited" thread="den" addr="den@conference.example.com">come in</n>)");
    EXPECT_EQ(w.call(bob, join_of()), joined()) << "who is invited belongs to it";
    EXPECT_EQ(w.call(bob, change_of("den", "adduser", R"(addr="carol")")), changed("den", R"( error="not_allowed")"));
    EXPECT_EQ(w.poll(carol), "");
    shut_out("carol", "ann");
    w.poll(carol);
    EXPECT_EQ(w.call(ann, change_of("den", "adduser", R"(addr="carol")")), changed("den")) << "she is not told so";
    EXPECT_EQ(w.poll(carol), "");
    EXPECT_EQ(w.call(ann, change_of("none", "adduser", R"(addr="carol")")), changed("none", R"( error="not_found")"));
}

TEST_F(ZimbraDen, AChatOfTwoBecomesARoom) {
    say(ann, R"(addr="bob")", "hi");
    w.poll(bob);
    EXPECT_EQ(w.call(ann, change_of(kTalk, "adduser", R"(addr="carol")")), changed(kTalk));
    EXPECT_EQ(inside("/instmsg/rooms/" + std::string(kTalk)), (Names{"ann", "bob"}));
    const std::string told = w.poll(bob);
    EXPECT_NE(told.find(R"(<n type="message" from="SYSTEM" thread="chat-ann%example.com-0")"), std::string::npos) << told;
    EXPECT_EQ(told.find("invited"), std::string::npos) << told;
    EXPECT_EQ(w.poll(carol), R"(<n type="invited" thread="chat-ann%example.com-0" addr="chat-ann%example.com-0@conference.example.com">Please join my chat</n>)");
    say(bob, R"(thread="chat-ann%example.com-0")", "hello all");
    EXPECT_NE(w.poll(ann).find(R"(<n type="message" from="bob" thread="chat-ann%example.com-0")"), std::string::npos) << ann.news;
}

TEST_F(ZimbraDen, OnlyTheTalkWithTheOneWhoMakesTheRoomGoesOnInIt) {
    auto words = ZimbraWorld::compose_talk("psst", "x");
    words->facts.thread = kTalk;  // of the same name
    w.service.notify(w.who("carol"), {ZimbraWorld::alias("bob"), std::move(*words), presence::AckType::single_hop, 1}, [](const auto& sent) { EXPECT_TRUE(sent); });
    w.finish();
    ASSERT_NE(w.poll(bob).find(R"(from="carol@example.com" thread="chat-ann%example.com-0")"), std::string::npos) << bob.news;
    say(ann, R"(addr="bob")", "hi");
    w.poll(bob);
    EXPECT_EQ(w.call(ann, change_of(kTalk, "adduser", R"(addr="carol")")), changed(kTalk));
    EXPECT_EQ(inside("/instmsg/rooms/" + std::string(kTalk)), Names{"ann"});
    EXPECT_EQ(w.poll(bob), R"(<n type="invited" thread="chat-ann%example.com-0" addr="chat-ann%example.com-0@conference.example.com">Please join my chat</n>)");
    EXPECT_NE(w.call(bob, ZimbraWorld::im("GetChat", "thread=\"" + std::string(kTalk) + "\"")).find(R"(addr="carol@example.com")"), std::string::npos);
}

TEST_F(ZimbraDen, NobodyIsBroughtAlongWhoIsAwayOrShutsOutTheOneWhoDoes) {
    say(ann, R"(addr="bob")", "hi");
    say(ann, R"(addr="carol")", "hi");
    w.poll(bob);
    w.poll(carol);
    w.call(bob, R"(<EndSessionRequest xmlns="urn:zimbraAccount"/>)");
    EXPECT_EQ(w.call(ann, change_of(kTalk, "adduser", R"(addr="alice")")), changed(kTalk));
    EXPECT_EQ(inside("/instmsg/rooms/" + std::string(kTalk)), Names{"ann"}) << "he is not there";
    shut_out("carol", "ann");
    w.poll(carol);
    EXPECT_EQ(w.call(ann, change_of("chat-ann%example.com-1", "adduser", R"(addr="alice")")), changed("chat-ann%example.com-1"));
    EXPECT_EQ(inside("/instmsg/rooms/chat-ann%example.com-1"), Names{"ann"}) << "she wants to hear nothing of her";
    EXPECT_EQ(w.poll(carol), "");
}

TEST_F(ZimbraDen, AChatDoesNotWalkIntoARoomThatSomebodyMadeBefore) {
    const std::string trap = "addr=\"" + std::string(kTalk) + "@conference.example.com\"";
    w.call(carol, ZimbraWorld::im("JoinConferenceRoom", trap));
    w.call(carol, change_of(kTalk, "configure"));
    w.poll(carol);
    say(ann, R"(addr="bob")", "hi");
    w.poll(bob);
    EXPECT_EQ(w.call(ann, change_of(kTalk, "adduser", R"(addr="alice")")), changed(kTalk));
    EXPECT_EQ(inside("/instmsg/rooms/" + std::string(kTalk)), Names{"carol"});
    EXPECT_EQ(inside("/instmsg/rooms/" + std::string(kTalk) + "-2"), (Names{"ann", "bob"}));
    EXPECT_EQ(w.poll(carol), "");
}

// -- nobody sits in a room unseen

TEST_F(ZimbraDen, WhoClosesTheChatBeforeHeIsInIsOut) {
    const auto begun = w.begin_call(ann, join_of());
    const auto closed = w.begin_call(ann, change_of("den", "close"));
    w.finish();
    ASSERT_TRUE(begun->has_value() && closed->has_value());
    EXPECT_NE((*begun)->body.find(R"(error="Unknown")"), std::string::npos) << (*begun)->body;
    EXPECT_EQ(inside(), Names{});
    w.pass(seconds(1));
    EXPECT_EQ(w.service.rooms().size(), 0U);
    say(ann, R"(addr="bob")", "hi");
    const auto widens = w.begin_call(ann, change_of(kTalk, "adduser", R"(addr="carol")"));
    const auto again = w.begin_call(ann, change_of(kTalk, "close"));
    w.finish();
    ASSERT_TRUE(widens->has_value() && again->has_value());
    EXPECT_NE((*widens)->body.find(R"(error="not_found")"), std::string::npos) << (*widens)->body;
    w.pass(seconds(1));
    EXPECT_EQ(w.service.rooms().size(), 0U);
}

TEST_F(ZimbraDen, WhoGoesBeforeHeIsInIsOut) {
    const auto begun = w.begin_call(ann, join_of());
    const auto ended = w.begin_call(ann, R"(<EndSessionRequest xmlns="urn:zimbraAccount"/>)");
    w.finish();
    ASSERT_TRUE(begun->has_value() && ended->has_value());
    w.pass(seconds(1));
    EXPECT_EQ(w.service.rooms().size(), 0U);
}

TEST_F(ZimbraDen, WhoseAccountIsAnotherIsOut) {
    open(var("persistent", "1"));
    ZimbraClient quiet = bob;  // one that has no session, and so nothing to end
    w.call(bob, R"(<EndSessionRequest xmlns="urn:zimbraAccount"/>)");
    quiet.with_session = false;
    ASSERT_EQ(w.call(quiet, join_of()), joined());
    ASSERT_EQ(inside(), (Names{"ann", "bob"}));
    w.gate.stamps["bob"] = 2;
    w.zimbra.account_changed("bob");
    w.finish();
    EXPECT_EQ(inside(), Names{"ann"});
    EXPECT_EQ(w.poll(ann).substr(ann.news.find("<n type=\"left")), R"(<n type="leftchat" thread="den" addr="bob"/>)");
    // One whose call is under way when it changes.
    const auto begun = w.begin_call(carol, ZimbraWorld::im("JoinConferenceRoom", R"(addr="lair@conference.example.com")"));
    w.gate.stamps.erase("carol");
    w.zimbra.account_changed("carol");
    w.finish();
    EXPECT_TRUE(begun->has_value());
    EXPECT_EQ(inside("/instmsg/rooms/lair"), Names{});
}

TEST(ZimbraLife, WhatTheStoreAnswersWhenTheDoorHasGoneIsHeardByNobody) {
    std::vector<tests::SlowBsimWorld::Pending> asked;
    {
        ZimbraWorld w;
        ZimbraClient ann = w.on_im("ann");
        ZimbraClient bob = w.on_im("bob");
        w.call(ann, ZimbraWorld::words(R"(addr="bob")", "hi"));
        w.poll(bob);
        w.call(bob, ZimbraWorld::im("Subscribe", R"(addr="carol")"));
        ZimbraClient late = w.log_in("carol");
        asked.push_back(w.begin_call(late, ZimbraWorld::im("GatewayList")));
        asked.push_back(w.begin_call(ann, ZimbraWorld::im("JoinConferenceRoom", R"(addr="den@conference.example.com")")));
        asked.push_back(w.begin_call(ann, ZimbraWorld::words(R"(addr="bob")", "again")));
        asked.push_back(w.begin_call(ann, ZimbraWorld::im("ModifyChat", R"(thread="chat-ann%example.com-0" op="adduser" addr="carol")")));
        asked.push_back(w.begin_call(bob, ZimbraWorld::im("Subscribe", R"(addr="ann")")));
        asked.push_back(w.begin_call(bob, ZimbraWorld::im("Subscribe", R"(addr="carol" op="remove")")));
        asked.push_back(w.begin_call(bob, ZimbraWorld::im("SetPresence", "", R"(<presence show="away"/>)")));
        for (const auto& one : asked) EXPECT_FALSE(one->has_value());
    }
    for (const auto& one : asked) {
        ASSERT_TRUE(one->has_value());
        EXPECT_EQ((*one)->status, 599) << "nobody could answer";
    }
}

TEST(ZimbraLife, NobodyLogsOnInASessionThatHasEnded) {
    ZimbraWorld w;
    ZimbraClient c = w.log_in("ann");
    const std::string twice = R"(<BatchRequest xmlns="urn:zimbra">)" + ZimbraWorld::im("GatewayList") + ZimbraWorld::im("GatewayList") + "</BatchRequest>";
    const auto begun = w.begin_call(c, twice);  // logs on, and waits for the store
    const auto ended = w.begin_call(c, R"(<EndSessionRequest xmlns="urn:zimbraAccount"/>)");
    w.finish();
    ASSERT_TRUE(begun->has_value() && ended->has_value());
    EXPECT_EQ(w.zimbra.sessions(), 0U);
    EXPECT_NE(w.state_of("ann"), "online");
    w.pass(seconds(700));
    w.pass(seconds(700));
    EXPECT_NE(w.state_of("ann"), "online");
}

}  // namespace
