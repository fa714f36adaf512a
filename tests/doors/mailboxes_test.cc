// tests/doors/mailboxes_test.cc: what becomes of messages for people who poll.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "doors/mailboxes.h"
#include "tests/fakes.h"

using doors::Wanted;
using presence::DeliveryToken;
using presence::Fate;

namespace {

using Settled = std::vector<std::pair<std::uint64_t, Fate>>;

// Mailboxes in front of a carrier that remembers, with what is run later run at once when asked.
struct BoxWorld final : doors::MailboxEvents, presence::CarrierEvents {
    tests::FakeCarrier beyond;
    std::vector<std::function<void()>> later;
    doors::Mailboxes boxes{beyond, [this](std::function<void()> f) { later.push_back(std::move(f)); }};
    Wanted answer = Wanted::yes;
    std::vector<std::string> seen;
    Settled fates;

    BoxWorld() { boxes.set_events(*this); }
    void changed(const presence::PropNotification& change) override { seen.push_back(change.from.href); }
    Wanted wants(const presence::Message&) override { return answer; }
    void settled(presence::TargetId, presence::SubscriptionId, DeliveryToken token, Fate fate) override {
        fates.emplace_back(static_cast<std::uint64_t>(token), fate);
    }
    presence::TargetId open(const doors::Mailbox& box) { return *boxes.open(box.url(), {}, {}); }
    void push(presence::TargetId to, std::uint64_t token, const std::string& text = "hi") {
        presence::Message message{{"http://a/b", ""}, {}, text, {presence::MessageKind::text, "", "text/plain", text}};
        presence::Delivery delivery;
        delivery.target = to;
        delivery.subscription = presence::SubscriptionId{7};
        delivery.what = boxes.prepare({message, "", 1, presence::AckType::deep_or});
        delivery.token = DeliveryToken(token);
        boxes.push(std::move(delivery));
    }
    Settled take() {
        for (auto& f : std::exchange(later, {})) f();
        return std::exchange(fates, {});
    }
    static std::vector<std::string> texts(const std::vector<doors::Letter>& letters) {
        std::vector<std::string> all;
        for (const auto& l : letters) all.push_back(std::get<presence::Message>(l.what->payload).mime);
        return all;
    }
};

TEST(Mailboxes, AMessageIsTakenWhenItWasRead) {
    BoxWorld world;
    const auto box = world.boxes.open_mailbox(world);
    const auto target = world.open(*box);
    EXPECT_TRUE(presence::in_mailbox(target));
    world.push(target, 1, "a");
    world.push(target, 2, "b");
    EXPECT_EQ(world.take(), Settled{});
    auto letters = box->take(1000);
    EXPECT_EQ(BoxWorld::texts(letters), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(world.take(), Settled{});
    box->settle(std::move(letters), true);
    EXPECT_EQ(world.take(), (Settled{{1, Fate::taken}, {2, Fate::taken}}));
}

TEST(Mailboxes, WhatIsTakenOutAndNotReadTakesRoom) {
    BoxWorld world;
    const auto box = world.boxes.open_mailbox(world);
    const auto target = world.open(*box);
    const std::string large(doors::Mailboxes::kMostBytes / 2, 'x');
    world.push(target, 1, large);
    world.push(target, 2, large);
    auto letters = box->take(2 * large.size());
    ASSERT_EQ(letters.size(), 2U);
    world.push(target, 3, "one more");
    EXPECT_EQ(world.take(), (Settled{{3, Fate::dropped}}));
    box->settle(std::move(letters), true);
    world.push(target, 4, "one more");
    EXPECT_EQ(world.take(), (Settled{{1, Fate::taken}, {2, Fate::taken}}));
    EXPECT_EQ(BoxWorld::texts(box->take(100)), std::vector<std::string>{"one more"});
}

TEST(Mailboxes, WhatWasNotReadComesAgainAndFirst) {
    BoxWorld world;
    const auto box = world.boxes.open_mailbox(world);
    const auto target = world.open(*box);
    world.push(target, 1, "a");
    world.push(target, 2, "b");
    auto letters = box->take(1000);
    world.push(target, 3, "c");
    world.boxes.cancel(target, DeliveryToken{2});  // its sender waits no more
    box->settle(std::move(letters), false);
    EXPECT_EQ(world.take(), Settled{});
    EXPECT_EQ(BoxWorld::texts(box->take(1000)), (std::vector<std::string>{"a", "c"}));
}

TEST(Mailboxes, APollTakesNoMoreThanItMay) {
    BoxWorld world;
    const auto box = world.boxes.open_mailbox(world);
    const auto target = world.open(*box);
    world.push(target, 1, std::string(600, 'a'));
    world.push(target, 2, std::string(600, 'b'));
    EXPECT_EQ(box->take(1000).size(), 1U);
    EXPECT_EQ(box->take(10).size(), 1U);  // at least one, or it would stay for ever
}

TEST(Mailboxes, WhoClosesTellsThatNobodyIsThere) {
    BoxWorld world;
    auto box = world.boxes.open_mailbox(world);
    const auto target = world.open(*box);
    world.push(target, 1);
    world.push(target, 2);
    world.push(target, 3);
    const auto out = box->take(3);
    EXPECT_EQ(out.size(), 1U);
    box.reset();
    EXPECT_EQ(world.take(), (Settled{{2, Fate::gone}, {3, Fate::gone}}));
    world.push(target, 4);
    EXPECT_EQ(world.take(), (Settled{{4, Fate::gone}}));
    world.boxes.close(target);
    world.boxes.settle_late(out, false);
    EXPECT_EQ(world.take(), (Settled{{1, Fate::gone}}));
}

TEST(Mailboxes, WhatWasReadAtTheLastIsTaken) {
    BoxWorld world;
    auto box = world.boxes.open_mailbox(world);
    world.push(world.open(*box), 1);
    const auto out = box->take(3);
    box.reset();
    world.boxes.settle_late(out, true);
    EXPECT_EQ(world.take(), (Settled{{1, Fate::taken}}));
}

TEST(Mailboxes, AFullOneDropsAndAnUnwantedIsTakenOrRefused) {
    BoxWorld world;
    const auto box = world.boxes.open_mailbox(world);
    const auto target = world.open(*box);
    world.answer = Wanted::no;
    world.push(target, 1);
    world.answer = Wanted::refused;
    world.push(target, 2);
    world.answer = Wanted::yes;
    EXPECT_EQ(world.take(), (Settled{{1, Fate::taken}, {2, Fate::rejected}}));
    for (std::uint64_t i = 0; i < doors::Mailboxes::kMostLetters; ++i) world.push(target, 10 + i);
    EXPECT_EQ(world.take(), Settled{});
    world.push(target, 3);
    EXPECT_EQ(world.take(), (Settled{{3, Fate::dropped}}));
}

TEST(Mailboxes, ForgettingASubscriptionTellsItsSenders) {
    BoxWorld world;
    const auto box = world.boxes.open_mailbox(world);
    const auto target = world.open(*box);
    world.push(target, 1);
    world.boxes.forget(target, presence::SubscriptionId{8});
    EXPECT_FALSE(box->empty());
    world.boxes.forget(target, presence::SubscriptionId{7});
    EXPECT_TRUE(box->empty());
    EXPECT_EQ(world.take(), (Settled{{1, Fate::gone}}));
}

TEST(Mailboxes, NobodyOpensOneByGuessing) {
    BoxWorld world;
    const auto box = world.boxes.open_mailbox(world);
    EXPECT_EQ(world.boxes.open("mailbox:00", {}, {}).error().code, base::Errc::malformed);
    (void)world.open(*box);
    EXPECT_FALSE(world.boxes.open(box->url(), {}, {}));  // one is enough
}

TEST(Mailboxes, OtherTargetsGoOn) {
    BoxWorld world;
    const auto box = world.boxes.open_mailbox(world);
    const auto target = *world.boxes.open("http://10.0.0.1:80", {}, {});
    EXPECT_FALSE(presence::in_mailbox(target));
    world.push(target, 1);
    EXPECT_EQ(world.beyond.sent.size(), 1U);
    world.boxes.close(target);
    EXPECT_EQ(world.beyond.open_targets, 0);
}

TEST(Mailboxes, APropertyChangeIsToldAtOnce) {
    BoxWorld world;
    const auto box = world.boxes.open_mailbox(world);
    presence::Delivery delivery;
    delivery.target = world.open(*box);
    delivery.what = world.boxes.prepare({presence::PropNotification{{"http://x/y", ""}, {}}, "", 2});
    world.boxes.push(std::move(delivery));
    EXPECT_EQ(world.seen, std::vector<std::string>{"http://x/y"});
}

}  // namespace
