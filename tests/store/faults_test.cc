// tests/store/faults_test.cc: what the journal promises while the disk is full or fails, and after.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "tests/store/faults.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/store/store_world.h"

namespace tests {
Faults& faults() {
    static Faults all;
    return all;
}
}  // namespace tests

// In place of the C library's, for the whole test program.
extern "C" {
ssize_t pwrite64(int fd, const void* from, size_t size, off64_t at) {
    const tests::Faults& faults = tests::faults();
    if (faults.disk_full || faults.write_fails) {
        errno = faults.disk_full ? ENOSPC : EIO;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, from, size, at);
}
ssize_t pwrite(int fd, const void* from, size_t size, off_t at) { return pwrite64(fd, from, size, at); }
int fdatasync(int fd) {
    tests::Faults& faults = tests::faults();
    ++faults.syncs;
    if (faults.sync_fails) {
        errno = EIO;
        return -1;
    }
    return static_cast<int>(syscall(SYS_fdatasync, fd));
}
int fsync(int fd) { return fdatasync(fd); }
}

namespace store {
namespace {

using base::Errc;
using tests::batch_of;
using tests::faults;
using tests::put;
using Lines = std::vector<std::string>;

struct FaultsTest : testing::Test, tests::StoreWorld {
    void SetUp() override { ASSERT_TRUE(open()); }
    /// The file as it is on disk now, log and mark included, opened elsewhere: what a kill -9 would leave.
    Lines after_a_kill() {
        tests::StoreWorld other;
        for (const char* end : {"", "-wal", "-mark"}) {
            if (std::filesystem::exists(path + end)) std::filesystem::copy_file(path + end, other.path + end);
        }
        if (auto opened = other.open(); !opened) return {"! " + opened.error().text};
        return other.kept("n");
    }
    tests::MendAtEnd mend_at_end;
};

TEST_F(FaultsTest, AnAnswerMeansThatTheDiskWasAskedToMakeItSafe) {
    for (int n = 0; n < 5; ++n) {
        const int before = faults().syncs;
        ASSERT_TRUE(commit(batch_of({put('n', 1, std::to_string(n), "")})));
        EXPECT_GT(faults().syncs, before);
    }
}

TEST_F(FaultsTest, AFullDiskIsToldAsOneAndGotOverWithoutARestart) {
    ASSERT_TRUE(commit(batch_of({put('n', 1, "before", "")})));
    faults().disk_full = true;
    for (int n = 0; n < 3; ++n) {
        const auto full = commit(batch_of({put('n', 1, "meanwhile", "")}));
        ASSERT_FALSE(full.has_value());
        EXPECT_EQ(full.error().code, Errc::no_space);
        EXPECT_TRUE(full.error().text.starts_with(path + ": ")) << full.error().text;
    }
    EXPECT_TRUE(journal->failing());
    faults().mend();
    EXPECT_EQ(after_a_kill(), (Lines{"n 1 before="}));
    ASSERT_TRUE(commit(batch_of({put('n', 1, "then", "")})));
    EXPECT_FALSE(journal->failing());
    EXPECT_EQ(kept("n"), (Lines{"n 1 before=", "n 1 then="}));
}

TEST_F(FaultsTest, NothingIsPromisedWhileSyncingFails) {
    ASSERT_TRUE(commit(batch_of({put('n', 1, "before", "")})));
    faults().sync_fails = true;
    const auto failed = commit(batch_of({put('n', 1, "meanwhile", ""), put('n', 1, "before", "changed")}));
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error().code, Errc::internal);
    EXPECT_NE(failed.error().text.find("Input/output error"), std::string::npos) << failed.error().text;
    EXPECT_TRUE(journal->failing());
    EXPECT_EQ(kept("n"), (Lines{"n 1 before="}));
    faults().mend();
    ASSERT_TRUE(commit(batch_of({put('n', 1, "then", "")})));
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n"), (Lines{"n 1 before=", "n 1 then="}));
}

TEST_F(FaultsTest, WhatFailedDoesNotComeBackFromTheLogAfterAKill) {
    // The log holds all of a group when only its fsync failed.
    ASSERT_TRUE(commit(batch_of({put('n', 1, "before", "")})));
    faults().sync_fails = true;
    ASSERT_FALSE(commit(batch_of({put('n', 1, "meanwhile", std::string(20'000, 'x'))})).has_value());
    faults().mend();
    EXPECT_EQ(after_a_kill(), (Lines{"n 1 before="}));
}

TEST_F(FaultsTest, RecoversByItselfWhenNobodyCommits) {
    faults().sync_fails = true;
    ASSERT_FALSE(commit(batch_of({put('n', 1, "a", "")})).has_value());
    // It tries each second; as long as the disk fails, nothing changes.
    for (int n = 0; n < 3; ++n) {
        const int before = faults().syncs;
        pass(std::chrono::seconds(2));
        // Answered after the try, and asks nothing of the disk itself.
        ASSERT_TRUE(commit({}).has_value());
        EXPECT_GT(faults().syncs, before);
        EXPECT_TRUE(journal->failing());
    }
    faults().mend();
    pass(std::chrono::seconds(2));
    ASSERT_TRUE(commit({}).has_value());
    EXPECT_FALSE(journal->failing());
    const int before = faults().syncs;
    pass(std::chrono::seconds(60));
    ASSERT_TRUE(commit({}).has_value());
    EXPECT_EQ(faults().syncs, before) << "goes on trying";
}

TEST_F(FaultsTest, ACheckpointThatFailsCostsNoPromise) {
    // 20 MiB: more than the log is let grow to.
    const std::string value(100'000, 'v');
    for (int n = 0; n < 200; ++n) {
        if (n == 100) faults().mend();
        ASSERT_TRUE(commit(batch_of({put('n', 1, std::to_string(n), value)})));
    }
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n").size(), 200u);
}

TEST_F(FaultsTest, ClosingOnAFailingDiskKeepsTheLogForTheNextStart) {
    ASSERT_TRUE(commit(batch_of({put('n', 1, "a", "")})));
    faults().sync_fails = true;
    faults().write_fails = true;
    shut();
    faults().mend();
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n"), (Lines{"n 1 a="}));
}

TEST_F(FaultsTest, MoreThanItsBoundInTheQueueIsBusyAtOnce) {
    const std::string value(4U << 20, 'v');
    int taken = 0, busy = 0;
    for (int n = 0; n < 40; ++n) {
        journal->commit(batch_of({put('n', 1, std::to_string(n), value)}), [&](base::Result<void> outcome) {
            if (outcome) ++taken;
            else if (outcome.error().code == Errc::busy) ++busy;
        });
    }
    EXPECT_EQ(taken + busy, 0) << "answered from inside commit()";
    run_until([&] { return taken + busy == 40; });
    EXPECT_EQ(taken, 15);
    EXPECT_FALSE(journal->failing());
    ASSERT_TRUE(commit(batch_of({put('n', 2, "x", "")})));
    EXPECT_EQ(kept("n").size(), 16u);
}

}  // namespace
}  // namespace store
