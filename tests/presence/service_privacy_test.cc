// tests/presence/service_privacy_test.cc: whom somebody shuts out, and what that changes for whom.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.12
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "tests/fake_journal.h"
#include "tests/fakes.h"

using base::Errc;
using presence::PrivacyItem;
using presence::PrivacyList;
using tests::PresenceWorld;
using tests::key;

namespace {

using Lines = std::vector<std::string>;

base::Result<PrivacyList> set(presence::Service& service, PresenceWorld& world, const std::string& owner, std::vector<PrivacyItem> items, const std::string& name = "") {
    base::Result<PrivacyList> out = base::fail(Errc::internal, "no answer");
    service.set_privacy_list(world.alias(owner), {name, std::move(items)}, [&out](auto how) { out = std::move(how); });
    return out;
}

/// Bob, who is busy, and Ann watch each other.
struct Friends : PresenceWorld {
    Friends() {
        EXPECT_TRUE(login("bob", 1) && login("ann", 2));
        EXPECT_TRUE(patch(who("bob", 1), "bob", "busy") && patch(who("ann", 2), "ann", "online"));
        EXPECT_TRUE(watch("ann", "bob") && watch("bob", "ann"));
        (void)carrier.take();
    }
    Errc told(const std::string& from, const std::string& to) {
        Errc code = Errc::internal;
        presence::Message message;
        message.mime = "Content-Type: text/plain\r\n\r\nhi";
        service.notify(who(from), {alias(to), std::move(message), presence::AckType::single_hop, 1}, [&code](const auto& how) {
            code = how ? Errc::loop : how.error().code;  // loop: it was taken
        });
        return code;
    }
};

}  // namespace

TEST(Privacy, WhoeverIsDeniedSeesNothingAndIsNotSeenAtOnce) {
    Friends w;
    ASSERT_TRUE(set(w.service, w, "bob", {{false, 1, "ann@example.com"}}));
    EXPECT_EQ(w.carrier.take_states(), (Lines{PresenceWorld::url(2) + " offline", PresenceWorld::url(1) + " offline"}));
    EXPECT_EQ(w.seen("ann", "bob"), "");
    EXPECT_EQ(w.seen("bob", "ann"), "");
    EXPECT_EQ(w.told("ann", "bob"), Errc::denied);
    EXPECT_EQ(w.told("bob", "ann"), Errc::loop);  // his own still go out
    (void)w.carrier.take();
    ASSERT_TRUE(w.patch(w.who("bob", 1), "bob", "away") && w.patch(w.who("ann", 2), "ann", "away"));
    EXPECT_EQ(w.carrier.take_states(), Lines{});
    ASSERT_TRUE(set(w.service, w, "bob", {}));
    EXPECT_EQ(w.carrier.take_states(), (Lines{PresenceWorld::url(2) + " away", PresenceWorld::url(1) + " away"}));
    EXPECT_EQ(w.told("ann", "bob"), Errc::loop);
}

TEST(Privacy, TheFirstThatFitsDecides) {
    Friends w;
    ASSERT_TRUE(set(w.service, w, "bob", {{false, 7, "EXAMPLE.com"}, {true, 3, "ann@example.com"}}));
    EXPECT_EQ(w.told("ann", "bob"), Errc::loop);
    EXPECT_EQ(w.told("carol", "bob"), Errc::denied);
    ASSERT_TRUE(set(w.service, w, "bob", {{false, 1, "example.com"}, {true, 3, "ann@example.com"}}));
    EXPECT_EQ(w.told("ann", "bob"), Errc::denied);
}

TEST(Privacy, OnlyTheDefaultListBinds) {
    Friends w;
    ASSERT_TRUE(set(w.service, w, "bob", {}, "first"));
    ASSERT_TRUE(set(w.service, w, "bob", {{false, 1, "ann@example.com"}}, "other"));
    EXPECT_EQ(w.told("ann", "bob"), Errc::loop);
    EXPECT_EQ(w.service.privacy_list(key("bob")).name, "first");
    EXPECT_EQ(w.service.privacy_list(key("bob"), "other").items.size(), 1u);
    EXPECT_EQ(w.service.privacy_list(key("bob"), "none").items.size(), 0u);
    EXPECT_EQ(w.service.privacy_list(key("ann")).name, "default");
}

TEST(Privacy, TheAccessControlListShowsIt) {
    Friends w;
    ASSERT_TRUE(set(w.service, w, "bob", {{true, 1, "zoe@other.org"}, {false, 2, "ann@example.com"}, {false, 3, "other.org"}}));
    const auto acl = w.service.read_acl(w.who("bob"), w.alias("bob"));
    ASSERT_TRUE(acl);
    EXPECT_FALSE(acl->may(key("ann"), presence::Proof::ntlm, presence::Right::presence));
    EXPECT_FALSE(acl->may(key("ann"), presence::Proof::ntlm, presence::Right::send_to));
    EXPECT_TRUE(acl->may(key("ann"), presence::Proof::ntlm, presence::Right::read));
    EXPECT_FALSE(acl->may("other.org", presence::Proof::ntlm, presence::Right::presence));
    EXPECT_TRUE(acl->may("other.org/instmsg/aliases/zoe", presence::Proof::ntlm, presence::Right::presence));
}

TEST(Privacy, TheAccessControlListShowsItOfOnesOwnDomainToo) {
    Friends w;
    ASSERT_TRUE(set(w.service, w, "bob", {{false, 1, "example.com"}}));
    const auto acl = w.service.read_acl(w.who("bob"), w.alias("bob"));
    ASSERT_TRUE(acl);
    const auto domain = std::ranges::find(acl->entries(), "im.example.com", &presence::Ace::url);
    ASSERT_NE(domain, acl->entries().end());
    EXPECT_TRUE(domain->deny.has(presence::Right::presence) && domain->deny.has(presence::Right::send_to));
}

TEST(Privacy, ABlockedContactIsShutOutToo) {
    Friends w;
    const auto block = [&w](bool blocked) {
        w.service.put_contact(w.alias("bob"), {.account = key("ann"), .blocked = blocked}, [](const auto& put) { EXPECT_TRUE(put); });
    };
    block(true);
    EXPECT_EQ(w.carrier.take_states(), (Lines{PresenceWorld::url(2) + " offline", PresenceWorld::url(1) + " offline"}));
    EXPECT_EQ(w.told("ann", "bob"), Errc::denied);
    block(false);
    EXPECT_EQ(w.carrier.take_states(), (Lines{PresenceWorld::url(2) + " busy", PresenceWorld::url(1) + " online"}));
    block(true);
    (void)w.carrier.take();
    ASSERT_TRUE(set(w.service, w, "bob", {{true, 1, "ann@example.com"}}));  // the list goes first
    EXPECT_EQ(w.told("ann", "bob"), Errc::loop);
}

TEST(Privacy, SomebodyOfAnotherDomainIsBlockedByHisAddress) {
    Friends w;
    presence::Caller zoe = w.who("zoe");
    zoe.key = "other.org/instmsg/aliases/zoe";
    zoe.url = "http://other.org/instmsg/aliases/zoe";
    const auto sees = [&] {
        const auto found = w.service.find(zoe, w.alias("bob"), std::vector{presence::prop_state()});
        return found && !found->props.empty() && std::holds_alternative<presence::Status>(found->props.front().value);
    };
    EXPECT_TRUE(sees());
    w.service.put_contact(w.alias("bob"), {.account = "zoe@other.org", .blocked = true}, [](const auto& put) { EXPECT_TRUE(put); });
    EXPECT_TRUE(w.service.nodes().find(key("bob"))->shuts_out(zoe.key));
    EXPECT_FALSE(w.service.nodes().find(key("bob"))->shuts_out("other.org/instmsg/aliases/zo"));
    EXPECT_FALSE(sees());
    ASSERT_TRUE(set(w.service, w, "bob", {{true, 1, "zoe@other.org"}}));
    EXPECT_TRUE(sees());
}

TEST(Privacy, WhoDeniesHisWholeDomainStillSeesHimself) {
    Friends w;
    ASSERT_TRUE(w.watch("bob", "bob"));
    (void)w.carrier.take();
    ASSERT_TRUE(set(w.service, w, "bob", {{false, 1, "example.com"}}));
    EXPECT_EQ(w.carrier.take_states(), (Lines{PresenceWorld::url(2) + " offline", PresenceWorld::url(1) + " offline"}));
    EXPECT_EQ(w.seen("bob", "bob"), "busy");
    ASSERT_TRUE(w.patch(w.who("bob", 1), "bob", "away"));
    const Lines told = w.carrier.take_states();
    EXPECT_EQ(std::ranges::count(told, PresenceWorld::url(1) + " away"), 1) << "his own watch of himself";
    EXPECT_EQ(w.service.explain("bob", key("bob"))->sees, "away");
}

TEST(Privacy, WhoLosesSightLosesTheWordsBesideTheStateToo) {
    Friends w;
    const auto say = [&w](const presence::PropName& name, const std::string& text) {
        w.service.patch(w.who("bob", 1), {w.alias("bob"), {presence::PropPatch{name, presence::PropValue(presence::Text{text}), {}, {}}}}, [](const auto& set) { ASSERT_TRUE(set); });
    };
    say(presence::prop_status_text(), "in a meeting about Ann");
    say(presence::prop_show(), "dnd");
    (void)w.carrier.take();
    const auto told = [&w](const presence::PropName& name) {
        std::vector<std::string> values;
        for (const auto& sent : w.carrier.take()) {
            if (sent.url != PresenceWorld::url(2)) continue;
            for (const auto& change : std::get<presence::PropNotification>(sent.what().payload).changes) {
                if (change.name == name) values.push_back(change.value ? std::get<presence::Text>(*change.value).text : "(none)");
            }
        }
        return values;
    };
    ASSERT_TRUE(set(w.service, w, "bob", {{false, 1, "ann@example.com"}}));
    EXPECT_EQ(told(presence::prop_status_text()), Lines{"(none)"});
    ASSERT_TRUE(set(w.service, w, "bob", {}));
    EXPECT_EQ(told(presence::prop_show()), Lines{"dnd"});
}

TEST(Privacy, WhoIsShutOutAsksInVain) {
    Friends w;
    ASSERT_TRUE(set(w.service, w, "bob", {{false, 1, "ann@example.com"}}));
    w.service.ask(w.alias("ann"), {.account = key("bob")}, [](const auto& asked) { EXPECT_TRUE(asked); });
    EXPECT_TRUE(w.service.asks(key("bob")).empty());
}

TEST(Privacy, IsKeptAndBounded) {
    PresenceWorld world;
    tests::FakeJournal journal;
    auto settings = PresenceWorld::defaults();
    settings.privacy_items = 2;
    settings.privacy_lists = 2;
    const auto begin = [&] { return std::make_unique<presence::Service>(world.realm, settings, world.carrier, journal, world.wheel, world.clock); };
    auto service = begin();
    const auto put = [&](std::vector<PrivacyItem> items, const std::string& name = "") {
        base::Result<PrivacyList> out = base::fail(Errc::internal, "no answer");
        service->set_privacy_list(world.alias("bob"), {name, std::move(items)}, [&out](auto how) { out = std::move(how); });
        journal.complete_all();
        return out ? std::optional<Errc>() : out.error().code;
    };
    EXPECT_EQ(put({{false, 1, "ann@example.com"}, {true, 2, "zoe@other.org"}}, "zz"), std::nullopt);
    EXPECT_EQ(put({}, "aa"), std::nullopt);
    EXPECT_EQ(put({}, "bb"), Errc::busy);
    EXPECT_EQ(put({{false, 1, "a"}, {false, 2, "b"}, {false, 3, "c"}}), Errc::busy);
    EXPECT_EQ(put({{false, 1, "a"}, {false, 1, "b"}}), Errc::malformed);
    EXPECT_EQ(put({{false, 0, "a"}}), Errc::malformed);
    EXPECT_EQ(put({{false, 1, ""}}), Errc::malformed);
    journal.fail_next(1);
    EXPECT_EQ(put({}, "zz"), Errc::no_space);
    service.reset();
    service = begin();
    ASSERT_TRUE(service->load());
    const PrivacyList list = service->privacy_list(key("bob"));
    EXPECT_EQ(list.name, "zz");
    EXPECT_EQ(list.items.size(), 2u);
    EXPECT_TRUE(service->nodes().find(key("bob"))->shuts_out(key("ann")));
    journal.complete_all();
}
