// tests/doors/msnp_endpoint_test.cc: what is told to a client of MSNP24, and when it is answered.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 4 to 6
#include "doors/msnp_endpoint.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/doors/msnp_world.h"

namespace {

using namespace std::chrono_literals;
using Heads = std::vector<std::string>;

TEST(MsnpEndpoint, LettersArriveHoweverManyHaveWaited) {
    tests::MsnpWorld w;
    tests::MsnpClient alice, bob;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    constexpr std::size_t kLetters = 20, kBytes = 40'000;
    static_assert(kLetters * kBytes > 3 * doors::kMsnpBehind);
    alice.behind = doors::kMsnpBehind + 1;
    for (std::size_t i = 0; i < kLetters; ++i) {
        w.say(bob, "SDG", 5, "MSGR", w.words("alice", std::to_string(i) + " " + std::string(kBytes, 'x')));
    }
    EXPECT_EQ(bob.heads(), Heads(kLetters, "SDG 5 MSGR"));
    EXPECT_EQ(alice.heads(), Heads());
    alice.behind = 0;
    alice.line->drained();
    w.finish();
    const auto told = alice.take();
    ASSERT_EQ(told.size(), kLetters);
    for (std::size_t i = 0; i < kLetters; ++i) {
        EXPECT_NE(told[i].payload.find("\r\n\r\n" + std::to_string(i) + " xxx"), std::string::npos) << i;
    }
}

presence::Settings keeping_little() {
    auto settings = tests::MsnpWorld::keeping();
    settings.archive = true;
    settings.keep.bytes = 200'000;
    return settings;
}

TEST(MsnpEndpoint, OneThatTakesNothingIsInNobodyElsesWay) {
    tests::MsnpWorld w;
    w.service.change(keeping_little());
    tests::MsnpClient alice, desk, phone;
    w.sign_on(alice, "alice");
    w.sign_on(desk, "bob");
    w.sign_on(phone, "bob");
    desk.behind = doors::kMsnpBehind + 1;
    constexpr std::size_t kWords = 20;
    for (std::size_t i = 0; i < kWords; ++i) {
        w.say(alice, "SDG", 5, "MSGR", w.words("bob", std::to_string(i) + " " + std::string(40'000, 'x')));
        const auto told = phone.take();
        ASSERT_EQ(told.size(), 1U) << i;
        EXPECT_NE(told[0].payload.find("\r\n\r\n" + std::to_string(i) + " xxx"), std::string::npos);
    }
    EXPECT_EQ(alice.heads(), Heads(kWords, "SDG 5 MSGR"));
    EXPECT_EQ(desk.heads(), Heads());
    EXPECT_EQ(w.journal.messages.size(), kWords) << "where the other finds them";

    phone.behind = doors::kMsnpBehind + 1;
    w.say(alice, "SDG", 6, "MSGR", w.words("bob", std::string(40'000, 'x')));
    EXPECT_EQ(alice.heads(), Heads()) << "one of them may still take it";
    w.pass(presence::kAckTime);
    const auto refused = alice.take();
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].command, "800");
    EXPECT_NE(refused[0].payload.find("As much waits for him as may."), std::string::npos) << refused[0].payload;
    EXPECT_EQ(w.journal.messages.size(), kWords);
    desk.behind = phone.behind = 0;
    desk.line->drained();
    phone.line->drained();
    w.finish();
    w.say(alice, "SDG", 7, "MSGR", w.words("bob", std::string(40'000, 'x')));
    EXPECT_EQ(alice.heads(), Heads{"SDG 7 MSGR"});
}

TEST(MsnpEndpoint, WhereAllTakeNothingItsSenderIsToldWhy) {
    tests::MsnpWorld w;
    w.service.change(keeping_little());
    tests::MsnpClient alice, bob;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    bob.behind = doors::kMsnpBehind + 1;
    for (std::size_t i = 0; i < 4; ++i) w.say(alice, "SDG", 5, "MSGR", w.words("bob", std::string(40'000, 'x')));
    EXPECT_EQ(alice.heads(), Heads(4, "SDG 5 MSGR"));
    w.say(alice, "SDG", 6, "MSGR", w.words("bob", std::string(40'000, 'x')));
    const auto refused = alice.take();
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].command, "800");
    EXPECT_NE(refused[0].payload.find("As much waits for him as may."), std::string::npos) << refused[0].payload;
    auto rejecting = keeping_little();
    rejecting.keep.offline = presence::Offline::reject;
    w.service.change(rejecting);
    w.say(alice, "SDG", 7, "MSGR", w.words("carol", "x"));
    EXPECT_EQ(alice.heads(), Heads{"205 7 MSGR"});
}

constexpr const char* kDesk = "5c1e0a52-0000-4000-8000-00000000de51";
constexpr const char* kPhone = "5c1e0a52-0000-4000-8000-000000000f0e";

std::string bob_at(const char* endpoint) { return "8:bob;epid={" + std::string(endpoint) + "}"; }

TEST(MsnpEndpoint, WhoTypesIsSeenAtTheEndpointWhereHeTypesAndWhenHeStops) {
    tests::MsnpWorld w;
    tests::MsnpClient alice, desk, phone;
    w.sign_on(alice, "alice");
    w.sign_on(desk, "bob", kDesk);
    w.sign_on(phone, "bob", kPhone);
    w.say(desk, "SDG", 5, "MSGR", w.note("8:alice", "Control/ClearTyping"));
    EXPECT_EQ(w.notes(alice), Heads()) << "he did not type";
    w.say(desk, "SDG", 6, "MSGR", w.note("8:alice", "Control/Typing"));
    EXPECT_EQ(w.notes(alice), Heads{"Control/Typing " + bob_at(kDesk) + " to 8:alice: "});
    w.say(desk, "SDG", 7, "MSGR", w.note("8:alice", "Control/ClearTyping"));
    EXPECT_EQ(w.notes(alice), Heads{"Control/ClearTyping " + bob_at(kDesk) + " to 8:alice: "});
    w.say(desk, "SDG", 8, "MSGR", w.note("8:alice", "Control/ClearTyping"));
    w.say(phone, "SDG", 9, "MSGR", w.note("8:alice", "control/typing"));
    w.say(phone, "SDG", 10, "MSGR", w.words("alice", "done"));
    w.say(phone, "SDG", 11, "MSGR", w.note("8:alice", "Control/ClearTyping"));
    EXPECT_EQ(w.notes(alice), (Heads{"Control/Typing " + bob_at(kPhone) + " to 8:alice: ", "Text " + bob_at(kPhone) + " to 8:alice: done"}))
        << "once each, and words end it";
    w.say(alice, "PUT", 12, "MSGR\\CONTACTS", w.listed("bob", 4));
    w.say(desk, "SDG", 13, "MSGR", w.note("8:alice", "Control/Typing"));
    w.say(desk, "SDG", 14, "MSGR", w.note("8:alice", "Control/ClearTyping"));
    w.say(desk, "SDG", 15, "MSGR", w.note("8:nobody", "Control/ClearTyping"));
    EXPECT_EQ(w.notes(alice), Heads()) << "she shuts him out";
    for (const std::string& head : desk.heads()) EXPECT_TRUE(head.starts_with("SDG ")) << head;
}

TEST(MsnpEndpoint, ASignalIsForHisOtherEndpoints) {
    tests::MsnpWorld w;
    tests::MsnpClient alice, desk, phone;
    w.sign_on(alice, "alice");
    w.sign_on(desk, "bob", kDesk);
    w.sign_on(phone, "bob", kPhone);
    w.say(desk, "SDG", 5, "MSGR", w.note("8:alice", "Signal/CloseIMWindow", "8:bob/8:alice"));
    EXPECT_EQ(desk.heads(), Heads{"SDG 5 MSGR"});
    EXPECT_EQ(w.notes(phone), Heads{"Signal/CloseIMWindow " + bob_at(kDesk) + " to 8:bob: 8:bob/8:alice"});
    w.say(desk, "SDG", 6, "MSGR", w.note("8:bob", "Signal/CloseIMWindow", std::string(1025, 'x')));
    w.say(desk, "SDG", 7, "MSGR", w.note("8:bob", "Signal/CloseIMWindow", "\xff"));
    w.say(desk, "SDG", 8, "MSGR", w.note("8:alice", "Control/Something", "x"));
    EXPECT_EQ(desk.heads(), (Heads{"SDG 6 MSGR", "SDG 7 MSGR", "SDG 8 MSGR"}));
    EXPECT_EQ(w.notes(phone), Heads());
    EXPECT_EQ(alice.heads(), Heads());
    EXPECT_TRUE(w.journal.messages.empty()) << "it is kept nowhere";
}

/// `count` names from `first` on; the last is blocked.
std::string uploaded(std::size_t first, std::size_t count) {
    std::string list = "\r\n<ml l=\"1\"><skp>";
    for (std::size_t i = first; i < first + count; ++i) {
        const char* lists = i + 1 == first + count ? "4" : "3";
        list += "<c n=\"friend" + std::to_string(i) + "\" t=\"8\"><s l=\"" + lists + "\" n=\"IM\"/></c>";
    }
    return list + "</skp></ml>";
}

TEST(MsnpEndpoint, AListThatIsUploadedIsTakenAsFarAsThereIsRoom) {
    tests::MsnpWorld w;
    auto settings = w.keeping();
    settings.contacts_per_account = 100;
    w.service.change(settings);
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    w.say(alice, "PUT", 5, "MSGR\\CONTACTS", w.listed("bob", 1));
    w.say(alice, "PUT", 6, "MSGR\\CONTACTS", uploaded(0, 10'000));
    EXPECT_EQ(alice.heads(), (Heads{"PUT 5 MSGR", "PUT 6 MSGR"}));
    EXPECT_EQ(w.service.contacts("/instmsg/aliases/alice")->size(), 100U);
    EXPECT_TRUE(w.contact("alice", "bob"));
    EXPECT_TRUE(w.contact("alice", "friend0"));
    EXPECT_TRUE(w.contact("alice", "friend97"));
    EXPECT_FALSE(w.contact("alice", "friend98"));
    ASSERT_TRUE(w.contact("alice", "friend9999")) << "whom she blocks comes first";
    EXPECT_TRUE(w.contact("alice", "friend9999")->blocked);
    w.say(alice, "PUT", 7, "MSGR\\CONTACTS", w.listed("friend0", 4));
    w.say(alice, "PUT", 8, "MSGR\\CONTACTS", w.listed("friend500", 1));
    EXPECT_TRUE(w.contact("alice", "friend0")->blocked) << "who is in it takes no more room";
    EXPECT_FALSE(w.contact("alice", "friend500"));
    w.say(alice, "DEL", 9, "MSGR\\CONTACTS", uploaded(0, 9'999));
    EXPECT_EQ(w.service.contacts("/instmsg/aliases/alice")->size(), 2U);
    EXPECT_EQ(alice.heads(), (Heads{"PUT 7 MSGR", "PUT 8 MSGR", "DEL 9 MSGR"}));
}

TEST(MsnpEndpoint, AListThatIsTooLongIsAnsweredSoAndNotTaken) {
    tests::MsnpWorld w;
    doors::MsnpSettings bounded;
    bounded.contacts_per_packet = 50;
    bounded.bounds.elements = 20;
    w.msnp.change(bounded);
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    w.say(alice, "PUT", 5, "MSGR\\CONTACTS", uploaded(0, 50));
    w.say(alice, "PUT", 6, "MSGR\\CONTACTS", uploaded(100, 51));
    w.say(alice, "PUT", 7, "MSGR\\CONTACTS", uploaded(100, 500));
    w.say(alice, "PUT", 8, "MSGR\\SUBSCRIPTIONS", "\r\n" + uploaded(100, 50));
    EXPECT_EQ(alice.heads(), (Heads{"PUT 5 MSGR", "241 6 MSGR", "241 7 MSGR", "241 8 MSGR"}));
    EXPECT_EQ(w.service.contacts("/instmsg/aliases/alice")->size(), 50U);
}

TEST(MsnpEndpoint, AContactIsGoneOnceThatIsOnDisk) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    w.say(alice, "PUT", 5, "MSGR\\CONTACTS", w.listed("bob", 1));
    w.say(alice, "PUT", 6, "MSGR\\CONTACTS", w.listed("carol", 1));
    EXPECT_EQ(alice.heads(), (Heads{"PUT 5 MSGR", "PUT 6 MSGR"}));

    w.begin(alice, "DEL", 7, "MSGR\\CONTACTS", w.listed("bob", 1));
    w.run_later();
    EXPECT_EQ(alice.heads(), Heads());
    w.finish();
    EXPECT_EQ(alice.heads(), Heads{"DEL 7 MSGR"});
    EXPECT_FALSE(w.contact("alice", "bob"));

    w.journal.fail_with(base::Error{base::Errc::no_space, "the disk is full"});
    w.say(alice, "DEL", 8, "MSGR\\CONTACTS", w.listed("carol", 1));
    const auto told = alice.take();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].command, "600");
    EXPECT_EQ(told[0].trid, 8U);
    EXPECT_EQ(told[0].payload.find("disk"), std::string::npos);
    EXPECT_TRUE(w.contact("alice", "carol"));
    w.journal.fail_with(std::nullopt);

    w.say(alice, "DEL", 9, "MSGR\\CONTACTS", w.listed("nobody", 1));  // is the list's own affair
    EXPECT_EQ(alice.heads(), Heads{"DEL 9 MSGR"});
}

TEST(MsnpEndpoint, ABlockIsLiftedOnceThatIsOnDiskAndAddsNobody) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    w.say(alice, "PUT", 5, "MSGR\\CONTACTS", w.listed("bob", 4));
    ASSERT_TRUE(w.contact("alice", "bob") && w.contact("alice", "bob")->blocked);
    w.journal.fail_with(base::Error{base::Errc::no_space, "the disk is full"});
    w.say(alice, "DEL", 6, "MSGR\\CONTACTS", w.listed("bob", 4));
    w.journal.fail_with(std::nullopt);
    EXPECT_TRUE(w.contact("alice", "bob")->blocked);
    w.say(alice, "DEL", 7, "MSGR\\CONTACTS", w.listed("bob", 4));
    EXPECT_FALSE(w.contact("alice", "bob")->blocked);
    w.say(alice, "DEL", 8, "MSGR\\CONTACTS", w.listed("carol", 4));
    EXPECT_FALSE(w.contact("alice", "carol"));
    EXPECT_EQ(alice.heads(), (Heads{"PUT 5 MSGR", "600 6 MSGR", "DEL 7 MSGR", "DEL 8 MSGR"}));
}

TEST(MsnpEndpoint, ANameIsAnsweredOnceItIsOnDisk) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const auto named = [&w](const std::string& name) {
        return w.published("<s n=\"PE\"><FriendlyName>" + name + "</FriendlyName></s><s n=\"IM\"><Status>BSY</Status></s>");
    };
    w.begin(alice, "PUT", 5, "MSGR\\PRESENCE", named("Alice A."));
    w.run_later();
    EXPECT_EQ(alice.heads(), Heads());
    w.finish();
    EXPECT_EQ(alice.heads(), Heads{"PUT 5 MSGR"});
    EXPECT_EQ(w.service.nodes().find("/instmsg/aliases/alice")->displayname(), "Alice A.");
    EXPECT_EQ(w.state_of("alice"), "busy");

    w.journal.fail_with(base::Error{base::Errc::no_space, "the disk is full"});
    w.say(alice, "PUT", 6, "MSGR\\PRESENCE", named("Alice B."));
    w.journal.fail_with(std::nullopt);
    EXPECT_EQ(alice.heads(), Heads{"600 6 MSGR"});
    EXPECT_EQ(w.service.nodes().find("/instmsg/aliases/alice")->displayname(), "Alice A.");

    w.say(alice, "PUT", 7, "MSGR\\PRESENCE", w.published("<s n=\"PE\"><FriendlyName>C</FriendlyName></s><s n=\"IM\"><Status>XYZ</Status></s>"));
    EXPECT_EQ(alice.heads(), Heads{"201 7 MSGR"});
    EXPECT_EQ(w.service.nodes().find("/instmsg/aliases/alice")->displayname(), "Alice A.");
}

/// The bodies of what he was told of others.
std::vector<std::string> notices(tests::MsnpClient& client) {
    std::vector<std::string> bodies;
    for (const doors::MsnpFrame& frame : client.take()) {
        if (frame.command == "NFY") bodies.push_back(frame.payload.substr(frame.payload.find("<user>")));
    }
    return bodies;
}

TEST(MsnpEndpoint, AMoodIsAPropertyForAllDoors) {
    tests::MsnpWorld w;
    tests::MsnpClient alice, bob;
    w.sign_on(alice, "alice");
    w.sign_on(bob, "bob");
    w.watch(bob, "alice");
    bob.take();

    w.say(alice, "PUT", 5, "MSGR\\PRESENCE", w.published("<s n=\"SKP\"><Mood>&lt;b&gt;tea&lt;/b&gt; &amp;amp; cake</Mood></s>"));
    EXPECT_EQ(w.text_of("alice"), "tea & cake");
    EXPECT_EQ(w.state_of("alice"), "online") << "which was not spoken of";
    EXPECT_EQ(notices(bob), Heads{"<user><s n=\"IM\"><Status>NLN</Status></s><s n=\"SKP\"><Mood>tea &amp;amp; cake</Mood></s></user>"});

    w.say(alice, "PUT", 6, "MSGR\\PRESENCE", w.published("<s n=\"IM\"><Status>BSY</Status></s>"));
    EXPECT_EQ(w.text_of("alice"), "tea & cake") << "what is not said stays";
    EXPECT_EQ(notices(bob), Heads{"<user><s n=\"IM\"><Status>BSY</Status></s><s n=\"SKP\"><Mood>tea &amp;amp; cake</Mood></s></user>"});

    w.say(alice, "PUT", 7, "MSGR\\PRESENCE", w.published("<s n=\"PE\"><PSM>a &lt; b</PSM></s>"));
    EXPECT_EQ(w.text_of("alice"), "a < b") << "no markup here";
    EXPECT_EQ(notices(bob), Heads{"<user><s n=\"IM\"><Status>BSY</Status></s><s n=\"SKP\"><Mood>a &amp;lt; b</Mood></s></user>"});

    w.say(alice, "PUT", 8, "MSGR\\PRESENCE", w.published("<s n=\"SKP\"><Mood/></s>"));
    EXPECT_EQ(w.text_of("alice"), "");
    EXPECT_EQ(notices(bob), Heads{"<user><s n=\"IM\"><Status>BSY</Status></s><s n=\"SKP\"><Mood></Mood></s></user>"});

    w.say(alice, "PUT", 9, "MSGR\\PRESENCE", w.published("<s n=\"IM\"><Status>NLN</Status></s>"));
    EXPECT_EQ(notices(bob), Heads{"<user><s n=\"IM\"><Status>NLN</Status></s></user>"});
    EXPECT_EQ(alice.heads(), (Heads{"PUT 5 MSGR", "PUT 6 MSGR", "PUT 7 MSGR", "PUT 8 MSGR", "PUT 9 MSGR"}));
}

TEST(MsnpEndpoint, HeIsToldWhatIsWrittenThroughAnotherDoorAndNotWhatHeWrote) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    w.say(alice, "PUT", 5, "MSGR\\PRESENCE", w.published("<s n=\"SKP\"><Mood>here</Mood></s>"));
    EXPECT_EQ(alice.heads(), Heads{"PUT 5 MSGR"});
    const auto write = [&w](std::optional<presence::PropValue> value) {
        w.service.patch(w.who("alice"), {w.alias("alice"), {presence::PropPatch{presence::prop_status_text(), std::move(value), {}, {}}}},
                        [](const auto& granted) { EXPECT_TRUE(granted); });
        w.finish();
    };
    write(presence::Text{"<there>"});
    EXPECT_EQ(notices(alice), Heads{"<user><s n=\"IM\"><Status>NLN</Status></s><s n=\"SKP\"><Mood>&amp;lt;there&amp;gt;</Mood></s></user>"});
    write(std::nullopt);
    EXPECT_EQ(notices(alice), Heads{"<user><s n=\"IM\"><Status>NLN</Status></s><s n=\"SKP\"><Mood></Mood></s></user>"});
}

TEST(MsnpEndpoint, AMoodShowsNobodyWhoHides) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    w.say(alice, "PUT", 5, "MSGR\\PRESENCE", w.published("<s n=\"IM\"><Status>HDN</Status></s><s n=\"SKP\"><Mood>here</Mood></s>"));
    EXPECT_EQ(w.text_of("alice"), "");
    w.say(alice, "PUT", 6, "MSGR\\PRESENCE", w.published("<s n=\"SKP\"><Mood>still here</Mood></s>"));
    EXPECT_EQ(w.text_of("alice"), "");
    w.say(alice, "PUT", 7, "MSGR\\PRESENCE", w.published("<s n=\"IM\"><Status>AWY</Status></s>"));
    EXPECT_EQ(w.text_of("alice"), "still here");
    EXPECT_EQ(alice.heads(), (Heads{"PUT 5 MSGR", "PUT 6 MSGR", "PUT 7 MSGR"}));
}

TEST(MsnpEndpoint, OfALongMoodTheBeginningIsTaken) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const std::string long_one = std::string(1023, 'x') + "\u00e4\u00e4";
    w.say(alice, "PUT", 5, "MSGR\\PRESENCE", w.published("<s n=\"SKP\"><Mood>" + long_one + "</Mood></s>"));
    EXPECT_EQ(w.text_of("alice"), std::string(1023, 'x'));
    EXPECT_EQ(alice.heads(), Heads{"PUT 5 MSGR"});
}

TEST(MsnpEndpoint, WhomHeListsAsAllowedIsAnswered) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    const auto ask = [&w](const std::string& who) {
        w.service.ask(w.alias(who), {"/instmsg/aliases/alice"}, [](const base::Result<presence::RosterEntry>& how) { EXPECT_TRUE(how); });
        w.finish();
    };
    const auto seen = [&w](const std::string& who) {
        const auto entry = w.service.roster_entry("/instmsg/aliases/alice", "/instmsg/aliases/" + who);
        return entry && entry->seen;
    };
    ask("bob");
    ask("carol");
    w.say(alice, "PUT", 5, "MSGR\\CONTACTS", w.listed("bob", 1));
    w.say(alice, "PUT", 6, "MSGR\\CONTACTS", w.listed("carol", 6));
    EXPECT_EQ(w.service.asks("/instmsg/aliases/alice").size(), 2U) << "nobody was answered yet";
    w.begin(alice, "PUT", 7, "MSGR\\CONTACTS", w.listed("bob", 3));
    w.run_later();
    EXPECT_EQ(alice.heads(), (Heads{"PUT 5 MSGR", "PUT 6 MSGR"})) << "not before it is on disk";
    w.finish();
    EXPECT_TRUE(seen("bob"));
    EXPECT_FALSE(seen("carol"));
    w.say(alice, "PUT", 8, "MSGR\\CONTACTS", w.listed("dora", 3));
    EXPECT_FALSE(seen("dora")) << "who asks nothing is as before";
    EXPECT_EQ(alice.heads(), (Heads{"PUT 7 MSGR", "PUT 8 MSGR"}));
}

TEST(MsnpEndpoint, StaysAsLongAsTheClientSaysAnythingInFiveMinutes) {
    tests::MsnpWorld w;
    tests::MsnpClient alice;
    w.sign_on(alice, "alice");
    for (unsigned i = 0; i < 3; ++i) {
        w.pass(9s);  // so soon after the last no lease is renewed
        w.say(alice, "PNG", 10 + i, "CON", "");
        w.pass(4min + 59s);
        EXPECT_FALSE(alice.closed) << i;
        EXPECT_EQ(w.state_of("alice"), "online") << i;
        w.say(alice, "PNG", 20 + i, "CON", "");
    }
    for (unsigned i = 0; i < 60; ++i) {
        w.pass(20s);
        w.say(alice, "PNG", 30 + i, "CON", "");
    }
    EXPECT_EQ(w.state_of("alice"), "online");
    w.pass(5min + 1s);
    EXPECT_TRUE(alice.closed);
}

}  // namespace
