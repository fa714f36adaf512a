// tests/server/tcp_door_test.cc: bytes of MSNP24 clients, who share the loop with others.
// SPDX-License-Identifier: Apache-2.0
#include "server/tcp_door.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/doors/msnp_world.h"
#include "tests/server/tls_peer.h"

namespace server {
namespace {

using namespace std::chrono_literals;

/// A door on a loop that runs when the test says so, on its thread.
class TcpDoorTest : public ::testing::Test {
protected:
    TcpDoorTest() { open(DoorLimits{}); }

    void open(const DoorLimits& limits) {
        door_.reset();
        std::vector<base::Fd> none;
        Listener listener = listen_on("127.0.0.1:0", none).value();
        port_ = static_cast<std::uint16_t>(std::stoi(listener.address.substr(listener.address.rfind(':') + 1)));
        door_ = std::make_unique<TcpDoor>(loop_, log_, watch_, world_.msnp, std::move(listener), limits, nullptr);
    }

    /// What has come to each, once the first bytes, or the end, have come to all.
    std::vector<std::string> first_words(const std::vector<const base::Fd*>& clients) {
        std::vector<std::string> got(clients.size());
        std::size_t heard = 0;
        const auto patience = std::chrono::steady_clock::now() + loopback::kPatience;
        const std::function<void()> turn = [&] {
            for (std::size_t i = 0; i < clients.size(); ++i) {
                char some[1024];
                const ssize_t n = ::recv(clients[i]->get(), some, sizeof some, MSG_DONTWAIT);
                if (n >= 0 && got[i].empty()) ++heard;
                if (n > 0) got[i].append(some, static_cast<std::size_t>(n));
            }
            if (heard >= clients.size() || std::chrono::steady_clock::now() > patience) return loop_.stop();
            loop_.post(turn);
        };
        loop_.post(turn);
        loop_.run();
        return got;
    }

    tests::MsnpWorld world_;
    base::Log log_{base::LogLevel::error};
    base::Loop loop_{world_.clock, 100ms};
    SocketWatch watch_{loop_};
    std::unique_ptr<TcpDoor> door_;
    std::uint16_t port_ = 0;
};

TEST_F(TcpDoorTest, WhoIsOneTooManyIsToldSo) {
    const std::string each = "714 0 CON 40\r\n\r\nYour address has too many connections.";
    const std::string all = "712 0 CON 38\r\n\r\nThe server has too many connections.";
    DoorLimits limits;
    limits.connections = 2;
    limits.connections_per_address = 1;
    open(limits);
    const base::Fd first = loopback::call(port_);
    const base::Fd second = loopback::call(port_);
    const base::Fd elsewhere = loopback::call(port_, "127.0.0.2");
    const base::Fd third = loopback::call(port_, "127.0.0.3");
    for (const base::Fd* client : {&first, &elsewhere}) {
        const std::string asked = doors::msnp_packet("XYZ", 1, "CON", "x");
        EXPECT_EQ(::send(client->get(), asked.data(), asked.size(), MSG_NOSIGNAL), static_cast<ssize_t>(asked.size()));
    }
    const auto got = first_words({&first, &second, &elsewhere, &third});
    EXPECT_EQ(got[0].substr(0, 9), "200 1 CON") << "who is in stays";
    EXPECT_EQ(got[1], each);
    EXPECT_EQ(got[2].substr(0, 9), "200 1 CON");
    EXPECT_EQ(got[3], all);
}

TEST_F(TcpDoorTest, OthersGetTheirTurnWhileOneClientPoursBytesIn) {
    const base::Fd client = loopback::call(port_);
    const std::string answered = doors::msnp_packet("XYZ", 1, "CON", "x");
    std::string bytes = answered;  // between the two is what nobody answers
    while (bytes.size() < 400'000) bytes += doors::msnp_packet("ACK", 1, "CON", std::string(200, 'a'));
    bytes += answered;

    std::string got;
    bool had_a_turn = false;
    const auto answers = [&got] {
        std::size_t count = 0;
        for (std::size_t at = got.find("200 1 CON"); at != std::string::npos; at = got.find("200 1 CON", at + 1)) ++count;
        return count;
    };
    const auto patience = std::chrono::steady_clock::now() + loopback::kPatience;
    const std::function<void()> turn = [&] {  // one of the others on the loop
        const ssize_t sent = ::send(client.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) bytes.erase(0, static_cast<std::size_t>(sent));
        char some[1024];
        for (ssize_t n; (n = ::recv(client.get(), some, sizeof some, MSG_DONTWAIT)) > 0;) got.append(some, static_cast<std::size_t>(n));
        had_a_turn = had_a_turn || answers() == 1;
        if (answers() == 2 || std::chrono::steady_clock::now() > patience) return loop_.stop();
        loop_.post(turn);
    };
    loop_.post(turn);
    loop_.run();
    EXPECT_EQ(answers(), 2U);
    EXPECT_TRUE(had_a_turn);
}

}  // namespace
}  // namespace server
