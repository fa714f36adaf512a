// tests/presence/service_acl_test.cc: every verb with every right and every credential, and what an ACL changes at once.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7; design 3.6, 6
#include <gtest/gtest.h>

#include <functional>

#include "tests/fakes.h"

using namespace std::chrono_literals;
using base::Errc;
using presence::Ace;
using presence::Caller;
using presence::Credentials;
using presence::kRights;
using presence::NotificationType;
using presence::Proof;
using presence::Right;
using presence::Rights;
using presence::Text;
using tests::PresenceWorld;

namespace {

constexpr std::array kProofs = {Proof::assertion, Proof::digest, Proof::ntlm};
constexpr Credentials kInternal = static_cast<Credentials>(Proof::internal);
const std::string kOwner = "bob";
const std::string kOther = "carol";

enum class Verdict { allowed, denied, unproven, not_found };

template <class T>
Verdict verdict(const base::Result<T>& result) {
    if (!result && result.error().code == Errc::not_found) return Verdict::not_found;
    if (!result && result.error().code == Errc::unproven) return Verdict::unproven;
    return !result && result.error().code == Errc::denied ? Verdict::denied : Verdict::allowed;
}

template <class T, class Start>
Verdict awaited(Start&& start) {
    base::Result<T> out = base::fail(Errc::denied, "no answer");
    start([&out](base::Result<T> answer) { out = std::move(answer); });
    return verdict(out);
}

Verdict set_acl(PresenceWorld& world, const Caller& caller, const std::vector<Ace>& changes) {
    return awaited<presence::Acl>([&](auto done) {
        world.service.merge_acl(caller, world.alias(kOwner), changes, std::move(done));
    });
}

Verdict find(PresenceWorld& world, const Caller& caller, const presence::FindWanted& wanted) {
    const auto found = world.service.find(caller, world.alias(kOwner), wanted);
    return found && !found->not_allowed.empty() ? Verdict::denied : verdict(found);
}

Verdict patch(PresenceWorld& world, const Caller& caller, const presence::PropName& name, const std::string& text) {
    return awaited<std::vector<presence::Granted>>([&](auto done) {
        world.service.patch(caller, {world.alias(kOwner), {presence::PropPatch{name, Text{text}, {}, {}}}}, std::move(done));
    });
}

Verdict notify(PresenceWorld& world, const Caller& caller) {
    const presence::Message message{{"", ""}, {}, "Content-Type: text/plain\r\n\r\nhello"};
    return awaited<presence::Accepted>([&](auto done) {
        world.service.notify(caller, {world.alias(kOwner), message, presence::AckType::single_hop, 1}, std::move(done));
    });
}

struct Verb {
    const char* name;
    Rights needs;  // all of them
    std::function<Verdict(PresenceWorld&, const Caller&)> act;
};

// Design 6, "verb and right".
const std::vector<Verb> kVerbs = {
    {"SUBSCRIBE update/propchange", {Right::presence},
     [](PresenceWorld& w, const Caller& c) {
         return verdict(w.subscribe(c, w.alias(kOwner), NotificationType::propchange, c.url));
     }},
    {"SUBSCRIBE update/propchange, foreign Call-Back", {Right::presence, Right::subscribe_others},
     [](PresenceWorld& w, const Caller& c) {
         return verdict(w.subscribe(c, w.alias(kOwner), NotificationType::propchange, PresenceWorld::url(99)));
     }},
    {"SUBSCRIBE update/propchange, foreign Call-Back as a number", {Right::presence, Right::subscribe_others},
     [](PresenceWorld& w, const Caller& c) {
         return verdict(w.subscribe(c, w.alias(kOwner), NotificationType::propchange, "http://0x0a.99:1000"));
     }},
    {"SUBSCRIBE pragma/notify", {Right::receive_from},
     [](PresenceWorld& w, const Caller& c) {
         return verdict(w.subscribe(c, w.alias(kOwner), NotificationType::notify, PresenceWorld::url(3)));
     }},
    {"SUBSCRIPTIONS update/propchange", {Right::subscriptions},
     [](PresenceWorld& w, const Caller& c) {
         return verdict(w.service.subscriptions(c, w.alias(kOwner), NotificationType::propchange));
     }},
    {"SUBSCRIPTIONS pragma/notify", {Right::subscriptions},
     [](PresenceWorld& w, const Caller& c) {
         return verdict(w.service.subscriptions(c, w.alias(kOwner), NotificationType::notify));
     }},
    {"PROPFIND allprop", {Right::list},
     [](PresenceWorld& w, const Caller& c) { return find(w, c, presence::FindAll{}); }},
    {"PROPFIND propname", {Right::list},
     [](PresenceWorld& w, const Caller& c) { return find(w, c, presence::FindNames{}); }},
    {"PROPFIND displayname", {Right::read},
     [](PresenceWorld& w, const Caller& c) { return find(w, c, std::vector{presence::prop_displayname()}); }},
    {"PROPFIND state", {Right::presence},
     [](PresenceWorld& w, const Caller& c) { return find(w, c, std::vector{presence::prop_state()}); }},
    {"PROPFIND mobile-state", {Right::presence},
     [](PresenceWorld& w, const Caller& c) { return find(w, c, std::vector{presence::prop_mobile_state()}); }},
    {"PROPPATCH", {Right::write},
     [](PresenceWorld& w, const Caller& c) { return patch(w, c, presence::prop_email(), "x@example.com"); }},
    {"NOTIFY", {Right::send_to}, [](PresenceWorld& w, const Caller& c) { return notify(w, c); }},
    {"ACL get", {Right::readacl},
     [](PresenceWorld& w, const Caller& c) { return verdict(w.service.read_acl(c, w.alias(kOwner))); }},
    {"ACL set", {Right::writeacl}, [](PresenceWorld& w, const Caller& c) { return set_acl(w, c, {}); }},
};

Ace entry(const std::string& name, Credentials credentials, Rights grant, Rights deny) {
    Ace ace;
    if (!name.empty()) {
        ace.key = "/instmsg/aliases/" + name;
        ace.url = "http://im.example.com" + ace.key;
    }
    ace.credentials = credentials;
    ace.grant = grant;
    ace.deny = deny;
    return ace;
}

// A world in which bob is logged on and nobody else may do anything with him.
struct ClosedWorld : PresenceWorld {
    ClosedWorld() {
        EXPECT_TRUE(login(kOwner, 2));
        EXPECT_EQ(set_acl(*this, who(kOwner, 2), {entry("", presence::kAnyCredentials, {}, Rights::all())}), Verdict::allowed);
    }
    Caller proved(const std::string& name, Proof proof, int host = 3) {
        Caller caller = who(name, host);
        caller.proof = proof;
        return caller;
    }
};

Rights all_but(Rights rights) {
    Rights rest = Rights::all();
    rest.remove(rights);
    return rest;
}

// What every proof gets of `verb` when `subject` is granted `granted` for `credentials`.
void walk(const Verb& verb, const std::string& subject, Credentials credentials, Rights granted) {
    for (const Proof proof : kProofs) {
        ClosedWorld world;
        ASSERT_EQ(set_acl(world, world.who(kOwner, 2), {entry(subject, credentials, granted, {})}), Verdict::allowed);
        const bool right = (granted.bits() & verb.needs.bits()) == verb.needs.bits();
        const bool proved = (credentials & static_cast<Credentials>(proof)) != 0;
        EXPECT_EQ(verb.act(world, world.proved(kOther, proof)), right && proved ? Verdict::allowed : Verdict::denied)
            << verb.name << ": rights " << granted.bits() << " to '" << subject << "' for credentials "
            << int(credentials) << ", proof " << int(proof);
        EXPECT_EQ(verb.act(world, world.proved("dave", proof)),
                  right && proved && subject.empty() ? Verdict::allowed : Verdict::denied)
            << verb.name << " by a third, when '" << subject << "' has the right";
    }
}

}  // namespace

TEST(ServiceAcl, EveryVerbNeedsItsRightUnderTheCredentialThatTheEntryNames) {
    for (const Verb& verb : kVerbs) {
        for (const std::string& subject : {std::string(), kOther}) {
            // 8 is internal, which nobody proves from outside; 7 is any.
            for (const Credentials credentials : std::initializer_list<Credentials>{1, 2, 4, 3, 7, 8, 15}) walk(verb, subject, credentials, verb.needs);
            for (const auto& [name, right] : kRights) walk(verb, subject, presence::kAnyCredentials, {right});
            walk(verb, subject, presence::kAnyCredentials, all_but(verb.needs));
        }
    }
}

TEST(ServiceAcl, WhoHasProvedNothingIsAskedForTheProofThatWouldDo) {
    for (const Verb& verb : kVerbs) {
        // Values that one may not see are as if they were not there, whatever else would show them.
        const bool hides = std::string_view(verb.name).starts_with("PROPFIND") && verb.needs != Rights{Right::list};
        if (hides) continue;
        for (const Credentials provable : std::initializer_list<Credentials>{0, 2, 4, 6}) {
            for (const Credentials credentials : std::initializer_list<Credentials>{1, 2, 4, 6}) {
                ClosedWorld world;
                auto settings = PresenceWorld::defaults();
                settings.provable = provable;
                world.service.change(settings);
                ASSERT_EQ(set_acl(world, world.who(kOwner, 2), {entry("", credentials, verb.needs, {})}), Verdict::allowed);
                const Verdict expected = (credentials & 1) != 0          ? Verdict::allowed
                                         : (credentials & provable) != 0 ? Verdict::unproven
                                                                         : Verdict::denied;
                EXPECT_EQ(verb.act(world, world.proved(kOther, Proof::assertion)), expected)
                    << verb.name << " for credentials " << int(credentials) << ", provable " << int(provable);
            }
        }
        ClosedWorld world;
        auto settings = PresenceWorld::defaults();
        settings.provable = 6;
        world.service.change(settings);
        EXPECT_EQ(verb.act(world, world.proved(kOther, Proof::assertion)), Verdict::denied) << verb.name << ": no proof would do";
        ASSERT_EQ(set_acl(world, world.who(kOwner, 2), {entry("", 4, verb.needs, {})}), Verdict::allowed);
        EXPECT_EQ(verb.act(world, world.proved(kOther, Proof::digest)), Verdict::denied) << verb.name << ": he has proved enough";
    }
}

TEST(ServiceAcl, WhatAProvenWatcherMadeNobodyRenewsOrEndsUnproven) {
    for (const Credentials provable : std::initializer_list<Credentials>{2, 0}) {
        PresenceWorld world;
        auto settings = PresenceWorld::defaults();
        settings.provable = provable;
        world.service.change(settings);
        ASSERT_TRUE(world.login(kOwner, 2));
        Caller carol = world.who(kOther, 3);
        carol.proof = Proof::digest;
        const auto watch = world.subscribe(carol, world.alias(kOwner), NotificationType::propchange, carol.url);
        ASSERT_TRUE(watch);
        carol.proof = Proof::assertion;
        const Verdict expected = provable == 0 ? Verdict::allowed : Verdict::unproven;
        EXPECT_EQ(verdict(world.renew(carol, watch->id)), expected);
        if (provable != 0) {
            EXPECT_EQ(verdict(world.unsubscribe(carol, watch->id)), expected);
        }
        carol.proof = Proof::ntlm;
        EXPECT_EQ(verdict(world.renew(carol, watch->id)), Verdict::allowed) << "another proof is one as well";
        EXPECT_EQ(verdict(world.unsubscribe(world.who(kOwner, 2), watch->id)), Verdict::allowed) << "the node's owner";
    }
}

TEST(ServiceAcl, TheOwnerMayAlwaysDoEverything) {
    for (const Verb& verb : kVerbs) {
        for (const Proof proof : kProofs) {
            ClosedWorld world;
            const Credentials every = presence::kAnyCredentials | kInternal;
            set_acl(world, world.who(kOwner, 2), {entry(kOwner, every, {}, Rights::all())});
            EXPECT_EQ(verb.act(world, world.proved(kOwner, proof, 2)), Verdict::allowed) << verb.name;
        }
    }
}

TEST(ServiceAcl, OnesOwnEntryDecidesBeforeThatOfEverybody) {
    for (const Verb& verb : kVerbs) {
        ClosedWorld world;
        set_acl(world, world.who(kOwner, 2), {entry("", presence::kAnyCredentials, Rights::all(), {}),
                                              entry(kOther, presence::kAnyCredentials, {}, verb.needs)});
        EXPECT_EQ(verb.act(world, world.who(kOther, 3)), Verdict::denied) << verb.name;
        EXPECT_EQ(verb.act(world, world.who("dave", 4)), Verdict::allowed) << verb.name;
    }
}

TEST(ServiceAcl, OnlyTheWatcherAndTheNodesOwnerEndASubscriptionWhateverTheList) {
    for (const char* who : {"carol", "bob", "dave"}) {
        PresenceWorld world;
        ASSERT_TRUE(world.login(kOwner, 2));
        const auto watch = world.watch(kOther, kOwner);
        ASSERT_TRUE(watch);
        set_acl(world, world.who(kOwner, 2), {entry("", presence::kAnyCredentials, Rights::all(), {})});
        EXPECT_EQ(verdict(world.unsubscribe(world.who(who), watch->id)),
                  std::string(who) == "dave" ? Verdict::denied : Verdict::allowed)
            << who;
    }
}

TEST(ServiceAcl, NothingIsInheritedFromTheNodeAbove) {
    PresenceWorld world;
    const Caller bob = world.who(kOwner);
    for (const char* path : {"/groups/a", "/groups/a/b"}) {
        ASSERT_TRUE(world.subscribe(bob, world.node(path), NotificationType::propchange, bob.url));
    }
    const auto closed = awaited<presence::Acl>([&](auto done) {
        world.service.merge_acl(bob, world.node("/groups/a"), {entry("", presence::kAnyCredentials, {}, Rights::all())},
                                std::move(done));
    });
    ASSERT_EQ(closed, Verdict::allowed);
    EXPECT_EQ(verdict(world.service.find(world.who(kOther), world.node("/groups/a"), presence::FindAll{})), Verdict::denied);
    EXPECT_EQ(verdict(world.service.find(world.who(kOther), world.node("/groups/a/b"), presence::FindAll{})),
              Verdict::allowed);
}

namespace {

// The property changes of what was sent since the last call, as `name=value`.
std::vector<std::string> told(PresenceWorld& world) {
    std::vector<std::string> lines;
    for (const auto& sent : world.carrier.take()) {
        for (const auto& change : std::get<presence::PropNotification>(sent.what().payload).changes) {
            const auto* text = change.value ? std::get_if<Text>(&*change.value) : nullptr;
            const auto* status = change.value ? std::get_if<presence::Status>(&*change.value) : nullptr;
            lines.push_back(std::string(change.name.local()) + "=" + (text ? text->text : status ? status->name() : "removed"));
        }
    }
    return lines;
}
using Told = std::vector<std::string>;

}  // namespace

TEST(ServiceAcl, WhoLosesSightLosesTheMobileToo) {
    PresenceWorld world;
    ASSERT_TRUE(world.login(kOther, 3));
    ASSERT_TRUE(world.watch(kOther, kOwner));
    patch(world, world.who(kOwner, 2), presence::prop_mobile_state(), "1");
    patch(world, world.who(kOwner, 2), presence::prop_mobile_description(), "on the road");
    world.carrier.take();
    const auto sight = [&](Rights grant, Rights deny) {
        set_acl(world, world.who(kOwner, 2), {entry(kOther, presence::kAnyCredentials, grant, deny)});
        return told(world);
    };
    EXPECT_EQ(sight({}, {Right::presence}), (Told{"mobile-state=0", "mobile-description="}));
    EXPECT_EQ(sight({Right::presence}, {}), (Told{"mobile-state=1", "mobile-description=on the road"}));
    ASSERT_TRUE(world.patch(world.who(kOwner, 2), kOwner, "busy"));
    EXPECT_EQ(told(world), Told{"state=busy"});
    EXPECT_EQ(sight({}, {Right::presence}), (Told{"state=offline", "mobile-state=0", "mobile-description="}));
    EXPECT_EQ(sight({}, {Right::presence}), Told{});
    patch(world, world.who(kOwner, 2), presence::prop_mobile_state(), "2");
    EXPECT_EQ(told(world), Told{});
    EXPECT_EQ(sight({Right::presence}, {}), (Told{"state=busy", "mobile-state=2", "mobile-description=on the road"}));
}

TEST(ServiceAcl, TheProofOfASubscriptionIsAskedForAtEveryDelivery) {
    ClosedWorld world;
    set_acl(world, world.who(kOwner, 2), {entry("", 2, {Right::presence}, {})});  // digest only
    ASSERT_TRUE(world.login(kOther, 3));
    ASSERT_TRUE(world.subscribe(world.proved(kOther, Proof::digest), world.alias(kOwner), NotificationType::propchange,
                                world.who(kOther).url));
    ASSERT_TRUE(world.patch(world.who(kOwner, 2), kOwner, "busy"));
    EXPECT_EQ(told(world), Told{"state=busy"});
    set_acl(world, world.who(kOwner, 2), {entry("", 2, {}, {Right::presence})});
    EXPECT_EQ(told(world), Told{"state=offline"});
    set_acl(world, world.who(kOwner, 2), {entry("", 4, {Right::presence}, {})});  // of no use to him
    ASSERT_TRUE(world.patch(world.who(kOwner, 2), kOwner, "away"));
    EXPECT_EQ(told(world), Told{});
}

TEST(ServiceAcl, LeadingNewsToANodeNeedsTheProofThatTheNodesListNames) {
    for (const Proof proof : kProofs) {
        ClosedWorld world;  // bob takes only from who proved himself by digest
        set_acl(world, world.who(kOwner, 2), {entry("", 2, {Right::send_to}, {})});
        ASSERT_TRUE(world.login("alice", 5));
        const auto by_way_of_bob = [&](Right right) {
            base::Result<presence::Acl> out = base::fail(Errc::internal, "no answer");
            world.service.merge_acl(world.who("alice", 5), world.alias("alice"),
                                    {entry(kOther, presence::kAnyCredentials, {right}, {})},
                                    [&out](auto acl) { out = std::move(acl); });
            return out.has_value();
        };
        ASSERT_TRUE(by_way_of_bob(Right::subscribe_others));
        ASSERT_TRUE(world.subscribe(world.proved(kOther, proof), world.alias("alice"), NotificationType::propchange,
                                    world.who(kOwner).url));
        world.carrier.take();
        ASSERT_TRUE(world.patch(world.who("alice", 5), "alice", "busy"));
        std::size_t to_bob = 0;
        for (const auto& sent : world.carrier.take()) to_bob += sent.url == PresenceWorld::url(2) ? 1 : 0;
        EXPECT_EQ(to_bob, proof == Proof::digest ? 1U : 0U) << int(proof);
    }
}
