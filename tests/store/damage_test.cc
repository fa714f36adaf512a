// tests/store/damage_test.cc: a store that is cut short or has a bit turned opens with all it had, or is refused.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "store/schema.h"
#include "store/sqlite.h"
#include "tests/store/store_world.h"

namespace tests {
namespace {

using Lines = std::vector<std::string>;

/// The files that a daemon leaves, as bytes.
struct Left {
    std::string db, wal, mark;
};

/// The mark first: the writer may be at work, and a mark may be old, but is never ahead.
Left left_by(const std::string& path) {
    Left left;
    left.mark = read_file(path + "-mark");
    left.db = read_file(path);
    left.wal = read_file(path + "-wal");
    return left;
}

class DamageTest : public testing::Test, public StoreWorld {
protected:
    void SetUp() override {
        ASSERT_TRUE(open());
        for (int n = 0; n < 60; ++n) {
            const std::string name = "node" + std::to_string(n);
            ASSERT_TRUE(commit(batch_of({put('n', 1, name, std::string(100, 'v')), put('s', 1, name, "watches")})));
        }
        whole_ = kept("ns");
        ASSERT_EQ(whole_.size(), 120U);
        killed_ = left_by(path);
        shut();
        stopped_ = left_by(path);
        ASSERT_FALSE(killed_.wal.empty());
        ASSERT_TRUE(stopped_.wal.empty());
    }
    /// Opens what is `left`: everything is there, or the file is named.
    void expect_truth(const Left& left, const std::string& what) {
        for (const char* end : {"", "-wal", "-shm", "-mark", ".lock"}) std::filesystem::remove(path + end);
        write_file(path, left.db);
        if (!left.wal.empty()) write_file(path + "-wal", left.wal);
        write_file(path + "-mark", left.mark);
        const auto opened = open();
        const auto found = opened ? load("ns") : base::Result<Lines>(std::unexpected(opened.error()));
        shut();
        if (found) {
            ++opened_;
            ASSERT_EQ(*found, whole_) << what;
        } else {
            ++refused_;
            ASSERT_NE(found.error().text.find(path), std::string::npos) << what << ": " << found.error().text;
        }
    }
    void turn_a_bit(const Left& left, std::string Left::*file, std::size_t at) {
        Left damaged = left;
        (damaged.*file)[at] = static_cast<char>((damaged.*file)[at] ^ (1 << (at % 8)));
        expect_truth(damaged, "bit at " + std::to_string(at));
    }
    void cut(const Left& left, std::string Left::*file, std::size_t size) {
        Left damaged = left;
        (damaged.*file).resize(size);
        expect_truth(damaged, "cut to " + std::to_string(size));
    }
    /// The head of the file byte by byte, and a good hundred places in the rest of it.
    static std::vector<std::size_t> places(std::size_t size) {
        std::vector<std::size_t> at;
        for (std::size_t n = 0; n < std::min<std::size_t>(size, 100); n += 3) at.push_back(n);
        std::mt19937 random(7);  // the same places each time
        for (int n = 0; n < 120; ++n) at.push_back(random() % size);
        return at;
    }

    Lines whole_;
    Left killed_, stopped_;
    int opened_ = 0, refused_ = 0;
};

TEST_F(DamageTest, UndamagedItOpensAfterAStopAndAfterAKill) {
    expect_truth(stopped_, "stopped");
    expect_truth(killed_, "killed");
    EXPECT_EQ(opened_, 2);
}

TEST_F(DamageTest, ABitTurnedInTheFileIsNeverServed) {
    for (const std::size_t at : places(stopped_.db.size())) turn_a_bit(stopped_, &Left::db, at);
    EXPECT_GT(refused_, 20);  // much of the file is free
}

TEST_F(DamageTest, ABitTurnedInTheLogIsNeverServed) {
    for (const std::size_t at : places(killed_.wal.size())) turn_a_bit(killed_, &Left::wal, at);
    EXPECT_GT(refused_, 50);
}

TEST_F(DamageTest, AFileCutShortIsNeverServed) {
    for (std::size_t size = 0; size < stopped_.db.size(); size += 1000) cut(stopped_, &Left::db, size);
    EXPECT_EQ(opened_, 0);
}

TEST_F(DamageTest, ALogCutShortIsNeverServed) {
    const std::size_t step = std::max<std::size_t>(killed_.wal.size() / 60, 1);
    for (std::size_t size = 1; size < killed_.wal.size(); size += step) cut(killed_, &Left::wal, size);
    EXPECT_GT(refused_, 30);
}

TEST_F(DamageTest, AMarkThatIsDamagedLosesNothing) {
    for (std::size_t at = 0; at < stopped_.mark.size(); ++at) turn_a_bit(stopped_, &Left::mark, at);
    cut(stopped_, &Left::mark, 0);
}

TEST_F(DamageTest, AStoreOfANewerSchemaIsRefusedByName) {
    {
        auto db = store::Database::open(path, store::Database::Mode::read_write);
        ASSERT_TRUE(db);
        ASSERT_TRUE(db->run("PRAGMA user_version = " + std::to_string(store::newest_schema() + 1)));
        ASSERT_TRUE(db->close());
    }
    const std::string before = read_file(path);
    const auto refused = open();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text.find(path + ": has schema " + std::to_string(store::newest_schema() + 1)),
              std::string::npos)
        << refused.error().text;
    EXPECT_EQ(read_file(path), before);
}

}  // namespace
}  // namespace tests
