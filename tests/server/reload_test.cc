// tests/server/reload_test.cc: what changes at once, what waits for a restart, and that an error changes nothing.
// SPDX-License-Identifier: Apache-2.0
#include "server/reload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "server/callback_policy.h"
#include "tests/fakes.h"
#include "tests/server/config_of.h"

namespace {

using namespace std::chrono_literals;
using base::Errc;
using base::json::Value;
using server::Config;
using server::Reload;
using server::Reloader;
using tests::config_of;

/// A reloader with one step, which notes down the linger time it is given, and refuses where it is told to.
struct ReloadWorld {
    explicit ReloadWorld(const std::string& running) : reloader(config_of(running), [this] { return server::parse_config(file, "rvpd.conf"); }, log) {
        reloader.add([this](const Config& next) -> base::Result<Reloader::Commit> {
            return [this, next] { lingers.push_back(next.lease_linger); };
        });
        reloader.add([this](const Config&) -> base::Result<Reloader::Commit> {
            if (refuse) return base::fail(Errc::malformed, "the certificate has expired");
            return [] {};
        });
    }
    /// The answer to the command, or its error.
    std::string ask(const Value& args) {
        std::string text = "no answer";
        server::run_reload(args, [&](const auto& result) { text = result ? result->dump() : result.error().text; },
                           reloader, [this] { return reloader.reload(); });
        return text;
    }

    base::Log log{base::LogLevel::error};
    std::string file;
    bool refuse = false;
    std::vector<std::chrono::seconds> lingers;
    Reloader reloader;
};

// Options are shown by reload --diff, --dump-config and the log: secrets lie in files or among the accounts.
TEST(Reload, NoOptionIsASecretItself) {
    for (const server::Option& option : server::option_table()) {
        for (const char* word : {"secret", "password", "passphrase", "token", "credential"}) {
            EXPECT_EQ(option.name.find(word), std::string_view::npos) << option.name;
        }
        const bool key = option.name.ends_with("key") || option.name.ends_with("keytab");
        EXPECT_TRUE(!key || option.shape == server::TextShape::file_or_none || option.manual.find("The file") != std::string_view::npos)
            << option.name << " must name a file";
    }
}

TEST(Reload, TakesUpWhatCanChangeAndNamesWhatWaits) {
    ReloadWorld world("lease.linger_s = 5");
    world.file = "domain = \"im.other.com\"\nlease.linger_s = 7\n";
    EXPECT_EQ(world.ask(Value::object()),
              R"([{"option":"domain","from":"\"localhost:8080\"","to":"\"im.other.com\"","effect":"restart"},)"
              R"({"option":"mail_domain","from":"\"localhost\"","to":"\"other.com\"","effect":"restart"},)"
              R"({"option":"lease.linger_s","from":"5","to":"7","effect":"now"}])");
    EXPECT_EQ(world.lingers, (std::vector{7s}));
    EXPECT_EQ(world.reloader.running().lease_linger, 7s);
    EXPECT_EQ(world.reloader.running().domain, "localhost:8080");
    // What waits is shown again, what was taken up is not.
    EXPECT_EQ(world.reloader.look()->size(), 2U);
}

TEST(Reload, ADifferenceIsOnlyShown) {
    ReloadWorld world("");
    world.file = "lease.linger_s = 9";
    EXPECT_EQ(world.ask(Value::object().set("diff", true)),
              R"([{"option":"lease.linger_s","from":"5","to":"9","effect":"now"}])");
    EXPECT_TRUE(world.lingers.empty());
    EXPECT_EQ(world.reloader.running().lease_linger, 5s);
    world.file = "";
    EXPECT_EQ(world.ask(Value::object().set("diff", true)), "[]");
}

TEST(Reload, AMistakeInTheFileChangesNothingAndItsPlaceIsTold) {
    ReloadWorld world("");
    world.file = "lease.linger_s = 9\nlease.lingers_s = 9";
    EXPECT_EQ(world.ask(Value::object()), "rvpd.conf:2:7: unknown option lease.lingers_s; did you mean lease.linger_s?");
    EXPECT_TRUE(world.lingers.empty());
    EXPECT_EQ(world.reloader.running().lease_linger, 5s);
}

TEST(Reload, APartThatRefusesKeepsAllOthersAsTheyWere) {
    ReloadWorld world("");
    world.file = "lease.linger_s = 9";
    world.refuse = true;
    EXPECT_EQ(world.ask(Value::object()), "the certificate has expired");
    EXPECT_EQ(world.ask(Value::object().set("diff", true)), "the certificate has expired");
    EXPECT_TRUE(world.lingers.empty());
    world.refuse = false;
    ASSERT_TRUE(world.reloader.reload());
    EXPECT_EQ(world.lingers, (std::vector{9s}));
}

TEST(Reload, WithoutAFileThereIsNothingToReadAgain) {
    base::Log log;
    Reloader reloader(server::default_config(), nullptr, log);
    EXPECT_EQ(reloader.look().error().code, Errc::precondition);
    ReloadWorld world("");
    EXPECT_EQ(world.ask(Value::object().set("force", true)),
              "reload knows no argument but diff, which is true or false");
}

TEST(Reload, EveryOptionSaysWhetherItNeedsARestart) {
    std::set<std::string_view> now;
    for (const server::Option& option : server::option_table()) {
        if (option.reload == Reload::now) now.insert(option.name);
    }
    for (const char* name : {"nodes.auto_create", "lease.linger_s", "callback.allow", "message.offline", "log.level",
                             "limits.body_bytes", "push.slow_ms", "push.drain_s"}) {
        EXPECT_TRUE(now.contains(name)) << name;
    }
    for (const char* name : {"domain", "listen.http", "store.path", "push.threads", "lease.settle_s", "limits.connections"}) {
        EXPECT_FALSE(now.contains(name)) << name;
    }
    const std::string manual = server::manual_options();
    const auto restarts = static_cast<std::size_t>(std::ranges::count_if(
        server::option_table(), [](const server::Option& option) { return option.reload == Reload::restart; }));
    std::size_t said = 0;
    for (auto at = manual.find("A change needs a restart."); at != std::string::npos; at = manual.find("A change needs", at + 1)) ++said;
    EXPECT_EQ(said, restarts);
}

TEST(Reload, APolicyTakesOnTheRulesOfAnother) {
    auto policy = server::CallbackPolicy::make({"10.0.0.0/8"}).value();
    const auto other = server::CallbackPolicy::make({"192.0.2.0/24"}).value();
    const auto where = *base::IpAddress::parse("192.0.2.1"), source = *base::IpAddress::parse("198.51.100.1");
    EXPECT_FALSE(policy.check(where, 80, "192.0.2.1", source));
    policy.become(other);
    EXPECT_TRUE(policy.check(where, 80, "192.0.2.1", source));
}

TEST(Reload, TheServiceGrantsByTheNewRules) {
    tests::PresenceWorld world;
    EXPECT_EQ(world.login("bob", 2, 100)->lifetime, 100s);
    presence::Settings settings = tests::PresenceWorld::defaults();
    settings.subscription.least = 300s;
    world.service.change(settings);
    EXPECT_EQ(world.login("bob", 2, 100)->lifetime, 300s);
}

}  // namespace
