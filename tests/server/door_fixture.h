// tests/server/door_fixture.h: a door on loopback, whose loop runs on a thread of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/http_door.h"
#include "tests/server/tls_peer.h"

namespace server {

/// Refuses in plain text: 503 when it is busy, else 400.
struct PlainDesk : HttpDesk {
    [[nodiscard]] base::Response refusal(const base::Error& error) const override {
        base::Response response;
        response.status = error.code == base::Errc::busy ? 503 : 400;
        response.body = error.text;
        return response;
    }
};

/// Serves with a desk of the test's. What the door uses is touched by its loop's thread alone: see thread_.call().
template <class Desk>
class DoorTest : public ::testing::Test {
protected:
    explicit DoorTest(const DoorLimits& limits) {
        thread_.call([this, &limits] {
            std::vector<base::Fd> none;
            door_ = std::make_unique<HttpDoor>(thread_.loop(), log_, ids_, desk_, listen_on("127.0.0.1:0", none).value(), limits);
        });
        const std::string& address = door_->address();
        port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    }
    ~DoorTest() override {
        thread_.call([this] { door_.reset(); });
    }

    base::SystemClock clock_;
    base::Log log_{base::LogLevel::error};
    RequestIds ids_{clock_.wall()};
    Desk desk_;
    loopback::LoopThread thread_{clock_};
    std::unique_ptr<HttpDoor> door_;
    std::uint16_t port_ = 0;
};

}  // namespace server
