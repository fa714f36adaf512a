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
    TcpDoorTest() {
        std::vector<base::Fd> none;
        Listener listener = listen_on("127.0.0.1:0", none).value();
        port_ = static_cast<std::uint16_t>(std::stoi(listener.address.substr(listener.address.rfind(':') + 1)));
        door_ = std::make_unique<TcpDoor>(loop_, log_, watch_, world_.msnp, std::move(listener), DoorLimits{}, nullptr);
    }

    tests::MsnpWorld world_;
    base::Log log_{base::LogLevel::error};
    base::Loop loop_{world_.clock, 100ms};
    SocketWatch watch_{loop_};
    std::unique_ptr<TcpDoor> door_;
    std::uint16_t port_ = 0;
};

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
