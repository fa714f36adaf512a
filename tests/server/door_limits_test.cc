// tests/server/door_limits_test.cc: how many connections a listener may have, and how many requests an address.
// SPDX-License-Identifier: Apache-2.0
#include "server/door_limits.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "server/memory_allowed.h"
#include "server/request_rate.h"

namespace server {
namespace {

using namespace std::chrono_literals;

unsigned connections(std::int64_t asked, std::size_t listeners, std::size_t descriptors) {
    Config config = parse_config("", "config").value();
    config.limit_connections = asked;
    return make_door_limits(config, {listeners, descriptors}).connections;
}

TEST(DoorLimits, LeaveAQuarterOfTheDescriptorsToOthers) {
    EXPECT_EQ(connections(20000, 1, 1048576), 20000U);
    EXPECT_EQ(connections(20000, 1, 1024), 768U);
    EXPECT_EQ(connections(20000, 3, 1024), 256U);
    EXPECT_EQ(connections(100, 3, 1024), 100U);
    EXPECT_EQ(connections(20000, 8, 8), 1U);
}

TEST(DoorLimits, LeaveTwoThirdsOfTheMemoryToOthers) {
    const Config config = parse_config("", "config").value();
    EXPECT_EQ(make_door_limits(config, {1, 1048576, std::size_t{64} << 20}).connections, 949U);
    EXPECT_EQ(make_door_limits(config, {2, 1048576, std::size_t{64} << 20}).connections, 474U);
    EXPECT_EQ(make_door_limits(config, {1, 1048576, std::size_t{64} << 30}).connections, 20000U);
    EXPECT_EQ(make_door_limits(config, {1, 1048576, 1}).connections, 1U);
}

TEST(DoorLimits, BodiesLeaveThreeQuartersOfTheMemoryToOthers) {
    const Config config = parse_config("limits.bodies_bytes = 100000000", "config").value();
    EXPECT_EQ(make_door_limits(config, {2, 1024}).bodies_bytes, 100'000'000U);
    EXPECT_EQ(make_door_limits(config, {2, 1024, 1'000'000'000}).bodies_bytes, 100'000'000U);
    EXPECT_EQ(make_door_limits(config, {2, 1024, 400'000'000}).bodies_bytes, 50'000'000U);
}

// A folder as /sys/fs/cgroup is, with the file that says in which group one is.
class ControlGroups {
public:
    ControlGroups() { std::filesystem::create_directories(path_); }
    ~ControlGroups() { std::filesystem::remove_all(path_); }
    void file(const std::string& name, const std::string& text) {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << text << "\n";
    }
    std::optional<std::size_t> allowed(const std::string& groups) {
        file("self", groups);
        return memory_allowed(path_ / "self", path_);
    }

private:
    const std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("rvpd-groups-" + std::to_string(getpid()));
};

TEST(MemoryAllowed, IsTheLeastOfAllGroupsAbove) {
    ControlGroups two;
    EXPECT_EQ(two.allowed("0::/system.slice/rvpd.service"), std::nullopt);  // no such files
    two.file("system.slice/memory.max", "max");
    EXPECT_EQ(two.allowed("0::/system.slice/rvpd.service"), std::nullopt);
    two.file("system.slice/memory.max", "300");
    two.file("system.slice/rvpd.service/memory.max", "400");
    EXPECT_EQ(two.allowed("0::/system.slice/rvpd.service"), 300U);
    two.file("memory.max", "100");  // as a container sees its own
    EXPECT_EQ(two.allowed("0::/system.slice/rvpd.service"), 100U);
    EXPECT_EQ(two.allowed("0::/"), 100U);
    EXPECT_EQ(two.allowed("nonsense\n0:x\n"), std::nullopt);
}

TEST(MemoryAllowed, KnowsVersionOneToo) {
    ControlGroups one;
    one.file("memory/memory.limit_in_bytes", "9223372036854771712");
    EXPECT_EQ(one.allowed("5:cpu:/\n4:memory:/a\n0::/"), std::nullopt);
    one.file("memory/a/memory.limit_in_bytes", "1000");
    EXPECT_EQ(one.allowed("5:cpu:/\n4:memory:/a\n0::/"), 1000U);
}

base::IpAddress address(const char* text) { return base::IpAddress::parse(text).value(); }

TEST(RequestRate, IsCountedForEachAddressAndSecond) {
    RequestRate rate;
    const base::Instant start{10s};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(rate.admits(address("10.0.0.1"), start + i * 100ms, 3));
    EXPECT_FALSE(rate.admits(address("10.0.0.1"), start + 999ms, 3));
    EXPECT_TRUE(rate.admits(address("10.0.0.2"), start + 999ms, 3));
    EXPECT_TRUE(rate.admits(address("10.0.0.1"), start + 1000ms, 3));
}

TEST(RequestRate, TakesASubnetOfIpv6ForOneAddress) {
    RequestRate rate;
    const base::Instant start{10s};
    EXPECT_TRUE(rate.admits(address("2001:db8:0:1::1"), start, 2));
    EXPECT_TRUE(rate.admits(address("2001:db8:0:1:ffff::2"), start, 2));
    EXPECT_FALSE(rate.admits(address("2001:db8:0:1::3"), start, 2));
    EXPECT_TRUE(rate.admits(address("2001:db8:0:2::1"), start, 2));
}

TEST(RequestRate, HasNoBoundAtZero) {
    RequestRate rate;
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(rate.admits(address("10.0.0.1"), base::Instant{10s}, 0));
}

}  // namespace
}  // namespace server
