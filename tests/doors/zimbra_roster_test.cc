// tests/doors/zimbra_roster_test.cc: asking and answering through the Zimbra door.
// SPDX-License-Identifier: Apache-2.0
#include "tests/doors/zimbra_world.h"

namespace {

using tests::ZimbraClient;
using tests::ZimbraWorld;
using tests::error_code;

std::string ask(const std::string& attributes) { return ZimbraWorld::im("Subscribe", attributes); }
std::string answer(const std::string& attributes) { return ZimbraWorld::im("AuthorizeSubscribe", attributes); }

class ZimbraRoster : public testing::Test {
protected:
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    ZimbraClient bob = w.on_im("bob");

    void befriend() {
        w.call(ann, ask(R"(addr="bob" name="Bob" groups="Work, Friends")"));
        w.call(bob, answer(R"(addr="ann@example.com" authorized="1")"));
        w.poll(ann);
        w.poll(bob);
    }
};

TEST_F(ZimbraRoster, AsksAndIsLetIn) {
    EXPECT_EQ(w.call(ann, ask(R"(addr="BOB@example.com/desk" name="Bob" groups="Work, Friends" op="add")")),
              R"(<IMSubscribeResponse xmlns="urn:zimbraIM" addr="bob@example.com"/>)");
    EXPECT_EQ(ann.news, "") << "it is told behind the answer";
    EXPECT_EQ(w.poll(ann), R"(<n type="unsubscribed" to="bob@example.com" name="Bob" groups="Work,Friends" ask="subscribe"/>)");
    EXPECT_EQ(w.poll(bob), R"(<n type="subscribe" from="ann@example.com"/>)");
    w.call(bob, ZimbraWorld::im("GetRoster"));
    EXPECT_NE(bob.news.find(R"(<n type="subscribe" from="ann@example.com"/>)"), std::string::npos) << "until it is answered";
    w.call(bob, answer(R"(addr="ann" authorized="TRUE")"));
    EXPECT_EQ(w.poll(ann), R"(<n type="subscribed" to="bob@example.com" name="Bob" groups="Work,Friends"/><n type="presence" from="bob@example.com" show="ONLINE"/>)");
    EXPECT_EQ(w.poll(bob), R"(<n type="unsubscribed" to="ann@example.com" name="" groups=""/>)");
    w.call(bob, ZimbraWorld::im("SetPresence", "", R"(<presence show="xa" status="out"/>)"));
    EXPECT_EQ(w.poll(ann), R"(<n type="presence" from="bob@example.com" show="XA" status="out"/>)") << "once, with all that goes with it";
    w.call(bob, R"(<EndSessionRequest xmlns="urn:zimbraAccount"/>)");
    EXPECT_EQ(w.poll(ann), R"(<n type="presence" from="bob@example.com" show="OFFLINE"/>)");
}

TEST_F(ZimbraRoster, CallsABuddySomethingElse) {
    befriend();
    w.call(ann, ask(R"(addr="bob" name="Bobby" groups="")"));
    EXPECT_EQ(w.poll(ann), R"(<n type="subscribed" to="bob@example.com" name="Bobby" groups=""/>)");
    EXPECT_EQ(w.poll(bob), "");
}

TEST_F(ZimbraRoster, RemovesABuddy) {
    befriend();
    w.call(ann, ask(R"(addr="bob" op="remove")"));
    EXPECT_EQ(ann.news, R"(<n type="unsubscribed" to="bob@example.com" name="Bob" groups="Work,Friends"/>)");
    EXPECT_NE(w.poll(ann).find(R"(<n type="presence" from="bob@example.com" show="OFFLINE"/>)"), std::string::npos) << ann.news;
    w.call(bob, ZimbraWorld::im("SetPresence", "", R"(<presence show="away"/>)"));
    EXPECT_EQ(w.poll(ann), "");
    EXPECT_EQ(error_code(w.call(ann, ask(R"(addr="carol" op="remove")"))), "") << "to remove a stranger is no error";
}

TEST_F(ZimbraRoster, TakesAnAnswerBack) {
    befriend();
    w.call(bob, answer(R"(addr="ann" authorized="0")"));
    const std::string told = w.poll(ann);
    EXPECT_NE(told.find(R"(<n type="unsubscribed" to="bob@example.com" name="Bob" groups="Work,Friends"/>)"), std::string::npos) << told;
    EXPECT_NE(told.find(R"(<n type="presence" from="bob@example.com" show="OFFLINE"/>)"), std::string::npos) << told;
    w.call(bob, ZimbraWorld::im("SetPresence", "", R"(<presence show="away"/>)"));
    EXPECT_EQ(w.poll(ann), "");
}

TEST_F(ZimbraRoster, SaysWhatIsWrong) {
    EXPECT_EQ(error_code(w.call(ann, ask(""))), "service.INVALID_REQUEST");
    EXPECT_EQ(error_code(w.call(ann, ask(R"(addr="ann")"))), "service.INVALID_REQUEST");
    EXPECT_EQ(error_code(w.call(ann, ask(R"(addr="bob" op="kiss")"))), "service.INVALID_REQUEST");
    EXPECT_EQ(error_code(w.call(ann, ask(R"(addr="stranger")"))), "im.INVALID_ADDRESS");
    EXPECT_EQ(error_code(w.call(ann, answer(R"(addr="bob")"))), "service.INVALID_REQUEST");
    EXPECT_EQ(error_code(w.call(ann, answer(R"(addr="bob" authorized="perhaps")"))), "service.INVALID_REQUEST");
}

}  // namespace
