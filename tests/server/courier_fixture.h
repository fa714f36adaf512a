// tests/server/courier_fixture.h: a courier on a fake clock, with what a test pushes and hears.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "server/courier.h"
#include "tests/server/loopback.h"

namespace server {

using namespace std::chrono_literals;
using loopback::Connection;
using loopback::Port;
using presence::Delivery;
using presence::DeliveryToken;
using presence::Fate;
using presence::Persistence;
using presence::SubscriptionId;
using presence::TargetId;
using Lines = std::vector<std::string>;

inline const base::IpAddress kSource = *base::IpAddress::parse("127.0.0.1");
inline const presence::Contact kWatcher{"http://im.example/instmsg/aliases/w", "W & co"};

/// Writes fates down: "target/subscription token fate".
class Fates final : public presence::CarrierEvents {
public:
    void settled(TargetId target, SubscriptionId subscription, DeliveryToken token, Fate fate) override {
        static constexpr const char* kNames[] = {"taken", "refused", "gone", "rejected", "timed out", "dropped"};
        record_.add(std::to_string(static_cast<unsigned>(target)) + "/" +
                    std::to_string(static_cast<unsigned>(subscription)) + " " +
                    std::to_string(static_cast<unsigned long>(token)) + " " + kNames[static_cast<int>(fate)]);
    }
    Lines take(std::size_t count) { return record_.take(count); }

private:
    loopback::Record record_;
};

/// Which notification a request carries: what note() was given.
inline std::string name_of(const std::string& request) {
    const auto at = request.find("<x>");
    if (at == std::string::npos) return "none: " + request;
    return request.substr(at + 3, request.find("</x>") - at - 3);
}

class CourierTest : public ::testing::Test {
protected:
    CourierTest() { start({}); }
    ~CourierTest() override { stop(); }

    void stop() {
        main_.call([this] { courier_.reset(); });
    }
    void start(CourierSettings settings) {
        main_.call([&] {
            courier_.reset();
            courier_ = std::make_unique<Courier>(main_.loop(), clock_, log_, policy_, settings);
            courier_->set_events(fates_);
        });
    }

    base::Result<TargetId> try_open(const std::string& url, const base::IpAddress& source = kSource) {
        base::Result<TargetId> target;
        main_.call([&] { target = courier_->open(url, kWatcher, source); });
        return target;
    }
    TargetId open(const Port& port) { return try_open("http://" + port.text()).value(); }
    base::Errc refusal(const std::string& url, const base::IpAddress& source = kSource) {
        const auto target = try_open(url, source);
        EXPECT_FALSE(target) << url;
        return target ? base::Errc::internal : target.error().code;
    }

    std::shared_ptr<const presence::Prepared> note(const std::string& name) {
        presence::Notification notification{presence::Foreign{"<x>" + name + "</x>"}, "http://im.example/s"};
        return courier_->prepare(notification);
    }
    void push(const std::vector<Delivery>& deliveries) {
        main_.call([&] { std::ranges::for_each(deliveries, [this](const Delivery& d) { courier_->push(d); }); });
    }
    Delivery state(TargetId target, const std::string& name, std::uint32_t slot = 0, unsigned subscription = 7) {
        return {target, SubscriptionId(subscription), note(name), Persistence::newest, slot, DeliveryToken{}, {}};
    }
    Delivery message(TargetId target, const std::string& name, std::uint64_t token, unsigned subscription = 7) {
        return {target,        SubscriptionId(subscription), note(name), Persistence::message, 0,
                DeliveryToken(token), clock_.now() + 25s};
    }

    /// One round through all threads; whether anything is under way.
    bool settle() {
        std::promise<bool> busy;
        main_.call([&] { courier_->settle([&](bool is) { busy.set_value(is); }); });
        return busy.get_future().get();
    }
    bool pass(std::chrono::milliseconds time) {
        settle();  // deadlines of what the threads are at stand before the clock moves
        clock_.advance(time);
        return settle();
    }
    presence::EndpointReport report(TargetId target, unsigned subscription = 7) {
        std::promise<std::vector<presence::EndpointReport>> found;
        main_.call([&] {
            courier_->report({{target, SubscriptionId(subscription)}},
                             [&](std::vector<presence::EndpointReport> reports) { found.set_value(std::move(reports)); });
        });
        return found.get_future().get().at(0);
    }
    /// Takes the next request of a connection and answers it with `status`.
    static std::string serve(Connection& connection, int status = 200) {
        const std::string name = name_of(connection.read_request());
        connection.answer_framed(status);
        return name;
    }

    base::FakeClock clock_;
    base::Log log_{base::LogLevel::error};
    CallbackPolicy policy_ = CallbackPolicy::make({"source"}).value();
    Fates fates_;
    loopback::LoopThread main_{clock_};
    std::unique_ptr<Courier> courier_;
};

}  // namespace server
