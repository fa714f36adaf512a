// tests/doors/zimbra_privacy_test.cc: whom one shuts out through the Zimbra door, and what he does not hear then.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.12
#include "tests/doors/zimbra_world.h"

namespace {

using tests::ZimbraClient;
using tests::ZimbraWorld;

class ZimbraPrivacy : public testing::Test {
protected:
    ZimbraWorld w;
    ZimbraClient ann = w.on_im("ann");
    ZimbraClient bob = w.on_im("bob");

    static std::string list_of(const std::string& items, const std::string& name = "") {
        return ZimbraWorld::im("SetPrivacyList", "", "<list" + (name.empty() ? "" : " name=\"" + name + "\"") + ">" + items + "</list>");
    }
    static std::string item(const std::string& action, const std::string& order, const std::string& addr) {
        return "<item addr=\"" + addr + "\" action=\"" + action + "\" order=\"" + order + "\"/>";
    }
    static std::string told(const std::string& items, const std::string& name = "default") {
        return R"(<n type="privacy"><list name=")" + name + "\"" + (items.empty() ? "/>" : ">" + items + "</list>") + "</n>";
    }
    void set(ZimbraClient& c, const std::string& items) {
        ASSERT_EQ(w.call(c, list_of(items)), R"(<IMSetPrivacyListResponse xmlns="urn:zimbraIM"/>)");
        w.poll(c);
    }
    std::string code(const std::string& body) { return ZimbraWorld::content(ZimbraWorld::content(body, "Error"), "Code"); }
};

TEST_F(ZimbraPrivacy, TheDefaultListAndOthersAreKeptApart) {
    const std::string allow = item("allow", "1", "bob@example.com"), deny = item("deny", "2", "example.com");
    EXPECT_EQ(w.call(ann, list_of(deny + allow)), R"(<IMSetPrivacyListResponse xmlns="urn:zimbraIM"/>)");
    EXPECT_EQ(w.poll(ann), told(allow + deny));
    EXPECT_EQ(w.call(ann, list_of(item("deny", "1", "carol@example.com"), "other")), R"(<IMSetPrivacyListResponse xmlns="urn:zimbraIM"/>)");
    EXPECT_EQ(w.poll(ann), told(item("deny", "1", "carol@example.com"), "other"));
    EXPECT_EQ(w.call(ann, ZimbraWorld::im("GetPrivacyList")), R"(<IMGetPrivacyListResponse xmlns="urn:zimbraIM"/>)");
    EXPECT_EQ(w.poll(ann), told(allow + deny));
    w.call(ann, ZimbraWorld::im("GetPrivacyList", R"(name="other")"));
    EXPECT_EQ(w.poll(ann), told(item("deny", "1", "carol@example.com"), "other"));
    w.call(ann, ZimbraWorld::im("GetPrivacyList", R"(name="none")"));
    EXPECT_EQ(w.poll(ann), told("", "none"));
    set(ann, "");
    w.call(ann, ZimbraWorld::im("GetPrivacyList"));
    EXPECT_EQ(w.poll(ann), told("")) << "it is replaced as a whole";
}

TEST_F(ZimbraPrivacy, SaysWhatIsWrongWithAList) {
    for (const std::string& bad : {item("forbid", "1", "bob@example.com"), item("deny", "0", "bob@example.com"), item("deny", "x", "bob@example.com"),
                                   item("deny", "1", ""), item("deny", "1", "bob@example.com") + item("allow", "1", "carol@example.com")}) {
        EXPECT_EQ(code(w.call(ann, list_of(bad))), "service.INVALID_REQUEST") << bad;
    }
    EXPECT_EQ(code(w.call(ann, ZimbraWorld::im("SetPrivacyList"))), "service.INVALID_REQUEST");
}

TEST_F(ZimbraPrivacy, WhoIsShutOutSeesAndSaysNothingThatIsHeard) {
    w.call(bob, ZimbraWorld::im("Subscribe", R"(addr="ann")"));
    w.call(ann, ZimbraWorld::im("AuthorizeSubscribe", R"(addr="bob" authorized="1" add="1")"));
    w.call(bob, ZimbraWorld::im("AuthorizeSubscribe", R"(addr="ann" authorized="1")"));
    w.call(ann, ZimbraWorld::words(R"(addr="bob")", "hi"));
    w.poll(bob);
    w.call(ann, ZimbraWorld::im("SetPresence", "", R"(<presence show="away"/>)"));
    w.poll(ann);
    ASSERT_EQ(w.poll(bob), R"(<n type="presence" from="ann@example.com" show="AWAY"/>)");

    set(ann, item("deny", "1", "bob@example.com"));
    EXPECT_EQ(w.poll(bob), R"(<n type="presence" from="ann@example.com" show="OFFLINE"/>)");
    w.call(ann, ZimbraWorld::im("SetPresence", "", R"(<presence show="dnd"/>)"));
    EXPECT_EQ(w.poll(bob), "") << "and hears of no change";
    const std::string thread = R"(thread="chat-ann%example.com-0")";
    const std::string answer = w.call(bob, ZimbraWorld::words(thread, "are you there?"));
    EXPECT_NE(bob.news.find("are you there?"), std::string::npos) << "his echo is as ever: " << bob.news;
    EXPECT_EQ(code(answer), "");
    EXPECT_EQ(w.poll(bob), "") << "and nothing says that it did not arrive";
    w.call(bob, ZimbraWorld::im("SendMessage", "", "<message " + thread + "><typing/></message>"));
    w.call(bob, ZimbraWorld::im("SendMessage", "", "<message " + thread + "/>"));
    w.call(bob, ZimbraWorld::im("SetPresence", "", R"(<presence show="away"/>)"));
    EXPECT_EQ(w.poll(ann), "");
    w.call(ann, ZimbraWorld::words(thread, "still mine to say"));
    EXPECT_NE(w.poll(bob).find("still mine to say"), std::string::npos) << "what she says goes out: " << bob.news;

    set(ann, "");
    EXPECT_NE(w.poll(bob).find(R"(<n type="presence" from="ann@example.com" show="DND"/>)"), std::string::npos) << bob.news;
    w.poll(ann);
    w.call(bob, ZimbraWorld::words(thread, "now?"));
    EXPECT_NE(w.poll(ann).find("now?"), std::string::npos) << ann.news;
}

TEST_F(ZimbraPrivacy, WhoIsShutOutAsksInVain) {
    set(ann, item("deny", "1", "bob@example.com"));
    EXPECT_EQ(w.call(bob, ZimbraWorld::im("Subscribe", R"(addr="ann")")), R"(<IMSubscribeResponse xmlns="urn:zimbraIM" addr="ann@example.com"/>)");
    EXPECT_EQ(w.poll(ann), "");
}

}  // namespace
