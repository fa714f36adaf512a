// tests/server/config_test.cc: rvpd.conf read, checked, laid over, dumped, documented.
// SPDX-License-Identifier: Apache-2.0
#include "base/paths.h"
#include "server//config.h"
#include "tests/server/config_of.h"
#include "tests/folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using server::Config;
using tests::Folder;
using tests::config_of;
using Texts = std::vector<std::string>;

std::string slurp(const fs::path& path) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The root of the sources, from where this file was compiled.
fs::path root() {
    return fs::path(__FILE__).parent_path().parent_path().parent_path();
}

/// Sets an environment variable (nullptr: unsets it) and puts the old value back.
class Environment {
public:
    Environment(const char* name, const char* value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        value ? ::setenv(name, value, 1) : ::unsetenv(name);
    }
    ~Environment() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    const char* name_;
    std::optional<std::string> old_;
};

// ---- Defaults ----

TEST(Config, AnEmptyFileGivesTheDefaults) {
    EXPECT_EQ(config_of(""), server::default_config());
    EXPECT_EQ(config_of("# nothing\n\n[lease]\n"), server::default_config());
}

TEST(Config, DefaultsAreThoseOfTheContract) {
    const Config c = server::default_config();
    EXPECT_EQ(c.domain, "localhost:8080");
    EXPECT_EQ(c.mail_domain, "localhost");
    EXPECT_EQ(c.listen_http, Texts{"127.0.0.1:8080"});
    EXPECT_EQ(c.listen_admin, "127.0.0.1:8081");
    EXPECT_EQ(c.nodes_auto_create, Texts{"/instmsg/aliases/"});
    EXPECT_TRUE(c.auth_schemes.empty());
    EXPECT_TRUE(c.auth_assertion);
    EXPECT_FALSE(c.auth_assertion_written);
    EXPECT_EQ(c.lease_subscription_min, 60s);
    EXPECT_EQ(c.lease_subscription_default, 14400s);
    EXPECT_EQ(c.lease_subscription_max, 86400s);
    EXPECT_EQ(c.lease_presence_min, 1s);
    EXPECT_EQ(c.lease_presence_default, 1200s);
    EXPECT_EQ(c.lease_presence_max, 86400s);
    EXPECT_EQ(c.lease_linger, 5s);
    EXPECT_EQ(c.lease_settle, 30s);
    EXPECT_EQ(c.callback_allow, Texts{"source"});
    EXPECT_EQ(c.message_offline, "reject");
    EXPECT_EQ(c.store_path, base::usual_store());
    EXPECT_EQ(c.log_level, "info");
    EXPECT_EQ(c.limit_head_bytes, 16384);
    EXPECT_EQ(c.limit_body_bytes, 1048576);
    EXPECT_EQ(c.limit_drain_bytes, 8388608);
    EXPECT_EQ(c.limit_bodies_bytes, 268435456);
    EXPECT_EQ(c.limit_requests_per_address, 10000);
    EXPECT_EQ(c.limit_idle_time, 900s);
    EXPECT_EQ(c.limit_acl_entries, 1000);
    EXPECT_EQ(c.limit_contacts_per_account, 1000);
}

TEST(Config, EveryOptionHasOneRowAndAPlaceOfItsOwn) {
    std::set<std::string_view> names;
    for (const server::Option& option : server::option_table()) {
        EXPECT_TRUE(names.insert(option.name).second) << option.name;
        EXPECT_FALSE(option.manual.empty()) << option.name;
        EXPECT_LE(option.least, option.most) << option.name;
        for (const server::Option& other : server::option_table()) {
            if (&other == &option) continue;
            EXPECT_FALSE(other.field == option.field) << option.name << " and " << other.name;
        }
    }
}

TEST(Config, MailDomainIsTheDomainWithoutPortAndLeadingIm) {
    EXPECT_EQ(config_of("domain = \"im.example.com:8080\"").mail_domain, "example.com");
    EXPECT_EQ(config_of("domain = \"chat.example.com\"").mail_domain, "chat.example.com");
    EXPECT_EQ(config_of("domain = \"im.example.com\"\nmail_domain = \"m.org\"").mail_domain,
              "m.org");
    EXPECT_EQ(config_of("domain = \"[::1]:8080\"").mail_domain, "[::1]");
}

TEST(Config, ControlSocketFollowsTheEnvironmentUnlessItIsWritten) {
    const Environment runtime("RUNTIME_DIRECTORY", "/run/one:/run/two");
    EXPECT_EQ(config_of("").listen_control, "/run/one/control.sock");
    EXPECT_EQ(config_of("listen.control = \"\"").listen_control, "");
    EXPECT_EQ(config_of("listen.control = \"/x/y.sock\"").listen_control, "/x/y.sock");
    const Environment none("RUNTIME_DIRECTORY", nullptr);
    const Environment user("XDG_RUNTIME_DIR", "/run/user/1");
    EXPECT_EQ(config_of("").listen_control,
              ::geteuid() == 0 ? "/run/rvpd/control.sock" : "/run/user/1/rvpd/control.sock");
}

// ---- What may be written ----

TEST(Config, TakesEachKindOfValue) {
    const Config c = config_of(R"(
domain = "im.example.com"
aliases = ["im", "192.0.2.1:80", "[2001:db8::1]"]
lease.linger_s = 7
[listen]
http = ["127.0.0.1:0", "[::1]:8080", "localhost:9000"]
admin = ""
[nodes]
auto_create = ["/", "/Stock/"]
[callback]
allow = ["source", "10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "hooks.example.com"]
[message]
archive = false
[push]
threads = 3
[log]
format = "json"
[limits]
head_bytes = 4096
head_time_s = 3
)");
    EXPECT_EQ(c.aliases, (Texts{"im", "192.0.2.1:80", "[2001:db8::1]"}));
    EXPECT_EQ(c.lease_linger, 7s);
    EXPECT_EQ(c.listen_http, (Texts{"127.0.0.1:0", "[::1]:8080", "127.0.0.1:9000"}));
    EXPECT_EQ(c.listen_admin, "");
    EXPECT_EQ(c.nodes_auto_create, (Texts{"/", "/stock/"}));
    EXPECT_EQ(c.callback_allow.size(), 5U);
    EXPECT_FALSE(c.message_archive);
    EXPECT_EQ(c.push_threads, 3);
    EXPECT_EQ(c.log_format, "json");
    EXPECT_EQ(c.limit_head_bytes, 4096);
    EXPECT_EQ(c.limit_head_time, 3s);
}

// ---- Files ----

/// Why a file cannot be loaded; "" if it can.
std::string load_error(const std::string& path) {
    const auto config = server::load_config(path);
    EXPECT_FALSE(config.has_value()) << path;
    return config ? "" : config.error().text;
}

TEST(ConfigFiles, LaterFilesOverrideOptionByOptionInOrderOfName) {
    const Folder folder;
    const std::string main =
        folder.write("rvpd.conf", "domain = \"a\"\naliases = [\"x\", \"y\"]\nlease.linger_s = 1");
    folder.write("conf.d/20-b.toml", "[lease]\nlinger_s = 3");
    folder.write("conf.d/10-a.toml", "aliases = [\"z\"]\n[lease]\nlinger_s = 2\nsettle_s = 4");
    folder.write("conf.d/.hidden.toml", "this is not TOML");
    folder.write("conf.d/readme.txt", "nor is this");
    const auto config = server::load_config(main);
    ASSERT_TRUE(config.has_value()) << config.error().text;
    EXPECT_EQ(config->domain, "a");
    EXPECT_EQ(config->aliases, Texts{"z"});
    EXPECT_EQ(config->lease_linger, 3s);
    EXPECT_EQ(config->lease_settle, 4s);
}

TEST(ConfigFiles, AnErrorNamesTheFileItIsIn) {
    const Folder folder;
    const std::string main =
        folder.write("rvpd.conf", "listen.http = [\"0.0.0.0:1\"]\nauth.assertion = true");
    const std::string more = folder.write("conf.d/a.toml", "\nlease.linger_s = -1");
    EXPECT_TRUE(load_error(main).starts_with(more + ":2:18: lease.linger_s = -1 is out of "));
    folder.write("conf.d/a.toml", "lease.presence_min_s = 2000");
    EXPECT_TRUE(load_error(main).starts_with(more + ":1:24: lease.presence_min_s, "));
    folder.write("conf.d/a.toml", "auth.assertion = false");
    EXPECT_TRUE(load_error(main).starts_with(main + ":1:16: listen.http \"0.0.0.0:1\" "));
}

TEST(ConfigFiles, AMissingFileIsNamed) {
    const Folder folder;
    EXPECT_EQ(load_error(folder.at("none.conf")),
              folder.at("none.conf") + ": cannot be read: No such file or directory");
    EXPECT_EQ(load_error(folder.at("")), folder.at("") + ": cannot be read: Is a directory");
}

TEST(ConfigFiles, AFileOverItsBoundIsRefused) {
    const Folder folder;
    const std::string comment(1 << 20, '#');
    EXPECT_TRUE(server::load_config(folder.write("rvpd.conf", comment)).has_value());
    const std::string file = folder.write("rvpd.conf", comment + "#");
    EXPECT_EQ(load_error(file), file + ": longer than 1 MiB, which no configuration is");
}

// ---- Dump, sample, manual ----

TEST(ConfigDump, ReadsBackAsTheSameConfiguration) {
    for (const Config& config :
         {server::default_config(), config_of("domain = \"[::1]:80\""),
          config_of("listen.control = \"\""), config_of(R"(aliases = ["a", "b"]
[listen]
http = ["0.0.0.0:0"]
admin = ""
control = "/tmp/q\"uote\\ \u0001 é.sock"
[auth]
assertion = true
[nodes]
auto_create = []
[limits]
headers = 100)")}) {
        const auto again = server::parse_config(server::dump_config(config), "dump");
        ASSERT_TRUE(again.has_value()) << again.error().text << "\n" << server::dump_config(config);
        EXPECT_EQ(*again, config) << server::dump_config(config);
    }
}

TEST(ConfigDump, ShowsEveryOptionAndDoesNotWriteAssertionForTheAdmin) {
    const std::string dump = server::dump_config(server::default_config());
    for (const server::Option& option : server::option_table()) {
        const std::string key(option.name.substr(option.name.find('.') + 1));
        EXPECT_NE(dump.find(key + " = "), std::string::npos) << option.name;
    }
    EXPECT_NE(dump.find("\n# not written: assertion = true\n"), std::string::npos);
    EXPECT_NE(server::dump_config(config_of("auth.assertion = true")).find("\nassertion = true\n"),
              std::string::npos);
}

TEST(ConfigSample, RunsAsItStandsAndTakesTheNodesOfTheExamples) {
    const auto config = server::parse_config(slurp(root() / "conf/rvpd.conf"), "conf/rvpd.conf");
    ASSERT_TRUE(config.has_value()) << config.error().text;
    EXPECT_EQ(config->domain, "localhost:8080");
    EXPECT_EQ(config->listen_http, Texts{"127.0.0.1:8080"});
    EXPECT_EQ(config->listen_admin, "127.0.0.1:8081");
    EXPECT_EQ(config->nodes_auto_create,
              (Texts{"/instmsg/aliases/", "/groups/", "/lists/", "/information/", "/devices/",
                     "/stock/", "/shipments/"}));
}

TEST(ConfigManual, HoldsTheOptionsAsTheTableHasThem) {
    const std::string page = slurp(root() / "man/rvpd.conf.5");
    const std::string begin = ".\\\" BEGIN OPTIONS\n";
    const auto from = page.find(begin);
    const auto to = page.find(".\\\" END OPTIONS\n");
    ASSERT_TRUE(from != std::string::npos && to != std::string::npos);
    EXPECT_EQ(page.substr(from + begin.size(), to - from - begin.size()), server::manual_options())
        << "put what rvpd --manual-options prints between the marks";
}

TEST(ConfigManual, TheExampleIsSound) {
    const std::string page = slurp(root() / "man/rvpd.conf.5");
    const auto from = page.find("domain = \"im.example.com\"\n");
    ASSERT_NE(from, std::string::npos);
    const Config config = config_of(page.substr(from, page.find("\n.Ed", from) - from));
    EXPECT_EQ(config.listen_http, (Texts{"192.0.2.10:80", "[2001:db8::10]:80"}));
    EXPECT_EQ(config.limit_connections_per_address, 100);
}

}  // namespace
