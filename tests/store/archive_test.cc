// tests/store/archive_test.cc: what is forgotten is gone, from the disk too.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "store/archive.h"

#include <gtest/gtest.h>

#include "tests/store/store_world.h"

namespace {

using presence::ArchivedMessage;
using presence::Batch;

class ArchiveTest : public ::testing::Test {
protected:
    ArchiveTest() {
        EXPECT_TRUE(world.open());
        archive.emplace(*world.journal);
    }
    ~ArchiveTest() override { archive->close(); }

    void say(const std::string& from, const std::string& to, const std::string& text, std::int64_t time_ms) {
        Batch batch;
        ArchivedMessage message;
        message.time_ms = time_ms;
        message.conversation = std::min(from, to) + "\n" + std::max(from, to);
        message.sender = "http://h" + from;
        message.receivers = {to};
        message.text = text;
        message.octets = "X: y\r\n\r\n" + text;
        batch.messages.push_back(std::move(message));
        ASSERT_TRUE(world.commit(std::move(batch)));
    }
    /// How many messages were touched, once the writer has tidied up.
    template <class F>
    std::size_t forget(F how) {
        std::optional<base::Result<std::size_t>> touched;
        how([&touched](base::Result<std::size_t> count) { touched = std::move(count); });
        world.run_until([&touched] { return touched.has_value(); });
        EXPECT_TRUE(*touched);
        EXPECT_TRUE(world.commit(tests::batch_of({tests::put('n', 1, "other", "something")})));
        return touched->value_or(0);
    }
    [[nodiscard]] bool on_disk(const std::string& text) const {
        return (tests::read_file(world.path) + tests::read_file(world.path + "-wal")).find(text) != std::string::npos;
    }

    tests::StoreWorld world;
    std::optional<store::Archive> archive;
};

TEST_F(ArchiveTest, WhatSomebodySaidAndHeardIsSoonNowhere) {
    for (int i = 0; i < 600; ++i) say("/a", "/b", "zanzibar, and something else " + std::to_string(i), 1000 + i);
    say("/b", "/a", "answeringly", 2000);
    say("/a", "/c", "carpathian", 3000);
    ASSERT_TRUE(on_disk("zanzibar") && on_disk("answeringly"));
    EXPECT_EQ(forget([this](auto done) { archive->erase("/b", "http://h/b", std::move(done)); }), 601U);
    EXPECT_FALSE(on_disk("zanzibar"));
    EXPECT_FALSE(on_disk("answeringly"));
    EXPECT_TRUE(on_disk("carpathian"));
}

TEST_F(ArchiveTest, WhatIsTooOldIsSoonNowhere) {
    say("/a", "/b", "bygone and done", 1000);
    say("/a", "/b", "present", 5000);
    EXPECT_EQ(forget([this](auto done) { archive->expire(2000, std::move(done)); }), 1U);
    EXPECT_FALSE(on_disk("bygone and"));  // words alone stay in the index until it is merged
    EXPECT_TRUE(on_disk("present"));
}

}  // namespace
