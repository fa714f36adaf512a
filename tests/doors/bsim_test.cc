// tests/doors/bsim_test.cc: what clients of BSIMService are told, and when.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 4 to 7
#include "tests/doors/bsim_world.h"

using namespace std::chrono_literals;
using tests::BsimWorld;
using tests::has;

namespace {

TEST(Bsim, SigningInTellsListsAndWhoIsThere) {
    BsimWorld world;
    world.put_contact("alice", {"/instmsg/aliases/bob", "Bobby", std::vector<std::string>{"Work", "Chess"}, {}});
    world.put_contact("alice", {"/instmsg/aliases/carol", {}, std::vector<std::string>{"Chess"}, true});
    world.put_contact("alice", {"dan@elsewhere.org", {}, {}, {}});
    world.set_state("bob", "at-lunch");
    world.set_state("carol", "online");
    const std::string id = world.sign_in("alice");
    const std::string events = world.poll(id);
    EXPECT_TRUE(has(events, "<OnLogin datetime=\"2001-09-09 01:46:40\"/>")) << events;
    EXPECT_EQ(BsimWorld::content(events, "OnReceiveGroups").size() > 0, true);
    EXPECT_TRUE(has(events, "<Name>Work</Name>") && has(events, "<Name>Chess</Name>"));
    const std::string buddies = BsimWorld::content(events, "OnReceiveBuddies");
    EXPECT_TRUE(has(buddies, "<Account>bob@example.com</Account><Nickname>Bobby</Nickname>"));
    EXPECT_TRUE(has(buddies, "<Account>dan@elsewhere.org</Account><Nickname>dan%40elsewhere%2Eorg</Nickname><GroupId/>"));
    EXPECT_FALSE(has(buddies, "<Status>LUN"));  // who is there is told behind it
    EXPECT_TRUE(has(buddies, "<Blocked>1</Blocked>"));
    const std::string there = BsimWorld::content(events, "OnBuddyStatusChanged");
    EXPECT_TRUE(has(there, "bob@example.com") && has(there, "<Status>LUN</Status>"));
    EXPECT_FALSE(has(there, "carol"));  // blocked
    EXPECT_EQ(world.state_of("alice"), "online");
    EXPECT_EQ(world.poll(id), "");
}

TEST(Bsim, GroupsAndBuddiesKeepTheirIds) {
    BsimWorld world;
    world.put_contact("alice", {"/instmsg/aliases/bob", {}, std::vector<std::string>{"Work"}, {}});
    const std::string one = world.poll(world.sign_in("alice"));
    const std::string two = world.poll(world.sign_in("alice"));
    EXPECT_FALSE(BsimWorld::content(one, "OnReceiveGroups").empty());
    EXPECT_EQ(BsimWorld::content(one, "OnReceiveGroups"), BsimWorld::content(two, "OnReceiveGroups"));
    EXPECT_EQ(BsimWorld::content(one, "OnReceiveBuddies"), BsimWorld::content(two, "OnReceiveBuddies"));
}

TEST(Bsim, WhatWasNotReadIsToldAgain) {
    BsimWorld world;
    const std::string a = world.sign_in("alice"), b = world.sign_in("bob");
    EXPECT_TRUE(has(world.poll(a, false), "OnLog"));
    const std::string again = world.poll(a);
    EXPECT_TRUE(has(again, "OnLogin") && has(again, "OnStatusChanged") && has(again, "OnReceiveBuddies"));
    EXPECT_FALSE(has(again, "<OnLog>"));  // progress is not
    (void)world.poll(b);
    world.say(a, "alice", "bob@example.com", "one");
    EXPECT_TRUE(has(world.poll(b, false), ">one<"));
    world.say(a, "alice", "bob@example.com", "two");
    const std::string both = BsimWorld::content(world.poll(b), "OnMessage");
    EXPECT_EQ(both, "<Message from=\"alice@example.com\">one</Message><Message from=\"alice@example.com\">two</Message>");
    EXPECT_EQ(world.poll(b), "");
}

TEST(Bsim, TwoPollsAtOnceShareWhatThereIs) {
    BsimWorld world;
    const std::string a = world.sign_in("alice"), b = world.sign_in("bob");
    (void)world.poll(b);
    world.say(a, "alice", "bob", "one");
    auto first = world.call(b, "KeepSessionAlive");
    auto second = world.call(b, "KeepSessionAlive");
    EXPECT_TRUE(has(first.body, ">one<"));
    EXPECT_FALSE(has(second.body, "OnMessage"));
    second.written(true);
    first.written(false);
    EXPECT_TRUE(has(world.poll(b), ">one<"));
}

TEST(Bsim, MessagesForWhoIsAwayComeTogetherAndInOrder) {
    BsimWorld world;
    const std::string a = world.sign_in("alice");
    for (int i = 0; i < 100; ++i) world.say(a, "alice", "bob", "m" + std::to_string(i));
    EXPECT_FALSE(has(world.poll(a), "OnError"));
    const std::string b = world.sign_in("bob");
    std::string all;
    for (int polls = 0; polls < 2; ++polls) all += BsimWorld::content(world.poll(b), "OnOfflineMessage");
    std::size_t at = 0;
    for (int i = 0; i < 100; ++i) {
        at = all.find(">m" + std::to_string(i) + "<", at);
        ASSERT_NE(at, std::string::npos) << i;
    }
    EXPECT_EQ(world.service.history().size(), 0U);
    world.say(a, "alice", "bob", "now");
    EXPECT_TRUE(has(BsimWorld::content(world.poll(b), "OnMessage"), "now"));
}

TEST(Bsim, WhatNobodyReadComesToTheNextSession) {
    BsimWorld world;
    const std::string a = world.sign_in("alice"), b = world.sign_in("bob");
    (void)world.poll(b);
    world.say(a, "alice", "bob", "one");
    world.say(a, "alice", "bob", "two");
    (void)world.call(b, "KeepSessionAlive").written(false);
    for (int i = 0; i < 4; ++i) {  // only alice goes on
        world.pass(31s);
        (void)world.poll(a);
    }
    EXPECT_EQ(world.poll(b), "fault Server was unable to process request. ---&gt; Invalid session");
    world.pass(6s);
    EXPECT_EQ(world.state_of("bob"), "offline");
    const std::string events = world.poll(world.sign_in("bob"));
    EXPECT_TRUE(has(events, ">one</Message><Message from=\"alice@example.com\">two<")) << events;
}

TEST(Bsim, ASessionThatIsPolledStaysAndKeepsTheStateOfOthers) {
    BsimWorld world;
    const std::string a = world.sign_in("alice");
    (void)world.poll(a);
    world.set_state("alice", "busy");  // through another door
    EXPECT_EQ(world.poll(a), "<OnStatusChanged>BSY</OnStatusChanged>");
    for (int i = 0; i < 100; ++i) {
        world.pass(60s);
        EXPECT_EQ(world.poll(a), "");
        EXPECT_EQ(world.state_of("alice"), "busy");
    }
}

TEST(Bsim, APollRenewsTheLogOnAndNotEveryWatch) {
    BsimWorld world;
    world.put_contact("alice", {"/instmsg/aliases/bob", {}, {}, {}});
    const std::string a = world.sign_in("alice");
    const auto watch_of_bob = [&]() -> const presence::Subscription& {
        return *world.service.nodes().find("/instmsg/aliases/bob")->watchers.begin();
    };
    const auto log_on = [&]() -> const presence::Subscription& {
        return *world.service.nodes().find("/instmsg/aliases/alice")->sinks.begin();
    };
    const auto watched_until = watch_of_bob().lease_end(), there_until = log_on().lease_end();
    for (int i = 0; i < 30; ++i) {
        world.pass(20s);
        (void)world.poll(a);
    }
    EXPECT_EQ(watch_of_bob().lease_end(), watched_until);
    EXPECT_GT(log_on().lease_end(), there_until);
}

TEST(Bsim, WhoIsThereAlreadyIsToldSo) {
    BsimWorld world;
    (void)world.sign_in("alice");
    world.set_state("alice", "busy");
    const std::string second = world.sign_in("alice");
    EXPECT_TRUE(has(world.poll(second), "<OnStatusChanged>NLN</OnStatusChanged>")) << "what this log-on set";
    const std::string third = world.sign_in("alice");
    EXPECT_TRUE(has(world.poll(third), "<OnStatusChanged>NLN</OnStatusChanged>")) << "though nothing changed by it";
}

TEST(Bsim, ThereIsOneElementForEachAccount) {
    BsimWorld world;
    const std::string id = world.sign_in("alice");
    (void)world.poll(id);
    EXPECT_EQ(world.call(id, "LoginIM", BsimWorld::account("alice") + BsimWorld::element("password", "no")).status, 200);
    const auto answer = world.call(id, "KeepSessionAlive");
    EXPECT_EQ(answer.body.find("<IM "), answer.body.rfind("<IM ")) << answer.body;
    EXPECT_TRUE(has(answer.body, "<OnError><item>Invalid account or password</item></OnError>"));
    EXPECT_EQ(world.state_of("alice"), "online") << "who is signed in stays so";
}

TEST(Bsim, WhosePasswordChangedHearsOfItHoweverManyCallsCameBefore) {
    BsimWorld world;
    const std::string id = world.sign_in("alice");
    (void)world.poll(id);
    world.gate.stamps["alice"] = 2;
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(world.call(id, "SendMessage", BsimWorld::account("alice") + BsimWorld::element("toAccount", "bob") + BsimWorld::element("message", "x")).status, 500);
    }
    EXPECT_TRUE(has(world.poll(id), "<OnLogout"));
    EXPECT_TRUE(world.poll(id).starts_with("fault "));
}

TEST(Bsim, WhoSignedInMayActAtOnce) {
    BsimWorld world;
    const std::string id = world.login("alice");
    const std::string who = BsimWorld::session(id) + BsimWorld::account("alice");
    const auto signing_in = world.begin("LoginIM", who + BsimWorld::element("password", "pw"));
    EXPECT_FALSE(signing_in->has_value()) << "not before he is";
    world.finish();
    ASSERT_TRUE(signing_in->has_value());
    EXPECT_EQ((*signing_in)->status, 200);
    EXPECT_EQ(world.call(id, "SendMessage", BsimWorld::account("alice") + BsimWorld::element("toAccount", "bob") + BsimWorld::element("message", "x")).status, 200);
}

TEST(Bsim, WhoeverReadsTheEventsInOrderHasTheRightList) {
    BsimWorld world;
    const std::string id = world.sign_in("alice");
    (void)world.poll(id);
    const auto act = [&](const std::string& method, const std::string& whom) {
        EXPECT_EQ(world.call(id, method, BsimWorld::account("alice") + BsimWorld::element("buddyAccount", whom)).status, 200);
    };
    act("AddBuddy", "carol");
    act("DeleteBuddy", "carol");
    EXPECT_EQ(world.poll(id), "<OnDeleteBuddy account=\"carol@example.com\"/>");
    act("AddBuddy", "carol");
    (void)world.poll(id);
    act("DeleteBuddy", "carol");
    act("AddBuddy", "carol");
    act("DeleteBuddy", "carol");
    act("AddBuddy", "carol");
    const std::string back = world.poll(id);
    EXPECT_TRUE(back.starts_with("<OnDeleteBuddy account=\"carol@example.com\"/><OnAddBuddy><Buddy><Account>carol@example.com</Account>")) << back;
    EXPECT_EQ(back.find("<Buddy>"), back.rfind("<Buddy>")) << back;
}

TEST(Bsim, WhoIsNewIsToldAsHeIsNow) {
    BsimWorld world;
    const std::string id = world.sign_in("alice");
    (void)world.poll(id);
    world.set_state("bob", "online");
    world.service.put_contact(world.alias("alice"), {.account = "/instmsg/aliases/bob", .groups = std::vector<std::string>{"Work"}}, [](const auto& put) { EXPECT_TRUE(put); });
    world.finish();
    world.set_state("bob", "away");
    world.finish();
    const std::string told = world.poll(id, false);
    EXPECT_TRUE(has(BsimWorld::content(told, "OnReceiveGroups"), "<Name>Work</Name>")) << "his group is new, too: " << told;
    EXPECT_TRUE(has(BsimWorld::content(told, "OnAddBuddy"), "<Status>AWY</Status>")) << told;
    EXPECT_EQ(world.poll(id), told) << "the first answer was lost";
    EXPECT_EQ(world.poll(id), "");
}

TEST(Bsim, WhatIsSaidToManyNamesThePlace) {
    BsimWorld world;
    const std::string id = world.sign_in("alice");
    (void)world.poll(id);
    presence::Message message = *BsimWorld::compose("hello", "");
    message.from = {"http://im.example.com/instmsg/aliases/bob", "bob"};
    message.to = {{{"http://im.example.com/groups/friends", "friends"}}};
    world.service.notify(world.who("bob"), {world.alias("alice"), std::move(message), presence::AckType::single_hop, 1}, [](const auto& how) { EXPECT_TRUE(how); });
    world.finish();
    EXPECT_EQ(BsimWorld::content(world.poll(id), "OnMessage"), "<Message from=\"bob@example.com\">%5Bfriends%5D%20hello</Message>");
}

TEST(Bsim, StatusIsToldEvenIfItIsTheSame) {
    BsimWorld world;
    const std::string a = world.sign_in("alice");
    (void)world.poll(a);
    const auto set = [&](const std::string& code) {
        EXPECT_EQ(world.call(a, "ChangeStatus", "<IMType>msn</IMType><IMAccount>alice</IMAccount><Status> " + code + " </Status>").status, 200);
        return world.poll(a);
    };
    EXPECT_EQ(set("NLN"), "<OnStatusChanged>NLN</OnStatusChanged>");
    EXPECT_EQ(set("awy"), "<OnStatusChanged>AWY</OnStatusChanged>");
    EXPECT_EQ(set("HDN"), "<OnStatusChanged>HDN</OnStatusChanged>");
    EXPECT_EQ(world.state_of("alice"), "invisible");
    EXPECT_EQ(set("IDL"), "<OnStatusChanged>IDL</OnStatusChanged>");
    EXPECT_EQ(set("XXX"), "<OnError><item>Unknown status: XXX</item></OnError>");
    EXPECT_EQ(world.state_of("alice"), "idle");
}

TEST(Bsim, ContactListsTellWhoeverTheyConcern) {
    BsimWorld world;
    const std::string a = world.sign_in("alice"), b = world.sign_in("bob");
    (void)world.poll(a);
    (void)world.poll(b);
    const auto act = [&](const std::string& id, const std::string& me, const std::string& method, const std::string& whom,
                         const std::string& more = "") {
        EXPECT_EQ(world.call(id, method, BsimWorld::account(me) + "<buddyAccount>" + whom + "</buddyAccount>" + more).status, 200);
    };
    act(a, "alice", "AddBuddy", "bob@example.com");
    EXPECT_TRUE(has(BsimWorld::content(world.poll(a), "OnAddBuddy"), "<Account>bob@example.com</Account>"));
    EXPECT_EQ(world.poll(b), "<OnBuddyAddYouRequest><Buddy account=\"alice@example.com\"/></OnBuddyAddYouRequest>");
    act(b, "bob", "AcceptBuddy", "alice", "<accept>true</accept>");
    EXPECT_TRUE(has(world.poll(b), "OnAddBuddy"));
    const std::string said_yes = world.poll(a);
    EXPECT_TRUE(has(said_yes, "<OnBuddyStatusChanged>") && has(said_yes, "<Status>NLN</Status>"));
    EXPECT_FALSE(has(said_yes, "OnBuddyAddYouRequest"));  // she lets him see her since she added him
    act(b, "bob", "AcceptBuddy", "alice@example.com", "<accept>false</accept>");
    EXPECT_TRUE(has(BsimWorld::content(world.poll(a), "OnBuddyStatusChanged"), "<Status>HDN</Status>"));  // she sees him no more
    act(b, "bob", "AcceptBuddy", "alice@example.com", "<accept>true</accept>");
    EXPECT_TRUE(has(BsimWorld::content(world.poll(a), "OnBuddyStatusChanged"), "<Status>NLN</Status>"));
    act(b, "bob", "DeleteBuddy", "alice@example.com");
    EXPECT_EQ(world.poll(b), "<OnDeleteBuddy account=\"alice@example.com\"/>");
    act(b, "bob", "DeleteBuddy", "alice@example.com");
    EXPECT_TRUE(has(world.poll(b), "OnError"));
    act(a, "alice", "AddBuddy", "alice");
    EXPECT_TRUE(has(world.poll(a), "nobody is his own buddy"));
}

TEST(Bsim, WhoAsksIsToldWithEachLogOnUntilHeIsAnswered) {
    BsimWorld world;
    const std::string a = world.sign_in("alice");
    EXPECT_EQ(world.call(a, "AddBuddy", BsimWorld::account("alice") + "<buddyAccount>bob</buddyAccount>").status, 200);
    const std::string request = "<OnBuddyAddYouRequest><Buddy account=\"alice@example.com\"/></OnBuddyAddYouRequest>";
    for (const std::string& id : {world.sign_in("bob"), world.sign_in("bob")}) EXPECT_TRUE(has(world.poll(id), request));
    const std::string b = world.sign_in("bob");
    EXPECT_EQ(world.call(a, "DeleteBuddy", BsimWorld::account("alice") + "<buddyAccount>bob</buddyAccount>").status, 200);
    EXPECT_FALSE(has(world.poll(b), request));  // she thought better of it before he polled
    EXPECT_EQ(world.call(a, "AddBuddy", BsimWorld::account("alice") + "<buddyAccount>bob</buddyAccount>").status, 200);
    EXPECT_TRUE(has(world.poll(b), request));
    EXPECT_EQ(world.call(b, "AcceptBuddy", BsimWorld::account("bob") + "<buddyAccount>alice</buddyAccount><accept>false</accept>").status, 200);
    EXPECT_FALSE(has(world.poll(world.sign_in("bob")), request));
}

TEST(Bsim, ANameIsToldToOthersAndToOneself) {
    BsimWorld world;
    world.put_contact("bob", {"/instmsg/aliases/alice", {}, {}, {}});
    const std::string a = world.sign_in("alice"), b = world.sign_in("bob");
    (void)world.poll(a);
    (void)world.poll(b);
    EXPECT_EQ(world.call(a, "ChangeNickname", BsimWorld::account("alice") + "<nickname>Al (x)</nickname>").status, 200);
    EXPECT_EQ(world.poll(a), "<OnNicknameChanged>Al%20%28x%29</OnNicknameChanged>");
    EXPECT_TRUE(has(world.poll(b), "<Nickname>Al%20%28x%29</Nickname>"));
}

TEST(Bsim, WhatSomebodyWroteBesideHisStateIsHisPersonalMessage) {
    BsimWorld world;
    world.put_contact("bob", {"/instmsg/aliases/alice", {}, {}, {}});
    const std::string b = world.sign_in("bob");
    (void)world.poll(b);
    world.set_state("alice", "busy");
    EXPECT_TRUE(has(world.poll(b), "<PersonalMessage/>"));
    world.service.patch(world.who("alice"),
                        {world.alias("alice"), {presence::PropPatch{presence::prop_status_text(), presence::Text{"tea & cake"}, {}, {}}}},
                        [](const auto& granted) { EXPECT_TRUE(granted); });
    world.finish();
    const std::string told = world.poll(b);
    EXPECT_TRUE(has(told, "<Status>BSY</Status>") && has(told, "<PersonalMessage>tea%20%26%20cake</PersonalMessage>")) << told;
    world.set_state("alice", "offline");
    EXPECT_TRUE(has(world.poll(b), "<PersonalMessage/>")) << "who has gone says nothing";
}

TEST(Bsim, WhatCannotBeSentIsAnEventAndSaysNothingOfWhoExists) {
    presence::Settings settings = BsimWorld::keeping();
    settings.keep.offline = presence::Offline::reject;
    BsimWorld world(settings);
    const std::string a = world.sign_in("alice");
    (void)world.poll(a);
    world.say(a, "alice", "carol", "x");
    EXPECT_EQ(world.poll(a), "<OnError><item>The message to carol was not delivered</item></OnError>");
    world.say(a, "alice", "zoe@nowhere.org", "x");
    EXPECT_EQ(world.poll(a), "<OnError><item>The message to zoe@nowhere.org was not delivered</item></OnError>");
    world.say(a, "alice", "carol", std::string(65537, 'x'));
    EXPECT_TRUE(has(world.poll(a), "over 65536 bytes"));
}

TEST(Bsim, WhatNobodyPollsHasABound) {
    BsimWorld world;
    const std::string a = world.sign_in("alice");
    (void)world.poll(a);
    for (int i = 0; i < 1010; ++i) {
        (void)world.call(a, "ChangeStatus", "<IMAccount>alice</IMAccount><Status>no" + std::to_string(i) + "</Status>");
    }
    const std::string events = world.poll(a, false);
    EXPECT_FALSE(has(events, "no9<"));  // the oldest make room
    EXPECT_TRUE(has(events, "<item>Unknown status: no10</item>") && has(events, "no1009<"));
    (void)world.call(a, "ChangeStatus", "<IMAccount>alice</IMAccount><Status>late</Status>");
    const std::string again = world.poll(a);
    EXPECT_FALSE(has(again, "no10<"));
    EXPECT_TRUE(has(again, "no11<") && has(again, "late<"));
}

TEST(Bsim, SigningOffIsSeenAtOnceAndToldOnce) {
    BsimWorld world;
    const std::string a = world.sign_in("alice");
    (void)world.poll(a);
    EXPECT_EQ(world.call(a, "LogoutIM", BsimWorld::account("alice")).status, 200);
    EXPECT_EQ(world.state_of("alice"), "offline");
    EXPECT_TRUE(world.poll(a).starts_with("<OnLogout datetime="));
    EXPECT_FALSE(has(world.call(a, "KeepSessionAlive").body, "<IM"));
    EXPECT_TRUE(has(world.call(a, "ChangeStatus", "<IMAccount>alice</IMAccount><Status>NLN</Status>").body, "IM account not logged in"));
    EXPECT_EQ(world.boxes.size(), 0U);
    const std::string b = world.sign_in("bob");
    EXPECT_EQ(world.call(b, "Logout").status, 200);
    EXPECT_EQ(world.state_of("bob"), "offline");
    EXPECT_TRUE(world.poll(b).starts_with("fault"));
    EXPECT_EQ(world.boxes.size(), 0U);
    EXPECT_EQ(world.service.table().size(), 0U);
}

TEST(Bsim, AnAccountThatChangedIsSignedOff) {
    BsimWorld world;
    const std::string a = world.sign_in("alice");
    (void)world.poll(a);
    world.gate.stamps["alice"] = 9;
    world.desk.account_changed("alice");
    EXPECT_EQ(world.state_of("alice"), "offline");  // before anybody polls
    EXPECT_TRUE(world.poll(a).starts_with("<OnLogout"));
    EXPECT_EQ(world.state_of("alice"), "offline");
    EXPECT_TRUE(world.poll(a).starts_with("fault"));
}

TEST(Bsim, TheWsdlLeadsToWhereItWasAskedFor) {
    BsimWorld world;
    base::Request request;
    request.method = "GET";
    request.target = "/imsoap/bsimservice.asmx?wsdl";
    request.headers.push_back({"Host", "im.example.com:8443"});
    request.tls = true;
    base::Response response;
    world.desk.serve(request, [&response](base::Response r) { response = std::move(r); });
    EXPECT_TRUE(has(response.body, "location=\"https://im.example.com:8443/imsoap/BSIMService.asmx\""));
}

TEST(Bsim, AWrongPasswordIsToldAndForgotten) {
    BsimWorld world;
    const std::string a = world.login("alice");
    EXPECT_EQ(world.call(a, "LoginIM", BsimWorld::account("bob") + "<password>no</password>").status, 200);
    EXPECT_TRUE(has(world.poll(a), "<OnError><item>Invalid account or password</item></OnError>"));
    EXPECT_FALSE(has(world.call(a, "KeepSessionAlive").body, "<IM"));
    EXPECT_EQ(world.call(a, "LoginIM", "<imType>icq</imType><account>alice</account><password>pw</password>").status, 200);
    EXPECT_TRUE(has(world.poll(a), "Unknown IM type: icq"));
}

TEST(Bsim, SigningInTwiceTellsTheListsAgain) {
    BsimWorld world;
    world.put_contact("alice", {"/instmsg/aliases/bob", {}, {}, {}});
    world.set_state("bob", "busy");
    const std::string a = world.sign_in("alice");
    (void)world.poll(a);
    EXPECT_EQ(world.call(a, "LoginIM", BsimWorld::account("alice") + "<password>pw</password>").status, 200);
    const std::string events = world.poll(a);
    EXPECT_TRUE(has(events, "OnLogin") && has(events, "OnReceiveBuddies") && has(events, "<Status>BSY</Status>"));
}

TEST(Bsim, TwoSessionsOfOneAccountBothHear) {
    BsimWorld world;
    const std::string one = world.sign_in("bob"), two = world.sign_in("bob"), a = world.sign_in("alice");
    (void)world.poll(one);
    (void)world.poll(two);
    world.say(a, "alice", "bob", "both");
    EXPECT_TRUE(has(world.poll(one), ">both<"));
    EXPECT_TRUE(has(world.poll(two), ">both<"));
    EXPECT_EQ(world.call(one, "Logout").status, 200);
    EXPECT_EQ(world.state_of("bob"), "online");
}

TEST(Bsim, WhoMayNotSeeABuddySeesHimHidden) {
    BsimWorld world;
    world.put_contact("alice", {"/instmsg/aliases/bob", {}, {}, {}});
    world.set_state("bob", "online");
    const auto allow = [&](presence::Rights grant, presence::Rights deny) {
        world.service.merge_acl(world.who("bob"), BsimWorld::alias("bob"),
                                {{"/instmsg/aliases/alice", "http://im.example.com/instmsg/aliases/alice", presence::kAnyCredentials, grant, deny}},
                                [](const auto& acl) { EXPECT_TRUE(acl); });
        world.finish();
    };
    allow({}, {presence::Right::presence});
    const std::string a = world.sign_in("alice");
    EXPECT_FALSE(has(world.poll(a), "OnBuddyStatusChanged"));
    allow({presence::Right::presence, presence::Right::read}, {});
    world.pass(61s);  // asked again now and then
    EXPECT_TRUE(has(world.poll(a), "<Status>NLN</Status>"));
    allow({}, {presence::Right::presence});
    EXPECT_TRUE(has(world.poll(a), "<Status>HDN</Status>"));
}

TEST(Bsim, ABuddyWhoseNodeWentAndCameIsWatchedAgain) {
    auto settings = BsimWorld::keeping();
    settings.subscription = {1s, 60s, 60s};
    BsimWorld world(settings);
    world.put_contact("alice", {"/instmsg/aliases/bob", {}, {}, {}});
    world.set_state("bob", "online");
    const std::string a = world.sign_in("alice");
    EXPECT_TRUE(has(world.poll(a), "<Status>NLN</Status>"));
    world.service.remove_node("bob", [](const auto& gone) { EXPECT_TRUE(gone); });
    world.finish();
    (void)world.poll(a);
    world.set_state("bob", "busy");
    std::string told;
    for (int i = 0; i < 5; ++i) {  // half a lease is over in between
        world.pass(15s);
        told += world.poll(a);
    }
    EXPECT_TRUE(has(told, "<Status>BSY</Status>")) << told;
    world.set_state("bob", "away");
    EXPECT_TRUE(has(world.poll(a), "<Status>AWY</Status>"));
}

TEST(Bsim, WhoseOwnNodeWentIsLoggedOnAgain) {
    BsimWorld world;
    const std::string a = world.sign_in("alice");
    (void)world.poll(a);
    world.service.remove_node("alice", [](const auto& gone) { EXPECT_TRUE(gone); });
    world.finish();
    EXPECT_EQ(world.state_of("alice"), "");
    world.pass(15s);
    (void)world.poll(a);
    EXPECT_EQ(world.state_of("alice"), "online");
    world.say(world.sign_in("bob"), "bob", "alice@example.com", "hello");
    const std::string told = world.poll(a);
    EXPECT_TRUE(has(told, ">hello<")) << told;
}

}  // namespace
