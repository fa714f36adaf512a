// tests/doors/msnp_threads_test.cc: threads of MSNP24: who makes them, who is in them, what is told and found again.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 6, 7, 8; seed 002
#include "doors/msnp_threads.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/doors/msnp_world.h"

namespace {

using presence::Affiliation;
using Lines = std::vector<std::string>;

std::string alias_key(const std::string& name) { return "/instmsg/aliases/" + name; }

bool is_of_leaving(const tests::FakeJournal::Records::value_type& record) {
    const char kind = std::get<char>(record.first);
    return kind == doors::LeftRecord::kKind || kind == doors::LeaverRecord::kKind;
}

/// An archive that holds what the journal was given.
struct JournalTalks final : presence::Talks {
    explicit JournalTalks(const tests::FakeJournal& j) : journal(j) {}
    void talk(presence::TalkQuery query, base::Once<void(base::Result<presence::TalkPage>)> done) override {
        presence::TalkPage page;
        for (std::size_t i = journal.messages.size(); i-- > 0;) {
            presence::ArchivedMessage row = journal.messages[i];
            row.id = i + 1;
            if (row.conversation != query.conversation || row.text.empty()) continue;
            page.newest = std::max(page.newest, row.id);
            if (row.id >= query.below || row.id <= query.above || row.time_ms < query.start_ms) continue;
            page.more = page.messages.size() == query.limit;
            if (page.more) break;
            page.messages.push_back(std::move(row));
        }
        done(std::move(page));
    }
    void recent(presence::RecentQuery query, base::Once<void(base::Result<presence::RecentPage>)> done) override {
        presence::RecentPage page;
        for (const auto& room : query.rooms) {
            if (room.until_ms != 0) {
                const auto at = std::ranges::find_if(journal.messages, [&room](const auto& row) {
                    return row.conversation == room.conversation && row.time_ms == room.until_ms;
                });
                if (at != journal.messages.end()) page.newest.push_back(*at);
                continue;
            }
            talk({room.conversation, presence::kNoBound, 0, std::max(room.since_ms, query.start_ms), 100}, [&](const auto& found) {
                const auto newest = std::ranges::find_if(found->messages, [&room](const auto& row) { return !room.shows || room.shows(row); });
                if (newest != found->messages.end()) page.newest.push_back(*newest);
            });
        }
        done(std::move(page));
    }
    const tests::FakeJournal& journal;
};

class Threads : public tests::MsnpWorld {
public:
    Threads() {
        auto settings = keeping();
        settings.archive = true;
        service.change(settings);
    }

    /// `PUT` and its answer's body; of an error its number and text.
    std::string ask(tests::MsnpClient& client, const std::string& command, const std::string& path, const std::string& body) {
        say(client, command, ++last_, "MSGR\\" + path, "\r\n" + body);
        std::string answer = "none";
        for (const doors::MsnpFrame& frame : client.take()) {
            if (frame.trid != last_) {
                others_[&client].push_back(frame);
                continue;
            }
            const std::string text = frame.payload.substr(frame.payload.find("\r\n\r\n") == std::string::npos ? 2 : frame.payload.find("\r\n\r\n") + 4);
            answer = frame.command == command ? text : frame.command + " " + frame.payload.substr(2);
        }
        return answer;
    }
    static std::string member(const std::string& name, const std::string& role = "") {
        return "<member><mri>8:" + name + "</mri>" + (role.empty() ? "" : "<role>" + role + "</role>") + "</member>";
    }
    static std::string thread(const std::string& id, const std::string& inside) { return "<thread><id>" + id + "</id>" + inside + "</thread>"; }
    static std::string members(const std::string& inside) { return "<members>" + inside + "</members>"; }
    static std::string topic(const std::string& text) { return "<properties><topic>" + text + "</topic></properties>"; }

    /// Made by alice, with these; "" when it was not.
    std::string make(tests::MsnpClient& client, const std::string& others, const std::string& more = "") {
        const std::string answer = ask(client, "PUT", "THREAD", thread("", members(member("alice", "admin") + others) + more));
        return content(answer, "id");
    }
    std::string put(tests::MsnpClient& client, const std::string& id, const std::string& inside) { return ask(client, "PUT", "THREAD", thread(id, inside)); }
    std::string del(tests::MsnpClient& client, const std::string& id, const std::string& name) {
        return ask(client, "DEL", "THREAD", thread(id, members(member(name))));
    }
    std::string threads(tests::MsnpClient& client, const std::string& id) {
        return content(content(ask(client, "GET", "THREADS", "<threads>" + thread(id, "") + "</threads>"), "threads-response"), "threads");
    }
    /// `alice admin, bob user`
    std::string people(tests::MsnpClient& client, const std::string& id) { return people_in(threads(client, id)); }
    static std::string people_in(const std::string& xml) {
        std::string all;
        for (std::size_t at = xml.find("<member>"); at != std::string::npos; at = xml.find("<member>", at + 1)) {
            const std::string one = xml.substr(at, xml.find("</member>", at) - at) + "</member>";
            all += (all.empty() ? "" : ", ") + content(one, "mri").substr(2) + " " + content(one, "role");
        }
        return all;
    }
    std::string speak(tests::MsnpClient& client, const std::string& id, const std::string& text) {
        say(client, "SDG", ++last_, "MSGR", "Routing: 1.0\r\nTo: " + id + "\r\n\r\nReliability: 1.0\r\n\r\nMessaging: 2.0\r\nClient-Message-ID: 77\r\nMessage-Type: Text\r\n\r\n" + text);
        std::string answer = "none";
        for (const doors::MsnpFrame& frame : client.take()) {
            if (frame.trid == last_) answer = frame.command == "SDG" ? "said" : frame.command;
            else others_[&client].push_back(frame);
        }
        return answer;
    }
    /// What was told since: `NFY people`, `AddMember content`, `from: text`.
    Lines told(tests::MsnpClient& client) {
        auto frames = std::exchange(others_[&client], {});
        for (auto& frame : client.take()) frames.push_back(std::move(frame));
        Lines lines;
        for (const doors::MsnpFrame& frame : frames) {
            EXPECT_EQ(frame.trid, 0U);
            if (frame.command == "NFY") {
                if (frame.path != "THREAD") continue;
                lines.push_back("NFY " + people_in(frame.payload));
                EXPECT_TRUE(base::xml::parse(frame.payload.substr(frame.payload.find("\r\n\r\n") + 4))) << frame.payload;
                continue;
            }
            const auto routed = *doors::read_routed(frame.payload);
            const std::string type(routed.about.value("Message-Type")), from(routed.routing.value("From"));
            constexpr std::string_view kActivity = "ThreadActivity/";
            if (type.starts_with(kActivity)) {
                EXPECT_EQ(from, routed.routing.value("To"));
                const std::string xml(routed.body);
                EXPECT_TRUE(base::xml::parse(xml)) << xml;
                EXPECT_NE(content(xml, "eventtime"), "0");
                std::string line = type.substr(kActivity.size()) + " by " + content(xml, "initiator");
                const std::string kind = content(xml, "target").empty() ? content(xml, "value") : content(xml, "target");
                for (std::size_t at = xml.find("<target>"); at != std::string::npos; at = xml.find("<target>", at + 1)) {
                    line += " " + xml.substr(at + 8, xml.find("</target>", at) - at - 8);
                }
                lines.push_back(xml.find("<target>") == std::string::npos ? line + " " + kind : line);
            } else {
                lines.push_back(from.substr(0, from.find(';')) + (type == "Text" || type == "RichText" ? "" : " " + type) + ": " + std::string(routed.body));
            }
        }
        return lines;
    }
    const presence::Room* room(const std::string& id) { return service.rooms().find_by_id(id.substr(3, 32)); }
    /// Through another door; false: he was not let in.
    bool enter(const std::string& name, const std::string& key, std::optional<presence::RoomConfig> config = {}) {
        presence::RoomEntry entry{key, "test/" + name};
        entry.open = true;
        entry.config = std::move(config);
        bool in = false;
        service.rooms().enter(who(name), std::move(entry), [&in](const auto& how) { in = how && !how->refusal; });
        finish();
        return in;
    }
    void say_elsewhere(const std::string& name, const std::string& key, const std::string& text) {
        presence::Message message{{}, {}, "Content-Type: text/plain\r\n\r\n" + text, {presence::MessageKind::text, "", "text/plain", text}};
        service.rooms().say(who(name), key, {std::move(message), std::nullopt}, [](const auto& said) { EXPECT_TRUE(said); });
        finish();
    }
    void affiliate(const std::string& by, const std::string& key, const std::string& name, Affiliation what) {
        service.rooms().affiliate(who(by), key, {alias_key(name), what, ""}, "", [](const auto& how) { EXPECT_TRUE(how); });
        finish();
    }
    std::string id_of(const std::string& key) { return "19:" + service.rooms().find(key)->id() + "@thread.skype"; }
    std::string history(const std::string& name, const std::string& id) {
        return past(name, &doors::MsnpHistory::messages, "<messagesbyconversation><id>" + id + "</id></messagesbyconversation>");
    }
    std::string recent(const std::string& name) {
        std::string said;
        doors::MsnpHistory past(&talks_, realm, alias_key(name), &service);
        doors::find_left_threads(journal, service, alias_key(name), [&](doors::LeftThreads left) {
            past.recent(*base::xml::parse("<recentconversations/>"), {}, std::move(left), [&said](base::Result<std::string> answer) { said = answer.value(); });
        });
        journal.complete_all();
        return said;
    }

private:
    std::string past(const std::string& name, void (doors::MsnpHistory::*what)(const base::xml::Element&, doors::MsnpHistory::Done), const std::string& request) {
        std::string said;
        doors::MsnpHistory past(&talks_, realm, alias_key(name), &service);
        (past.*what)(*base::xml::parse(request), [&said](base::Result<std::string> answer) { said = answer.value(); });
        return said;
    }

    JournalTalks talks_{journal};
    unsigned last_ = 100;
    std::map<tests::MsnpClient*, std::vector<doors::MsnpFrame>> others_;
};

/// alice has made a thread with bob in it, and both are there.
struct TwoInAThread : Threads {
    TwoInAThread() {
        sign_on(talk.alice, "alice");
        sign_on(talk.bob, "bob");
        talk.id = make(talk.alice, member("bob"));
    }
    struct Talk {
        tests::MsnpClient alice, bob;
        std::string id;
    } talk;
};

TEST(MsnpThreads, WhoIsPutOutWhileAThreadIsMadeLeavesNothingUnderWay) {
    Threads w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const std::string id = w.make(alice, Threads::member("bob"));
    const std::string more = Threads::members(Threads::member("carol", "admin"));
    w.begin(alice, "PUT", 70, "MSGR\\THREAD", "\r\n" + Threads::thread("", Threads::members(Threads::member("alice", "admin") + Threads::member("bob"))));
    w.begin(alice, "PUT", 71, "MSGR\\THREAD", "\r\n" + Threads::thread(id, more));
    w.begin(alice, "DEL", 72, "MSGR\\THREAD", "\r\n" + Threads::thread(id, Threads::members(Threads::member("alice"))));
    w.gate.stamps["alice"] = 2;
    w.msnp.account_changed("alice");
    EXPECT_TRUE(alice.closed);
    w.finish();  // what was begun is safe now, and the endpoint is still there
    for (const presence::Room* room : w.service.rooms().all()) EXPECT_EQ(room->occupants().size(), 0U) << room->name();
}

TEST(MsnpThreads, AMemberWhoNeedsAPasswordReadsNothingBeforeHeGaveIt) {
    Threads w;
    presence::RoomConfig config;
    config.passwordprotect = true;
    config.password = "secret";
    ASSERT_TRUE(w.enter("alice", "/instmsg/rooms/den", config));
    w.say_elsewhere("alice", "/instmsg/rooms/den", "among us");
    w.affiliate("alice", "/instmsg/rooms/den", "bob", Affiliation::member);
    w.say_elsewhere("alice", "/instmsg/rooms/den", "still among us");
    const std::string id = w.id_of("/instmsg/rooms/den");
    EXPECT_EQ(w.history("bob", id).find("among us"), std::string::npos);
    EXPECT_EQ(w.recent("bob").find("among us"), std::string::npos);
    EXPECT_NE(w.history("alice", id).find("among us"), std::string::npos);
}

TEST(MsnpThreads, OneIsMadeAndEverybodyInItIsTold) {
    Threads w;
    tests::MsnpClient alice, bob, ann;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    w.sign_on(ann, "ann");
    const std::string id = w.make(alice, w.member("bob", "user") + w.member("carol"), w.topic("Tea &amp; cake"));
    ASSERT_EQ(id.size(), 3 + 32 + 13U) << id;
    const Lines all{"NFY bob user, carol user, alice admin", "AddMember by 8:alice 8:bob 8:carol 8:alice"};
    EXPECT_EQ(w.told(alice), all);
    EXPECT_EQ(w.told(bob), all);
    EXPECT_EQ(w.told(ann), Lines());
    EXPECT_EQ(w.threads(bob, id), "<thread><id>" + id + "</id><version>" + std::to_string(w.room(id)->changed_ms()) +
                                      "</version><properties><creator>8:alice</creator><topic>Tea &amp; cake</topic></properties><members>"
                                      "<member><mri>8:bob</mri><role>user</role></member><member><mri>8:carol</mri><role>user</role></member>"
                                      "<member><mri>8:alice</mri><role>admin</role></member></members></thread>");
    EXPECT_EQ(w.people(ann, id), "");
    const auto inside = w.room(id)->occupants();
    EXPECT_EQ(inside.size(), 2U) << "who is not there sits nowhere";
    EXPECT_FALSE(w.room(id)->known_to(alias_key("ann")));
}

TEST(MsnpThreads, WordsReachAllWhoAreInItAndNobodyElse) {
    Threads w;
    tests::MsnpClient alice, desk, bob, ann;
    w.sign_on(alice, "alice");
    w.sign_on(desk, "alice");
    w.sign_on(bob, "bob");
    w.sign_on(ann, "ann");
    const std::string id = w.make(alice, w.member("bob"));
    EXPECT_EQ(w.told(desk).size(), 2U);
    (void)w.told(alice), (void)w.told(bob);
    EXPECT_EQ(w.speak(alice, id, "hello <b>"), "said");
    EXPECT_EQ(w.told(alice), Lines());
    EXPECT_EQ(w.told(desk), Lines{"8:alice: hello <b>"});
    EXPECT_EQ(w.told(bob), Lines{"8:alice: hello <b>"});
    EXPECT_EQ(w.told(ann), Lines());
    EXPECT_EQ(w.speak(ann, id, "me too"), "205");
    EXPECT_EQ(w.speak(bob, "19:00000000000000000000000000000000@thread.skype", "?"), "205");
    EXPECT_EQ(w.speak(bob, "19:../den@thread.skype", "?"), "205");
    w.say(bob, "SDG", 60, "MSGR", "Routing: 1.0\r\nTo: " + id + "\r\n\r\nReliability: 1.0\r\n\r\nMessaging: 2.0\r\nMessage-Type: Control/Typing\r\n\r\n");
    (void)bob.take();
    EXPECT_EQ(w.told(alice), Lines{"8:bob Control/Typing: "});
    EXPECT_EQ(w.told(desk), Lines{"8:bob Control/Typing: "});
    w.say(bob, "SDG", 61, "MSGR", w.note(id, "Control/ClearTyping"));
    w.say(bob, "SDG", 62, "MSGR", w.note(id, "Control/ClearTyping"));
    w.say(ann, "SDG", 63, "MSGR", w.note(id, "Control/ClearTyping"));
    (void)bob.take();
    EXPECT_EQ(w.told(alice), Lines{"8:bob Control/ClearTyping: "});
    EXPECT_EQ(w.told(desk), Lines{"8:bob Control/ClearTyping: "});
    // Whoever is there through another door hears it, and is heard.
    ASSERT_TRUE(w.enter("bob", w.room(id)->key()));
    w.say_elsewhere("bob", w.room(id)->key(), "1 < 2");
    EXPECT_EQ(w.told(alice), Lines{"8:bob: 1 &lt; 2"});
    EXPECT_EQ(w.told(bob), Lines{"8:bob: 1 &lt; 2"});
}

TEST(MsnpThreads, AreChangedByThoseWhoMay) {
    Threads w;
    tests::MsnpClient alice, bob, carol, cy;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    w.sign_on(carol, "carol");
    w.sign_on(cy, "cy");
    const std::string id = w.make(alice, w.member("bob"));
    const std::string named = "<thread><id>" + id + "</id></thread>";
    (void)w.told(alice), (void)w.told(bob);
    EXPECT_EQ(w.put(bob, id, w.members(w.member("carol", "user"))), named) << "anybody in it brings others";
    const Lines added{"NFY bob user, alice admin, carol user", "AddMember by 8:bob 8:carol"};
    EXPECT_EQ(w.told(alice), added);
    EXPECT_EQ(w.told(bob), added);
    EXPECT_EQ(w.told(carol), added);
    EXPECT_TRUE(w.room(id)->occupant(alias_key("carol")));
    EXPECT_TRUE(w.put(bob, id, w.members(w.member("cy", "admin"))).starts_with("205 "));
    EXPECT_TRUE(w.put(bob, id, w.members(w.member("carol", "admin"))).starts_with("205 "));
    EXPECT_TRUE(w.del(bob, id, "carol").starts_with("205 "));
    EXPECT_TRUE(w.put(cy, id, w.members(w.member("cy"))).starts_with("205 ")) << "not by himself";
    EXPECT_TRUE(w.put(alice, id, w.members(w.member("nobody"))).starts_with("205 "));
    EXPECT_EQ(w.people(alice, id), "bob user, alice admin, carol user");
    EXPECT_EQ(w.told(carol), Lines());

    EXPECT_EQ(w.put(alice, id, w.members(w.member("carol", "admin"))), named);
    EXPECT_EQ(w.told(bob), (Lines{"NFY bob user, alice admin, carol admin", "RoleUpdate by 8:alice <id>8:carol</id><role>admin</role>"}));
    EXPECT_EQ(w.put(alice, id, w.members(w.member("carol", "admin"))), named);
    EXPECT_EQ(w.told(bob), Lines()) << "she is that already";
    EXPECT_EQ(w.put(bob, id, w.topic("Tea &lt;&amp;&gt; cake")), named);
    EXPECT_EQ(w.told(carol).back(), "TopicUpdate by 8:bob Tea &lt;&amp;&gt; cake");
    EXPECT_EQ(w.told(bob).back(), "TopicUpdate by 8:bob Tea &lt;&amp;&gt; cake");

    EXPECT_EQ(w.del(carol, id, "bob"), "");
    const Lines removed{"NFY alice admin, carol admin", "DeleteMember by 8:carol 8:bob"};
    EXPECT_EQ(w.told(carol), removed);
    EXPECT_EQ(w.told(bob), removed) << "he is told, too";
    EXPECT_EQ(w.people(bob, id), "");
    EXPECT_EQ(w.speak(bob, id, "hey"), "205");
    EXPECT_EQ(w.speak(carol, id, "at last"), "said");
    EXPECT_EQ(w.told(bob), Lines());
}

TEST(MsnpThreads, WhoLeavesIsOutAndTheLastOwnerIsFollowed) {
    Threads w;
    tests::MsnpClient alice, bob, desk;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    w.sign_on(desk, "alice");
    const std::string id = w.make(alice, w.member("bob"));
    (void)w.told(alice), (void)w.told(bob), (void)w.told(desk);
    EXPECT_EQ(w.del(alice, id, "alice"), "");
    const Lines left{"NFY bob admin, alice admin", "RoleUpdate by 8:alice <id>8:bob</id><role>admin</role>", "NFY bob admin", "DeleteMember by 8:alice 8:alice"};
    EXPECT_EQ(w.told(alice), left);
    EXPECT_EQ(w.told(desk), left);
    EXPECT_EQ(w.told(bob), left);
    EXPECT_EQ(w.people(desk, id), "");
    EXPECT_EQ(w.room(id)->occupants().size(), 1U);
    EXPECT_EQ(w.del(bob, id, "bob"), "");
    EXPECT_EQ(w.told(bob), (Lines{"NFY ", "DeleteMember by 8:bob 8:bob"}));
    EXPECT_EQ(w.room(id), nullptr);
    EXPECT_TRUE(w.del(bob, id, "bob").starts_with("205 "));
}

TEST(MsnpThreads, ARoomThatIsOpenToOthersDoesNotEndByLeaving) {
    Threads w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const std::string den = "/instmsg/rooms/den";
    presence::RoomConfig config;
    config.persistent = true;
    ASSERT_TRUE(w.enter("alice", den, config));
    const std::string id = w.id_of(den);
    EXPECT_EQ(w.del(alice, id, "alice"), "205 Nobody else could own the room.");
    EXPECT_TRUE(w.put(alice, id, w.members(w.member("alice", "user"))).starts_with("205 a room has one owner"));
    EXPECT_EQ(w.people(alice, id), "alice admin");
    w.affiliate("alice", den, "bob", Affiliation::member);
    w.affiliate("alice", den, "carol", Affiliation::admin);
    EXPECT_EQ(w.del(alice, id, "alice"), "");
    EXPECT_EQ(w.room(id)->affiliation_of(alias_key("carol")), Affiliation::owner);
    EXPECT_EQ(w.people(alice, id), "bob user, carol admin, alice user") << "she sits there through another door";
    w.service.rooms().leave(alias_key("alice"), den, "test/alice");
    EXPECT_EQ(w.people(alice, id), "");
}

TEST(MsnpThreads, WhoHidesWhileHeIsOnHisWayInIsNotInside) {
    TwoInAThread w;
    auto& [alice, bob, id] = w.talk;
    w.say(bob, "PUT", 60, "MSGR\\PRESENCE", w.published("<s n=\"IM\"><Status>HDN</Status></s>"));
    (void)bob.take();
    const auto publish = [&](const std::string& status) {
        w.begin(bob, "PUT", 62, "MSGR\\PRESENCE", w.published("<s n=\"IM\"><Status>" + status + "</Status></s>"));
    };
    publish("NLN");
    w.begin(alice, "PUT", 61, "MSGR\\THREAD", "\r\n" + w.thread(id, w.members(w.member("carol") + w.member("ann"))));
    EXPECT_EQ(w.journal.complete(1), 1U);
    w.run_later();  // now he waits for the room, which has two acts to store
    publish("HDN");
    EXPECT_EQ(w.journal.complete(2), 2U);
    w.run_later();
    EXPECT_EQ(bob.heads(), (Lines{"PUT 62 MSGR", "NFY 0 MSGR\\THREAD", "SDG 0 MSGR", "PUT 62 MSGR"}));
    w.finish();
    EXPECT_EQ(w.people(alice, id), "bob user, alice admin, carol user, ann user");
    EXPECT_FALSE(w.room(id)->occupant(alias_key("bob")));
}

TEST(MsnpThreads, WhoIsBehindFindsInTheHistoryWhatHeMissed) {
    TwoInAThread w;
    auto& [alice, bob, id] = w.talk;
    (void)w.told(bob);
    bob.behind = doors::kMsnpBehind + 1;
    EXPECT_EQ(w.speak(alice, id, "are you there?"), "said");
    (void)w.put(alice, id, w.topic("Tea"));
    EXPECT_EQ(w.told(bob), Lines());
    bob.behind = 0;
    EXPECT_NE(w.history("bob", id).find("are you there?"), std::string::npos);
    EXPECT_EQ(w.speak(alice, id, "hello"), "said");
    EXPECT_EQ(w.told(bob), Lines{"8:alice: hello"});
}

TEST(MsnpThreads, LastWhenNobodyIsThereAndWhoComesBackSitsThereAgain) {
    Threads w;
    std::string id;
    {
        tests::MsnpClient alice;
        w.sign_on(alice, "alice");
        id = w.make(alice, w.member("bob"));
        w.say(alice, "OUT", 200, "CON", "");
    }
    w.pass(std::chrono::seconds(60));
    ASSERT_NE(w.room(id), nullptr);
    EXPECT_EQ(w.room(id)->occupants().size(), 0U);
    tests::MsnpClient bob, alice;
    w.sign_on(bob, "bob");
    EXPECT_EQ(w.room(id)->occupants().size(), 1U);
    EXPECT_EQ(w.speak(bob, id, "anybody?"), "said");
    w.sign_on(alice, "alice");
    EXPECT_EQ(w.told(bob), Lines()) << "who comes and goes is no news of a thread";
    EXPECT_EQ(w.room(id)->occupants().size(), 2U);
    EXPECT_EQ(w.people(alice, id), "bob user, alice admin");
}

TEST(MsnpThreads, WhoHidesHearsAndIsNotSeenInside) {
    TwoInAThread w;
    auto& [alice, bob, id] = w.talk;
    w.say(bob, "PUT", 50, "MSGR\\PRESENCE", w.published("<s n=\"IM\"><Status>HDN</Status></s>"));
    EXPECT_FALSE(w.room(id)->occupant(alias_key("bob")));
    (void)bob.take();
    EXPECT_EQ(w.speak(alice, id, "hello"), "said");
    EXPECT_EQ(w.told(bob), Lines{"8:alice: hello"});
    EXPECT_EQ(w.speak(bob, id, "hello yourself"), "said") << "he shows himself by it";
    EXPECT_TRUE(w.room(id)->occupant(alias_key("bob")));
    w.say(bob, "PUT", 51, "MSGR\\PRESENCE", w.published("<s n=\"IM\"><Status>HDN</Status></s>"));
    EXPECT_FALSE(w.room(id)->occupant(alias_key("bob")));
    w.say(bob, "PUT", 52, "MSGR\\PRESENCE", w.published("<s n=\"IM\"><Status>BSY</Status></s>"));
    EXPECT_TRUE(w.room(id)->occupant(alias_key("bob")));
}

TEST(MsnpThreads, RoomsOfOtherDoorsAreThreadsAsTheirRulesAre) {
    Threads w;
    tests::MsnpClient alice, bob;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    const std::string den = "/instmsg/rooms/den";
    presence::RoomConfig config;
    config.moderated = true;
    config.persistent = true;
    ASSERT_TRUE(w.enter("ann", den, config));
    w.affiliate("ann", den, "alice", Affiliation::member);
    const std::string id = w.id_of(den);
    EXPECT_EQ(w.told(alice), (Lines{"NFY ann admin, alice user", "AddMember by 8:ann 8:alice"}));
    EXPECT_EQ(w.content(w.threads(alice, id), "topic"), "den");
    EXPECT_TRUE(w.put(alice, id, w.topic("mine")).starts_with("205 ")) << "that is for moderators";
    // Who is invited comes in, though only as long as he is there, and has no voice.
    w.service.rooms().invite(w.who("ann"), den, alias_key("bob"), "come", [](const auto& how) { EXPECT_TRUE(how); });
    w.finish();
    EXPECT_EQ(w.told(bob), (Lines{"NFY ann admin, alice user, bob user", "AddMember by 8:bob 8:bob"}));
    EXPECT_EQ(w.told(alice), (Lines{"NFY ann admin, alice user, bob user", "AddMember by 8:bob 8:bob"}));
    EXPECT_EQ(w.speak(bob, id, "psst"), "205");
    EXPECT_EQ(w.speak(alice, id, "welcome"), "said");
    EXPECT_EQ(w.told(bob), Lines{"8:alice: welcome"});
    w.affiliate("ann", den, "bob", Affiliation::outcast);
    EXPECT_EQ(w.told(bob), (Lines{"NFY ann admin, alice user", "DeleteMember by 8:bob 8:bob"}));
    EXPECT_TRUE(w.put(alice, id, w.members(w.member("bob"))).starts_with("205 The thread has banned him."));
    EXPECT_EQ(w.people(bob, id), "");
    // A password has no place at this door.
    w.service.rooms().configure(w.who("ann"), den, {{"passwordprotect", false, {"1"}}, {"password", false, {"x"}}}, [](const auto& how) { EXPECT_TRUE(how); });
    w.finish();
    alice.line.reset();
    tests::MsnpClient again;
    w.sign_on(again, "alice");
    EXPECT_EQ(w.speak(again, id, "let me in"), "205");
    w.say_elsewhere("ann", den, "secret");
    EXPECT_EQ(w.told(again), Lines());
    w.service.rooms().destroy(w.who("ann"), den, "", [](const auto& how) { EXPECT_TRUE(how); });
    w.finish();
    EXPECT_EQ(w.told(again), (Lines{"NFY ", "DeleteMember by 8:alice 8:alice"}));
}

TEST(MsnpThreads, WhoNamesHimselfBelongsToTheRoomWhereItLetsHim) {
    Threads w;
    tests::MsnpClient bob;
    w.sign_on(bob, "bob");
    const std::string den = "/instmsg/rooms/den";
    presence::RoomConfig config;
    config.persistent = true;
    config.allowregister = false;
    ASSERT_TRUE(w.enter("ann", den, config));
    const std::string id = w.id_of(den);
    w.service.rooms().invite(w.who("ann"), den, alias_key("bob"), "come", [](const auto& how) { EXPECT_TRUE(how); });
    w.finish();
    EXPECT_TRUE(w.put(bob, id, w.members(w.member("bob"))).starts_with("205 "));
    EXPECT_EQ(w.room(id)->affiliation_of(alias_key("bob")), Affiliation::none);
    w.service.rooms().configure(w.who("ann"), den, {{"allowregister", false, {"1"}}}, [](const auto& how) { EXPECT_TRUE(how); });
    w.finish();
    EXPECT_FALSE(w.put(bob, id, w.members(w.member("bob"))).starts_with("205 "));
    EXPECT_EQ(w.room(id)->affiliation_of(alias_key("bob")), Affiliation::member);
}

TEST(MsnpThreads, TellNobodyWhoIsBehindANickname) {
    Threads w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const std::string den = "/instmsg/rooms/den";
    presence::RoomConfig config;
    config.nonanonymous = false;
    ASSERT_TRUE(w.enter("ann", den, config));
    w.affiliate("ann", den, "alice", Affiliation::member);
    const std::string id = w.id_of(den);
    EXPECT_EQ(w.told(alice), (Lines{"NFY alice user", "AddMember by " + id + " 8:alice"}));
    ASSERT_TRUE(w.enter("bob", den));
    w.say_elsewhere("bob", den, "guess");
    EXPECT_EQ(w.told(alice), Lines{id + ": guess"});
    EXPECT_EQ(w.speak(alice, id, "who are you?"), "said");
    EXPECT_EQ(w.told(alice), Lines()) << "her own words do not come back";
    EXPECT_EQ(w.journal.messages.back().octets.find("Endpoint"), std::string::npos) << "nor tell others who she is";
    w.say_elsewhere("bob", den, "guess");
    w.affiliate("ann", den, "carol", Affiliation::member);
    EXPECT_EQ(w.told(alice), Lines{id + ": guess"}) << "that carol belongs to it is not for her";
    for (const std::string& past : {w.history("alice", id), w.recent("alice")}) {
        EXPECT_EQ(past.find("bob"), std::string::npos) << past;
        EXPECT_EQ(past.find("ann"), std::string::npos) << past;
        EXPECT_EQ(past.find("carol"), std::string::npos) << past;
        EXPECT_NE(past.find("<content>guess</content>"), std::string::npos);
    }
}

TEST(MsnpThreads, NobodyIsBroughtIntoThoseOfWhomHeShutsOut) {
    Threads w;
    tests::MsnpClient alice, bob;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    w.say(bob, "PUT", 50, "MSGR\\CONTACTS", w.listed("alice", 4));
    (void)bob.take();
    const std::string id = w.make(alice, w.member("bob"));
    EXPECT_EQ(w.told(alice).front(), "NFY bob user, alice admin") << "she is not told that he does";
    EXPECT_EQ(w.speak(alice, id, "listen to me"), "said");
    EXPECT_EQ(w.told(bob), Lines());
    EXPECT_FALSE(w.room(id)->occupant(alias_key("bob")));
    EXPECT_EQ(w.history("bob", id).find("<message>"), std::string::npos);
    EXPECT_EQ(w.recent("bob").find("<conversation>"), std::string::npos);
    w.say(bob, "DEL", 51, "MSGR\\CONTACTS", w.listed("alice", 4));
    (void)bob.take();
    EXPECT_EQ(w.people(bob, id), "bob user, alice admin");
}

TEST(MsnpThreads, AreInTheHistoryFromWhenOneJoined) {
    Threads w;
    tests::MsnpClient alice, bob;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    const std::string id = w.make(alice, "");
    EXPECT_EQ(w.told(alice), Lines{"NFY alice admin"});
    EXPECT_EQ(w.recent("alice").find("<conversation>"), std::string::npos) << "nothing was said";
    EXPECT_EQ(w.speak(alice, id, "before his time"), "said");
    w.pass(std::chrono::seconds(5));
    (void)w.put(alice, id, w.members(w.member("bob")));
    w.pass(std::chrono::seconds(5));
    EXPECT_EQ(w.speak(bob, id, "<hello>"), "said");
    w.pass(std::chrono::seconds(5));
    (void)w.put(bob, id, w.topic("a &amp; b"));
    const std::string joined = std::to_string(w.room(id)->joined_ms(alias_key("bob")).value());
    const std::string changed = std::to_string(w.room(id)->changed_ms());
    const std::string seen = w.history("bob", id);
    EXPECT_EQ(w.content(seen, "messagetype"), "ThreadActivity/TopicUpdate");
    EXPECT_EQ(w.content(seen, "messageid"), changed);
    EXPECT_EQ(w.content(seen, "from"), id);
    EXPECT_EQ(w.content(seen, "content"), "&lt;topicupdate&gt;&lt;eventtime&gt;" + changed + "&lt;/eventtime&gt;&lt;initiator&gt;8:bob&lt;/initiator&gt;"
                                          "&lt;value&gt;a &amp;amp; b&lt;/value&gt;&lt;/topicupdate&gt;");
    EXPECT_NE(seen.find("<content>&lt;hello&gt;</content><clientmessageid>77</clientmessageid>"), std::string::npos) << seen;
    EXPECT_NE(seen.find("&lt;addmember&gt;&lt;eventtime&gt;" + joined + "&lt;/eventtime&gt;&lt;initiator&gt;8:alice&lt;/initiator&gt;&lt;target&gt;8:bob&lt;/target&gt;&lt;/addmember&gt;</content><composetime>"),
              std::string::npos) << seen;
    EXPECT_EQ(seen.find("before"), std::string::npos) << seen;
    EXPECT_NE(w.history("alice", id).find("before his time"), std::string::npos);
    EXPECT_EQ(w.history("ann", id).find("<message>"), std::string::npos);

    const std::string recent = w.recent("bob");
    EXPECT_EQ(w.content(recent, "id"), id);
    EXPECT_EQ(w.content(recent, "version"), changed);
    EXPECT_NE(recent.find("</messages><thread><lastjoinat>" + joined + "</lastjoinat><version>" + changed + "</version><topic>a &amp; b</topic></thread></conversation>"),
              std::string::npos) << recent;
    EXPECT_EQ(recent.find("hello"), std::string::npos) << "only the newest";
    w.pass(std::chrono::seconds(5));
    (void)w.del(bob, id, "bob");
    EXPECT_EQ(w.history("bob", id).find("<message>"), std::string::npos);
    // From when to when he was in it, and nothing of what came later.
    const std::string left = std::to_string(w.room(id)->changed_ms());
    w.pass(std::chrono::seconds(5));
    EXPECT_EQ(w.speak(alice, id, "behind his back"), "said");
    (void)w.put(alice, id, w.topic("secret"));
    const std::string gone = w.recent("bob");
    EXPECT_EQ(w.content(gone, "messagetype"), "ThreadActivity/DeleteMember") << gone;
    EXPECT_EQ(w.content(gone, "messageid"), left);
    EXPECT_NE(gone.find("</messages><thread><lastjoinat>" + joined + "</lastjoinat><lastleaveat>" + left + "</lastleaveat><version>" + left +
                        "</version><topic>a &amp; b</topic></thread></conversation>"), std::string::npos) << gone;
    EXPECT_EQ(w.recent("alice").find("lastleaveat"), std::string::npos);
    // He is in it again.
    (void)w.put(alice, id, w.members(w.member("bob")));
    const std::string again = w.recent("bob");
    EXPECT_EQ(again.find("lastleaveat"), std::string::npos) << again;
    EXPECT_EQ(w.content(again, "messagetype"), "ThreadActivity/AddMember") << again;
    // It is no more: what was known of it goes with it.
    (void)w.del(alice, id, "bob");
    EXPECT_NE(w.recent("bob").find("lastleaveat"), std::string::npos);
    (void)w.del(alice, id, "alice");
    ASSERT_EQ(w.room(id), nullptr);
    EXPECT_TRUE(std::ranges::none_of(w.journal.records, is_of_leaving)) << "nobody has asked yet";
    EXPECT_EQ(w.recent("bob").find("<conversation>"), std::string::npos);
}

TEST(MsnpThreads, OfThoseThatSomebodyHasLeftTheFirstAreForgotten) {
    Threads w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const std::string id = w.make(alice, w.member("bob"));
    const std::string other = w.make(alice, w.member("bob"));
    (void)w.del(alice, other, "bob");  // from then on they are counted
    constexpr std::size_t kMany = doors::kMostLeftThreads + 50;
    for (std::size_t i = 0; i < kMany; ++i) {
        const std::string key = alias_key("bob") + '\0' + "old" + std::to_string(i);
        const auto record = presence::put_record(alias_key("bob"), key, doors::LeftRecord{1, i + 2, ""});
        w.journal.records[{record.kind, record.shard, record.key}] = record.value;
    }
    for (std::size_t i = 0; i < doors::kLeftThreadsStep; ++i) {
        (void)w.put(alice, id, w.members(w.member("bob")));
        w.pass(std::chrono::seconds(1));
        (void)w.del(alice, id, "bob");
    }
    const auto has = [&w](const std::string& room_id) {
        return w.journal.records.contains({doors::LeftRecord::kKind, presence::shard_of(alias_key("bob")), alias_key("bob") + '\0' + room_id});
    };
    EXPECT_EQ(std::ranges::count_if(w.journal.records, [](const auto& one) { return std::get<char>(one.first) == doors::LeftRecord::kKind; }),
              static_cast<std::ptrdiff_t>(doors::kMostLeftThreads - doors::kLeftThreadsStep));
    EXPECT_TRUE(has(w.room(id)->id()));
    EXPECT_TRUE(has(w.room(other)->id()));
    EXPECT_TRUE(has("old" + std::to_string(kMany - 1)));
    EXPECT_FALSE(has("old0"));
    EXPECT_FALSE(has("old100"));
}

TEST(MsnpThreads, WhoHasLeftOneThatEndsIsForgottenHoweverManyThereAre) {
    Threads w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const std::string id = w.make(alice, w.member("bob"));
    presence::Batch batch;
    for (int i = 0; i < 1201; ++i) doors::add_leaving(batch, *w.room(id), alias_key("somebody" + std::to_string(i)), {1, 2, "topic"});
    w.journal.commit(std::move(batch), [](const auto& how) { EXPECT_TRUE(how); });
    w.finish();
    EXPECT_EQ(std::ranges::count_if(w.journal.records, is_of_leaving), 2 * 1201);
    (void)w.del(alice, id, "bob");
    (void)w.del(alice, id, "alice");
    ASSERT_EQ(w.room(id), nullptr);
    EXPECT_EQ(std::ranges::count_if(w.journal.records, is_of_leaving), 0);
}

TEST(MsnpThreads, WhoOnlySatThereOrIsInsideStillHasNotLeft) {
    Threads w;
    tests::MsnpClient bob;
    w.sign_on(bob, "bob");
    const std::string den = "/instmsg/rooms/den";
    ASSERT_TRUE(w.enter("ann", den));
    w.affiliate("ann", den, "bob", Affiliation::member);
    ASSERT_TRUE(w.enter("bob", den));
    w.affiliate("ann", den, "bob", Affiliation::none);
    EXPECT_EQ(w.recent("bob").find("lastleaveat"), std::string::npos) << "he is inside";
    w.affiliate("ann", den, "bob", Affiliation::member);
    w.affiliate("ann", den, "bob", Affiliation::outcast);
    EXPECT_NE(w.recent("bob").find("lastleaveat"), std::string::npos) << "banned is gone";
}

TEST(MsnpThreads, WhoBelongsToOneSpeaksThereHoweverManyAreInside) {
    Threads w;
    auto settings = w.keeping();
    settings.rooms.occupants = 2;
    w.service.change(settings);
    tests::MsnpClient alice, bob, carol;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    const std::string id = w.make(alice, w.member("bob") + w.member("carol") + w.member("cy"));
    ASSERT_EQ(w.room(id)->occupants().size(), 2U);
    w.sign_on(carol, "carol");
    EXPECT_EQ(w.speak(carol, id, "I am the third"), "said");
    EXPECT_TRUE(w.put(carol, id, w.topic("three of us")).find("<id>" + id) != std::string::npos);
    EXPECT_EQ(w.room(id)->config().subject, "three of us");
}

TEST(MsnpThreads, EachIsToldOfOnceAndNoMoreThanOneAnswerHolds) {
    Threads w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const std::string id = w.make(alice, w.member("bob"));
    std::string often;
    for (int i = 0; i < 499; ++i) often += w.thread(id, "");
    const auto count = [](const std::string& answer) {
        std::size_t told = 0;
        for (std::size_t at = answer.find("<thread><id>"); at != std::string::npos; at = answer.find("<thread><id>", at + 1)) ++told;
        return told;
    };
    EXPECT_EQ(count(w.ask(alice, "GET", "THREADS", "<threads>" + often + "</threads>")), 1U);

    constexpr std::size_t kRooms = 40, kMembers = 900;
    std::string all;
    for (std::size_t i = 0; i < kRooms; ++i) {
        presence::RoomEntry entry{"/instmsg/rooms/hall" + std::to_string(i), "test/alice"};
        entry.open = true;
        entry.config = presence::RoomConfig{};
        for (std::size_t m = 0; m < kMembers; ++m) {
            entry.members.push_back({alias_key("somebody" + std::to_string(m)), Affiliation::member, ""});
        }
        w.service.rooms().enter(w.who("alice"), std::move(entry), [](const auto& in) { EXPECT_TRUE(in && !in->refusal); });
        w.finish();
        all += w.thread(w.id_of("/instmsg/rooms/hall" + std::to_string(i)), "");
    }
    const std::string answer = w.ask(alice, "GET", "THREADS", "<threads>" + all + "</threads>");
    EXPECT_GT(answer.size(), 1U << 20);
    EXPECT_LT(answer.size(), (1U << 20) + 100'000);
    EXPECT_GT(count(answer), 10U);
    EXPECT_LT(count(answer), kRooms);
    EXPECT_TRUE(answer.ends_with("</thread></threads></threads-response>"));
}

TEST(MsnpThreads, WhatIsAskedOfThemHasToMakeSense) {
    Threads w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const std::string id = w.make(alice, w.member("bob"));
    EXPECT_TRUE(w.ask(alice, "PUT", "THREAD", "<threads/>").starts_with("240 "));
    EXPECT_TRUE(w.put(alice, id, w.members("<member><mri>bob</mri></member>")).starts_with("201 "));
    EXPECT_TRUE(w.put(alice, id, w.members("<member><mri>" + id + "</mri></member>")).starts_with("201 "));
    EXPECT_TRUE(w.put(alice, id, w.members(w.member("bob", "king"))).starts_with("201 "));
    EXPECT_TRUE(w.put(alice, id, w.topic(std::string(1001, 'x'))).starts_with("285 "));
    EXPECT_TRUE(w.ask(alice, "DEL", "THREAD", w.thread(id, "")).starts_with("201 "));
    std::string many;
    for (std::size_t i = 0; i <= doors::kMostThreadChanges; ++i) many += w.member("somebody" + std::to_string(i));
    EXPECT_TRUE(w.put(alice, id, w.members(many)).starts_with("285 "));
    EXPECT_EQ(w.people(alice, id), "bob user, alice admin");
    EXPECT_EQ(w.del(alice, id, "carol"), "") << "she is not in it";

    w.journal.fail_with(base::Error{base::Errc::no_space, "the disk is full"});
    EXPECT_TRUE(w.put(alice, id, w.members(w.member("carol"))).starts_with("600 "));
    EXPECT_TRUE(w.ask(alice, "PUT", "THREAD", w.thread("", w.members(w.member("bob")))).starts_with("600 "));
    w.journal.fail_with(std::nullopt);
    EXPECT_EQ(w.people(alice, id), "bob user, alice admin");

    auto settings = w.keeping();
    settings.rooms.per_principal = 1;
    w.service.change(settings);
    EXPECT_TRUE(w.ask(alice, "PUT", "THREAD", w.thread("", w.members(w.member("bob")))).starts_with("800 "));
}

}  // namespace
