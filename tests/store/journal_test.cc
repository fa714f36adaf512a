// tests/store/journal_test.cc: the conformance suite against the store and its fake, and what only the store has.
// SPDX-License-Identifier: Apache-2.0
#include "store/journal.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/fake_journal.h"
#include "tests/store/faults.h"
#include "tests/store/journal_conformance.h"
#include "tests/store/store_world.h"

namespace tests {
namespace {

class FakeWorld {
public:
    presence::Journal& journal() { return *fake_; }
    void settle(const std::function<bool()>& done) {
        while (!done()) fake_->complete();
    }
    void reopen() {
        fake_->complete_all();
        fake_ = std::make_unique<FakeJournal>(fake_->records);
    }
    void break_store() { fake_->fail_with(base::Error{base::Errc::no_space, "told to fail"}); }
    void mend_store() { fake_->fail_with(std::nullopt); }

private:
    std::unique_ptr<FakeJournal> fake_ = std::make_unique<FakeJournal>();
};

template <std::atomic<bool> Faults::*kFault>
class SqliteWorld {
public:
    SqliteWorld() { reopen(); }
    ~SqliteWorld() { mend_store(); }
    presence::Journal& journal() { return *world_.journal; }
    void settle(const std::function<bool()>& done) { world_.run_until(done); }
    void reopen() {
        const auto opened = world_.open();
        if (!opened) throw std::runtime_error(opened.error().text);
    }
    void break_store() { faults().*kFault = true; }
    void mend_store() { faults().mend(); }

private:
    StoreWorld world_;
};
using FullDisk = SqliteWorld<&Faults::disk_full>;
using FailingWrites = SqliteWorld<&Faults::write_fails>;
using FailingSyncs = SqliteWorld<&Faults::sync_fails>;

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, JournalConformance, testing::Types<FakeWorld>);
using Disks = testing::Types<FullDisk, FailingWrites, FailingSyncs>;
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, JournalConformance, Disks);

TEST(FakeJournal, AnswersOnlyWhenTold) {
    FakeJournal fake;
    std::vector<int> answered;
    for (int n = 0; n < 3; ++n) {
        fake.commit({{put('n', 1, std::to_string(n), "")}, {}}, [&answered, n](auto) { answered.push_back(n); });
    }
    EXPECT_TRUE(answered.empty() && fake.records.empty());
    EXPECT_EQ(fake.complete(2), 2u);
    EXPECT_EQ(answered, (std::vector{0, 1}));
    EXPECT_EQ(fake.records.size(), 2u);
    EXPECT_EQ(fake.complete_all(), 1u);
}

TEST(FakeJournal, FailsForAFencedShardAndForSoManyAsTold) {
    FakeJournal fake;
    std::string outcomes;
    const auto ask = [&](std::uint16_t shard) {
        fake.commit({{put('n', shard, "k", "")}, {}}, [&](auto outcome) { outcomes += outcome ? '+' : '-'; });
        fake.complete_all();
    };
    fake.fence(3);
    ask(3), ask(4);
    fake.unfence(3);
    ask(3);
    fake.fail_next(2);
    ask(1), ask(1), ask(1);
    EXPECT_EQ(outcomes, "-++--+");
}

struct JournalTest : testing::Test, StoreWorld {};

TEST_F(JournalTest, MakesFoldersAndFileForItsUserAlone) {
    path = folder.at("a/b/store.db");
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(batch_of({put('n', 1, "a", "")})));
    struct stat about{};
    ASSERT_EQ(::stat(folder.at("a/b").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0700U);
    for (const char* end : {"", "-wal", "-mark", ".lock"}) {
        ASSERT_EQ(::stat((path + end).c_str(), &about), 0) << end;
        EXPECT_EQ(about.st_mode & 0777U, 0600U) << end;
    }
}

TEST_F(JournalTest, ClosingPaysEveryAnswerAndEmptiesTheLog) {
    ASSERT_TRUE(open());
    int answered = 0, refused = 0;
    for (int n = 0; n < 100; ++n) {
        journal->commit(batch_of({put('n', 1, std::to_string(n), "")}), [&](base::Result<void> outcome) {
            if (outcome) ++answered;
            // Who commits again now is told that it is too late.
            journal->commit(batch_of({put('n', 2, "late", "")}), [&](base::Result<void> late) { refused += !late; });
        });
    }
    journal->close();
    EXPECT_EQ(answered, 100);
    EXPECT_EQ(refused, 100);
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n").size(), 100u);
}

TEST_F(JournalTest, ASecretThatIsReplacedOrErasedIsSoonNowhere) {
    ASSERT_TRUE(open());
    const auto keep = [this](presence::Record record) {
        presence::Batch batch = batch_of({std::move(record)});
        batch.secret = true;
        EXPECT_TRUE(commit(std::move(batch)));
        EXPECT_TRUE(commit(batch_of({put('n', 1, "other", "something")})));  // by then the writer has tidied up
    };
    const auto on_disk = [this](const std::string& text) {
        return (read_file(path) + read_file(path + "-wal")).find(text) != std::string::npos;
    };
    keep(put('u', 1, "bob", "hash of the first"));
    EXPECT_TRUE(on_disk("hash of the first"));
    keep(put('u', 1, "bob", "hash of another"));
    EXPECT_FALSE(on_disk("hash of the first"));
    EXPECT_TRUE(on_disk("hash of another"));
    keep(erase('u', 1, "bob"));
    EXPECT_FALSE(on_disk("hash of another"));
}

TEST_F(JournalTest, IsRefusedToASecondAndSaysWhoHasIt) {
    ASSERT_TRUE(open());
    store::Journal second(loop, log, path);
    const auto refused = second.open();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, base::Errc::busy);
    EXPECT_EQ(refused.error().text, path + ": is in use by process " + std::to_string(::getpid()));
    shut();
    EXPECT_TRUE(second.open());
}

TEST_F(JournalTest, SaysWhichProcessHasIt) {
    int told[2], hold[2];
    ASSERT_EQ(::pipe(told), 0);
    ASSERT_EQ(::pipe(hold), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(hold[1]);
        auto lock = store::FileLock::take(path);
        const char ready = lock ? '+' : '-';
        if (::write(told[1], &ready, 1) == 1) {
            char end = 0;
            if (::read(hold[0], &end, 1) < 0) ::_exit(2);
        }
        ::_exit(0);
    }
    char ready = '?';
    ASSERT_EQ(::read(told[0], &ready, 1), 1);
    ASSERT_EQ(ready, '+');
    const auto refused = open();
    ::close(hold[1]);  // lets it go
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().text, path + ": is in use by process " + std::to_string(child));
    // A lock file that was left behind locks nobody out.
    EXPECT_TRUE(open());
    for (const int fd : {told[0], told[1], hold[0]}) ::close(fd);
}

}  // namespace
}  // namespace tests
