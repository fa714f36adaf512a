// tests/presence/address_test.cc: whose URL it is, whether asked for its key or with one.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.2
#include "presence/address.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <vector>

namespace {

TEST(Realm, KnowsAKeyAsTheOneItWouldGive) {
    const presence::Realm realm("im.example.com", "example.com", {"127.0.0.1:8080"});
    const std::vector<std::string> urls = {"http://im.example.com/instmsg/aliases/Bob", "http://IM.example.com/instmsg/aliases/bob",
        "http://127.0.0.1:8080/instmsg/aliases/bob", "http://127.0.0.1/instmsg/aliases/bobby", "http://im.other.org/instmsg/aliases/Bob",
        "http://im.other.org:8080/instmsg/aliases/bob", "im.example.com", "im.other.org", "http://im.other.org/a", "http://im.example.com/a"};
    std::vector<std::string> keys = {"", "/", "im.other.org/", "/a", "a"};
    for (const std::string& url : urls) keys.push_back(realm.key(presence::Address::parse(url).value()));
    int had = 0;
    for (const std::string& url : urls) {
        const presence::Address address = presence::Address::parse(url).value();
        for (const std::string& key : keys) {
            EXPECT_EQ(realm.has_key(address, key), realm.key(address) == key) << url << ' ' << key;
            had += realm.has_key(address, key) ? 1 : 0;
        }
    }
    EXPECT_GT(had, static_cast<int>(urls.size()));
}

TEST(Address, AnEmptySegmentIsRefusedWhereverItStands) {
    const std::string path = "/instmsg/aliases/a_longer-name/and-more";
    ASSERT_TRUE(presence::Address::from_target(path, "im.example.com"));
    for (std::size_t size = 4; size < path.size(); ++size) {
        for (std::size_t at = 0; at + 1 < size; ++at) {
            std::string broken = path.substr(0, size - 1) + "z";
            broken[at] = broken[at + 1] = '/';
            if (at + 2 == size) continue;  // slashes at the end are cut off
            EXPECT_FALSE(presence::Address::from_target(broken, "im.example.com")) << broken;
        }
    }
}

TEST(Address, WhatIsNotPlainIsDecodedWhereverItStands) {
    const std::string path = "/instmsg/aliases/a_longer-name";
    for (std::size_t at = 1; at <= path.size(); ++at) {
        const auto odd = presence::Address::from_target(std::string(path).insert(at, "%41.~"), "im.example.com");
        ASSERT_TRUE(odd) << at;
        EXPECT_EQ(odd->path(), std::string(path).insert(at, "A.~"));
        EXPECT_FALSE(presence::Address::from_target(std::string(path).insert(at, "?"), "im.example.com")) << at;
        EXPECT_FALSE(presence::Address::from_target(std::string(path).insert(at, "\x7f"), "im.example.com")) << at;
    }
}

TEST(Address, AHostIsLoweredAndJudgedWhereverItsLettersStand) {
    const std::string host = "im.long-example.com";
    for (std::size_t at = 0; at < host.size(); ++at) {
        std::string mixed = host;
        mixed[at] = static_cast<char>(std::toupper(static_cast<unsigned char>(mixed[at])));
        const auto read = presence::Address::from_target("/a", mixed);
        ASSERT_TRUE(read) << mixed;
        EXPECT_EQ(read->authority(), host);
        for (const char* bad : {"@", "!", "\x80", "/"}) {
            EXPECT_FALSE(presence::Address::from_target("/a", std::string(host).insert(at, bad))) << at << bad;
        }
    }
}

}  // namespace
