// tests/doors/zimbra_transport_test.cc: dialects, faults, sessions and notify blocks of the Zimbra door.
// SPDX-License-Identifier: Apache-2.0
#include "tests/doors/zimbra_world.h"

namespace {

using tests::ZimbraClient;
using tests::ZimbraWorld;
using tests::error_code;
using std::chrono::seconds;

constexpr const char* kAuth = R"(<AuthRequest xmlns="urn:zimbraAccount"><account by="name">ann</account><password>pw</password></AuthRequest>)";

TEST(ZimbraTransport, LogsInWithASessionAndARefresh) {
    ZimbraWorld w;
    ZimbraClient c;
    const std::string body = w.call(c, kAuth);
    EXPECT_EQ(c.status, 200);
    EXPECT_FALSE(c.session.empty());
    EXPECT_EQ(c.session.find_first_not_of("0123456789"), std::string::npos) << "clients read it as a number";
    EXPECT_NE(c.context.find("<session id=\"" + c.session + "\">" + c.session + "</session><sessionId id=\"" + c.session + "\">"), std::string::npos);
    EXPECT_NE(c.context.find(R"(<refresh><version>1</version><mbx s="0"/><folder id="1" name="USER_ROOT"/></refresh>)"), std::string::npos);
    EXPECT_EQ(body.substr(0, 48), R"(<AuthResponse xmlns="urn:zimbraAccount"><authTok)");
    EXPECT_EQ(ZimbraWorld::content(body, "lifetime"), "172800000");
    EXPECT_EQ(ZimbraWorld::content(body, "authToken").find_first_not_of("0123456789abcdef_"), std::string::npos);
}

TEST(ZimbraTransport, SpeaksJson) {
    ZimbraWorld w;
    const std::string auth = w.said_to(R"({"Header":{"context":{"_jsns":"urn:zimbra","session":{}}},"Body":{"AuthRequest":{"_jsns":"urn:zimbraAccount",)"
                                       R"("account":{"by":"name","_content":"ann"},"password":{"_content":"pw"}}}})");
    const auto read = base::json::parse(auth);
    ASSERT_TRUE(read) << auth;
    const auto& answer = *read->find("Body")->find("AuthResponse");
    EXPECT_EQ(answer.find("lifetime")->as_int(), 172800000);
    const std::string token = *answer.find("authToken")->as_array()->front().find("_content")->as_text();
    const auto& context = *read->find("Header")->find("context");
    const std::string session = *context.find("session")->find("id")->as_text();
    EXPECT_EQ(*context.find("session")->find("_content")->as_text(), session);
    EXPECT_EQ(*context.find("refresh")->find("folder")->as_array()->front().find("name")->as_text(), "USER_ROOT");
    EXPECT_EQ(*read->find("_jsns")->as_text(), "urn:zimbraSoap");

    // The browser sends the number back that it made of the id.
    const std::string head = R"({"Header":{"context":{"_jsns":"urn:zimbra","authToken":")" + token + R"(","session":)" + session + R"(}},"Body":)";
    w.said_to(head + R"({"IMGatewayListRequest":{"_jsns":"urn:zimbraIM"}}})");
    const std::string polled = w.said_to(head + R"({"NoOpRequest":{"_jsns":"urn:zimbraMail"}}})");
    EXPECT_NE(polled.find(R"("notify":[{"seq":1,"im":{"n":[{"type":"roster"},{"type":"privacy","list":[{"name":"default"}]},)"
                          R"({"type":"presence","from":"ann@example.com","show":"ONLINE"}]}}],"_jsns":"urn:zimbra"}},)"
                          R"("Body":{"NoOpResponse":{"_jsns":"urn:zimbraMail"}},"_jsns":"urn:zimbraSoap"})"), std::string::npos) << polled;
}

TEST(ZimbraTransport, AnswersInTheDialectOfTheQuestionUnlessAskedOtherwise) {
    ZimbraWorld w;
    const std::string eleven = w.said_to(R"(<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><NoOpRequest xmlns="urn:zimbraMail"/></e:Body></e:Envelope>)");
    EXPECT_NE(eleven.find(R"(<soap:Fault><soap:faultcode>soap:Client</soap:faultcode><soap:faultstring>)"), std::string::npos) << eleven;
    EXPECT_EQ(error_code(eleven), "service.AUTH_REQUIRED");
    const std::string js = w.said_to(ZimbraWorld::envelope(R"(<format type="js"/>)", R"(<NoOpRequest xmlns="urn:zimbraMail"/>)"));
    EXPECT_NE(js.find(R"("Body":{"Fault":{"Code":{"Value":"soap:Sender"},"Reason":{"Text":"no valid authtoken present"},"Detail":{"Error":{"Code":"service.AUTH_REQUIRED","Trace":)"), std::string::npos) << js;
    EXPECT_EQ(w.said_to(R"({"Header":{"context":{"format":{"type":"xml"}}},"Body":{"NoOpRequest":{"_jsns":"urn:zimbraMail"}}})").substr(0, 19), "<soap:Envelope xmln");
    EXPECT_EQ(w.said_to(R"(<a><format type="js">)").front(), '{') << "also of what cannot be read";
}

TEST(ZimbraTransport, SaysWhatIsWrongWithACall) {
    ZimbraWorld w;
    EXPECT_EQ(error_code(w.said_to("")), "service.PARSE_ERROR");
    EXPECT_EQ(error_code(w.said_to("<open>")), "service.PARSE_ERROR");
    EXPECT_NE(w.said_to("{\"a\":").find("service.PARSE_ERROR"), std::string::npos);
    EXPECT_EQ(error_code(w.said_to(R"(<Envelope xmlns="urn:other"/>)")), "service.INVALID_REQUEST");
    EXPECT_EQ(error_code(w.said_to(ZimbraWorld::envelope("", ""))), "service.INVALID_REQUEST");
    EXPECT_EQ(error_code(w.said_to(ZimbraWorld::envelope("", R"(<Foo xmlns="urn:zimbraIM"/>)"))), "service.UNKNOWN_DOCUMENT");
    EXPECT_EQ(error_code(w.said_to(ZimbraWorld::envelope("<authToken>x</authToken>", ZimbraWorld::no_op()))), "service.AUTH_REQUIRED");
    EXPECT_EQ(error_code(w.said_to(ZimbraWorld::envelope("", R"(<AuthRequest xmlns="urn:zimbraAccount"><account>ann</account></AuthRequest>)"))), "service.INVALID_REQUEST");
    ZimbraClient c;
    const std::string refused = w.call(c, R"(<AuthRequest xmlns="urn:zimbraAccount"><account by="name">nobody</account><password>pw</password></AuthRequest>)");
    EXPECT_EQ(c.status, 500);
    EXPECT_EQ(error_code(refused), "account.AUTH_FAILED");
    EXPECT_NE(refused.find("authentication failed for [nobody]"), std::string::npos);
    base::Request get = ZimbraWorld::posted("");
    get.method = "GET";
    EXPECT_EQ(w.answered(get).status, 405);
}

TEST(ZimbraTransport, ActsForNobodyElse) {
    ZimbraWorld w;
    const ZimbraClient c = w.log_in("ann");
    const auto as = [&](const std::string& account) {
        return w.said_to(ZimbraWorld::envelope("<authToken>" + c.token + "</authToken>" + account, ZimbraWorld::no_op()));
    };
    EXPECT_EQ(error_code(as(R"(<account by="name">bob@example.com</account>)")), "service.PERM_DENIED");
    EXPECT_EQ(error_code(as(R"(<account by="name">ann@example.com</account>)")), "");
    EXPECT_EQ(error_code(as(R"(<account by="shoe">ann</account>)")), "service.INVALID_REQUEST");
}

TEST(ZimbraTransport, TakesTheCookieOfABrowser) {
    ZimbraWorld w;
    auto auth = w.answered(ZimbraWorld::posted(ZimbraWorld::envelope("", kAuth)));
    std::string cookie;
    for (const auto& header : auth.headers) cookie = header.name == "Set-Cookie" ? header.value : cookie;
    ASSERT_TRUE(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax")) << cookie;
    base::Request request = ZimbraWorld::posted(ZimbraWorld::envelope("", ZimbraWorld::no_op()));
    request.headers.push_back({"Cookie", "a=b; " + cookie.substr(0, cookie.find(';'))});
    EXPECT_EQ(w.answered(request).status, 200);
    request.tls = true;
    request.body = ZimbraWorld::envelope("", kAuth);
    for (const auto& header : w.answered(request).headers) {
        if (header.name == "Set-Cookie") {
            EXPECT_TRUE(header.value.ends_with("; SameSite=Lax; Secure"));
        }
    }
}

TEST(ZimbraTransport, EachLogInOfABatchMayHaveToWait) {
    ZimbraWorld w;
    int asked = 0;
    doors::ZimbraDesk desk(w.house(), [&asked] { return ++asked > 1; }, ZimbraWorld::usual());
    std::optional<base::Response> answer;
    const std::string twice = R"(<BatchRequest xmlns="urn:zimbra">)" + std::string(kAuth) + kAuth + "</BatchRequest>";
    desk.serve(ZimbraWorld::posted(ZimbraWorld::envelope("", twice)), base::Responder([&answer](base::Response response) { answer = std::move(response); }, [] {}));
    w.finish();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(asked, 2);
    EXPECT_NE(answer->body.find("<AuthResponse"), std::string::npos) << answer->body;
    EXPECT_EQ(error_code(answer->body), "service.TEMPORARILY_UNAVAILABLE");
}

TEST(ZimbraTransport, ATokenEndsWithItsTimeItsPasswordOrALogoff) {
    ZimbraWorld w;
    ZimbraClient c = w.log_in("ann");
    w.call(c, R"(<EndSessionRequest xmlns="urn:zimbraAccount" logoff="1"/>)");
    EXPECT_EQ(c.context.find("<session"), std::string::npos);
    EXPECT_EQ(error_code(w.call(c, ZimbraWorld::no_op())), "service.AUTH_EXPIRED");
    for (char& letter : c.token) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    EXPECT_EQ(error_code(w.call(c, ZimbraWorld::no_op())), "service.AUTH_EXPIRED") << "however it is spelled";
    c = w.log_in("ann");
    w.gate.stamps["ann"] = 2;
    w.zimbra.account_changed("ann");
    EXPECT_EQ(w.zimbra.sessions(), 0U);
    EXPECT_EQ(error_code(w.call(c, ZimbraWorld::no_op())), "service.AUTH_EXPIRED");
    c = w.log_in("ann");
    w.pass(seconds(172801));
    EXPECT_EQ(error_code(w.call(c, ZimbraWorld::no_op())), "service.AUTH_EXPIRED");
}

TEST(ZimbraTransport, ABatchIsAnsweredInOrder) {
    ZimbraWorld w;
    ZimbraClient c = w.log_in("ann");
    const auto batch = [&](const std::string& how) {
        return w.call(c, R"(<BatchRequest xmlns="urn:zimbra")" + how + R"(><NoOpRequest xmlns="urn:zimbraMail" requestId="1" wait="1"/>)"
                         R"(<Foo xmlns="urn:zimbraIM" requestId="2"/><GetInfoRequest xmlns="urn:zimbraAccount" requestId="3"/></BatchRequest>)");
    };
    const std::string all = batch("");
    EXPECT_EQ(c.status, 200);
    EXPECT_NE(all.find(R"(<BatchResponse xmlns="urn:zimbra"><NoOpResponse xmlns="urn:zimbraMail" requestId="1"/><soap:Fault requestId="2">)"), std::string::npos) << all;
    EXPECT_NE(all.find(R"(<GetInfoResponse xmlns="urn:zimbraAccount" requestId="3"><version>1</version><id>)"), std::string::npos);
    EXPECT_EQ(batch(R"( onerror="stop")").find("GetInfoResponse"), std::string::npos);
    std::string many = R"(<BatchRequest xmlns="urn:zimbra">)";
    for (int i = 0; i < 101; ++i) many += ZimbraWorld::no_op();
    EXPECT_EQ(error_code(w.call(c, many + "</BatchRequest>")), "service.INVALID_REQUEST");
}

TEST(ZimbraTransport, RepeatsBlocksUntilTheyAreAcknowledged) {
    ZimbraWorld w;
    ZimbraClient c = w.on_im("ann");
    const std::uint64_t seen = c.seen;
    c.acknowledges = false;
    w.call(c, ZimbraWorld::im("SetPresence", "", R"(<presence show="away"/>)"));
    EXPECT_NE(c.news.find(R"(show="AWAY")"), std::string::npos);
    EXPECT_EQ(w.poll(c), "") << "who never acknowledges hears once";
    c.acknowledges = true;
    w.call(c, ZimbraWorld::im("SetPresence", "", R"(<presence show="dnd"/>)"));
    const std::uint64_t last = c.seen;
    EXPECT_EQ(last, seen + 2);
    c.seen = seen + 1;  // the answer was lost to the client, though it was written
    EXPECT_EQ(w.poll(c), R"(<n type="presence" from="ann@example.com" show="DND"/>)");
    EXPECT_EQ(c.seen, last) << "under the number that it had";
    EXPECT_EQ(w.poll(c), "");
    EXPECT_EQ(c.context.find("<notify"), std::string::npos);
}

TEST(ZimbraTransport, WhatWasNotWrittenComesAgain) {
    ZimbraWorld w;
    ZimbraClient c = w.on_im("ann");
    c.acknowledges = false;
    w.take(c, w.answered(ZimbraWorld::posted(ZimbraWorld::envelope(ZimbraWorld::context_of(c), ZimbraWorld::im("SetPresence", "", R"(<presence show="xa" status="gone"/>)")))), false);
    EXPECT_EQ(w.poll(c), R"(<n type="presence" from="ann@example.com" show="XA" status="gone"/>)");
    EXPECT_EQ(w.poll(c), "");
}

TEST(ZimbraTransport, AWaitingCallIsWoken) {
    ZimbraWorld w;
    ZimbraClient lonely = w.log_in("bob");
    lonely.with_session = false;
    EXPECT_EQ(error_code(w.call(lonely, ZimbraWorld::no_op(R"(wait="1")"))), "service.INVALID_REQUEST");
    ZimbraClient c = w.on_im("ann");
    ZimbraClient fresh = c;
    fresh.session.clear();
    w.call(fresh, ZimbraWorld::no_op(R"(wait="1")"));
    EXPECT_NE(fresh.context.find("<refresh>"), std::string::npos) << "a new session does not wait";

    auto waiting = w.begin_call(c, ZimbraWorld::no_op(R"(wait="1")"));
    w.finish();
    EXPECT_FALSE(waiting->has_value());
    w.call(fresh, ZimbraWorld::im("SetPresence", "", R"(<presence show="chat"/>)"));
    ASSERT_TRUE(waiting->has_value()) << "all sessions of an account are told";
    w.take(c, std::move(**waiting));
    EXPECT_EQ(c.news, R"(<n type="presence" from="ann@example.com" show="CHAT"/>)");

    waiting = w.begin_call(c, ZimbraWorld::no_op(R"(wait="1" timeout="1")"));
    w.pass(seconds(29));
    EXPECT_FALSE(waiting->has_value());
    w.pass(seconds(2));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ(w.take(c, std::move(**waiting)), R"(<NoOpResponse xmlns="urn:zimbraMail"/>)");

    waiting = w.begin_call(c, ZimbraWorld::no_op(R"(wait="1")"));
    auto second = w.begin_call(c, ZimbraWorld::no_op(R"(wait="true")"));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ(w.take(c, std::move(**waiting)), R"(<NoOpResponse xmlns="urn:zimbraMail" waitDisallowed="1"/>)");
    w.zimbra.close();
    EXPECT_TRUE(second->has_value()) << "nobody waits when the server ends";
}

TEST(ZimbraTransport, AWaitingCallKeepsItsSession) {
    ZimbraWorld w;
    ZimbraClient c = w.on_im("ann");
    const std::string session = c.session;
    auto waiting = w.begin_call(c, ZimbraWorld::no_op(R"(wait="1" timeout="1200000")"));
    for (int i = 0; i < 9; ++i) w.pass(seconds(130));
    EXPECT_EQ(w.state_of("ann"), "online");
    w.pass(seconds(60));
    ASSERT_TRUE(waiting->has_value());
    w.take(c, std::move(**waiting));
    EXPECT_EQ(c.session, session);
    w.pass(seconds(601));
    w.pass(seconds(10));
    EXPECT_EQ(w.zimbra.sessions(), 0U);
    EXPECT_EQ(w.state_of("ann"), "offline");
    w.call(c, ZimbraWorld::no_op());
    EXPECT_NE(c.session, session) << "silently another";
    EXPECT_NE(c.context.find("<refresh>"), std::string::npos);
}

TEST(ZimbraTransport, ASessionBelongsToOneAccountAndTheOldestMakesWay) {
    ZimbraWorld w;
    ZimbraClient ann = w.log_in("ann");
    ZimbraClient bob = w.log_in("bob");
    const std::string own = bob.session;
    bob.session = ann.session;
    w.call(bob, ZimbraWorld::no_op());
    EXPECT_NE(bob.session, ann.session);
    EXPECT_NE(bob.session, own);
    std::vector<ZimbraClient> many(5, ann);
    for (ZimbraClient& c : many) {
        c.session.clear();
        w.call(c, ZimbraWorld::no_op());
    }
    EXPECT_EQ(w.zimbra.sessions(), 7U);
    const std::string before = ann.session;
    w.call(ann, ZimbraWorld::no_op());
    EXPECT_NE(ann.session, before);
}

TEST(ZimbraTransport, ASessionThatFetchesNothingEnds) {
    auto settings = ZimbraWorld::usual();
    settings.limits.queue = 16;
    ZimbraWorld w(settings);
    ZimbraClient lazy = w.on_im("ann");
    ZimbraClient busy = lazy;
    busy.session.clear();
    w.call(busy, ZimbraWorld::im("GatewayList"));
    for (int i = 0; i < 20; ++i) w.call(busy, ZimbraWorld::im("SetPresence", "", R"(<presence status=")" + std::to_string(i) + "\"/>"));
    const std::string before = lazy.session;
    w.call(lazy, ZimbraWorld::no_op());
    EXPECT_NE(lazy.session, before);
    EXPECT_EQ(w.state_of("ann"), "online");
}

}  // namespace
