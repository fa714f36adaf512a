// tests/ctl/account_file_test.cc: accounts out of htdigest and CSV files, and what is wrong with them.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/account_file.h"

#include <gtest/gtest.h>

namespace {

using ctl::read_accounts;

const std::string kMd5(32, 'a');

std::string error_of(const std::string& text) {
    const auto accounts = read_accounts(text, "f");
    return accounts ? "" : accounts.error().text;
}

TEST(AccountFile, ReadsCsvByItsHeaderLine) {
    const auto accounts = read_accounts("# staff\r\nPassword, User\r\n\"a,\"\"b\",bob\r\n\r\npw,carol", "f");
    ASSERT_TRUE(accounts) << accounts.error().text;
    ASSERT_EQ(accounts->size(), 2U);
    EXPECT_EQ((*accounts)[0].user, "bob");
    EXPECT_EQ((*accounts)[0].password, "a,\"b");
    EXPECT_EQ((*accounts)[0].line, 3);
    EXPECT_EQ((*accounts)[1].password, "pw");
    EXPECT_EQ((*accounts)[1].line, 5);
}

TEST(AccountFile, ReadsCsvWithHashes) {
    const auto accounts = read_accounts("user,realm,ha1\nbob,im.example.com," + kMd5 + "\n", "f");
    ASSERT_TRUE(accounts) << accounts.error().text;
    EXPECT_EQ(accounts->front().ha1, kMd5);
    EXPECT_EQ(accounts->front().realm, "im.example.com");
}

TEST(AccountFile, ReadsHtdigestAlsoWithAPortInTheRealm) {
    const auto accounts = read_accounts("DOM\\bob:localhost:8080:" + kMd5 + "\n", "f");
    ASSERT_TRUE(accounts) << accounts.error().text;
    EXPECT_EQ(accounts->front().user, "DOM\\bob");
    EXPECT_EQ(accounts->front().realm, "localhost:8080");
    EXPECT_EQ(accounts->front().ha1, kMd5);
}

TEST(AccountFile, SaysWhereItIsWrong) {
    EXPECT_EQ(error_of("user,password\nbob"), "f:2: 1 fields where the header line has 2");
    EXPECT_EQ(error_of("user,password\nbob,"), "f:2: bob has no password");
    EXPECT_EQ(error_of("user,password\n,x"), "f:2: the user is empty");
    EXPECT_EQ(error_of("user,password\nbob,\"x"), "f:2: a quote is not closed");
    EXPECT_EQ(error_of("user,password\nbob,\"x\"y"), "f:2: a comma is missing behind a closing quote");
    EXPECT_EQ(error_of("user,password\nbob,x\"y"), "f:2: a quote inside a field that does not begin with one");
    EXPECT_EQ(error_of("user,secret\n"), "f:1: unknown column 'secret'; there are user, password, ha1 and realm");
    EXPECT_EQ(error_of("user,user,ha1\n"), "f:1: two columns 'user'");
    EXPECT_EQ(error_of("user\nbob"), "f:1: the header line needs user and either password or ha1");
    EXPECT_EQ(error_of("user,ha1\nbob,12"), "f:2: bob: an ha1 is 32 hex digits (MD5) or 64 (SHA-256)");
    EXPECT_EQ(error_of("bob,secret\n"), "f:1: neither a CSV header line with user nor user:realm:ha1");
    EXPECT_EQ(error_of("bob::" + kMd5), "f:1: the realm is empty");
    EXPECT_EQ(error_of("bob:r:x"), "f:1: bob: an ha1 is 32 hex digits (MD5) or 64 (SHA-256)");
    EXPECT_EQ(error_of(""), "");
}

TEST(AccountFile, EntriesOfOneAccountHaveOnePlainName) {
    for (const char* user : {"DOM\\Bob", "DOM/bob", "/bob", "BOB", "bob@example.com"}) EXPECT_EQ(ctl::plain_user(user), "bob");
}

}  // namespace
