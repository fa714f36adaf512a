// tests/base/key_index_test.cc: KeyIndex beside a std::map.
// SPDX-License-Identifier: Apache-2.0
#include "base/key_index.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>

namespace tests {
namespace {

struct Thing {
    std::string name;
    int number = 0;
};
const std::string& name_of(const Thing& thing) { return thing.name; }
using Things = base::KeyIndex<Thing, &name_of>;

TEST(KeyIndex, FindsNothingWhereNothingIs) {
    const Things things;
    EXPECT_EQ(things.find("bob"), nullptr);
    EXPECT_EQ(things.size(), 0U);
}

TEST(KeyIndex, ForeseesWhatItFinds) {
    Things things;
    EXPECT_EQ(things.foreseen(things.foresee("bob")), nullptr);
    for (int n = 0; n < 1000; ++n) things.add(std::make_unique<Thing>("n" + std::to_string(n), n));
    for (int n = 0; n < 1000; n += 2) (void)things.take(*things.find("n" + std::to_string(n)));
    for (int n = 0; n < 1000; ++n) {
        const std::string name = "n" + std::to_string(n);
        EXPECT_EQ(things.foreseen(things.foresee(name)), things.find(name)) << name;
    }
}

TEST(KeyIndex, KeepsObjectsWhereTheyAre) {
    Things things;
    const Thing* bob = &things.add(std::make_unique<Thing>("bob", 1));
    for (int n = 0; n < 1000; ++n) things.add(std::make_unique<Thing>("other" + std::to_string(n), n));
    EXPECT_EQ(things.find("bob"), bob);
    const auto taken = things.take(*bob);
    EXPECT_EQ(taken.get(), bob);
    EXPECT_EQ(things.find("bob"), nullptr);
    EXPECT_EQ(things.size(), 1000U);
}

TEST(KeyIndex, HoldsWhatAMapHoldsWhateverComesAndGoes) {
    std::mt19937 random(11);  // the same acts each time
    Things things;
    std::map<std::string, int> model;
    for (int n = 0; n < 20'000; ++n) {
        // Few names, so that slots collide, are freed and taken again.
        const std::string name = "n" + std::to_string(random() % 300);
        Thing* found = things.find(name);
        ASSERT_EQ(found != nullptr, model.contains(name)) << n;
        if (found) {
            ASSERT_EQ(found->number, model[name]);
            model.erase(name);
            ASSERT_EQ(things.take(*found)->name, name);
        } else {
            model[name] = n;
            things.add(std::make_unique<Thing>(name, n));
        }
        ASSERT_EQ(things.size(), model.size());
    }
    std::map<std::string, int> all;
    things.for_each([&all](const Thing& thing) { all[thing.name] = thing.number; });
    EXPECT_EQ(all, model);
}

}  // namespace
}  // namespace tests
