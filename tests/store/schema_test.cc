// tests/store/schema_test.cc: from every earlier schema to the newest, or not at all.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7 (migrations)
#include "store/schema.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/store/store_world.h"

namespace tests {
namespace {

using store::Database;
using store::Migration;

Database empty_database() { return std::move(*Database::open(":memory:", Database::Mode::create)); }

/// As a store of schema `version` was made when that was the newest.
void make_as_of(Database& db, int version) {
    for (const Migration& step : store::migrations()) {
        if (step.version > version) continue;
        ASSERT_TRUE(db.run(step.sql));
    }
    ASSERT_TRUE(db.run("PRAGMA user_version = " + std::to_string(version)));
}

TEST(Schema, StepsAreNumberedFromOneWithoutAGap) {
    int expected = 1;
    for (const Migration& step : store::migrations()) EXPECT_EQ(step.version, expected++);
    EXPECT_EQ(store::newest_schema(), expected - 1);
}

TEST(Schema, EveryEarlierSchemaBecomesTheNewest) {
    for (int version = 0; version <= store::newest_schema(); ++version) {
        Database db = empty_database();
        make_as_of(db, version);
        ASSERT_TRUE(store::migrate(db)) << version;
        EXPECT_EQ(*db.number("PRAGMA user_version"), store::newest_schema());
        const auto right = store::check_schema(db);
        EXPECT_TRUE(right) << version << ": " << right.error().text;
    }
}

constexpr std::array kSteps{Migration{1, "CREATE TABLE person (name TEXT); INSERT INTO person VALUES ('bob')"},
                            Migration{2, "ALTER TABLE person ADD COLUMN seen INTEGER NOT NULL DEFAULT 7"},
                            Migration{3, "UPDATE person SET seen = seen * 2"}};

TEST(Schema, OnlyTheStepsThatAreMissingAreTakenAndWhatIsInItStays) {
    for (std::size_t version = 0; version <= kSteps.size(); ++version) {
        Database db = empty_database();
        ASSERT_TRUE(store::migrate(db, std::span(kSteps).first(version)));
        ASSERT_TRUE(store::migrate(db, kSteps)) << version;
        EXPECT_EQ(*db.number("SELECT seen FROM person WHERE name = 'bob'"), 14) << version;
        EXPECT_EQ(*db.number("PRAGMA user_version"), 3) << version;
    }
}

TEST(Schema, AStepThatFailsLeavesTheOneBefore) {
    constexpr std::array kBad{kSteps[0], Migration{2, "UPDATE person SET name = 'eve'; SELECT no_such_function()"}};
    Database db = empty_database();
    EXPECT_FALSE(store::migrate(db, kBad));
    EXPECT_EQ(*db.number("PRAGMA user_version"), 1);
    EXPECT_EQ(*db.number("SELECT count(*) FROM person WHERE name = 'bob'"), 1);
}

}  // namespace
}  // namespace tests
