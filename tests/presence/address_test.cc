// tests/presence/address_test.cc: whose URL it is, whether asked for its key or with one.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.2
#include "presence/address.h"

#include <gtest/gtest.h>

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

}  // namespace
