// tests/doors/zimbra_im_test.cc: presence and talk through the Zimbra door.
// SPDX-License-Identifier: Apache-2.0
#include "tests/doors/zimbra_world.h"

namespace {

using tests::ZimbraClient;
using tests::ZimbraWorld;
using tests::error_code;
using std::chrono::seconds;

std::string presence(const std::string& attributes) { return ZimbraWorld::im("SetPresence", "", "<presence " + attributes + "/>"); }

TEST(ZimbraIm, IsThereAsLongAsASessionIs) {
    ZimbraWorld w;
    ZimbraClient c = w.log_in("ann");
    EXPECT_EQ(w.state_of("ann"), "") << "a session alone says nothing";
    EXPECT_EQ(w.call(c, ZimbraWorld::im("GatewayList")),
              R"(<IMGatewayListResponse xmlns="urn:zimbraIM"><service name="BSIMService" type="bsim" domain="im.example.com">)"
              R"(<registration name="ann@example.com" state="intentionally_offline"/></service></IMGatewayListResponse>)");
    EXPECT_EQ(c.news, "") << "what a log-in brings comes later";
    EXPECT_EQ(w.poll(c), R"(<n type="roster"/><n type="privacy"><list name="default"/></n><n type="presence" from="ann@example.com" show="ONLINE"/>)");
    EXPECT_EQ(w.state_of("ann"), "online");
    w.call(c, R"(<EndSessionRequest xmlns="urn:zimbraAccount"/>)");
    EXPECT_EQ(w.state_of("ann"), "offline");
}

TEST(ZimbraIm, ARosterThatIsAskedForHasNoBoundOfTheQueue) {
    auto settings = ZimbraWorld::usual();
    settings.limits.queue = 16;
    ZimbraWorld w(settings);
    ZimbraClient a = w.on_im("ann"), b = w.on_im("bob");
    for (int i = 0; i < 40; ++i) {
        w.call(a, ZimbraWorld::words("addr=\"bob@example.com\"", "line " + std::to_string(i) + "."));
        w.poll(b);
    }
    const std::string session = b.session;
    for (int again = 0; again < 3; ++again) {
        w.call(b, ZimbraWorld::im("GetRoster"));
        for (int i = 0; i < 40; ++i) {
            EXPECT_NE(b.news.find(">line " + std::to_string(i) + ".<"), std::string::npos) << i;
        }
    }
    w.poll(b);
    EXPECT_EQ(b.session, session);
    EXPECT_EQ(w.state_of("bob"), "online");
}

TEST(ZimbraIm, WhoeverHasManyBuddiesLogsInAllTheSame) {
    auto settings = ZimbraWorld::usual();
    settings.limits.queue = 3;
    ZimbraWorld w(settings);
    for (const char* name : {"bob", "carol", "alice"}) {
        w.put_contact("ann", {std::string("/instmsg/aliases/") + name, {}, {}, {}});
        w.set_state(name, "online");
    }
    ZimbraClient a = w.on_im("ann");
    const std::string session = a.session;
    w.poll(a);
    EXPECT_EQ(a.session, session);
    EXPECT_EQ(w.state_of("ann"), "online");
}

TEST(ZimbraIm, WhoHasAskedForTheGatewaysIsToldWhenOneChanges) {
    ZimbraWorld w;
    ZimbraClient c = w.on_im("ann");
    const std::string id = w.sign_in("ann");  // to BSIMService
    EXPECT_NE(w.poll(c).find(R"(<n type="gwStatus" service="BSIMService" state="online"/>)"), std::string::npos) << c.news;
    EXPECT_NE(c.news.find(R"(<n type="otherLocation" service="BSIMService" username="ann@example.com"/>)"), std::string::npos) << c.news;
    EXPECT_EQ(w.poll(c).find("gwStatus"), std::string::npos);
    EXPECT_EQ(w.tests::BsimWorld::call(id, "Logout").status, 200);
    EXPECT_NE(w.poll(c).find(R"(<n type="gwStatus" service="BSIMService" state="intentionally_offline"/>)"), std::string::npos) << c.news;
}

TEST(ZimbraIm, ABodyThatIsTooLongIsAFault) {
    ZimbraWorld w;
    base::Request request = ZimbraWorld::posted("");
    const base::Error error{base::Errc::too_large, "the body is over 9 bytes"};
    EXPECT_EQ(error_code(w.zimbra.too_large(request, error).body), "service.INVALID_REQUEST");
    EXPECT_NE(w.zimbra.too_large(request, error).body.find("<Trace>rvpd-5</Trace>"), std::string::npos);
    request.headers[1].value = "application/json";
    EXPECT_NE(w.zimbra.too_large(request, error).body.find(R"("Code":"service.INVALID_REQUEST")"), std::string::npos);
}

TEST(ZimbraIm, SetsPresenceForAllDoors) {
    ZimbraWorld w;
    ZimbraClient c = w.on_im("ann");
    EXPECT_EQ(w.call(c, presence(R"(show="DnD" status="in a meeting")")), R"(<IMSetPresenceResponse xmlns="urn:zimbraIM"/>)");
    EXPECT_EQ(c.news, R"(<n type="presence" from="ann@example.com" show="DND" status="in a meeting"/>)");
    EXPECT_EQ(w.poll(c), "") << "and not twice";
    EXPECT_EQ(w.state_of("ann"), "busy");
    w.call(c, presence(R"(show="chat")"));
    EXPECT_EQ(c.news, R"(<n type="presence" from="ann@example.com" show="CHAT"/>)");
    EXPECT_EQ(w.state_of("ann"), "online");
    w.call(c, presence(R"(show="offline" status="x")"));
    EXPECT_EQ(c.news, R"(<n type="presence" from="ann@example.com" show="OFFLINE"/>)");
    EXPECT_EQ(w.state_of("ann"), "offline");
    w.call(c, presence(""));
    EXPECT_EQ(c.news, R"(<n type="presence" from="ann@example.com" show="ONLINE"/>)") << "the session was there all along";
    EXPECT_EQ(error_code(w.call(c, presence(R"(show="sad")"))), "service.INVALID_REQUEST");
    EXPECT_EQ(error_code(w.call(c, ZimbraWorld::im("SetPresence"))), "service.INVALID_REQUEST");
    w.set_state("ann", "away");
    EXPECT_EQ(w.poll(c), R"(<n type="presence" from="ann@example.com" show="AWAY"/>)") << "through another door";
}

TEST(ZimbraIm, WhatHeSaysThroughAnotherDoorStaysAndIsTold) {
    ZimbraWorld w;
    const auto write = [&w](const std::string& text) {
        w.service.patch(w.who("ann"), {w.alias("ann"), {presence::PropPatch{presence::prop_status_text(), presence::Text{text}, {}, {}}}},
                        [](const auto& granted) { EXPECT_TRUE(granted); });
        w.finish();
    };
    const auto text = [&w] {
        const auto value = w.service.nodes().find("/instmsg/aliases/ann")->property(presence::prop_status_text(), "");
        const auto* stored = value ? std::get_if<presence::Text>(&*value) : nullptr;
        return stored ? stored->text : "";
    };
    w.set_state("ann", "busy");
    write("at the shop");
    ZimbraClient c = w.on_im("ann");
    EXPECT_EQ(text(), "at the shop");
    w.set_state("ann", "busy");
    EXPECT_EQ(w.poll(c), R"(<n type="presence" from="ann@example.com" show="DND" status="at the shop"/>)");
    write("on the way");
    EXPECT_EQ(w.poll(c), R"(<n type="presence" from="ann@example.com" show="DND" status="on the way"/>)");
    w.call(c, ZimbraWorld::im("SetIdle", R"(isIdle="1" idleTime="300")"));
    w.call(c, ZimbraWorld::im("SetIdle", R"(isIdle="0" idleTime="0")"));
    EXPECT_EQ(text(), "on the way") << "after a rest";
    w.poll(c);
    w.call(c, presence(R"(show="dnd" status="here")"));
    EXPECT_EQ(text(), "here");
    EXPECT_EQ(w.poll(c), "") << "what was set here is told with the answer alone";
}

TEST(ZimbraIm, WhatTheSessionDidNotLiveToSeeIsAnsweredAllTheSame) {
    ZimbraWorld w;
    ZimbraClient c = w.on_im("ann");
    const auto set = w.begin_call(c, presence(R"(show="dnd" status="in a meeting")"));
    const auto idle = w.begin_call(c, ZimbraWorld::im("SetIdle", R"(isIdle="1" idleTime="60")"));
    EXPECT_FALSE(*set || *idle);
    w.call(c, R"(<EndSessionRequest xmlns="urn:zimbraAccount"/>)");
    for (const auto& answer : {set, idle}) {
        ASSERT_TRUE(*answer);
        EXPECT_NE((*answer)->status, 599) << "dropped";
        EXPECT_NE((*answer)->body.find("the session ended meanwhile"), std::string::npos) << (*answer)->body;
    }
    EXPECT_EQ(w.state_of("ann"), "offline");
    ZimbraClient again = w.on_im("ann");
    w.service.patch(w.who("ann"), {w.alias("ann"), {presence::PropPatch{presence::prop_status_text(), presence::Text{"elsewhere"}, {}, {}}}}, [](auto) {});
    w.finish();
    EXPECT_EQ(w.poll(again), R"(<n type="presence" from="ann@example.com" show="ONLINE" status="elsewhere"/>)") << "nothing is under way";
}

TEST(ZimbraIm, IsIdleWhenAllSessionsAre) {
    ZimbraWorld w;
    ZimbraClient a = w.on_im("ann");
    ZimbraClient b = a;
    b.session.clear();
    w.call(b, ZimbraWorld::im("GatewayList"));
    w.call(a, presence(R"(show="dnd" status="busy")"));
    w.poll(b);
    w.call(a, ZimbraWorld::im("SetIdle", R"(isIdle="1" idleTime="300.5")"));
    EXPECT_EQ(w.state_of("ann"), "busy");
    w.call(b, ZimbraWorld::im("SetIdle", R"(isIdle="true" idleTime="60")"));
    EXPECT_EQ(w.state_of("ann"), "idle");
    EXPECT_EQ(w.poll(a), R"(<n type="presence" from="ann@example.com" show="AWAY"/>)");
    w.call(b, ZimbraWorld::im("SetIdle", R"(isIdle="0" idleTime="0")"));
    EXPECT_EQ(w.state_of("ann"), "busy");
    EXPECT_EQ(w.poll(a), R"(<n type="presence" from="ann@example.com" show="DND" status="busy"/>)");
    w.call(b, R"(<EndSessionRequest xmlns="urn:zimbraAccount"/>)");
    EXPECT_EQ(w.state_of("ann"), "idle") << "who has gone does not count";
    ZimbraClient none = a;
    none.with_session = false;
    EXPECT_EQ(error_code(w.call(none, ZimbraWorld::im("SetIdle", R"(isIdle="1" idleTime="1")"))), "service.SESSION_REQUIRED");
}

TEST(ZimbraIm, PeopleTalk) {
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    ZimbraClient other = ann;
    other.session.clear();
    w.call(other, ZimbraWorld::im("GatewayList"));
    w.poll(other);
    ZimbraClient bob = w.on_im("bob");
    EXPECT_EQ(w.call(ann, ZimbraWorld::words(R"(addr="bob@example.com")", "lunch?")),
              R"(<IMSendMessageResponse xmlns="urn:zimbraIM" thread="chat-ann%example.com-0"/>)");
    const std::string ts = R"( thread="chat-ann%example.com-0" ts="1000000000000" seq="1"><body html="0">lunch?</body></n>)";
    const std::string echo = R"(<n type="message" from="ann@example.com" thread="chat-ann%example.com-0" ts="1000000000000" to="bob@example.com" seq="1"><body html="0">lunch?</body></n>)";
    EXPECT_EQ(ann.news, echo);
    EXPECT_EQ(w.poll(other), echo);
    EXPECT_EQ(w.poll(bob), R"(<n type="message" from="ann@example.com")" + ts);
    // The thread is his, too.
    w.call(bob, ZimbraWorld::words(R"(thread="chat-ann%example.com-0")", "yes"));
    EXPECT_EQ(w.poll(ann), R"(<n type="message" from="bob@example.com" thread="chat-ann%example.com-0" ts="1000000000000" seq="2"><body html="0">yes</body></n>)");
    EXPECT_EQ(w.call(ann, ZimbraWorld::words(R"(thread="unknown" addr="BOB")", "again")),
              R"(<IMSendMessageResponse xmlns="urn:zimbraIM" thread="chat-ann%example.com-0"/>)") << "the chat that there is";
    EXPECT_EQ(w.call(ann, ZimbraWorld::im("GetChat", R"(thread="chat-ann%example.com-0" seq="2")")),
              R"(<IMGetChatResponse xmlns="urn:zimbraIM" thread="chat-ann%example.com-0"><chat thread="chat-ann%example.com-0"><pcps>)"
              R"(<p id="1" addr="ann@example.com" me="1"/><p id="2" addr="bob@example.com"/></pcps><messages>)"
              R"(<message seq="2" ts="1000000000000" from="bob@example.com"><body>yes</body></message>)"
              R"(<message seq="3" ts="1000000000000" from="ann@example.com"><body>again</body></message></messages></chat></IMGetChatResponse>)");
    EXPECT_EQ(w.call(ann, ZimbraWorld::im("GetChat", R"(thread="none")")), R"(<IMGetChatResponse xmlns="urn:zimbraIM" thread="none" error="not_found"/>)");
    EXPECT_EQ(error_code(w.call(ann, ZimbraWorld::words(R"(addr="stranger")", "x"))), "im.INVALID_ADDRESS");
    EXPECT_EQ(error_code(w.call(ann, ZimbraWorld::words("", "x"))), "service.INVALID_REQUEST");

    w.call(ann, ZimbraWorld::im("ModifyChat", R"(thread="chat-ann%example.com-0" op="close")"));
    EXPECT_EQ(ann.news, R"(<n type="chatclosed" thread="chat-ann%example.com-0"/>)");
    EXPECT_EQ(w.call(ann, ZimbraWorld::im("ModifyChat", R"(thread="chat-ann%example.com-0" op="close")")),
              R"(<IMModifyChatResponse xmlns="urn:zimbraIM" thread="chat-ann%example.com-0" error="not_found"/>)");
    EXPECT_EQ(error_code(w.call(bob, ZimbraWorld::im("ModifyChat", R"(thread="chat-ann%example.com-0" op="configure")"))), "im.NOT_A_MUC_CHAT");
    EXPECT_EQ(error_code(w.call(bob, ZimbraWorld::im("ModifyChat", R"(thread="chat-ann%example.com-0" op="dance")"))), "service.INVALID_REQUEST");
}

TEST(ZimbraIm, ToldThatSomebodyIsTyping) {
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    ZimbraClient bob = w.on_im("bob");
    w.call(ann, ZimbraWorld::words(R"(addr="bob")", "hi"));
    w.poll(bob);
    const std::string head = R"(<n type="message" from="bob@example.com" thread="chat-ann%example.com-0" ts="1000000000000")";
    w.call(bob, ZimbraWorld::im("SendMessage", "", R"(<message thread="chat-ann%example.com-0"><typing/></message>)"));
    EXPECT_EQ(bob.news, "") << "no echo";
    EXPECT_EQ(w.poll(ann), head + "><typing/></n>");
    w.call(bob, ZimbraWorld::im("SendMessage", "", R"(<message thread="chat-ann%example.com-0"><body><typing/></body></message>)"));
    EXPECT_EQ(w.poll(ann), head + "><typing/></n>");
    w.call(bob, ZimbraWorld::im("SendMessage", "", R"(<message thread="chat-ann%example.com-0"/>)"));
    EXPECT_EQ(w.poll(ann), head + "/>");
}

TEST(ZimbraIm, KeepsHtmlSafe) {
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    ZimbraClient bob = w.on_im("bob");
    const auto body = [&](const std::string& inside) {
        const std::string answer = w.call(ann, ZimbraWorld::im("SendMessage", "", R"(<message addr="bob"><body>)" + inside + "</body></message>"));
        const std::string told = w.poll(bob);
        return error_code(answer).empty() ? told.substr(told.find("<body")) : error_code(answer);
    };
    EXPECT_EQ(body("<text>x</text><html>&lt;b onclick=\"evil()\"&gt;x&lt;/b&gt;&lt;script&gt;evil()&lt;/script&gt;</html>"),
              R"(<body html="1">&lt;b&gt;x&lt;/b&gt;</body></n>)");
    EXPECT_EQ(body("<text>x</text><html><i xmlns=\"\">as <u>elements</u></i></html>"), R"(<body html="1">&lt;i&gt;as &lt;u&gt;elements&lt;/u&gt;&lt;/i&gt;</body></n>)");
    EXPECT_EQ(body("&lt;b&gt;bare&lt;/b&gt;"), R"(<body html="1">&lt;b&gt;bare&lt;/b&gt;</body></n>)");
    EXPECT_EQ(body("1 &lt; 2 &amp; so on"), R"(<body html="0">1 &lt; 2 &amp; so on</body></n>)");
    EXPECT_EQ(body("<text>&lt;b&gt; as it is</text>"), R"(<body html="0">&lt;b&gt; as it is</body></n>)");
    EXPECT_EQ(body("<html>x</html>"), "service.INVALID_REQUEST");
    EXPECT_EQ(body("<text>x</text><html>" + std::string(70000, 'x') + "</html>"), "service.INVALID_REQUEST");
    // JSON may write the body as a plain member. Those who show no markup get its words.
    w.said_to(R"({"Header":{"context":{"_jsns":"urn:zimbra","authToken":")" + ann.token + R"(","session":{"id":")" + ann.session +
              R"("}}},"Body":{"IMSendMessageRequest":{"_jsns":"urn:zimbraIM","message":{"addr":"bob","body":"<i>scalar</i>"}}}})");
    EXPECT_NE(w.poll(bob).find(R"(<body html="1">&lt;i&gt;scalar&lt;/i&gt;</body>)"), std::string::npos) << bob.news;
    const std::string chat = w.call(bob, ZimbraWorld::im("GetChat", R"(thread="chat-ann%example.com-0" seq="3")"));
    EXPECT_NE(chat.find("<body>scalar</body><html>&lt;i&gt;scalar&lt;/i&gt;</html>"), std::string::npos) << chat;
    EXPECT_NE(chat.find("<body>bare</body><html>&lt;b&gt;bare&lt;/b&gt;</html>"), std::string::npos) << chat;
}

TEST(ZimbraIm, TalksToOtherDoors) {
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    const std::string bob = w.sign_in("bob");
    w.call(ann, ZimbraWorld::im("SendMessage", "", R"(<message addr="bob"><body><text>plain</text><html>&lt;b&gt;bold&lt;/b&gt;</html></body></message>)"));
    EXPECT_NE(w.poll(bob).find("plain"), std::string::npos);
    // Who answers from a door without threads is heard in the chat that there is.
    w.say(bob, "bob", "ann", "and+you");
    EXPECT_NE(w.poll(ann).find(R"(from="bob@example.com" thread="chat-ann%example.com-0" ts="1000000000000" seq="2"><body html="0">and you</body>)"), std::string::npos) << ann.news;
    const std::string carol = w.sign_in("carol");
    w.say(carol, "carol", "ann", "hello");
    EXPECT_NE(w.poll(ann).find(R"(thread="carol")"), std::string::npos) << ann.news;
}

TEST(ZimbraIm, NothingAcknowledgedIsLost) {
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    w.call(ann, ZimbraWorld::words(R"(addr="bob")", "while you were away"));
    EXPECT_EQ(ann.news.find("error="), std::string::npos);
    ZimbraClient bob = w.on_im("bob");
    EXPECT_NE(bob.news.find("while you were away"), std::string::npos) << bob.news;

    w.call(ann, ZimbraWorld::words(R"(addr="bob")", "lost on the way"));
    w.take(bob, w.answered(ZimbraWorld::posted(ZimbraWorld::envelope(ZimbraWorld::context_of(bob), ZimbraWorld::no_op()))), false);
    w.pass(seconds(700));
    w.pass(seconds(10));
    EXPECT_EQ(w.state_of("bob"), "offline");
    bob = w.on_im("bob");
    EXPECT_NE(bob.news.find("lost on the way"), std::string::npos) << bob.news;
    const std::string chat = w.call(bob, ZimbraWorld::im("GetChat", R"(thread="chat-ann%example.com-0")"));
    EXPECT_EQ(chat.find("lost on the way"), chat.rfind("lost on the way")) << "and stands there once";
    bob = w.on_im("bob");
    EXPECT_EQ(bob.news.find("lost on the way"), std::string::npos) << "and is not told again";
}

TEST(ZimbraIm, SaysWhatDidNotArrive) {
    auto settings = ZimbraWorld::usual();
    settings.limits.chats.chats = 2;
    ZimbraWorld w(settings);
    ZimbraClient ann = w.on_im("ann");
    w.call(ann, ZimbraWorld::words(R"(addr="zoe@elsewhere.org")", "hi"));
    EXPECT_NE(w.poll(ann).find(R"(from="zoe@elsewhere.org" thread="chat-ann%example.com-0" ts="1000000000000" error="remote_server_not_found">)"), std::string::npos) << ann.news;
    w.call(ann, ZimbraWorld::words(R"(addr="bob")", "hi"));
    EXPECT_EQ(error_code(w.call(ann, ZimbraWorld::words(R"(addr="carol")", "hi"))), "service.TEMPORARILY_UNAVAILABLE");
    w.call(ann, ZimbraWorld::im("ModifyChat", R"(thread="chat-ann%example.com-0" op="close")"));
    EXPECT_EQ(error_code(w.call(ann, ZimbraWorld::words(R"(addr="carol")", "hi"))), "");
    w.journal.fail_next(1);
    EXPECT_EQ(error_code(w.call(ann, ZimbraWorld::words(R"(addr="carol")", "not safe"))), "service.FAILURE");
    EXPECT_EQ(ann.news, "");
    w.pass(seconds(1));
    w.pass(seconds(3900));
    EXPECT_EQ(w.call(ann, ZimbraWorld::im("GetChat", R"(thread="chat-ann%example.com-1")")),
              R"(<IMGetChatResponse xmlns="urn:zimbraIM" thread="chat-ann%example.com-1" error="not_found"/>)") << "silent for an hour";
}

TEST(ZimbraIm, ShowsChatsAndReplaysThem) {
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    w.call(ann, ZimbraWorld::words(R"(addr="bob")", "hi"));
    const std::string body = w.call(ann, ZimbraWorld::im("GetRoster"));
    const std::string chat = R"( thread="chat-ann%example.com-0"><pcps><p id="1" addr="ann@example.com" me="1"/><p id="2" addr="bob@example.com"/></pcps></)";
    EXPECT_EQ(body, R"(<IMGetRosterResponse xmlns="urn:zimbraIM"><presence show="ONLINE"/><chats><chat)" + chat + "chat><chats" + chat + "chats></chats></IMGetRosterResponse>");
    EXPECT_EQ(ann.news, R"(<n type="roster"/><n type="privacy"><list name="default"/></n><n type="presence" from="ann@example.com" show="ONLINE"/>)"
                        R"(<n type="message" from="ann@example.com" thread="chat-ann%example.com-0" ts="1000000000000" to="bob@example.com" seq="1"><body html="0">hi</body></n>)");
}

TEST(ZimbraIm, RegistersNothingBehindIt) {
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    EXPECT_EQ(w.call(ann, ZimbraWorld::im("GatewayRegister", R"(op="reg" service="aim" name="a" password="secret")")),
              R"(<IMGatewayRegisterResponse xmlns="urn:zimbraIM" result="0"/>)");
    EXPECT_EQ(error_code(w.call(ann, ZimbraWorld::im("GatewayRegister", R"(op="steal" service="aim")"))), "service.INVALID_REQUEST");
}

}  // namespace
