// tests/store/recent_test.cc: records before they have their places: packed, read, placed in slices, never believed blindly.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "store/recent.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "store/check.h"
#include "store/schema.h"
#include "store/tables.h"
#include "tests/store/faults.h"
#include "tests/store/store_world.h"

namespace tests {
namespace {

using presence::Record;
using store::Database;

bool same(const Record& a, const Record& b) {
    return a.act == b.act && a.kind == b.kind && a.shard == b.shard && a.key == b.key && a.value == b.value;
}

/// A store with no thread, so that what has its place when is the test's to say.
class RecentTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(store::create_store(path_));
        reopen();
    }
    void reopen() {
        tables_.reset();
        db_.reset();
        auto db = store::open_store(path_);
        ASSERT_TRUE(db) << db.error().text;
        db_.emplace(std::move(*db));
        auto tallies = store::read_tallies(*db_);
        ASSERT_TRUE(tallies) << tallies.error().text;
        tables_.emplace(*db_, std::move(*tallies));
        ASSERT_TRUE(tables_->look());
    }
    /// In one transaction.
    template <class Work>
    void write(Work work, bool keep = true) {
        auto whole = store::Transaction::begin(*db_, store::Transaction::Kind::writing);
        ASSERT_TRUE(whole);
        work();
        ASSERT_TRUE(tables_->seal());
        if (!keep) {
            whole->roll_back();
            return tables_->undone();
        }
        ASSERT_TRUE(whole->commit());
        tables_->kept();
    }
    void commit(std::vector<Record> records) {
        write([&] {
            for (const Record& record : records) ASSERT_TRUE(tables_->apply(record));
        });
    }
    /// Whether more are left.
    bool place(std::size_t most, bool keep = true) {
        bool more = false;
        write([&] {
            const auto placed = tables_->place_recent(most);
            ASSERT_TRUE(placed) << placed.error().text;
            more = *placed;
        }, keep);
        return more;
    }
    std::int64_t number(const std::string& sql) { return *db_->number(sql); }
    /// As a daemon finds them when it starts.
    std::vector<std::string> loaded(std::string_view kinds) {
        base::FakeClock clock;
        base::Loop loop(clock, std::chrono::milliseconds(10));
        base::Log log(base::LogLevel::error);
        store::Journal journal(loop, log, path_);
        std::vector<std::string> out;
        const auto read = journal.load(kinds, [&out](const Record& r) {
            out.push_back(std::string(1, r.kind) + std::to_string(r.shard) + r.key + "=" + r.value);
        });
        if (!read) return {"! " + read.error().text};
        return out;
    }
    void expect_sound() {
        const auto sound = store::check_store(*db_);
        EXPECT_TRUE(sound) << sound.error().text;
    }

    Folder folder_;
    std::string path_ = folder_.at("store.db");
    std::optional<Database> db_;
    std::optional<store::Tables> tables_;
};

TEST(RecentRow, HoldsRecordsOfAnyBytes) {
    const std::vector<Record> given{put('n', 0xfedc, std::string("a\0b", 3), std::string(70'000, '\xff')),
                                    erase('\x80', 0, ""), put('s', 1023, "k", "")};
    std::string row;
    for (const Record& record : given) store::pack_record(row, record);
    const auto found = store::unpack_records(row);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), given.size());
    for (std::size_t n = 0; n < given.size(); ++n) EXPECT_TRUE(same((*found)[n], given[n])) << n;
    // Cut anywhere but between two records it is none.
    std::size_t whole = 0;
    for (std::size_t size = 0; size < row.size(); size += size < 69'000 ? 997 : 1) whole += store::unpack_records(row.substr(0, size)).has_value();
    EXPECT_EQ(whole, 3U);  // nothing, one, two
}

TEST_F(RecentTest, ACommitIsOneRowAndIsThereAtTheNextStart) {
    commit({put('n', 7, "bob", "1"), put('s', 7, "12", "a")});
    commit({put('n', 3, "zoe", "2"), erase('s', 7, "12")});
    EXPECT_EQ(number("SELECT count(*) FROM recent"), 2);
    EXPECT_EQ(number("SELECT count(*) FROM rec"), 0);
    EXPECT_EQ(loaded("ns"), (std::vector<std::string>{"n3zoe=2", "n7bob=1"}));
    expect_sound();
    reopen();
    EXPECT_FALSE(tables_->recent().empty());
    EXPECT_TRUE(tables_->recent().holds('s'));
    EXPECT_FALSE(tables_->recent().holds('m'));
}

TEST_F(RecentTest, AmongThoseInTheirPlacesTheRecentOnesCount) {
    commit({put('n', 1, "a", "old"), put('n', 1, "c", "old"), put('n', 1, "e", "old"), put('p', 1, "x", "old")});
    EXPECT_FALSE(place(100));
    EXPECT_EQ(number("SELECT count(*) FROM rec"), 4);
    EXPECT_TRUE(tables_->recent().empty());
    commit({put('n', 1, "b", "new"), put('n', 1, "c", "new"), erase('n', 1, "a"), erase('n', 1, "never"), put('n', 2, "a", "new")});
    EXPECT_EQ(loaded("pn"), (std::vector<std::string>{"p1x=old", "n1b=new", "n1c=new", "n1e=old", "n2a=new"}));
    EXPECT_FALSE(place(100));
    EXPECT_EQ(loaded("pn"), (std::vector<std::string>{"p1x=old", "n1b=new", "n1c=new", "n1e=old", "n2a=new"}));
    expect_sound();
}

TEST_F(RecentTest, WhatIsCommittedWhileTheyGetTheirPlacesIsNewerThanThey) {
    commit({put('n', 1, "a", "1"), put('n', 1, "b", "1"), put('n', 1, "c", "1")});
    EXPECT_TRUE(place(1));
    commit({put('n', 1, "a", "2"), erase('n', 1, "c")});
    EXPECT_TRUE(place(1));
    EXPECT_EQ(loaded("n"), (std::vector<std::string>{"n1a=2", "n1b=1"}));
    EXPECT_TRUE(place(9));  // the first row goes, the second stays
    EXPECT_EQ(number("SELECT count(*) FROM recent"), 1);
    EXPECT_EQ(loaded("n"), (std::vector<std::string>{"n1a=2", "n1b=1"}));
    EXPECT_FALSE(place(9));
    EXPECT_EQ(loaded("n"), (std::vector<std::string>{"n1a=2", "n1b=1"}));
    EXPECT_TRUE(tables_->recent().empty());
    expect_sound();
}

TEST_F(RecentTest, AScanSeesThemAmongTheOthers) {
    commit({put('m', 1, "b1", "old"), put('m', 1, "b2", "old"), put('m', 1, "b3", "old"), put('m', 1, "b5", "old"), put('m', 2, "b1", "")});
    EXPECT_FALSE(place(100));
    commit({erase('m', 1, "b2"), put('m', 1, "b3", "new"), put('m', 1, "b4", "new"), put('m', 1, "a", ""), put('m', 1, "c", ""),
            put('m', 2, "b3", ""), put('n', 1, "b3", "")});
    const auto scanned = [this](std::string_view after, std::size_t limit) {
        std::string out;
        const auto found = tables_->scan(1, 'm', "b", after, limit);
        for (const Record& r : *found) out += r.key + "=" + r.value + " ";
        return out;
    };
    EXPECT_EQ(scanned("", 9), "b1=old b3=new b4=new b5=old ");
    EXPECT_EQ(scanned("b1", 2), "b3=new b4=new ");
    EXPECT_EQ(scanned("b3", 9), "b4=new b5=old ");
    EXPECT_FALSE(place(100));
    EXPECT_EQ(scanned("b1", 2), "b3=new b4=new ");
}

TEST_F(RecentTest, ATransactionThatFailsTakesNothingOutOfThem) {
    commit({put('n', 1, "a", "1"), put('n', 1, "b", "1")});
    EXPECT_TRUE(place(1, false));
    EXPECT_FALSE(place(9, false));
    EXPECT_EQ(number("SELECT count(*) FROM rec"), 0);
    write([&] { ASSERT_TRUE(tables_->apply(put('n', 1, "lost", ""))); }, false);
    EXPECT_EQ(loaded("n"), (std::vector<std::string>{"n1a=1", "n1b=1"}));
    EXPECT_FALSE(place(9));
    EXPECT_EQ(loaded("n"), (std::vector<std::string>{"n1a=1", "n1b=1"}));
    expect_sound();
}

TEST_F(RecentTest, AllOfThemIncludesThoseOfTheSameTransaction) {
    commit({put('u', 1, "bob", "1"), put('u', 1, "eve", "1")});
    write([&] {
        ASSERT_TRUE(tables_->apply(put('u', 1, "bob", "2")));
        ASSERT_TRUE(tables_->place_all());
        ASSERT_TRUE(tables_->place(put('u', 1, "bob", "3")));
    });
    EXPECT_EQ(number("SELECT count(*) FROM recent"), 0);
    EXPECT_EQ(loaded("u"), (std::vector<std::string>{"u1bob=3", "u1eve=1"}));
    expect_sound();
}

TEST_F(RecentTest, AllOfThemTwiceInOneTransactionIsOnce) {
    commit({put('u', 1, "bob", "1")});
    write([&] {
        ASSERT_TRUE(tables_->place_all());
        ASSERT_TRUE(tables_->place(put('u', 1, "bob", "2")));
        ASSERT_TRUE(tables_->apply(put('n', 1, "a", "1")));
        ASSERT_TRUE(tables_->place_all());
        ASSERT_TRUE(tables_->place(put('u', 1, "bob", "3")));
    });
    EXPECT_EQ(loaded("un"), (std::vector<std::string>{"u1bob=3", "n1a=1"}));
    expect_sound();
    reopen();
}

TEST_F(RecentTest, AllOfThemWhereThereAreNoneLeavesNothingBehind) {
    write([&] {
        ASSERT_TRUE(tables_->apply(put('n', 1, "a", "1")));
        ASSERT_TRUE(tables_->place_all());
        ASSERT_TRUE(tables_->place(put('u', 1, "bob", "1")));
    });
    commit({put('n', 1, "b", "1")});
    EXPECT_FALSE(place(9));
    EXPECT_TRUE(tables_->recent().empty());
    EXPECT_EQ(number("SELECT count(*) FROM recent"), 0);
    EXPECT_EQ(loaded("un"), (std::vector<std::string>{"u1bob=1", "n1a=1", "n1b=1"}));
    expect_sound();
}

TEST_F(RecentTest, AllOfThemIncludesRowsThatCameWhileOthersGotTheirPlaces) {
    commit({put('m', 1, "a", "1"), put('m', 1, "b", "1")});
    EXPECT_TRUE(place(1));
    commit({put('m', 1, "a", "2"), put('m', 1, "c", "2")});
    write([&] {
        ASSERT_TRUE(tables_->place_all());
        tables_->place_at_once('m');
        ASSERT_TRUE(tables_->apply(erase('m', 1, "a")));
    });
    EXPECT_FALSE(tables_->recent().holds('m'));
    EXPECT_EQ(number("SELECT count(*) FROM recent"), 0);
    EXPECT_EQ(loaded("m"), (std::vector<std::string>{"m1b=1", "m1c=2"}));
    EXPECT_FALSE(place(9));
    EXPECT_EQ(loaded("m"), (std::vector<std::string>{"m1b=1", "m1c=2"}));
    expect_sound();
}

TEST_F(RecentTest, ARowThatIsDamagedOrGoneIsMissed) {
    commit({put('n', 1, "a", "1")});
    commit({put('n', 1, "b", "1")});
    ASSERT_TRUE(db_->run("UPDATE recent SET records = records || x'00' WHERE n = 2"));
    EXPECT_EQ(loaded("n"), (std::vector<std::string>{"! " + path_ + ": its recent records 2 are damaged; restore a backup"}));
    EXPECT_FALSE(store::check_store(*db_));
    ASSERT_TRUE(db_->run("DELETE FROM recent WHERE n = 2"));
    EXPECT_EQ(loaded("n"), (std::vector<std::string>{"! " + path_ + ": recent records are missing or not the latest (1 found, "
                                                     "2 kept); restore a backup"}));
    EXPECT_FALSE(store::check_store(*db_));
}

TEST_F(RecentTest, WhateverIsPlacedWhenTheLastActOnAKeyCounts) {
    std::mt19937 random(5);  // the same acts each time
    std::map<std::tuple<char, int, std::string>, std::string> model;
    for (int n = 0; n < 400; ++n) {
        std::vector<Record> batch;
        for (unsigned i = 0; i <= random() % 4; ++i) {
            const char kind = "nps"[random() % 3];
            const auto shard = static_cast<std::uint16_t>(random() % 3);
            const std::string key = "k" + std::to_string(random() % 20);
            if (random() % 3 == 0) {
                batch.push_back(erase(kind, shard, key));
                model.erase({kind, shard, key});
            } else {
                batch.push_back(put(kind, shard, key, std::to_string(n)));
                model[{kind, shard, key}] = std::to_string(n);
            }
        }
        commit(batch);
        if (random() % 3 == 0) (void)place(random() % 10);
        if (random() % 10 == 0) {  // a secret
            const std::string value = "secret" + std::to_string(n);
            write([&] {
                ASSERT_TRUE(tables_->apply(put('n', 0, "k0", "before")));
                ASSERT_TRUE(tables_->place_all());
                ASSERT_TRUE(tables_->place(put('n', 0, "k0", value)));
            });
            model[{'n', 0, "k0"}] = value;
        }
        if (random() % 40 == 0) reopen();
    }
    std::vector<std::string> wanted;
    for (const auto& [at, value] : model) wanted.push_back(std::get<0>(at) + std::to_string(std::get<1>(at)) + std::get<2>(at) + "=" + value);
    EXPECT_EQ(loaded("nps"), wanted);
    while (place(7)) {
    }
    while (!tables_->recent().empty()) (void)place(100);
    EXPECT_EQ(loaded("nps"), wanted);
    expect_sound();
}

struct RecentJournalTest : testing::Test, StoreWorld {
    std::vector<std::string> scanned(char kind) {
        std::optional<std::vector<std::string>> out;
        journal->scan(1, kind, "", "", 100, [&out](base::Result<std::vector<Record>> found) {
            out.emplace();
            for (const Record& r : *found) out->push_back(r.key + "=" + r.value);
        });
        run_until([&out] { return out.has_value(); });
        return *out;
    }
};

TEST_F(RecentJournalTest, AScanSeesThemFromTheFirstToTheLast) {
    ASSERT_TRUE(open());
    for (const char* value : {"1", "2", "3"}) {
        ASSERT_TRUE(commit(batch_of({put('m', 1, "a", value), put('n', 1, "a", value)})));
        EXPECT_EQ(scanned('m'), (std::vector<std::string>{std::string("a=") + value}));
    }
    ASSERT_TRUE(commit(batch_of({erase('m', 1, "a")})));
    EXPECT_TRUE(scanned('m').empty());
    EXPECT_EQ(kept("n"), (std::vector<std::string>{"n 1 a=3"}));
}

TEST_F(RecentJournalTest, ASecretTakesThemAllOffTheDisk) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(batch_of({put('u', 1, "bob", "hash of the first")})));
    presence::Batch batch = batch_of({put('u', 1, "bob", "hash of another")});
    batch.secret = true;
    ASSERT_TRUE(commit(std::move(batch)));
    ASSERT_TRUE(commit(batch_of({put('n', 1, "other", "")})));  // by then the writer has tidied up
    EXPECT_EQ((read_file(path) + read_file(path + "-wal")).find("hash of the first"), std::string::npos);
    EXPECT_EQ(kept("u"), (std::vector<std::string>{"u 1 bob=hash of another"}));
}

TEST_F(RecentJournalTest, SecretsInOneGroupAreKeptLikeAnyOther) {
    ASSERT_TRUE(open());
    int kept_ones = 0;
    for (int n = 0; n < 30; ++n) {
        presence::Batch batch = batch_of({put(n % 3 == 0 ? 'u' : 'n', 1, "k", std::to_string(n))});
        batch.secret = n % 3 == 0;
        journal->commit(std::move(batch), [&kept_ones](const base::Result<void>& outcome) { kept_ones += outcome.has_value(); });
    }
    run_until([&] { return kept_ones == 30; });
    EXPECT_EQ(kept("un"), (std::vector<std::string>{"u 1 k=27", "n 1 k=29"}));
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("un"), (std::vector<std::string>{"u 1 k=27", "n 1 k=29"}));
}

TEST_F(RecentJournalTest, AScanSeesThemThoughTheDiskIsFull) {
    const MendAtEnd mend;
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(batch_of({put('m', 1, "a", "1")})));
    faults().disk_full = true;
    EXPECT_EQ(scanned('m'), (std::vector<std::string>{"a=1"}));
    faults().mend();
    ASSERT_TRUE(commit(batch_of({put('m', 1, "b", "1")})));
    EXPECT_EQ(scanned('m'), (std::vector<std::string>{"a=1", "b=1"}));
}

TEST_F(RecentJournalTest, AreInTheirPlacesAfterAStop) {
    ASSERT_TRUE(open());
    for (int n = 0; n < 50; ++n) ASSERT_TRUE(commit(batch_of({put('n', 1, std::to_string(n), "v")})));
    shut();
    auto db = Database::open(path, Database::Mode::read_only);
    ASSERT_TRUE(db);
    EXPECT_EQ(*db->number("SELECT count(*) FROM recent"), 0);
    EXPECT_EQ(*db->number("SELECT count(*) FROM rec"), 50);
}

TEST_F(RecentJournalTest, ThatCannotGetTheirPlacesLoseNothing) {
    const MendAtEnd mend;
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(batch_of({put('n', 1, "a", "1")})));
    faults().disk_full = true;
    shut();
    faults().mend();
    ASSERT_TRUE(open());
    EXPECT_EQ(kept("n"), (std::vector<std::string>{"n 1 a=1"}));
    ASSERT_TRUE(commit(batch_of({put('n', 1, "b", "1")})));
    EXPECT_EQ(kept("n"), (std::vector<std::string>{"n 1 a=1", "n 1 b=1"}));
}

}  // namespace
}  // namespace tests
