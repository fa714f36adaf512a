// tests/base/paths_test.cc: where the control socket is when nobody says where.
// SPDX-License-Identifier: Apache-2.0
#include "base/paths.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

namespace {

using Variables = std::map<std::string, std::string>;

/// Sets variables of the environment, and puts them back.
class Environment {
public:
    explicit Environment(const Variables& wanted) {
        for (const char* name : {"RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR"}) {
            const char* was = std::getenv(name);
            was_[name] = was ? std::optional<std::string>(was) : std::nullopt;
            const auto found = wanted.find(name);
            put(name, found == wanted.end() ? std::nullopt : std::optional(found->second));
        }
    }
    ~Environment() {
        for (const auto& [name, value] : was_) put(name, value);
    }

private:
    static void put(const std::string& name, const std::optional<std::string>& value) {
        if (value)
            ::setenv(name.c_str(), value->c_str(), 1);
        else
            ::unsetenv(name.c_str());
    }
    std::map<std::string, std::optional<std::string>> was_;
};

TEST(Paths, TheServiceManagersFolderComesFirst) {
    const Environment e(
        Variables{{"RUNTIME_DIRECTORY", "/run/one:/run/two"}, {"XDG_RUNTIME_DIR", "/run/user/1"}});
    EXPECT_EQ(base::usual_control_socket(), "/run/one/control.sock");
}

TEST(Paths, AToolLooksForTheDaemonOfTheSystemToo) {
    const Environment e(Variables{{"RUNTIME_DIRECTORY", "/nonexistent"}});
    const bool there = ::access("/run/rvpd", F_OK) == 0;
    EXPECT_EQ(base::reachable_control_socket(), there ? "/run/rvpd/control.sock" : "/nonexistent/control.sock");
    std::string own = "/tmp/rvpd-paths-XXXXXX";
    ASSERT_NE(::mkdtemp(own.data()), nullptr);
    const std::string socket = own + "/control.sock";
    std::fclose(std::fopen(socket.c_str(), "w"));
    {
        const Environment mine(Variables{{"RUNTIME_DIRECTORY", own}});
        EXPECT_EQ(base::reachable_control_socket(), socket) << "his own comes first";
    }
    ::unlink(socket.c_str());
    ::rmdir(own.c_str());
}

TEST(Paths, OtherwiseRootAndUsersHaveFoldersOfTheirOwn) {
    const bool root = ::geteuid() == 0;
    {
        const Environment e(Variables{{"XDG_RUNTIME_DIR", "/run/user/1"}, {"TMPDIR", "/var/tmp"}});
        EXPECT_EQ(base::usual_control_socket(),
                  root ? "/run/rvpd/control.sock" : "/run/user/1/rvpd/control.sock");
    }
    {
        const Environment e(Variables{{"TMPDIR", "/var/tmp"}});
        const std::string own = "/var/tmp/rvpd-" + std::to_string(::geteuid()) + "/control.sock";
        EXPECT_EQ(base::usual_control_socket(), root ? "/run/rvpd/control.sock" : own);
    }
}

}  // namespace
