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

TEST(Address, IsTheSameHoweverPlainlyItIsWritten) {
    struct {
        const char* url;
        const char* authority;
        const char* path;
    } const rows[] = {{"http://im.example.com/instmsg/aliases/Bob", "im.example.com", "/instmsg/aliases/Bob"},
                      {"HTTP://im.example.com/instmsg/aliases/Bob", "im.example.com", "/instmsg/aliases/Bob"},
                      {"http://im.example.com:80/instmsg/aliases/Bob", "im.example.com", "/instmsg/aliases/Bob"},
                      {"https://im.example.com/instmsg/aliases/Bob", "im.example.com", "/instmsg/aliases/Bob"},
                      {"http://im.example.com/instmsg/aliases/Bob/", "im.example.com", "/instmsg/aliases/Bob"},
                      {"http://im.example.com/instmsg/aliases/B%6fb", "im.example.com", "/instmsg/aliases/Bob"},
                      {"http://near.example.com/instmsg/local/im.example.com/instmsg/aliases/Bob", "im.example.com", "/instmsg/aliases/Bob"},
                      {"http://near.example.com/INSTMSG/local/im.example.com/instmsg/aliases/Bob", "im.example.com", "/instmsg/aliases/Bob"},
                      {"http://im.example.com/", "im.example.com", ""},
                      {"http://im.example.com", "im.example.com", ""}};
    for (const auto& row : rows) {
        const auto address = presence::Address::parse(row.url);
        ASSERT_TRUE(address) << row.url;
        EXPECT_EQ(address->authority(), row.authority) << row.url;
        EXPECT_EQ(address->path(), row.path) << row.url;
    }
    EXPECT_FALSE(presence::Address::parse("http:///instmsg/aliases/Bob"));
    EXPECT_FALSE(presence::Address::parse("http://im.example.com//x"));
}

TEST(Address, ATargetStandsUnderItsHost) {
    const std::string longest(255, 'h');
    struct {
        std::string target;
        std::string host;
        std::string authority;
        std::string path;
    } const rows[] = {{"/instmsg/aliases/Bob", " im.example.com\t", "im.example.com", "/instmsg/aliases/Bob"},
                      {"/instmsg/aliases/Bob", "im.example.com:80", "im.example.com", "/instmsg/aliases/Bob"},
                      {"/instmsg/aliases/Bob", "im.example.com:8080", "im.example.com:8080", "/instmsg/aliases/Bob"},
                      {"/instmsg/aliases/Bob", "[::1]", "[::1]", "/instmsg/aliases/Bob"},
                      {"/instmsg/aliases/Bob", "", "", "/instmsg/aliases/Bob"},
                      {"/instmsg/aliases/Bob", longest, longest, "/instmsg/aliases/Bob"},
                      {"/instmsg/aliases/Bob/", "im.example.com", "im.example.com", "/instmsg/aliases/Bob"},
                      {"/", "im.example.com", "im.example.com", ""},
                      {"/instmsg/local/near.example.com/a", "im.example.com", "near.example.com", "/a"},
                      {"/InstMsg/Local/near.example.com/a", "im.example.com", "near.example.com", "/a"},
                      {"http://im.example.com/a", "im.other.org", "im.example.com", "/a"}};
    for (const auto& row : rows) {
        const auto address = presence::Address::from_target(row.target, row.host);
        ASSERT_TRUE(address) << row.target << ' ' << row.host;
        EXPECT_EQ(address->authority(), row.authority) << row.target << ' ' << row.host;
        EXPECT_EQ(address->path(), row.path) << row.target << ' ' << row.host;
    }
    EXPECT_FALSE(presence::Address::from_target("/a", longest + "h"));
    EXPECT_FALSE(presence::Address::from_target("/instmsg/aliases//Bob", "im.example.com"));
    EXPECT_FALSE(presence::Address::from_target("", "im.example.com"));
}

TEST(Realm, GivesTheSameKeyToAnAddressThatIsGivenAway) {
    const presence::Realm realm("im.example.com", "example.com", {});
    for (const char* url : {"http://im.example.com/instmsg/aliases/Bob", "http://im.other.org/instmsg/aliases/Bob", "im.example.com", "im.other.org"}) {
        presence::Address address = presence::Address::parse(url).value();
        const std::string key = realm.key(address);
        EXPECT_EQ(realm.key(std::move(address)), key) << url;
    }
}

}  // namespace
