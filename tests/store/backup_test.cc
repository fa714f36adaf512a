// tests/store/backup_test.cc: the restore drill, and all that must not take a store's place.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7 (backup, restore)
#include "store/backup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "presence/record.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "tests/store/store_world.h"

namespace tests {
namespace {

using base::Errc;
using presence::CounterRecord;
using Lines = std::vector<std::string>;

struct BackupTest : testing::Test, StoreWorld {
    void SetUp() override { ASSERT_TRUE(open()); }
    base::Result<void> backup(const std::string& to) {
        std::optional<base::Result<void>> answer;
        journal->backup(to, [&answer](base::Result<void> made) { answer = std::move(made); });
        run_until([&answer] { return answer.has_value(); });
        return *answer;
    }
    base::Result<void> keep(const std::string& key) { return commit(batch_of({put('n', 1, key, "")})); }
    /// What `restore` says of `from`, with nothing of the store that is there touched.
    std::string refused(const std::string& from) {
        shut();
        const std::string before = read_file(path);
        const auto restored = store::restore(from, path);
        EXPECT_EQ(read_file(path), before);
        EXPECT_FALSE(std::filesystem::exists(path + ".before-restore"));
        return restored ? "restored" : restored.error().text;
    }

    std::string copy = folder.at("copy.db");
};

TEST_F(BackupTest, WhatCannotBePutInPlaceIsNotLeftBeside) {
    const std::string taken = folder.at("taken");
    std::filesystem::create_directory(taken);
    EXPECT_FALSE(backup(taken));
    EXPECT_FALSE(std::filesystem::exists(taken + ".part")) << "it would hold everybody's secrets";
}

TEST_F(BackupTest, WhatWasAcknowledgedBeforeComesBackAndWhatCameAfterDoesNot) {
    ASSERT_TRUE(keep("before"));
    ASSERT_TRUE(backup(copy));
    ASSERT_TRUE(keep("after"));
    shut();
    const auto aside = store::restore(copy, path);
    ASSERT_TRUE(aside) << aside.error().text;
    EXPECT_EQ(*aside, path + ".before-restore");
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n"), (Lines{"n 1 before="}));
    ASSERT_TRUE(keep("then"));
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n"), (Lines{"n 1 before=", "n 1 then="}));
    // The store that was there is whole, and can be put back the same way.
    shut();
    ASSERT_TRUE(store::restore(*aside, path));
    EXPECT_TRUE(std::filesystem::exists(path + ".before-restore-2"));
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n"), (Lines{"n 1 after=", "n 1 before="}));
}

TEST_F(BackupTest, OfAnEarlierSchemaIsRestoredToo) {
    for (const int schema : {1, 2}) {
        const std::string old = folder.at("of" + std::to_string(schema));
        auto db = store::Database::open(old, store::Database::Mode::create);
        ASSERT_TRUE(db);
        ASSERT_TRUE(store::migrate(*db, store::migrations().first(static_cast<std::size_t>(schema))));
        ASSERT_TRUE(db->run("PRAGMA application_id = " + std::to_string(store::kApplicationId)));
        ASSERT_TRUE(db->close());
        shut();
        const auto aside = store::restore(old, path);
        ASSERT_TRUE(aside) << schema << ": " << aside.error().text;
        ASSERT_TRUE(open()) << schema;
        EXPECT_TRUE(kept("n").empty());
        EXPECT_TRUE(keep("then"));
    }
}

TEST_F(BackupTest, IdsThatWereGivenAfterItAreNotGivenAgain) {
    ASSERT_TRUE(commit(batch_of({presence::put_record("", "s", CounterRecord{100})})));
    ASSERT_TRUE(backup(copy));
    ASSERT_TRUE(commit(batch_of({presence::put_record("", "s", CounterRecord{50'000'000})})));
    shut();
    ASSERT_TRUE(store::restore(copy, path));
    ASSERT_TRUE(open());
    std::optional<std::uint64_t> reserved;
    ASSERT_TRUE(journal->load("i", [&](const presence::Record& record) {
        reserved = presence::read_record<CounterRecord>(record)->reserved;
    }));
    ASSERT_TRUE(reserved);
    EXPECT_GT(*reserved, 50'000'000U);
}

TEST_F(BackupTest, IsForItsUserAloneAndTakesThePlaceOfAnOlderOne) {
    ASSERT_TRUE(backup(copy));
    ASSERT_TRUE(keep("a"));
    ASSERT_TRUE(backup(copy));
    struct stat about{};
    ASSERT_EQ(::stat(copy.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U);
    EXPECT_FALSE(std::filesystem::exists(copy + ".part"));
    shut();
    ASSERT_TRUE(store::restore(copy, path));
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n"), (Lines{"n 1 a="}));
}

TEST_F(BackupTest, RestoresWhereNoStoreIsYet) {
    ASSERT_TRUE(keep("a"));
    ASSERT_TRUE(backup(copy));
    shut();
    path = folder.at("elsewhere/new.db");
    const auto aside = store::restore(copy, path);
    ASSERT_TRUE(aside) << aside.error().text;
    EXPECT_EQ(*aside, "");
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n"), (Lines{"n 1 a="}));
}

TEST_F(BackupTest, NeverGoesWhereTheStoreIs) {
    std::filesystem::create_symlink(path, folder.at("link"));
    for (const std::string& to : {path, path + "-wal", path + ".lock", folder.at("./store.db-mark"), folder.at("link")}) {
        const auto made = backup(to);
        ASSERT_FALSE(made) << to;
        EXPECT_EQ(made.error().code, Errc::denied) << made.error().text;
    }
    ASSERT_TRUE(keep("still here"));
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n"), (Lines{"n 1 still here="}));
}

TEST_F(BackupTest, ABackupThatCannotBeWrittenSaysWhyAndLeavesTheOldOne) {
    const auto nowhere = backup(folder.at("no/such/folder/copy.db"));
    ASSERT_FALSE(nowhere);
    EXPECT_NE(nowhere.error().text.find("no/such/folder"), std::string::npos) << nowhere.error().text;
    ASSERT_TRUE(keep("served on"));
}

TEST_F(BackupTest, NothingIsRestoredUnderARunningDaemon) {
    ASSERT_TRUE(backup(copy));
    const auto busy = store::restore(copy, path);
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().code, Errc::busy);
    EXPECT_EQ(busy.error().text, path + ": is in use by process " + std::to_string(::getpid()));
}

TEST_F(BackupTest, WhatIsNoBackupIsRefusedByName) {
    ASSERT_TRUE(keep("a"));
    ASSERT_TRUE(backup(copy));
    EXPECT_NE(refused(folder.at("none.db")).find(folder.at("none.db")), std::string::npos);
    const std::string whole = read_file(copy);
    for (const std::string& bytes : {std::string(), std::string("not a database"), whole.substr(0, whole.size() / 2)}) {
        write_file(copy, bytes);
        EXPECT_TRUE(refused(copy).starts_with(copy)) << refused(copy);
    }
    EXPECT_NE(refused(path).find("store's own"), std::string::npos) << refused(path);
}

}  // namespace
}  // namespace tests
