// tests/store/read_ahead_test.cc: what one thread reads comes to another, whole and in order, whoever is the slower.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "store/read_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/store/store_world.h"

namespace tests {
namespace {

using presence::Record;
using presence::RecordSink;

constexpr std::size_t kLoad = 1'024;  // records that come together
constexpr std::size_t kLoads = 4;     // that may be under way

/// Gives `count` records, each named by its number, from one that is used again and again, as rows are read.
class Numbers {
public:
    explicit Numbers(const RecordSink& sink) : sink_(sink) {}
    void give(std::size_t count) {
        for (; count > 0; --count, ++next_) {
            record_.act = Record::Act::put;
            record_.kind = static_cast<char>('a' + next_ % 26);
            record_.shard = static_cast<std::uint16_t>(next_ % presence::kShards);
            record_.key.assign(std::string_view(std::to_string(next_)));
            record_.value.assign(next_ % 2 == 0 ? 500 : 1, static_cast<char>('a' + next_ % 26));
            sink_(record_);
        }
    }

private:
    const RecordSink& sink_;
    Record record_;
    std::size_t next_ = 0;
};

bool is_number(const Record& r, std::size_t number) {
    const char letter = static_cast<char>('a' + number % 26);
    return r.act == Record::Act::put && r.kind == letter && r.shard == number % presence::kShards &&
           r.key == std::to_string(number) && r.value == std::string(number % 2 == 0 ? 500 : 1, letter);
}

auto reader_of(std::size_t count, base::Result<void> outcome = {}) {
    return [count, outcome](const RecordSink& sink) {
        Numbers(sink).give(count);
        return outcome;
    };
}

TEST(ReadAhead, GivesEachRecordOnceAndInOrder) {
    // None, one, a load, one more than it, more loads than may be under way.
    for (const std::size_t count : {0UZ, 1UZ, kLoad, kLoad + 1, 5 * kLoads * kLoad}) {
        std::size_t taken = 0, right = 0;
        ASSERT_TRUE(store::read_ahead(reader_of(count), [&](const Record& r) { right += is_number(r, taken++) ? 1 : 0; }));
        EXPECT_EQ(taken, count);
        EXPECT_EQ(right, count);
    }
}

TEST(ReadAhead, LetsTheTakerKeepWhatItTakes) {
    constexpr std::size_t kCount = 5 * kLoads * kLoad;
    std::vector<Record> kept(kCount);
    std::size_t taken = 0;
    ASSERT_TRUE(store::read_ahead(reader_of(kCount), [&](Record& r) { std::swap(kept[taken++], r); }));
    ASSERT_EQ(taken, kCount);
    for (std::size_t i = 0; i < kCount; ++i) ASSERT_TRUE(is_number(kept[i], i)) << i;
}

TEST(ReadAhead, AReaderThatIsFarAheadOverwritesNothing) {
    std::atomic<std::size_t> given = 0;
    std::size_t taken = 0, right = 0;
    ASSERT_TRUE(store::read_ahead(
        [&given](const RecordSink& sink) {
            Numbers numbers(sink);
            // With one more it would wait for an empty load, and the taker waits for it.
            for (std::size_t i = 0; i < kLoads * kLoad - 1; ++i) {
                numbers.give(1);
                ++given;
                given.notify_one();
            }
            numbers.give(kLoads * kLoad);
            return base::Result<void>();
        },
        [&](const Record& r) {
            for (std::size_t seen = given; taken == 0 && seen < kLoads * kLoad - 1; seen = given) given.wait(seen);
            right += is_number(r, taken++) ? 1 : 0;
        }));
    EXPECT_EQ(taken, 2 * kLoads * kLoad - 1);
    EXPECT_EQ(right, taken);
}

TEST(ReadAhead, ATakerThatHasTakenAllIsToldOfMore) {
    std::atomic<std::size_t> taken = 0;
    std::size_t right = 0;
    ASSERT_TRUE(store::read_ahead(
        [&taken](const RecordSink& sink) {
            Numbers numbers(sink);
            for (std::size_t loads = 1; loads <= 3 * kLoads; ++loads) {
                numbers.give(kLoad);
                for (std::size_t seen = taken; seen < loads * kLoad; seen = taken) taken.wait(seen);
            }
            return base::Result<void>();
        },
        [&](const Record& r) {
            right += is_number(r, taken) ? 1 : 0;
            ++taken;
            taken.notify_one();
        }));
    EXPECT_EQ(taken, 3 * kLoads * kLoad);
    EXPECT_EQ(right, taken);
}

TEST(ReadAhead, LongRecordsComeFewAtATime) {
    // Were they to come by the thousand, so many megabytes would wait: the reader gives a fifth only when one was taken.
    constexpr std::size_t kMuch = 256 * 1024;
    std::atomic<std::size_t> given = 0;
    std::size_t furthest = 0;
    ASSERT_TRUE(store::read_ahead(
        [&given](const RecordSink& sink) {
            for (std::size_t i = 0; i < 50; ++i) {
                ++given;
                Record record = put('m', 0, std::to_string(i), std::string(kMuch, 'x'));
                sink(record);
            }
            return base::Result<void>();
        },
        [&, taken = 0UZ](const Record&) mutable { furthest = std::max(furthest, given - taken++); }));
    EXPECT_LE(furthest, kLoads + 1);
}

TEST(ReadAhead, ALongTextIsNotHeldOnceItIsTaken) {
    std::size_t largest_left = 0;
    ASSERT_TRUE(store::read_ahead(
        [&largest_left](const RecordSink& sink) {
            for (std::size_t i = 0; i < 50; ++i) {
                Record record = put('m', 0, std::to_string(i), std::string(i < 10 ? 1'000'000 : 10, 'x'));
                sink(record);
                largest_left = std::max(largest_left, record.value.capacity());  // what an earlier one left in the ring
            }
            return base::Result<void>();
        },
        [](const Record&) {}));
    EXPECT_LE(largest_left, 4'096U);
}

TEST(ReadAhead, ReadsOnAnotherThreadAndGivesOnTheCallers) {
    std::thread::id reader;
    std::vector<std::thread::id> takers;
    ASSERT_TRUE(store::read_ahead(
        [&reader](const RecordSink& sink) {
            reader = std::this_thread::get_id();
            Numbers(sink).give(2 * kLoad);
            return base::Result<void>();
        },
        [&takers](const Record&) { takers.push_back(std::this_thread::get_id()); }));
    EXPECT_NE(reader, std::this_thread::get_id());
    EXPECT_EQ(takers, std::vector(2 * kLoad, std::this_thread::get_id()));
}

TEST(ReadAhead, TellsWhatWentWrongAfterWhatCameBefore) {
    std::size_t taken = 0;
    const auto read = store::read_ahead(reader_of(2'500, base::fail(base::Errc::internal, "a row is damaged")),
                                        [&taken](const Record&) { ++taken; });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().text, "a row is damaged");
    EXPECT_EQ(taken, 2'500U);
}

TEST(ReadAhead, EndsTheReaderWhenTheTakerThrows) {
    std::size_t taken = 0;
    EXPECT_THROW((void)store::read_ahead(reader_of(5 * kLoads * kLoad),
                                         [&taken](const Record&) {
                                             if (++taken == 1'500) throw std::runtime_error("no more");
                                         }),
                 std::runtime_error);
    EXPECT_EQ(taken, 1'500U);
}

TEST(ReadAhead, ThrowsOnTheCallersThreadWhatTheReaderThrew) {
    std::size_t taken = 0;
    EXPECT_THROW((void)store::read_ahead(
                     [](const RecordSink& sink) -> base::Result<void> {
                         Numbers(sink).give(2 * kLoad);
                         throw std::runtime_error("no memory");
                     },
                     [&taken](const Record&) { ++taken; }),
                 std::runtime_error);
    EXPECT_EQ(taken, 2 * kLoad);
}

}  // namespace
}  // namespace tests
