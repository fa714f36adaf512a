// tests/store/talks_test.cc: talks page by page, while others write.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 8; seed 002
#include "store/talks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "store/archive.h"
#include "tests/store/store_world.h"

namespace {

using presence::ArchivedMessage;
using presence::Batch;
using presence::RecentPage;
using presence::RecentQuery;
using presence::TalkPage;
using presence::TalkQuery;

class TalksTest : public ::testing::Test {
protected:
    TalksTest() {
        EXPECT_TRUE(world.open());
        archive.emplace(*world.journal);
    }
    ~TalksTest() override { archive->close(); }

    void say(const std::string& talk, const std::string& text, std::int64_t time_ms, std::size_t times = 1) {
        Batch batch;
        for (std::size_t i = 0; i < times; ++i) {
            ArchivedMessage message;
            message.time_ms = time_ms + static_cast<std::int64_t>(i);
            message.conversation = talk;
            message.sender = "http://h/a";
            message.receivers = {"b"};
            message.text = text;
            message.octets = "X: y\r\n\r\n" + text;
            batch.messages.push_back(std::move(message));
        }
        ASSERT_TRUE(world.commit(std::move(batch)));
    }
    template <class Page, class Query>
    Page ask(void (store::Archive::*how)(Query, base::Once<void(base::Result<Page>)>), Query query) {
        std::optional<base::Result<Page>> page;
        ((*archive).*how)(std::move(query), [&page](base::Result<Page> found) { page = std::move(found); });
        world.run_until([&page] { return page.has_value(); });
        EXPECT_TRUE(*page) << (*page).error().text;
        return *page ? std::move(**page) : Page{};
    }
    TalkPage talk(TalkQuery query) { return ask<TalkPage>(&store::Archive::talk, std::move(query)); }
    RecentPage recent(RecentQuery query) { return ask<RecentPage>(&store::Archive::recent, std::move(query)); }
    static std::vector<std::string> talks_of(const RecentPage& page) {
        std::vector<std::string> talks;
        for (const auto& m : page.newest) talks.push_back(m.conversation);
        return talks;
    }

    tests::StoreWorld world;
    std::optional<store::Archive> archive;
};

TEST_F(TalksTest, APageIsBoundedByWhatItTakesToWriteIt) {
    say("a\nb", std::string(200'000, '"'), 1000, 3);  // ten bytes each, where XML stands inside XML
    const TalkPage first = talk({"a\nb"});
    EXPECT_EQ(first.messages.size(), 1U);
    EXPECT_TRUE(first.more);
    say("a\nc", std::string(200'000, 'x'), 1000, 3);
    EXPECT_EQ(talk({"a\nc"}).messages.size(), 3U);
}

TEST_F(TalksTest, AWalkGivesEachMessageOnceWhileOthersWrite) {
    say("a\nb", "old", 1000, 250);
    std::set<std::uint64_t> seen;
    TalkQuery query{"a\nb"};
    query.limit = 30;
    std::int64_t last = INT64_MAX;
    for (int pages = 1;; ++pages) {
        const TalkPage page = talk(query);
        for (const auto& m : page.messages) {
            EXPECT_TRUE(seen.insert(m.id).second);
            EXPECT_LT(m.time_ms, last);
            last = m.time_ms;
            EXPECT_EQ(m.text, "old");
        }
        EXPECT_EQ(page.newest, 250U + static_cast<unsigned>(pages - 1));
        if (!page.more) break;
        query.below = page.messages.back().id;
        say("a\nb", "new", 9000 + pages);
    }
    EXPECT_EQ(seen.size(), 250U);
    TalkQuery newer{"a\nb"};
    newer.above = 250;
    EXPECT_EQ(talk(newer).messages.size(), 8U);
}

TEST_F(TalksTest, BeginsWhereItIsAskedTo) {
    say("a\nb", "one", 1000);
    say("a\nb", "two", 2000);
    say("a\nb", "", 2500);  // an invitation, which no client of this door could show
    say("a\nc", "else", 3000);
    TalkQuery query{"a\nb"};
    query.start_ms = 2000;
    ASSERT_EQ(talk(query).messages.size(), 1U);
    EXPECT_EQ(talk(query).messages[0].text, "two");
    query.start_ms = 2001;
    EXPECT_TRUE(talk(query).messages.empty());
    EXPECT_EQ(talk(query).newest, 3U);
    query.start_ms = 0;
    EXPECT_EQ(talk(query).messages.size(), 2U);
    EXPECT_TRUE(talk({"a\nz"}).messages.empty());
}

TEST_F(TalksTest, APageHoldsSoManyBytes) {
    say("a\nb", std::string(300'000, 'x'), 1000, 6);
    const TalkPage page = talk({"a\nb"});
    EXPECT_EQ(page.messages.size(), 4U);
    EXPECT_TRUE(page.more);
}

TEST_F(TalksTest, ListsWhomOneSpokeWithNewestFirst) {
    say("a\nb", "1", 1000);
    say("b\nc", "2", 2000);
    say("a\nc", "not his", 2500);
    say("b", "to himself", 2600);
    say("a\nb\nc", "of three", 2700);
    say("bb\nc", "not his either", 2800);
    say("/room", "in a room", 2900);
    EXPECT_EQ(talks_of(recent({"b"})), (std::vector<std::string>{"b", "b\nc", "a\nb"}));
    RecentQuery late{"b"};
    late.start_ms = 2000;
    EXPECT_EQ(talks_of(recent(late)), (std::vector<std::string>{"b", "b\nc"}));
}

TEST_F(TalksTest, ListsRoomsFromWhenOneJoined) {
    say("a\nb", "1", 1000);
    say("/den", "before", 2000);
    say("/club", "before", 2000);
    say("/den", "since", 2100);
    say("/bar", "not his", 2200);
    RecentQuery query{"b"};
    query.rooms = {{"/den", 2100}, {"/club", 2001}, {"/empty", 0}};
    const RecentPage page = recent(query);
    EXPECT_EQ(talks_of(page), (std::vector<std::string>{"/den", "a\nb"}));
    EXPECT_EQ(page.newest.at(0).text, "since");
    query.limit = 1;
    query.high = recent(query).high;
    say("/den", "later", 2300);
    EXPECT_EQ(recent(query).newest.at(0).text, "since");
    query.below = recent(query).newest.at(0).id;
    EXPECT_EQ(talks_of(recent(query)), std::vector<std::string>{"a\nb"});
}

TEST_F(TalksTest, KnowsWhichTimesAheadOfTheClockWereGiven) {
    constexpr std::int64_t kHour = 3'600'000;
    say("a\nb", "past", 1000, 5);
    say("a\nb", "ahead", 5000, 3);
    say("a\nc", "ahead", 5000);
    say("a\nb", "far ahead", 5000 + kHour, 2);
    std::vector<std::pair<std::string, std::int64_t>> found;
    const auto read = archive->times_ahead(5000, [&found](const std::string& talk, std::int64_t time_ms) { found.emplace_back(talk, time_ms); });
    ASSERT_TRUE(read) << read.error().text;
    std::ranges::sort(found);
    EXPECT_EQ(found, (std::vector<std::pair<std::string, std::int64_t>>{{"a\nb", 5000 + kHour}, {"a\nb", 5001 + kHour}, {"a\nc", 5000}}));
    found.clear();
    ASSERT_TRUE(archive->times_ahead(5001 + 3 * kHour, [&found](const std::string& talk, std::int64_t time_ms) { found.emplace_back(talk, time_ms); }));
    EXPECT_TRUE(found.empty());
}

TEST_F(TalksTest, OfARoomTheNewestThatIsShownCounts) {
    say("a\nb", "1", 1000);
    say("/den", "for him", 1100);
    say("/den", "hidden", 1200, 3);
    say("/club", "hidden", 1300);
    say("/pub", "for him", 1350);
    say("/pub", "hidden", 1400, presence::kMostHidden + 1);
    const auto shown = [](const ArchivedMessage& row) { return row.text != "hidden"; };
    RecentQuery query{"b"};
    query.rooms = {{"/den", 1100, shown}, {"/club", 0, shown}, {"/pub", 0, shown}};
    const RecentPage page = recent(query);
    EXPECT_EQ(talks_of(page), (std::vector<std::string>{"/den", "a\nb"}));
    EXPECT_EQ(page.newest.at(0).text, "for him");
    query.rooms.push_back({"/left", 1000, {}, 1500});
    query.rooms.push_back({"/left without a word", 1000, {}, 1500});
    say("/left", "goodbye", 1500);
    say("/left", "behind his back", 1600);
    const RecentPage left = recent(query);
    EXPECT_EQ(talks_of(left), (std::vector<std::string>{"/left", "/den", "a\nb"}));
    EXPECT_EQ(left.newest.at(0).text, "goodbye");
    query.rooms.resize(3);
    query.start_ms = 1150;
    EXPECT_TRUE(recent(query).newest.empty()) << "that is too old, and what is newer is not for him";
    query.start_ms = 0;
    query.below = page.newest.at(0).id;
    EXPECT_EQ(talks_of(recent(query)), std::vector<std::string>{"a\nb"});
}

TEST_F(TalksTest, TheNewestComeFirstHoweverManyTalksThereAre) {
    constexpr std::size_t kTalks = 6000;
    Batch batch;
    for (std::size_t i = 0; i < kTalks; ++i) {  // most in the index of first names, some in that of second
        ArchivedMessage message;
        message.time_ms = static_cast<std::int64_t>(1000 + i);
        message.conversation = i % 11 != 0 ? "m\nx" + std::to_string(i) : "a" + std::to_string(i) + "\nm";
        message.sender = "http://h/a";
        message.receivers = {"m"};
        message.text = "x";
        message.octets = "X: y\r\n\r\nx";
        batch.messages.push_back(std::move(message));
    }
    ASSERT_TRUE(world.commit(std::move(batch)));
    say("m\nz", "newest", 9000);
    say("z\nzz", "not his", 9001);
    RecentQuery query{"m"};
    query.limit = 200;
    std::size_t given = 0;
    std::uint64_t last = UINT64_MAX;
    for (bool more = true; more; query.below = last) {
        const RecentPage page = recent(query);
        if (given == 0) {
            EXPECT_EQ(page.newest.at(0).conversation, "m\nz");
        }
        for (const auto& m : page.newest) {
            EXPECT_LT(m.id, last);
            last = m.id;
        }
        given += page.newest.size();
        more = page.more;
        query.high = page.high;
    }
    EXPECT_EQ(given, kTalks + 1);
}

TEST_F(TalksTest, AListIsBoundedByWhatItTakesToWriteIt) {
    constexpr std::size_t kTalks = 40;
    constexpr std::size_t kText = 64 * 1024;
    for (std::size_t i = 0; i < kTalks; ++i) {  // of plain text, and of what is written ten times as long
        say("b\nc" + std::to_string(i), std::string(kText, i % 2 == 0 ? 'x' : '"'), static_cast<std::int64_t>(1000 + i));
    }
    RecentQuery query{"b"};
    std::set<std::string> seen;
    std::size_t pages = 0;
    for (bool more = true; more; ++pages) {
        const RecentPage page = recent(query);
        ASSERT_FALSE(page.newest.empty());
        EXPECT_LE(page.newest.size(), 4U);
        for (const auto& talk : talks_of(page)) EXPECT_TRUE(seen.insert(talk).second) << talk;
        more = page.more;
        query.high = page.high;
        query.below = page.newest.back().id;
    }
    EXPECT_EQ(seen.size(), kTalks);
    EXPECT_GT(pages, kTalks / 4 - 1);
}

TEST_F(TalksTest, TheListIsWalkedAsItStood) {
    for (int i = 0; i < 7; ++i) say("b\nc" + std::to_string(i), "x", 1000 + i);
    RecentQuery query{"b"};
    query.limit = 3;
    std::vector<std::string> talks;
    for (;;) {
        const RecentPage page = recent(query);
        for (const auto& talk : talks_of(page)) talks.push_back(talk);
        if (!page.more) break;
        query.high = page.high;
        query.below = page.newest.back().id;
        say("b\nc0", "again", 5000);  // moves to the front, and is given where it stood
    }
    EXPECT_EQ(talks, (std::vector<std::string>{"b\nc6", "b\nc5", "b\nc4", "b\nc3", "b\nc2", "b\nc1", "b\nc0"}));
    RecentQuery newer{"b"};
    newer.above = 7;
    EXPECT_EQ(talks_of(recent(newer)), std::vector<std::string>{"b\nc0"});
}

}  // namespace
