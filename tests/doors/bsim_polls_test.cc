// tests/doors/bsim_polls_test.cc: what was acknowledged is told once, whoever leaves, and whenever.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 6
#include <gtest/gtest.h>

#include <random>

#include "tests/doors/bsim_life.h"

using tests::BsimLife;
using tests::SlowBsimWorld;

namespace {

using Texts = std::vector<std::string>;

presence::Settings rejecting() {
    presence::Settings s = SlowBsimWorld::keeping();
    s.keep.offline = presence::Offline::reject;
    return s;
}

/// Two people, signed in, who have heard all there was.
struct Two {
    explicit Two(presence::Settings settings = SlowBsimWorld::keeping()) : world(std::move(settings)) {
        ann = sign_in("ann");
        bob = sign_in("bob");
        world.texts(ann);
    }
    std::string sign_in(const std::string& name) {
        const std::string id = world.login(name);
        EXPECT_EQ(world.login_im(id, name).status, 200);
        world.finish();
        return id;
    }
    void leave(const std::string& id) { EXPECT_EQ(world.ask("Logout", SlowBsimWorld::session(id)).status, 200); }

    SlowBsimWorld world;
    std::string ann, bob;
};

TEST(BsimPolls, WhatWasReadAfterHeLeftIsNotToldAgain) {
    Two two;
    EXPECT_EQ(two.world.send(two.ann, "ann", "bob", "hello").status, 200);
    base::Response poll = two.world.poll(two.bob);  // on its way
    two.leave(two.bob);
    poll.written(true);
    two.world.finish();
    EXPECT_EQ(two.world.texts(two.sign_in("bob")), Texts{});
}

TEST(BsimPolls, WhatWasNotReadWhenHeLeftWaitsForHim) {
    Two two;
    EXPECT_EQ(two.world.send(two.ann, "ann", "bob", "hello").status, 200);
    base::Response poll = two.world.poll(two.bob);
    two.leave(two.bob);
    poll.written(false);
    two.world.finish();
    two.world.pass(std::chrono::seconds(1));
    EXPECT_EQ(two.world.texts(two.sign_in("bob")), Texts{"*ann@example.com: hello"});
}

TEST(BsimPolls, WhatWasAcknowledgedWaitsEvenWhereNothingElseDoes) {
    Two two(rejecting());
    EXPECT_EQ(two.world.send(two.ann, "ann", "bob", "hello").status, 200);
    two.world.pass(std::chrono::seconds(121));  // nobody polls any more
    two.world.finish();
    EXPECT_EQ(two.world.desk.sessions(), 0U);
    EXPECT_EQ(two.world.service.history().size(), 1U);
    two.ann = two.sign_in("ann");
    EXPECT_EQ(two.world.send(two.ann, "ann", "cy", "nobody is home").status, 200);
    EXPECT_EQ(two.world.service.history().size(), 1U);
    EXPECT_EQ(two.world.texts(two.sign_in("bob")), Texts{"*ann@example.com: hello"});
}

TEST(BsimPolls, AMessageIsNotGivenToWhoComesWhileItIsMadeSafe) {
    Two two;
    const auto answer = two.world.begin("SendMessage", SlowBsimWorld::session(two.ann) + SlowBsimWorld::element("account", "ann") +
                                                           SlowBsimWorld::element("toAccount", "bob") +
                                                           SlowBsimWorld::element("message", "secret"));
    two.leave(two.bob);
    EXPECT_FALSE(answer->has_value());
    const std::string cy = two.world.login("cy");
    const auto signed_in = two.world.begin("LoginIM", SlowBsimWorld::session(cy) + SlowBsimWorld::element("imType", "msn") +
                                                          SlowBsimWorld::element("account", "cy") + SlowBsimWorld::element("password", "pw"));
    two.world.finish();
    EXPECT_EQ((*answer)->status, 200);
    EXPECT_EQ(two.world.texts(cy), Texts{});
    two.world.pass(std::chrono::seconds(1));
    EXPECT_EQ(two.world.texts(two.sign_in("bob")), Texts{"*ann@example.com: secret"});
}

TEST(BsimPolls, AClientThatOnlySendsStaysSignedIn) {
    Two two;
    for (int i = 0; i < 15; ++i) {  // longer than an ended lease can be revived
        two.world.pass(std::chrono::seconds(100));
        EXPECT_EQ(two.world.send(two.bob, "bob", "cy", "hm").status, 200);
    }
    two.ann = two.sign_in("ann");
    EXPECT_EQ(two.world.send(two.ann, "ann", "bob", "still there?").status, 200);
    EXPECT_EQ(two.world.texts(two.bob), Texts{"ann@example.com: still there?"});
}

// The same as tests/fuzz/bsim_fuzz.cc, along paths that are always the same.
TEST(BsimPolls, InAnyOrderOfEventsEveryMessageIsToldOnce) {
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
        std::mt19937 random(seed);
        BsimLife life([&random] { return static_cast<std::uint8_t>(random()); },
                      [seed](bool holds, const std::string& what) { ASSERT_TRUE(holds) << what << ", seed " << seed; });
        for (int act = 0; act < 150; ++act) life.act();
        life.end();
    }
}

}  // namespace
