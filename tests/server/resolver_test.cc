// tests/server/resolver_test.cc: c-ares against a server of names of a few lines.
// SPDX-License-Identifier: Apache-2.0
#include "server/resolver.h"

#include <gtest/gtest.h>

#include "tests/server/loopback.h"
#include "tests/server/name_server.h"

namespace server {
namespace {

using namespace std::chrono_literals;
using loopback::NameServer;

class AresDnsTest : public ::testing::Test {
protected:
    AresDnsTest() {
        thread_.call([this] { dns_ = std::make_unique<AresDns>(thread_.loop(), std::vector<std::string>{names.text()}); });
    }
    ~AresDnsTest() override {
        thread_.call([this] { dns_.reset(); });
    }
    std::string srv(const std::string& name) {
        thread_.call([&] {
            dns_->srv(name, [this](base::Result<SrvLines> found) {
                if (!found) return record_.add(std::string(found.error().code == base::Errc::not_found ? "none" : "down"));
                std::string all = std::to_string(found->ttl.count()) + "s";
                for (const SrvLine& one : found->lines) {
                    all += " " + std::to_string(one.priority) + "/" + std::to_string(one.weight) + "/" + one.target + ":" + std::to_string(one.port);
                }
                record_.add(all);
            });
        });
        return record_.take(1).at(0);
    }
    std::string addresses(const std::string& host) {
        thread_.call([&] {
            dns_->addresses(host, [this](base::Result<HostAddresses> found) {
                if (!found) return record_.add(std::string(found.error().code == base::Errc::not_found ? "none" : "down"));
                std::string all = std::to_string(found->ttl.count()) + "s";
                for (const base::IpAddress& one : found->addresses) all += " " + one.text();
                record_.add(all);
            });
        });
        return record_.take(1).at(0);
    }

    NameServer names;

private:
    base::SystemClock clock_;
    loopback::Record record_;
    loopback::LoopThread thread_{clock_};
    std::unique_ptr<AresDns> dns_;
};

TEST_F(AresDnsTest, ReadsServiceRecordsWithTheirTimeToLive) {
    names.srv("_rvp._tcp.im.acme.com", 10, 60, 8080, "a.acme.com", 120);
    names.srv("_rvp._tcp.im.acme.com", 20, 0, 80, "b.acme.com", 90);
    EXPECT_EQ(srv("_rvp._tcp.im.acme.com"), "90s 10/60/a.acme.com:8080 20/0/b.acme.com:80");
    EXPECT_EQ(srv("_rvp._tcp.im.other.com"), "none");
}

TEST_F(AresDnsTest, ReadsAddressesWithTheirTimeToLive) {
    names.a("a.acme.com", "127.0.0.2", 30);
    names.a("a.acme.com", "127.0.0.3", 40);
    EXPECT_EQ(addresses("a.acme.com"), "30s 127.0.0.2 127.0.0.3");
    EXPECT_EQ(addresses("nobody.acme.com"), "none");
}

TEST_F(AresDnsTest, AServerThatFailsIsNoServerThatKnowsNothing) {
    names.fail();
    EXPECT_EQ(srv("_rvp._tcp.im.acme.com"), "down");
    EXPECT_EQ(addresses("a.acme.com"), "down");
}

TEST_F(AresDnsTest, MayEndWhileItIsAsking) {
    names.mute();
    base::SystemClock clock;
    loopback::LoopThread thread(clock);
    bool heard = false;
    thread.call([&] {
        AresDns dns(thread.loop(), {names.text()});
        dns.srv("_rvp._tcp.im.acme.com", [&heard](base::Result<SrvLines>) { heard = true; });
    });
    thread.call([] {});
    EXPECT_FALSE(heard);
}

TEST(AresDns, WhatIsNoServerOfNamesIsToldAtTheStart) {
    base::FakeClock clock;
    base::Loop loop(clock, 100ms);
    EXPECT_THROW(AresDns(loop, {"not an address"}), std::runtime_error);
}

}  // namespace
}  // namespace server
