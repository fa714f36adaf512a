// tests/presence/service_message_test.cc: when a message is acknowledged, and where it is by then (design 5, 7).
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/fake_journal.h"
#include "tests/fakes.h"

using namespace std::chrono_literals;
using base::Errc;
using presence::Accepted;
using presence::AckType;
using presence::Fate;
using presence::MessageKind;
using presence::NotificationType;
using tests::FakeJournal;
using tests::PresenceWorld;

namespace {

using Answer = std::shared_ptr<std::optional<base::Result<Accepted>>>;

// A service with archive and offline store, on a journal that answers when told; `again()` is a restart.
struct MessageWorld {
    explicit MessageWorld(presence::Settings s = keeping()) : settings(std::move(s)) { start(); }
    ~MessageWorld() {
        service.reset();
        journal.complete_all();
    }
    static presence::Settings keeping() {
        presence::Settings s = PresenceWorld::defaults();
        s.keep.offline = presence::Offline::store;
        s.archive = true;
        return s;
    }
    void start() {
        service = std::make_unique<presence::Service>(world.realm, settings, world.carrier, journal, world.wheel, world.clock);
        ASSERT_TRUE(service->load());
    }
    void again() {
        service.reset();
        world.carrier.take();
        start();
    }
    Answer send(const std::string& text, AckType ack = AckType::deep_or, MessageKind kind = MessageKind::text,
                const std::string& to = "bob") {
        auto answer = std::make_shared<std::optional<base::Result<Accepted>>>();
        presence::Message message{{"", ""}, {}, "Content-Type: text/plain\r\n\r\n" + text, {kind, "{S}", "text/plain", text}};
        service->notify(world.who("alice"), {world.alias(to), message, ack, 1},
                        [answer](base::Result<Accepted> how) { *answer = std::move(how); });
        return answer;
    }
    void login() {
        service->subscribe(world.who("bob", 3), {world.alias("bob"), NotificationType::notify, PresenceWorld::url(3), {}},
                           [](const auto& made) { EXPECT_TRUE(made); });
        journal.complete_all();
    }
    /// The texts sent since the last call.
    std::vector<std::string> take() {
        std::vector<std::string> texts;
        for (const auto& s : taken = world.carrier.take()) {
            texts.push_back(std::get<presence::Message>(s.what().payload).facts.text);
        }
        return texts;
    }
    void settle(Fate fate) {
        for (const auto& s : std::exchange(taken, {})) {
            service->settled(s.delivery.target, s.delivery.subscription, s.delivery.token, fate);
        }
        journal.complete_all();
    }
    [[nodiscard]] std::size_t kept() const {
        return static_cast<std::size_t>(std::ranges::count_if(journal.records, [](const auto& r) { return std::get<char>(r.first) == 'm'; }));
    }

    presence::Settings settings;
    PresenceWorld world;
    FakeJournal journal;
    std::vector<tests::FakeCarrier::Sent> taken;
    std::unique_ptr<presence::Service> service;
};

Errc error_of(const Answer& answer) { return (*answer)->error().code; }
using Texts = std::vector<std::string>;

}  // namespace

TEST(Messages, WithNobodyHomeTheAnswerWaitsUntilItIsSafe) {
    MessageWorld w;
    const Answer answer = w.send("hello");
    EXPECT_FALSE(*answer);
    w.journal.complete_all();
    ASSERT_TRUE(*answer);
    EXPECT_EQ(**answer, Accepted::kept);
    EXPECT_EQ(w.kept(), 1U);
    ASSERT_EQ(w.journal.messages.size(), 1U);
    EXPECT_EQ(w.journal.messages[0].text, "hello");
    EXPECT_EQ(w.journal.messages[0].sender, "http://im.example.com/instmsg/aliases/alice");
    EXPECT_EQ(w.journal.messages[0].receivers, (Texts{"/instmsg/aliases/bob"}));
    EXPECT_EQ(w.journal.messages[0].conversation, "/instmsg/aliases/alice\n/instmsg/aliases/bob");
}

TEST(Messages, WhatIsKeptGoesInOrderAndBeforeWhatIsNewer) {
    MessageWorld w;
    w.send("one");
    w.send("two");
    w.journal.complete_all();
    w.login();
    EXPECT_EQ(w.take(), (Texts{"one"}));
    const Answer newer = w.send("three");
    w.journal.complete_all();
    EXPECT_EQ(w.world.carrier.sent.size(), 0U);
    EXPECT_FALSE(*newer);
    w.settle(Fate::taken);
    EXPECT_EQ(w.take(), (Texts{"two"}));
    w.settle(Fate::taken);
    EXPECT_EQ(w.take(), (Texts{"three"}));
    w.settle(Fate::taken);
    ASSERT_TRUE(*newer);
    EXPECT_EQ(**newer, Accepted::settled);
    EXPECT_EQ(w.kept(), 0U);
    EXPECT_EQ(w.journal.messages.size(), 3U);
}

TEST(Messages, WhatWasKeptComesAfterARestartAndNotTwice) {
    MessageWorld w;
    w.send("one");
    w.journal.complete_all();
    w.again();
    w.login();
    EXPECT_EQ(w.take(), (Texts{"one"}));
    w.settle(Fate::taken);
    w.again();
    w.journal.complete_all();
    w.world.pass(60s);
    w.journal.complete_all();
    EXPECT_EQ(w.take(), Texts{});
}

TEST(Messages, AFailingStoreIsToldBeforeAnybodyIsTold) {
    MessageWorld w;
    w.login();
    w.journal.fail_with(base::Error{Errc::internal, "disk failed"});
    const Answer hop = w.send("hop", AckType::single_hop);
    w.journal.complete_all();
    ASSERT_TRUE(*hop);
    EXPECT_EQ(error_of(hop), Errc::no_space);
    EXPECT_EQ(w.take(), Texts{});
    for (const AckType ack : {AckType::single_hop, AckType::deep_or, AckType::deep_and}) {
        const Answer refused = w.send("refused", ack);
        ASSERT_TRUE(*refused);
        EXPECT_EQ(error_of(refused), Errc::no_space);
    }
    EXPECT_EQ(w.take(), Texts{});
    // Typing notes promise nothing, so they go on.
    w.send("typing", AckType::deep_or, MessageKind::control);
    EXPECT_EQ(w.take().size(), 1U);
    EXPECT_EQ(w.kept(), 0U);
    EXPECT_TRUE(w.journal.messages.empty());
}

TEST(Messages, SingleHopIsSafeThenAnsweredThenSentThenForgotten) {
    MessageWorld w;
    w.login();
    const Answer answer = w.send("hop", AckType::single_hop);
    EXPECT_FALSE(*answer);
    EXPECT_EQ(w.take(), Texts{});
    w.journal.complete_all();
    ASSERT_TRUE(*answer);
    EXPECT_EQ(**answer, Accepted::settled);
    EXPECT_EQ(w.kept(), 1U);
    EXPECT_EQ(w.journal.messages.size(), 1U);
    EXPECT_EQ(w.take(), (Texts{"hop"}));
    w.settle(Fate::taken);
    EXPECT_EQ(w.kept(), 0U);
}

TEST(Messages, SingleHopThatWasAnsweredComesAfterARestart) {
    MessageWorld w;
    w.login();
    w.send("hop", AckType::single_hop);
    w.journal.complete_all();
    w.again();
    w.world.pass(5s);
    w.journal.complete_all();
    EXPECT_EQ(w.take(), (Texts{"hop"}));
    w.settle(Fate::taken);
    EXPECT_EQ(w.kept(), 0U);
}

TEST(Messages, DeepIsDeliveredThenArchivedThenAnswered) {
    MessageWorld w;
    w.login();
    for (const AckType ack : {AckType::deep_or, AckType::deep_and}) {
        w.journal.messages.clear();
        const Answer answer = w.send("deep", ack);
        ASSERT_EQ(w.take(), (Texts{"deep"}));
        const auto& d = w.taken.front().delivery;
        w.service->settled(d.target, d.subscription, d.token, Fate::taken);
        EXPECT_FALSE(*answer) << "answered before it was archived";
        w.journal.complete_all();
        ASSERT_TRUE(*answer);
        EXPECT_EQ(**answer, Accepted::settled);
        EXPECT_EQ(w.journal.messages.size(), 1U);
        w.taken.clear();
    }
}

TEST(Messages, WhatArrivedButCannotBeArchivedIsNotAcknowledged) {
    MessageWorld w;
    w.login();
    const Answer answer = w.send("deep");
    w.take();
    w.journal.fail_with(base::Error{Errc::internal, "disk failed"});
    w.settle(Fate::taken);
    ASSERT_TRUE(*answer);
    EXPECT_EQ(error_of(answer), Errc::no_space);
}

TEST(Messages, ControlNotesAreNeitherKeptNorArchived) {
    MessageWorld w;
    const Answer nobody = w.send("typing", AckType::deep_or, MessageKind::control);
    ASSERT_TRUE(*nobody);
    EXPECT_EQ(error_of(nobody), Errc::precondition);
    w.login();
    w.send("typing", AckType::single_hop, MessageKind::control);
    EXPECT_EQ(w.take().size(), 1U);
    w.settle(Fate::taken);
    EXPECT_TRUE(w.journal.messages.empty());
    EXPECT_EQ(w.kept(), 0U);
}

TEST(Messages, WithRejectNobodyHomeIsSaidAndNothingKept) {
    presence::Settings settings = MessageWorld::keeping();
    settings.keep.offline = presence::Offline::reject;
    MessageWorld w(settings);
    const Answer answer = w.send("hello");
    ASSERT_TRUE(*answer);
    EXPECT_EQ(error_of(answer), Errc::precondition);
    w.journal.complete_all();
    EXPECT_EQ(w.kept(), 0U);
    EXPECT_TRUE(w.journal.messages.empty());
}

TEST(Messages, WhatIsKeptIsBoundedByCountBytesAndAge) {
    presence::Settings settings = MessageWorld::keeping();
    settings.keep.messages = 2;
    settings.keep.bytes = 4000;
    settings.keep.age = 24h;
    MessageWorld w(settings);
    const Answer large = w.send(std::string(5000, 'x'));
    w.journal.complete_all();
    EXPECT_EQ(error_of(large), Errc::precondition);
    w.send("one");
    w.send("two");
    const Answer third = w.send("three");
    w.journal.complete_all();
    EXPECT_EQ(error_of(third), Errc::precondition);
    EXPECT_EQ(w.kept(), 2U);
    w.world.pass(25h);
    w.journal.complete_all();
    EXPECT_EQ(w.kept(), 0U);
    w.login();
    EXPECT_EQ(w.take(), Texts{});
}

TEST(Messages, WhenNobodyTakesItItIsKeptAndTriedAgain) {
    MessageWorld w;
    w.login();
    const Answer answer = w.send("hello");
    w.take();
    w.settle(Fate::timed_out);
    ASSERT_TRUE(*answer);
    EXPECT_EQ(**answer, Accepted::kept);
    EXPECT_EQ(w.kept(), 1U);
    w.world.pass(2s);
    w.journal.complete_all();
    EXPECT_EQ(w.take(), (Texts{"hello"}));
    w.settle(Fate::taken);
    EXPECT_EQ(w.kept(), 0U);
}

TEST(Messages, ANodeThatGoesTakesWhatIsKeptForItAlong) {
    MessageWorld w;
    w.send("hello");
    w.journal.complete_all();
    bool removed = false;
    w.service->remove_node("bob", [&removed](const base::Result<void>& done) { removed = done.has_value(); });
    w.journal.complete_all();
    EXPECT_TRUE(removed);
    EXPECT_EQ(w.kept(), 0U);
    w.login();
    EXPECT_EQ(w.take(), Texts{});
}
