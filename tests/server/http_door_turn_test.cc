// tests/server/http_door_turn_test.cc: requests that come in one turn of the loop, whose answers are sent together.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 8
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/server/door_fixture.h"

namespace server {
namespace {

constexpr int kClients = 20;

constexpr std::size_t kBig = 100'000;

/// Answers with the target, and to /big at length. Remembers what it was told is coming.
struct EchoDesk final : PlainDesk {
    std::vector<std::string> coming;
    void comes(std::string_view target, Coming how_far) noexcept override {
        coming.push_back((how_far == Coming::head ? "head of " : "target ") + std::string(target));
    }
    void serve(const base::Request& request, base::Responder responder) override {
        base::Response response;
        response.status = 200;
        response.body = request.target.starts_with("/big") ? std::string(kBig, 'x') : request.target;
        responder(std::move(response));
    }
};

class TurnTest : public DoorTest<EchoDesk> {
protected:
    TurnTest() : DoorTest({.bodies_bytes = 3 * kBig}) {
        for (int n = 0; n < kClients; ++n) clients_.push_back(loopback::call(port_));
        for (int n = 0; n < kClients; ++n) expect_answer(n, ask(n, "/hello"));  // by now all are let in
    }
    std::string ask(int n, const std::string& what) {
        const std::string target = what + std::to_string(n);
        const std::string request = "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
        EXPECT_EQ(::send(clients_[static_cast<std::size_t>(n)].get(), request.data(), request.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(request.size()));
        return target;
    }
    void expect_answer(int n, const std::string& target) {
        std::string got;
        for (char c = 0; !got.ends_with("\r\n\r\n" + target); got += c) {
            ASSERT_EQ(::recv(clients_[static_cast<std::size_t>(n)].get(), &c, 1, 0), 1) << got;
        }
        EXPECT_TRUE(got.starts_with("HTTP/1.1 200 ")) << got;
    }
    /// While the loop's thread does this, the door sees none of them.
    void all_at_once(const std::function<void()>& act) { thread_.call(act); }

    std::vector<base::Fd> clients_;
};

TEST_F(TurnTest, EachIsAnsweredOnItsOwnConnectionAndMayAskAgain) {
    for (const char* what : {"/first", "/second"}) {
        std::vector<std::string> targets;
        all_at_once([&] {
            for (int n = 0; n < kClients; ++n) targets.push_back(ask(n, what));
        });
        for (int n = 0; n < kClients; ++n) expect_answer(n, targets[static_cast<std::size_t>(n)]);
    }
}

TEST_F(TurnTest, TheDeskIsToldWhatIsComingAsItIsRead) {
    thread_.call([&] { desk_.coming.clear(); });
    const std::string target = ask(0, "/x");
    expect_answer(0, target);
    const std::string bad = "GET /bad HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n";
    ::send(clients_[1].get(), bad.data(), bad.size(), MSG_NOSIGNAL);
    char c;
    ASSERT_EQ(::recv(clients_[1].get(), &c, 1, 0), 1);
    std::vector<std::string> told;
    thread_.call([&] { told = desk_.coming; });
    EXPECT_EQ(told, (std::vector<std::string>{"target " + target, "head of " + target, "target /bad"}));
}

TEST_F(TurnTest, RequestsInOnePacketAreAnsweredInTheirOrder) {
    all_at_once([&] {
        for (int n = 0; n < kClients; ++n) {
            for (const char* what : {"/a", "/b", "/c"}) (void)ask(n, what);
        }
    });
    for (int n = 0; n < kClients; ++n) {
        for (const char* what : {"/a", "/b", "/c"}) expect_answer(n, what + std::to_string(n));
    }
}

TEST_F(TurnTest, WhoEndsWhatHeSendsIsAnswered) {  // nc -N
    std::vector<std::string> targets;
    all_at_once([&] {
        for (int n = 0; n < kClients; ++n) {
            targets.push_back(ask(n, "/x"));
            ::shutdown(clients_[static_cast<std::size_t>(n)].get(), SHUT_WR);
        }
    });
    for (int n = 0; n < kClients; ++n) expect_answer(n, targets[static_cast<std::size_t>(n)]);
}

TEST_F(TurnTest, WhoGoesBeforeHisAnswerIsSentHarmsNobody) {
    std::vector<std::string> targets;
    all_at_once([&] {
        for (int n = 0; n < kClients; ++n) targets.push_back(ask(n, "/x"));
        for (int n = 0; n < kClients; n += 2) clients_[static_cast<std::size_t>(n)].reset();
    });
    for (int n = 1; n < kClients; n += 2) expect_answer(n, targets[static_cast<std::size_t>(n)]);
    bool owes = true;
    while (owes) thread_.call([&] { owes = door_->owes(); });
}

TEST_F(TurnTest, WhatWaitsToBeSentIsCounted) {
    all_at_once([&] {
        for (int n = 0; n < kClients; ++n) (void)ask(n, "/big");
    });
    int given = 0, refused = 0;
    for (const base::Fd& client : clients_) {
        std::string head;
        for (char c = 0; !head.ends_with("\r\n\r\n"); head += c) ASSERT_EQ(::recv(client.get(), &c, 1, 0), 1) << head;
        given += head.starts_with("HTTP/1.1 200 ");
        refused += head.starts_with("HTTP/1.1 503 ");
    }
    EXPECT_EQ(given + refused, kClients);
    EXPECT_GE(given, 3);
    EXPECT_GT(refused, kClients / 2);
}

TEST_F(TurnTest, ADoorThatEndsInTheMiddleLetsGoOfThemAll) {
    all_at_once([&] {
        for (int n = 0; n < kClients; ++n) (void)ask(n, "/x");
        door_.reset();
    });
    for (const base::Fd& client : clients_) {
        char c;
        ssize_t n = 0;
        while ((n = ::recv(client.get(), &c, 1, 0)) == 1) {
        }
        EXPECT_LE(n, 0);
    }
}

}  // namespace
}  // namespace server
