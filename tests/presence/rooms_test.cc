// tests/presence/rooms_test.cc: rooms: who gets in, what is said there, what is kept.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.7 to 3.11
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "presence/record.h"
#include "presence/room_record.h"
#include "tests/fake_journal.h"
#include "tests/fakes.h"

using base::Errc;
using presence::Affiliation;
using presence::Occupant;
using presence::Role;
using presence::Room;
using presence::RoomLeft;
using presence::RoomMessage;
using presence::RoomRefusal;
using tests::PresenceWorld;
using tests::key;

namespace {

using Lines = std::vector<std::string>;
constexpr const char* kDen = "/instmsg/rooms/den";

std::string line_of(const Occupant& who) {
    return who.nickname + "/" + std::string(word_of(who.role)) + "/" + std::string(word_of(who.affiliation));
}

struct RoomListener final : presence::RoomEvents {
    void entered(const Room& room, const Occupant& who, bool created) override {
        lines.push_back(room.name() + (created ? " opened by " : " entered by ") + line_of(who));
    }
    void left(const Room& room, const Occupant& who, RoomLeft why, const std::string& text) override {
        constexpr std::array kWhy{"left", "kicked", "banned", "affiliation", "members only", "destroyed"};
        lines.push_back(room.name() + " without " + who.nickname + ": " + kWhy.at(static_cast<std::size_t>(why)) + (text.empty() ? "" : ", " + text));
    }
    void changed(const Room&, const Occupant& before, const Occupant& now) override { lines.push_back(line_of(before) + " is " + line_of(now)); }
    void said(const Room& room, const RoomMessage& m) override {
        lines.push_back(room.name() + " hears " + m.nickname + ": " + m.message.facts.text + (m.subject ? " [" + *m.subject + "]" : ""));
    }
    void configured(const Room& room, const std::string&) override { lines.push_back(room.name() + " set up"); }
    void affiliated(const Room&, const presence::RoomMember& now, Affiliation before, const std::string&) override {
        lines.push_back(std::string(presence::alias_of(now.account)) + ": " + std::string(word_of(before)) + " to " + std::string(word_of(now.affiliation)));
    }
    void invited(const Room& room, const std::string& account, const std::string&, const std::string& text) override {
        lines.push_back(std::string(presence::alias_of(account)) + " invited to " + room.name() + ": " + text);
    }
    void closed(const Room& room) override { lines.push_back(room.name() + " closed"); }
    Lines take() { return std::exchange(lines, {}); }
    Lines lines;
};

/// An archive that answers when told, or at once.
struct Past final : presence::RoomPast {
    void last(const std::string&, std::size_t, base::Once<void(std::vector<presence::ArchivedMessage>)> done) override {
        if (slow) asked.push_back(std::move(done));
        else done(rows);
    }
    void answer() {
        for (auto& done : std::exchange(asked, {})) done(rows);
    }
    std::vector<presence::ArchivedMessage> rows;
    std::vector<base::Once<void(std::vector<presence::ArchivedMessage>)>> asked;
    bool slow = false;
};

struct RoomsWorld {
    explicit RoomsWorld(presence::Settings s = defaults()) : settings(std::move(s)) { start(); }
    ~RoomsWorld() { stop(); }
    static presence::Settings defaults() {
        auto s = PresenceWorld::defaults();
        s.archive = true;
        s.auto_create.push_back("/instmsg/rooms/");
        return s;
    }
    void start() {
        service = std::make_unique<presence::Service>(world.realm, settings, world.carrier, journal, world.wheel, world.clock);
        rooms().listen(events);
        rooms().set_past(&past);
        ASSERT_TRUE(service->load());
    }
    void stop() {
        journal.complete_all();
        service.reset();
    }
    void again() {
        stop();
        start();
        pass();
    }
    /// What nobody is in any more is gone after it.
    void pass() {
        world.pass(std::chrono::milliseconds(500));
        journal.complete_all();
    }
    presence::Rooms& rooms() { return service->rooms(); }
    const Room& den() { return *rooms().find(kDen); }

    /// `opened`, `in`, `in again`, or the word of the refusal.
    std::string enter(const std::string& who, std::optional<std::string> password = {}, const std::string& nickname = "", const std::string& seat = "test/1") {
        return enter(world.who(who), {kDen, seat, nickname, std::move(password)});
    }
    std::string enter(const presence::Caller& who, presence::RoomEntry entry = {kDen, "test/1", "", {}}) {
        base::Result<presence::RoomEntered> out = base::fail(Errc::internal, "no answer");
        rooms().enter(who, std::move(entry), [&out](auto how) { out = std::move(how); });
        journal.complete_all();
        if (!out) return out.error().text;
        if (out->refusal) return std::string(word_of(*out->refusal));
        return out->created ? "opened" : out->was_inside ? "in again" : "in";
    }
    void leave(const std::string& who, const std::string& seat = "test/1") { rooms().leave(key(who), kDen, seat); }
    /// "" when it was done.
    template <class T, class F>
    std::string how(F act) {
        base::Result<T> out = base::fail(Errc::internal, "no answer");
        act([&out](base::Result<T> how) { out = std::move(how); });
        journal.complete_all();
        return out ? "" : std::to_string(static_cast<int>(out.error().code)) + " " + out.error().text;
    }
    std::string say(const std::string& who, const std::string& text, std::optional<std::string> subject = {}) {
        presence::RoomSpeech speech;
        speech.message.mime = "Content-Type: text/plain\r\n\r\n" + text;
        speech.message.facts.text = text;
        speech.subject = std::move(subject);
        return how<RoomMessage>([&](auto done) { rooms().say(world.who(who), kDen, std::move(speech), std::move(done)); });
    }
    std::string set(const std::string& who, std::vector<presence::RoomVariable> variables) {
        return how<void>([&](auto done) { rooms().configure(world.who(who), kDen, std::move(variables), std::move(done)); });
    }
    std::string set(const std::string& who, const std::string& name, const std::string& value) { return set(who, {{name, false, {value}}}); }
    std::string affiliate(const std::string& who, const std::string& whom, Affiliation what, const std::string& text = "") {
        return how<void>([&](auto done) { rooms().affiliate(world.who(who), kDen, {key(whom), what, ""}, text, std::move(done)); });
    }
    std::string affiliate_address(const std::string& address, Affiliation what) {
        return how<void>([&](auto done) { rooms().affiliate(world.who("ann"), kDen, {address, what, ""}, "", std::move(done)); });
    }
    std::string role(const std::string& who, const std::string& whom, Role what, const std::string& text = "") {
        return how<void>([&](auto done) { rooms().set_role(world.who(who), kDen, key(whom), what, text, std::move(done)); });
    }
    std::string invite(const std::string& who, const std::string& whom) {
        return how<void>([&](auto done) { rooms().invite(world.who(who), kDen, key(whom), "come in", std::move(done)); });
    }
    std::string value(const std::string& name, Room::Scope scope = Room::Scope::owners) {
        for (const auto& variable : den().variables(scope)) {
            if (variable.name == name) return variable.values.empty() ? "" : variable.values.front();
        }
        return "none";
    }
    Lines inside() {
        Lines lines;
        for (const Occupant& who : den().occupants()) lines.push_back(line_of(who));
        return lines;
    }
    /// `name: text` of what is told to who comes in.
    Lines recent(const std::string& viewer) {
        Lines lines;
        rooms().recent(kDen, key(viewer), [&lines](const auto& said) {
            for (const auto& one : said) lines.push_back(one.nickname + ": " + one.message.facts.text);
        });
        return lines;
    }
    std::ptrdiff_t kept(char kind) const {
        return std::ranges::count_if(journal.records, [kind](const auto& r) { return std::get<char>(r.first) == kind; });
    }
    base::Result<presence::SubscriptionId> sit(const std::string& who, int host) {
        base::Result<presence::SubscriptionId> out = base::fail(Errc::internal, "no answer");
        service->subscribe(world.who(who, host), {world.node(kDen), presence::NotificationType::notify, PresenceWorld::url(host), {}}, [&out](auto made) {
            if (made) out = made->id;
            else out = std::unexpected(made.error());
        });
        journal.complete_all();
        return out;
    }
    base::Result<void> notify(const std::string& who, const std::string& text) {
        presence::Message message;
        message.mime = "Content-Type: text/plain\r\n\r\n" + text;
        message.facts.text = text;
        base::Result<void> out = base::fail(Errc::internal, "no answer");
        service->notify(world.who(who), {world.node(kDen), std::move(message), presence::AckType::single_hop, 1}, [&out](auto how) {
            if (how) out = {};
            else out = std::unexpected(how.error());
        });
        journal.complete_all();
        return out;
    }
    /// `url from: text` of each message sent since the last call.
    Lines letters() {
        Lines lines;
        for (const auto& sent : world.carrier.take()) {
            const auto* message = std::get_if<presence::Message>(&sent.what().payload);
            if (message) lines.push_back(sent.url + " " + message->from.description + ": " + message->mime.substr(message->mime.find("\r\n\r\n") + 4));
        }
        return lines;
    }

    PresenceWorld world;
    presence::Settings settings;
    tests::FakeJournal journal;
    Past past;
    RoomListener events;
    std::unique_ptr<presence::Service> service;
};

bool begins(const std::string& text, const std::string& with) { return text.starts_with(with); }
const std::string kDenied = std::to_string(static_cast<int>(Errc::denied)) + " ";
const std::string kMalformed = std::to_string(static_cast<int>(Errc::malformed)) + " ";
const std::string kPrecondition = std::to_string(static_cast<int>(Errc::precondition)) + " ";
const std::string kNotFound = std::to_string(static_cast<int>(Errc::not_found)) + " ";

}  // namespace

TEST(Rooms, AreNamedByAddressPathOrUrl) {
    RoomsWorld w;
    for (const char* name : {"den", "Den@conference.example.com", "/instmsg/rooms/DEN", "http://im.example.com/instmsg/rooms/den"}) {
        EXPECT_EQ(w.rooms().key_of(name).value_or("none"), kDen) << name;
    }
    EXPECT_EQ(w.rooms().key_of("den@other.org").error().code, Errc::not_found);
    EXPECT_EQ(w.rooms().key_of("/groups/den").error().code, Errc::not_found);
    for (const std::string name : {"", "a b", "..", "a/b@conference.example.com", "\xff"}) EXPECT_FALSE(w.rooms().key_of(name)) << name;
    EXPECT_EQ(w.rooms().key_of(std::string(65, 'x')).error().code, Errc::malformed);
    EXPECT_EQ(w.rooms().address_of(kDen), "den@conference.example.com");
}

TEST(Rooms, WhoEntersFirstOwnsARoomThatIsLockedUntilItIsSetUp) {
    RoomsWorld w;
    EXPECT_EQ(w.enter("ann"), "opened");
    EXPECT_EQ(w.enter("ann", {}, "", "test/2"), "in again");
    EXPECT_EQ(w.enter("bob"), "NoSuchRoom");
    EXPECT_TRUE(begins(w.set("bob", {}), kDenied));
    EXPECT_EQ(w.set("ann", {}), "");
    EXPECT_EQ(w.enter("bob"), "in");
    EXPECT_EQ(w.events.take(), (Lines{"den opened by ann/moderator/owner", "den set up", "den entered by bob/participant/none"}));
    w.leave("ann");
    EXPECT_EQ(w.inside().size(), 2u);  // she sits on another seat
    w.leave("ann", "test/2");
    w.leave("bob");
    EXPECT_EQ(w.events.take(), (Lines{"den without ann: left", "den without bob: left"}));
    EXPECT_EQ(w.rooms().find(kDen), nullptr);
    EXPECT_EQ(w.enter("bob"), "opened");  // another one
    EXPECT_EQ(w.events.take(), (Lines{"den closed", "den opened by bob/moderator/owner"}));
    w.leave("bob");
    w.pass();
    EXPECT_EQ(w.rooms().size(), 0u);
    EXPECT_EQ(w.kept('r') + w.kept('n'), 0);
}

TEST(Rooms, RefuseInTheOrderOfTheReference) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann", {}, "Ann"), "opened");
    ASSERT_EQ(w.set("ann", {{"passwordprotect", false, {"1"}}, {"password", false, {"sesame"}}, {"membersonly", false, {"true"}}}), "");
    ASSERT_EQ(w.affiliate("ann", "eve", Affiliation::outcast), "");
    EXPECT_EQ(w.enter("bob", {}, "ANN"), "NicknameConflict");
    EXPECT_EQ(w.enter("bob"), "PasswordRequired");
    EXPECT_EQ(w.enter("bob", "open"), "PasswordRequired");
    EXPECT_EQ(w.enter("eve", "sesame"), "Banned");
    EXPECT_EQ(w.enter("bob", "sesame"), "NotAMember");
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::member), "");
    EXPECT_EQ(w.enter("bob", "sesame"), "in");
    ASSERT_EQ(w.set("ann", {{"maxusers", false, {"2"}}, {"membersonly", false, {"0"}}, {"passwordprotect", false, {"0"}}}), "");
    EXPECT_EQ(w.enter("carol"), "MaxUsers");
    ASSERT_EQ(w.set("ann", {{"maxusers", false, {"0"}}, {"reservednick", false, {"1"}}}), "");
    EXPECT_EQ(w.enter("carol"), "MustUseReservedRoomnick");
    EXPECT_EQ(w.value("password"), "");
}

TEST(Rooms, VariablesAreReadAndWrittenAsTheWireHasThem) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    EXPECT_EQ(w.value("open"), "0");
    EXPECT_EQ(w.value("maxusers"), "30");
    EXPECT_EQ(w.value("longname"), "den");
    EXPECT_EQ(w.value("password", Room::Scope::everybody), "none");
    EXPECT_EQ(w.set("ann", {{"longname", false, {"  The Den "}}, {"noanonymous", false, {"FALSE"}}, {"open", false, {"0"}}, {"description", false, {""}},
                            {"presencebroadcast", true, {"moderator"}}}), "");
    EXPECT_EQ(w.value("open"), "1");
    EXPECT_EQ(w.value("longname"), "The Den");
    EXPECT_EQ(w.value("description"), "den");
    EXPECT_EQ(w.value("whois"), "moderators");
    EXPECT_EQ(w.value("semianonymous"), "1");
    EXPECT_FALSE(w.den().tells_of(Role::visitor));
    EXPECT_TRUE(begins(w.set("ann", "colour", "blue"), kMalformed));
    EXPECT_TRUE(begins(w.set("ann", "moderated", "maybe"), kMalformed));
    EXPECT_TRUE(begins(w.set("ann", "passwordprotect", "1"), kMalformed));
    EXPECT_TRUE(begins(w.set("ann", {{"longname", false, {std::string(1001, 'x')}}}), kMalformed));
    EXPECT_TRUE(begins(w.set("ann", {{"owners", true, {}}}), kPrecondition));
    EXPECT_EQ(w.set("ann", {{"owners", true, {"bob@example.com"}}, {"admins", true, {"carol"}}}), "");
    EXPECT_EQ(w.inside(), Lines{"ann/participant/member"});
    EXPECT_TRUE(begins(w.set("ann", {}), kDenied));
    const auto owners = w.rooms().variables(w.world.who("bob"), kDen, Room::Scope::owners);
    EXPECT_EQ(owners.error().code, Errc::denied);  // he is not inside
    EXPECT_EQ(w.enter("bob"), "in");
    const auto all = *w.rooms().variables(w.world.who("bob"), kDen, Room::Scope::owners);
    const auto admins = std::ranges::find(all, "admins", &presence::RoomVariable::name);
    EXPECT_EQ(admins->values, Lines{"carol@example.com"});
    EXPECT_EQ(std::ranges::find(all, "enablelogging", &presence::RoomVariable::name)->values, Lines{"1"}) << "there is an archive";
}

TEST(Rooms, WhatIsSaidIsToldAndArchivedUnderTheRoom) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "moderated", "1"), "");
    ASSERT_EQ(w.enter("bob"), "in");
    (void)w.events.take();
    EXPECT_EQ(w.say("ann", "hello"), "");
    EXPECT_TRUE(begins(w.say("bob", "hello?"), kDenied));
    EXPECT_TRUE(begins(w.say("eve", "hello?"), kPrecondition));
    EXPECT_EQ(w.role("ann", "bob", Role::participant), "");
    EXPECT_EQ(w.say("bob", "hi"), "");
    EXPECT_EQ(w.events.take(), (Lines{"den hears ann: hello", "bob/visitor/none is bob/participant/none", "den hears bob: hi"}));
    ASSERT_EQ(w.journal.messages.size(), 2u);
    for (const auto& row : w.journal.messages) EXPECT_EQ(row.conversation, kDen);
    EXPECT_EQ(w.journal.messages.back().sender, "http://im.example.com" + key("bob"));
    EXPECT_EQ(w.journal.messages.back().receivers, (Lines{kDen, key("ann"), key("bob")}));
    EXPECT_EQ(w.recent("ann"), (Lines{"ann: hello", "bob: hi"}));
    ASSERT_EQ(w.set("ann", "enablelogging", "0"), "");
    EXPECT_EQ(w.say("ann", "off the record"), "");
    EXPECT_EQ(w.journal.messages.size(), 2u);
}

TEST(Rooms, TheSubjectIsForThoseWhoMaySetIt) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "persistent", "1"), "");
    ASSERT_EQ(w.enter("bob"), "in");
    (void)w.events.take();
    EXPECT_TRUE(begins(w.say("bob", "", "Cats"), kDenied));
    EXPECT_EQ(w.say("ann", "", "Dogs"), "");
    EXPECT_EQ(w.events.take(), Lines{"den hears ann:  [Dogs]"});
    ASSERT_EQ(w.set("ann", "subjectmodifyable", "1"), "");
    EXPECT_EQ(w.say("bob", "", "Cats"), "");
    w.again();
    EXPECT_EQ(w.value("subject"), "Cats");
}

TEST(Rooms, WhoModeratesKicksAndWhoAdministersBans) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {{"admins", true, {"bob"}}}), "");
    for (const char* who : {"bob", "carol", "dave"}) ASSERT_EQ(w.enter(who), "in");
    (void)w.events.take();
    EXPECT_TRUE(begins(w.role("carol", "dave", Role::none), kDenied));
    EXPECT_TRUE(begins(w.role("bob", "ann", Role::none), kDenied));
    EXPECT_EQ(w.role("bob", "carol", Role::moderator), "");
    EXPECT_EQ(w.role("carol", "dave", Role::none, "enough"), "");
    EXPECT_TRUE(begins(w.role("carol", "bob", Role::visitor), kDenied));
    EXPECT_TRUE(begins(w.affiliate("carol", "dave", Affiliation::outcast), kDenied));
    EXPECT_TRUE(begins(w.affiliate("bob", "dave", Affiliation::admin), kDenied));
    EXPECT_EQ(w.enter("dave"), "in");  // he was kicked, not banned
    EXPECT_EQ(w.affiliate("bob", "dave", Affiliation::outcast, "go"), "");
    EXPECT_EQ(w.enter("dave"), "Banned");
    EXPECT_EQ(w.events.take(), (Lines{"carol/participant/none is carol/moderator/none", "den without dave: kicked, enough",
                                      "den entered by dave/participant/none", "dave: none to outcast", "den without dave: banned, go"}));
    EXPECT_TRUE(begins(w.affiliate("ann", "ann", Affiliation::none), kPrecondition));  // the last owner
}

TEST(Rooms, WhoIsInsideMakesHimselfAMemberWhereHeMay) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {{"persistent", false, {"1"}}, {"allowregister", false, {"0"}}}), "");
    ASSERT_EQ(w.enter("bob"), "in");
    (void)w.events.take();
    EXPECT_TRUE(begins(w.affiliate("bob", "bob", Affiliation::member), kDenied));
    ASSERT_EQ(w.set("ann", "allowregister", "1"), "");
    (void)w.events.take();
    EXPECT_TRUE(begins(w.affiliate("bob", "bob", Affiliation::admin), kDenied)) << "no more than that";
    EXPECT_TRUE(begins(w.affiliate("bob", "carol", Affiliation::member), kDenied)) << "nor anybody else";
    EXPECT_TRUE(begins(w.affiliate("eve", "eve", Affiliation::member), kDenied)) << "she is not inside";
    EXPECT_EQ(w.affiliate("bob", "bob", Affiliation::member), "");
    EXPECT_EQ(w.events.take(), (Lines{"bob: none to member", "bob/participant/none is bob/participant/member"}));
    w.again();
    ASSERT_EQ(w.set("ann", "membersonly", "1"), "");
    EXPECT_EQ(w.enter("bob"), "in") << "for good";
}

TEST(Rooms, WhoComesInAgainUnderAnotherNameIsCalledSo) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {{"canchangenick", false, {"0"}}}), "");
    ASSERT_EQ(w.enter("bob", {}, "bobby"), "in");
    (void)w.events.take();
    EXPECT_EQ(w.enter("bob", {}, "robert"), "in again");
    EXPECT_EQ(w.events.take(), Lines{}) << "he may not change it";
    ASSERT_EQ(w.set("ann", "canchangenick", "1"), "");
    (void)w.events.take();
    EXPECT_EQ(w.enter("bob", {}, "ann"), "NicknameConflict");
    EXPECT_EQ(w.enter("bob", {}, "robert"), "in again");
    EXPECT_EQ(w.events.take(), Lines{"bobby/participant/none is robert/participant/none"});
    EXPECT_EQ(w.enter("carol", {}, "bob"), "in");
    EXPECT_EQ(w.enter("bob"), "in again") << "who says nothing keeps his";
    EXPECT_EQ(w.inside(), (Lines{"ann/moderator/owner", "robert/participant/none", "bob/participant/none"}));
}

TEST(Rooms, PeopleOfOtherDomainsAreBoundByTheirAddress) {
    EXPECT_EQ(presence::key_of_account("zoe@im.acme.com"), "im.acme.com/instmsg/aliases/zoe");
    EXPECT_EQ(presence::key_of_account("im.acme.com/instmsg/aliases/z@b"), "im.acme.com/instmsg/aliases/z@b") << "is one already";
    RoomsWorld w;
    presence::Caller zoe = w.world.who("zoe", 9);
    zoe.key = "im.acme.com/instmsg/aliases/zoe";
    zoe.url = "http://" + zoe.key;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {{"persistent", false, {"1"}}}), "");
    ASSERT_EQ(w.enter(zoe), "in");
    (void)w.events.take();
    EXPECT_EQ(w.affiliate_address("zoe@im.acme.com", Affiliation::outcast), "");
    EXPECT_EQ(w.events.take(), (Lines{"zoe: none to outcast", "den without zoe: banned"}));
    w.again();
    ASSERT_EQ(w.enter("ann"), "in");
    EXPECT_EQ(w.enter(zoe), "Banned");
    EXPECT_EQ(w.set("ann", {{"admins", true, {"zoe@im.acme.com"}}}), "");
    EXPECT_EQ(w.enter(zoe), "in");
    EXPECT_EQ(w.inside(), (Lines{"ann/moderator/owner", "zoe/moderator/admin"}));
    const auto variables = w.rooms().variables(w.world.who("ann"), kDen, Room::Scope::owners);
    ASSERT_TRUE(variables);
    EXPECT_TRUE(std::ranges::any_of(*variables, [](const auto& one) { return one.values == Lines{"zoe@im.acme.com"}; }));
}

TEST(Rooms, MembersOnlyPutsOthersOutAndInvitesIn) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {}), "");
    ASSERT_EQ(w.enter("bob"), "in");
    ASSERT_EQ(w.enter("carol"), "in");
    ASSERT_EQ(w.affiliate("ann", "carol", Affiliation::member), "");
    (void)w.events.take();
    EXPECT_EQ(w.set("ann", "membersonly", "1"), "");
    EXPECT_EQ(w.events.take(), (Lines{"den without bob: members only", "den set up"}));
    EXPECT_TRUE(begins(w.invite("carol", "bob"), kDenied));
    EXPECT_EQ(w.invite("ann", "bob"), "");
    EXPECT_EQ(w.events.take(), (Lines{"bob: none to member", "bob invited to den: come in"}));
    EXPECT_EQ(w.enter("bob"), "in");
    EXPECT_EQ(w.affiliate("ann", "bob", Affiliation::none), "");
    EXPECT_EQ(w.events.take(), (Lines{"den entered by bob/participant/member", "bob: member to none", "den without bob: affiliation"}));
    EXPECT_EQ(w.affiliate("carol", "carol", Affiliation::none), "");  // anybody may go
}

TEST(Rooms, OnlyPersistentOnesOutliveARestart) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann", {}, "Annie"), "opened");
    ASSERT_EQ(w.set("ann", {{"persistent", false, {"1"}}, {"longname", false, {"The Den"}}, {"admins", true, {"bob"}}}), "");
    w.again();
    EXPECT_EQ(w.value("longname"), "The Den");
    EXPECT_EQ(w.inside(), Lines{});
    EXPECT_EQ(w.enter("bob"), "in");
    EXPECT_EQ(w.inside(), Lines{"bob/moderator/admin"});
    ASSERT_EQ(w.enter("ann"), "in");
    ASSERT_EQ(w.set("ann", "persistent", "0"), "");
    w.again();
    EXPECT_EQ(w.rooms().find(kDen), nullptr);
    EXPECT_EQ(w.kept('r') + w.kept('n'), 0);
}

TEST(Rooms, WhatIsNotSafeDidNotHappen) {
    RoomsWorld w;
    w.journal.fail_next(1);
    EXPECT_TRUE(begins(w.enter("ann"), "fake store"));
    EXPECT_EQ(w.rooms().size(), 0u);
    EXPECT_EQ(w.service->nodes().size(), 0u);
    ASSERT_EQ(w.enter("ann"), "opened");
    (void)w.events.take();
    w.journal.fail_next(1);
    EXPECT_TRUE(begins(w.set("ann", {}), std::to_string(static_cast<int>(Errc::no_space))));
    EXPECT_EQ(w.value("open"), "0");
    w.journal.fail_next(1);
    EXPECT_TRUE(begins(w.say("ann", "hello"), std::to_string(static_cast<int>(Errc::no_space))));
    EXPECT_EQ(w.events.take(), Lines{});
}

TEST(Rooms, AreBounded) {
    auto settings = RoomsWorld::defaults();
    settings.rooms.per_principal = 1;
    settings.rooms.occupants = 2;
    settings.rooms.members = 2;
    RoomsWorld w(settings);
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "maxusers", "0"), "");
    EXPECT_EQ(w.enter("bob"), "in");
    EXPECT_EQ(w.enter("carol"), "MaxUsers");
    EXPECT_EQ(w.affiliate("ann", "bob", Affiliation::member), "");
    EXPECT_TRUE(begins(w.affiliate("ann", "carol", Affiliation::outcast), std::to_string(static_cast<int>(Errc::busy))));
    EXPECT_EQ(w.affiliate("ann", "bob", Affiliation::none), "");
    EXPECT_EQ(w.affiliate("ann", "carol", Affiliation::member), "");
    EXPECT_EQ(w.enter("dave"), "MaxUsers");
    EXPECT_EQ(w.enter("carol"), "in") << "she belongs to it";
    ASSERT_EQ(w.set("ann", "maxusers", "3"), "");
    EXPECT_EQ(w.affiliate("ann", "carol", Affiliation::none), "");
    EXPECT_EQ(w.affiliate("ann", "eve", Affiliation::member), "");
    EXPECT_EQ(w.enter("eve"), "MaxUsers") << "the owner says so";
    base::Result<presence::RoomEntered> more = base::fail(Errc::internal, "no answer");
    w.rooms().enter(w.world.who("ann"), {"/instmsg/rooms/lair", "test/1"}, [&more](auto how) { more = std::move(how); });
    EXPECT_EQ(more->refusal, RoomRefusal::not_allowed);
}

// -- through RVP

TEST(Rooms, WhoSubscribesSitsThereAndWhatIsSentIsSaid) {
    RoomsWorld w;
    const auto bob = w.sit("bob", 1);
    ASSERT_TRUE(bob);
    ASSERT_TRUE(w.sit("carol", 2));
    EXPECT_EQ(w.enter("ann"), "in");
    EXPECT_EQ(w.events.take(), (Lines{"den opened by bob/moderator/owner", "den entered by carol/participant/none", "den entered by ann/participant/none"}));
    EXPECT_TRUE(w.notify("bob", "hello"));
    EXPECT_EQ(w.letters(), Lines{PresenceWorld::url(2) + " bob: hello"});
    EXPECT_EQ(w.say("ann", "hi"), "");
    EXPECT_EQ(w.letters(), (Lines{PresenceWorld::url(1) + " ann: hi", PresenceWorld::url(2) + " ann: hi"}));
    EXPECT_EQ(w.events.take(), (Lines{"den hears bob: hello", "den hears ann: hi"}));
    EXPECT_EQ(w.notify("eve", "psst").error().code, Errc::precondition);
    EXPECT_EQ(w.role("bob", "carol", Role::none), "");
    EXPECT_TRUE(w.notify("bob", "she is gone"));
    EXPECT_EQ(w.letters(), Lines{});
    w.service->unsubscribe(w.world.who("bob"), *bob, [](const auto& ended) { EXPECT_TRUE(ended); });
    w.journal.complete_all();
    w.leave("ann");
    w.pass();
    EXPECT_EQ(w.rooms().size(), 0u);
    EXPECT_EQ(w.kept('s') + w.kept('r') + w.kept('n'), 0);
}

TEST(Rooms, WhoSitsBySubscriptionSitsThereAfterARestart) {
    RoomsWorld w;
    ASSERT_TRUE(w.sit("bob", 1));
    ASSERT_TRUE(w.sit("carol", 2));
    w.again();
    EXPECT_EQ(w.inside().size(), 2u);
    EXPECT_TRUE(w.notify("carol", "still here"));
    EXPECT_EQ(w.letters(), Lines{PresenceWorld::url(1) + " carol: still here"});
    w.world.pass(std::chrono::hours(5));  // the leases end
    w.journal.complete_all();
    w.pass();
    EXPECT_EQ(w.rooms().size(), 0u);
}

TEST(Rooms, TheirNodesShowWhoMayAndAreNobodysToChange) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    EXPECT_EQ(w.sit("bob", 1).error().code, Errc::not_found);  // locked
    ASSERT_EQ(w.set("ann", {{"passwordprotect", false, {"1"}}, {"password", false, {"sesame"}}}), "");
    EXPECT_EQ(w.sit("bob", 1).error().code, Errc::denied);
    const auto acl = w.service->read_acl(w.world.who("ann"), w.world.node(kDen));
    ASSERT_TRUE(acl);
    EXPECT_TRUE(acl->may(key("ann"), presence::Proof::digest, presence::Right::send_to));
    EXPECT_FALSE(acl->may(key("bob"), presence::Proof::digest, presence::Right::receive_from));
    EXPECT_EQ(w.service->read_acl(w.world.who("bob"), w.world.node(kDen)).error().code, Errc::denied);
    bool refused = false;
    w.service->merge_acl(w.world.who("ann"), w.world.node(kDen), {}, [&refused](const auto& merged) { refused = !merged; });
    EXPECT_TRUE(refused);
    const auto found = w.service->find(w.world.who("bob"), w.world.node(kDen), std::vector{presence::prop_displayname()});
    EXPECT_EQ(std::get<presence::Text>(found->props.at(0).value).text, "den");
}

TEST(Rooms, OneThatIsDeletedIsGoneForAll) {
    RoomsWorld w;
    ASSERT_TRUE(w.sit("bob", 1));
    ASSERT_EQ(w.enter("ann"), "in");
    (void)w.events.take();
    w.service->remove_node(kDen, [](const auto& gone) { EXPECT_TRUE(gone); });
    w.journal.complete_all();
    EXPECT_EQ(w.events.take(), (Lines{"den without bob: destroyed", "den without ann: destroyed", "den closed"}));
    EXPECT_EQ(w.kept('s') + w.kept('r') + w.kept('n'), 0);
}

TEST(Rooms, AnInvitationReachesWhoIsLoggedOnByRvp) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    w.service->subscribe(w.world.who("bob", 1), {w.world.alias("bob"), presence::NotificationType::notify, PresenceWorld::url(1), {}}, [](const auto& made) { EXPECT_TRUE(made); });
    w.journal.complete_all();
    ASSERT_EQ(w.invite("ann", "bob"), "");
    EXPECT_EQ(w.letters(), Lines{PresenceWorld::url(1) + " ann: come in <http://im.example.com/instmsg/rooms/den>"});
}

TEST(Rooms, AnInvitationReachesWhomAnotherServerHolds) {
    const std::string zoe = "im.b.com/instmsg/aliases/zoe";
    tests::FakeAbroad abroad;
    RoomsWorld w;
    w.service->set_abroad(&abroad);
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.how<void>([&](auto done) { w.rooms().invite(w.world.who("ann"), kDen, zoe, "come in", std::move(done)); }), "");
    ASSERT_EQ(abroad.sent.size(), 1U);
    EXPECT_EQ(abroad.sent[0].first, zoe);
    const auto& message = std::get<presence::Message>(abroad.sent[0].second.payload);
    EXPECT_EQ(message.to.at(0).front().href, "http://" + zoe);
    EXPECT_TRUE(message.mime.contains("come in <http://im.example.com/instmsg/rooms/den>")) << message.mime;
}

// What one belongs to is not for the next who is called so.
TEST(Rooms, WhoIsDeletedBelongsToNothingAnyMore) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "persistent", "1"), "");
    ASSERT_EQ(w.enter(w.world.who("ann"), {"/instmsg/rooms/attic", "test/1", "", {}}), "opened");
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::member), "");
    ASSERT_EQ(w.affiliate("ann", "carol", Affiliation::admin), "");
    w.service->subscribe(w.world.who("ann", 1), {w.world.alias("ann"), presence::NotificationType::notify, PresenceWorld::url(1), {}}, [](const auto& made) { EXPECT_TRUE(made); });
    w.journal.complete_all();
    ASSERT_EQ(w.how<void>([&](auto done) { w.service->remove_node("ann", std::move(done)); }), "");
    EXPECT_EQ(w.den().affiliation_of(key("ann")), Affiliation::none);
    EXPECT_EQ(w.den().affiliation_of(key("carol")), Affiliation::owner) << "somebody has to be";
    EXPECT_EQ(w.den().affiliation_of(key("bob")), Affiliation::member);
    EXPECT_EQ(w.rooms().find("/instmsg/rooms/attic"), nullptr);
    w.again();
    EXPECT_EQ(w.den().affiliation_of(key("ann")), Affiliation::none);
}

TEST(Rooms, WhoWasPutOutIsOutAfterARestart) {
    RoomsWorld w;
    ASSERT_TRUE(w.sit("ann", 1));
    ASSERT_EQ(w.set("ann", "persistent", "1"), "");
    for (const auto& [what, host] : {std::pair("a ban", 2), std::pair("members only", 3)}) {
        SCOPED_TRACE(what);
        ASSERT_TRUE(w.sit("bob", host));
        const auto put_out = [](const auto& done) { EXPECT_TRUE(done); };
        if (host == 2) w.rooms().affiliate(w.world.who("ann"), kDen, {key("bob"), Affiliation::outcast, ""}, "", put_out);
        else w.rooms().configure(w.world.who("ann"), kDen, {{"membersonly", false, {"1"}}}, put_out);
        w.journal.complete();    // the room
        w.journal.fail_next(1);  // but not the end of his subscription
        w.journal.complete_all();
        EXPECT_EQ(w.inside(), Lines{"ann/moderator/owner"});
        ASSERT_EQ(w.kept('s'), 2);
        w.again();
        EXPECT_EQ(w.inside(), Lines{"ann/moderator/owner"});
        EXPECT_TRUE(w.notify("ann", "he is gone"));
        EXPECT_EQ(w.letters(), Lines{});
        EXPECT_EQ(w.kept('s'), 1) << "and it is found no more";
        ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::none), "");
    }
}

TEST(Rooms, WhoMayNotComeBackDoesNotRenewHisWayIn) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "persistent", "1"), "");
    const auto bob = w.sit("bob", 1);
    ASSERT_TRUE(bob);
    w.world.pass(std::chrono::hours(4) + std::chrono::minutes(1));  // his lease is over, and can be revived
    w.journal.complete_all();
    ASSERT_EQ(w.inside(), Lines{"ann/moderator/owner"});
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::outcast), "");
    const auto renew = [&] {
        base::Result<presence::Subscribed> out = base::fail(Errc::internal, "no answer");
        w.service->renew(w.world.who("bob", 1), *bob, {}, [&out](auto how) { out = std::move(how); });
        w.journal.complete_all();
        return out ? Errc::internal : out.error().code;
    };
    w.journal.asked.clear();
    EXPECT_EQ(renew(), Errc::denied);
    EXPECT_TRUE(w.journal.asked.empty()) << "what is refused is not kept";
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::none), "");
    // Banned while the store was at it.
    w.rooms().affiliate(w.world.who("ann"), kDen, {key("bob"), Affiliation::outcast, ""}, "", [](const auto&) {});
    EXPECT_EQ(renew(), Errc::denied);
    EXPECT_EQ(w.inside(), Lines{"ann/moderator/owner"});
    EXPECT_EQ(w.kept('s'), 0);
}

TEST(Rooms, ThePastOfARoomIsItsOwn) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("eve"), "opened");  // a room of that name that is no more
    ASSERT_EQ(w.set("eve", {}), "");
    ASSERT_EQ(w.say("eve", "in the old days"), "");
    w.leave("eve");
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "persistent", "1"), "");
    EXPECT_EQ(w.recent("ann"), Lines{});
    ASSERT_EQ(w.say("ann", "hello"), "");
    w.again();
    w.past.rows = w.journal.messages;
    ASSERT_EQ(w.past.rows.size(), 2u);
    ASSERT_EQ(w.enter("bob"), "in");
    EXPECT_EQ(w.recent("bob"), Lines{"ann: hello"});
}

TEST(Rooms, WhatIsSaidWhileTheArchiveIsAskedIsToldOnce) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "persistent", "1"), "");
    for (const char* text : {"one", "two"}) ASSERT_EQ(w.say("ann", text), "");
    w.again();
    w.world.pass(std::chrono::seconds(1));
    ASSERT_EQ(w.enter("ann"), "in");
    ASSERT_EQ(w.say("ann", "three"), "");
    w.past.slow = true;
    Lines told;
    w.rooms().recent(kDen, key("ann"), [&told](const auto& said) {
        for (const auto& one : said) told.push_back(one.message.facts.text);
    });
    ASSERT_EQ(w.say("ann", "four"), "");
    w.rooms().say(w.world.who("ann"), kDen, {presence::Message{{}, {}, "five", {presence::MessageKind::text, "", "", "five"}}}, [](const auto& said) { EXPECT_TRUE(said); });
    w.past.rows = w.journal.messages;  // the store has it, and the room does not know yet
    w.past.rows.push_back(w.journal.asked.back().messages.at(0));
    w.past.answer();
    w.journal.complete_all();
    EXPECT_EQ(told, (Lines{"one", "two", "three", "four"}));
    EXPECT_EQ(w.recent("ann"), (Lines{"ann: one", "ann: two", "ann: three", "ann: four", "ann: five"}));
}

TEST(Rooms, ASemiAnonymousRoomDoesNotTellOnThoseWhoHaveGone) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {{"persistent", false, {"1"}}, {"nonanonymous", false, {"0"}}}), "");
    ASSERT_EQ(w.enter("bob", {}, "Zorro"), "in");
    ASSERT_EQ(w.say("bob", "hi"), "");
    w.again();
    w.past.rows = w.journal.messages;
    ASSERT_EQ(w.enter("ann"), "in");
    ASSERT_EQ(w.enter("carol"), "in");
    EXPECT_EQ(w.recent("carol"), Lines{"somebody: hi"});
    EXPECT_EQ(w.recent("ann"), Lines{"bob: hi"});  // who moderates may know
    EXPECT_EQ(w.recent("bob"), Lines{"bob: hi"});
    w.rooms().recent(kDen, key("carol"), [](const auto& said) {
        EXPECT_EQ(said.at(0).account, "");
        EXPECT_EQ(said.at(0).message.from.href, "http://im.example.com/instmsg/rooms/den");
    });
}

TEST(Rooms, NoTypingNoteTellsWhoIsBehindANickname) {
    RoomsWorld w;
    ASSERT_TRUE(w.sit("ann", 1));
    ASSERT_TRUE(w.sit("bob", 2));
    const auto type = [&w] {
        presence::Message note{{}, {}, "Content-Type: text/x-msmsgscontrol\r\nTypingUser: bob@example.com\r\n\r\n", {presence::MessageKind::control, "", "", ""}};
        EXPECT_EQ(w.how<RoomMessage>([&](auto done) { w.rooms().say(w.world.who("bob"), kDen, {std::move(note)}, std::move(done)); }), "");
        return w.letters().size();
    };
    EXPECT_EQ(type(), 1u);
    ASSERT_EQ(w.set("ann", "nonanonymous", "0"), "");
    EXPECT_EQ(type(), 0u);
}

TEST(Rooms, WhatIsSaidHasATimeOfItsOwn) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    for (const char* text : {"one", "two", "three"}) ASSERT_EQ(w.say("ann", text), "");
    std::vector<std::int64_t> told;
    w.rooms().recent(kDen, key("ann"), [&told](const auto& said) {
        for (const auto& one : said) told.push_back(one.time_ms);
    });
    ASSERT_EQ(told.size(), 3u);
    EXPECT_LT(told[0], told[1]);
    EXPECT_LT(told[1], told[2]);
    for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(w.journal.messages.at(i).time_ms, told[i]);
    EXPECT_LT(w.den().created_ms(), told[0]);
}

TEST(Rooms, WhoShutsOutTheOneWhoInvitesIsNotInvited) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "membersonly", "1"), "");
    w.service->subscribe(w.world.who("bob", 1), {w.world.alias("bob"), presence::NotificationType::notify, PresenceWorld::url(1), {}}, [](const auto& made) { EXPECT_TRUE(made); });
    w.service->set_privacy_list(w.world.alias("bob"), {"", {{false, 1, key("ann")}}}, [](const auto& set) { EXPECT_TRUE(set); });
    w.journal.complete_all();
    (void)w.events.take();
    EXPECT_EQ(w.invite("ann", "bob"), "");  // she is not told so
    EXPECT_EQ(w.events.take(), Lines{"bob: none to member"});
    EXPECT_EQ(w.letters(), Lines{});
    w.service->set_privacy_list(w.world.alias("bob"), {"", {}}, [](const auto& set) { EXPECT_TRUE(set); });
    w.journal.complete_all();
    EXPECT_EQ(w.invite("ann", "bob"), "");
    EXPECT_EQ(w.events.take(), Lines{"bob invited to den: come in"});
}

TEST(Rooms, WhoWantsARoomOfHisOwnIsNotLetIntoAnothers) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {}), "");
    std::optional<RoomRefusal> why;
    const auto enter = [&](const std::string& who) {
        presence::RoomEntry entry{kDen, "test/9"};
        entry.own = true;
        w.rooms().enter(w.world.who(who), std::move(entry), [&why](const auto& how) { why = how->refusal; });
        return why;
    };
    EXPECT_EQ(enter("bob"), RoomRefusal::not_allowed);
    EXPECT_EQ(w.inside().size(), 1u);
    EXPECT_EQ(enter("ann"), std::nullopt);
}

TEST(Rooms, TellOfThoseWhoseRoleIsBroadcast) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {{"presencebroadcast", true, {"moderator"}}}), "");
    ASSERT_EQ(w.enter("bob"), "in");
    const Occupant& bob = *w.den().occupant(key("bob"));
    EXPECT_TRUE(w.den().shows(bob, key("bob")));
    EXPECT_FALSE(w.den().shows(bob, key("ann")));
    EXPECT_TRUE(w.den().shows(*w.den().occupant(key("ann")), key("bob")));
}

namespace {

/// What happens, as `ann added bob, carol`.
struct Chronicle final : presence::RoomEvents {
    explicit Chronicle(RoomsWorld& w) : world(w) { world.rooms().listen(*this); }
    ~Chronicle() override { world.rooms().unlisten(*this); }
    Chronicle(const Chronicle&) = delete;
    Chronicle& operator=(const Chronicle&) = delete;
    void entered(const Room&, const Occupant&, bool) override {}
    void left(const Room&, const Occupant&, RoomLeft, const std::string&) override {}
    void changed(const Room&, const Occupant&, const Occupant&) override {}
    void said(const Room&, const RoomMessage&) override {}
    void configured(const Room&, const std::string&) override {}
    void affiliated(const Room&, const presence::RoomMember&, Affiliation, const std::string&) override {}
    void invited(const Room&, const std::string&, const std::string&, const std::string&) override {}
    void closed(const Room&) override {}
    void happened(const Room&, const presence::RoomEvent& event) override { lines.push_back(line_of_event(event)); }
    static std::string line_of_event(const presence::RoomEvent& event) {
        constexpr std::array kDeeds{" added", " removed", " raised", " lowered", " named it"};
        std::string line = std::string(presence::alias_of(event.by)) + kDeeds.at(static_cast<std::size_t>(event.deed));
        for (const auto& target : event.targets) line += " " + std::string(presence::alias_of(target));
        return line + (event.value.empty() ? "" : " " + event.value) + (event.hidden ? " (hidden)" : "");
    }
    Lines take() { return std::exchange(lines, {}); }
    RoomsWorld& world;
    Lines lines;
};

}  // namespace

TEST(Rooms, WhatBecomesOfItsPeopleIsToldAndArchivedAndNotTakenForTalk) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {{"persistent", false, {"1"}}, {"membersonly", false, {"1"}}}), "");
    Chronicle told(w);
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::member), "");
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::admin), "");
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::owner), "");  // is no news: he stays one of those
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::member), "");
    ASSERT_EQ(w.say("ann", "", "Tea"), "");
    ASSERT_EQ(w.say("ann", "hello"), "");
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::outcast), "");
    const Lines all{"ann added bob", "ann raised bob", "ann lowered bob", "ann named it Tea", "ann removed bob"};
    EXPECT_EQ(told.take(), all);

    Lines archived;
    std::int64_t last = 0;
    for (const auto& row : w.journal.messages) {
        EXPECT_LT(last, row.time_ms);
        last = row.time_ms;
        EXPECT_EQ(row.conversation, kDen);
        if (const auto event = presence::read_room_event(row)) archived.push_back(Chronicle::line_of_event(*event));
    }
    EXPECT_EQ(archived, all);
    EXPECT_EQ(w.den().changed_ms(), last);
    EXPECT_EQ(w.journal.messages.at(0).text, "(added bob)");
    EXPECT_EQ(w.journal.messages.at(0).sender, "http://im.example.com/instmsg/aliases/ann");
    w.again();
    w.past.rows = w.journal.messages;
    ASSERT_EQ(w.enter("ann"), "in");
    EXPECT_EQ(w.recent("ann"), Lines{"ann: hello"});
}

TEST(Rooms, WhoDoesNotBelongToItIsInAsLongAsHeIsInside) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", {}), "");
    Chronicle told(w);
    ASSERT_EQ(w.enter("bob"), "in");
    EXPECT_EQ(w.den().joined_ms(key("bob")), w.den().occupant(key("bob"))->since_ms);
    w.leave("bob");
    EXPECT_EQ(told.take(), (Lines{"bob added bob", "bob removed bob"}));
    EXPECT_EQ(w.den().joined_ms(key("bob")), std::nullopt);
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::member), "");
    ASSERT_EQ(w.enter("bob"), "in");
    w.leave("bob");
    EXPECT_EQ(told.take(), Lines{"ann added bob"});
    ASSERT_EQ(w.enter("bob"), "in");
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::none), "");
    EXPECT_EQ(told.take(), Lines{"ann lowered bob"}) << "he is inside still";
    w.leave("bob");
    EXPECT_EQ(told.take(), Lines{"bob removed bob"});
    ASSERT_EQ(w.set("ann", {{"presencebroadcast", true, {"moderator"}}}), "");
    ASSERT_EQ(w.enter("carol"), "in");
    EXPECT_EQ(told.take(), Lines{"carol added carol (hidden)"});
    EXPECT_TRUE(std::ranges::none_of(w.journal.messages, [](const auto& row) {
        return row.text.contains("bob removed") || row.text.contains("carol");
    }));
}

TEST(Rooms, HaveAnIdThatNoOtherHasAndTheirPeopleATime) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "persistent", "1"), "");
    w.world.pass(std::chrono::seconds(5));
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::member), "");
    const std::string id = w.den().id();
    EXPECT_EQ(id.size(), 32u);
    const auto ann = w.den().joined_ms(key("ann")), bob = w.den().joined_ms(key("bob"));
    EXPECT_EQ(ann, w.den().created_ms());
    EXPECT_GE(bob.value_or(0), w.den().created_ms() + 5000);
    EXPECT_EQ(w.den().changed_ms(), bob);
    w.again();
    EXPECT_EQ(w.den().id(), id);
    EXPECT_EQ(w.rooms().find_by_id(id), &w.den());
    EXPECT_EQ(w.den().joined_ms(key("ann")), ann);
    EXPECT_EQ(w.den().joined_ms(key("bob")), bob);
    EXPECT_EQ(w.den().changed_ms(), bob);
    EXPECT_EQ(w.rooms().of(key("bob")), std::vector<const Room*>{&w.den()});
    EXPECT_EQ(w.rooms().of(key("carol")).size(), 0u);
    EXPECT_EQ(w.how<void>([&](auto done) { w.rooms().destroy(w.world.who("ann"), kDen, "", std::move(done)); }), "");
    EXPECT_EQ(w.rooms().find_by_id(id), nullptr);
    w.world.pass(std::chrono::seconds(1));
    ASSERT_EQ(w.enter("ann"), "opened");
    EXPECT_NE(w.den().id(), id);
    EXPECT_EQ(w.rooms().find_by_id(id), nullptr);
}

TEST(Rooms, ThoseOfAnEarlierVersionComeBack) {
    RoomsWorld w;
    ASSERT_EQ(w.enter("ann"), "opened");
    ASSERT_EQ(w.set("ann", "persistent", "1"), "");
    ASSERT_EQ(w.affiliate("ann", "bob", Affiliation::member), "");
    presence::Record old = presence::put_record(kDen, kDen, presence::to_record(w.den()));
    const auto content = presence::read_record<presence::RoomRecord>(old);
    ASSERT_TRUE(content);
    auto early = *content;
    early.changed_ms = 0;
    for (auto& member : early.members) member.since_ms = 0;
    old = presence::put_record(kDen, kDen, early);
    old.value.resize(old.value.size() - 1 - early.members.size());  // a byte for each number that was appended
    const auto read = presence::read_record<presence::RoomRecord>(old);
    ASSERT_TRUE(read);
    const auto room = presence::from_record(kDen, *read);
    ASSERT_TRUE(room);
    EXPECT_EQ(room->id(), w.den().id());
    EXPECT_EQ(room->changed_ms(), room->created_ms());
    EXPECT_EQ(room->joined_ms(key("bob")), room->created_ms());
}
