// tests/store/journal_conformance.h: what every Journal does, whatever is behind it.
// SPDX-License-Identifier: Apache-2.0
// Spec: cluster 3
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "presence/ports.h"

namespace tests {

/// World has: `presence::Journal& journal()`; `settle(done)` brings answers until `done()`; `reopen()` leaves only
/// what was kept; `break_store()`: commits fail from now on; `mend_store()`: they need not any more.
template <class World>
class JournalConformance : public testing::Test {
public:
    using Record = presence::Record;
    using Outcome = base::Result<void>;
    using Found = base::Result<std::vector<Record>>;

    static Record put(char kind, std::uint16_t shard, std::string key, std::string value) {
        return {Record::Act::put, shard, kind, std::move(key), std::move(value)};
    }
    static Record erase(char kind, std::uint16_t shard, std::string key) {
        return {Record::Act::erase, shard, kind, std::move(key), {}};
    }
    Outcome commit(std::vector<Record> records) {
        std::optional<Outcome> answer;
        world.journal().commit({std::move(records), {}}, [&](Outcome outcome) { answer = std::move(outcome); });
        world.settle([&] { return answer.has_value(); });
        return *answer;
    }
    std::vector<std::string> scan(std::uint16_t shard, char kind, std::string prefix, std::string after,
                                  std::size_t limit) {
        std::optional<Found> answer;
        world.journal().scan(shard, kind, std::move(prefix), std::move(after), limit,
                             [&](Found found) { answer = std::move(found); });
        world.settle([&] { return answer.has_value(); });
        std::vector<std::string> out;
        EXPECT_TRUE(answer->has_value());
        if (*answer) {
            for (const Record& r : **answer) {
                EXPECT_EQ(r.shard, shard);
                EXPECT_EQ(r.kind, kind);
                out.push_back(r.key + "=" + r.value);
            }
        }
        return out;
    }
    std::vector<std::string> load(std::string_view kinds) {
        std::vector<std::string> out;
        const auto loaded = world.journal().load(kinds, [&](const Record& r) {
            EXPECT_EQ(r.act, Record::Act::put);
            out.push_back(std::string(1, r.kind) + std::to_string(r.shard) + " " + r.key + "=" + r.value);
        });
        EXPECT_TRUE(loaded.has_value()) << loaded.error().text;
        return out;
    }

    World world;
};

TYPED_TEST_SUITE_P(JournalConformance);

using Lines = std::vector<std::string>;

TYPED_TEST_P(JournalConformance, KeepsWhatItAnsweredAndNothingElse) {
    ASSERT_TRUE(this->commit({this->put('n', 7, "/a", "1"), this->put('s', 7, "/a", "2")}));
    ASSERT_TRUE(this->commit({this->put('n', 7, "/b", "3")}));
    this->world.reopen();
    EXPECT_EQ(this->load("ns"), (Lines{"n7 /a=1", "n7 /b=3", "s7 /a=2"}));
    EXPECT_EQ(this->load("x"), Lines{});
}

TYPED_TEST_P(JournalConformance, AnswersEachCommitOnceAndInTheOrderGiven) {
    constexpr int kMany = 2'000;
    std::vector<int> answered;
    for (int n = 0; n < kMany; ++n) {
        this->world.journal().commit({{this->put('n', 1, "counter", std::to_string(n))}, {}},
                                     [&answered, n](base::Result<void> outcome) {
                                         EXPECT_TRUE(outcome.has_value());
                                         answered.push_back(n);
                                     });
        EXPECT_TRUE(n > 0 || answered.empty()) << "answered from inside commit()";
    }
    this->world.settle([&] { return answered.size() == kMany; });
    for (int n = 0; n < kMany; ++n) ASSERT_EQ(answered[static_cast<std::size_t>(n)], n);
    EXPECT_EQ(this->load("n"), (Lines{"n1 counter=" + std::to_string(kMany - 1)}));
}

TYPED_TEST_P(JournalConformance, AnAnswerMayCommitAgain) {
    std::vector<int> answered;
    std::function<void(int)> next = [&](int n) {
        this->world.journal().commit({{this->put('n', 1, std::to_string(n), "")}, {}}, [&, n](base::Result<void>) {
            answered.push_back(n);
            if (n < 5) next(n + 1);
        });
    };
    next(1);
    this->world.settle([&] { return answered.size() == 5; });
    EXPECT_EQ(answered, (std::vector{1, 2, 3, 4, 5}));
    EXPECT_EQ(this->load("n").size(), 5u);
}

TYPED_TEST_P(JournalConformance, TheLastActOnAKeyCounts) {
    ASSERT_TRUE(this->commit({this->put('n', 1, "a", "1"), this->put('n', 1, "b", "1"), this->put('n', 1, "c", "1")}));
    ASSERT_TRUE(this->commit({this->put('n', 1, "a", "2"), this->erase('n', 1, "b"),
                              // within one batch, in order
                              this->erase('n', 1, "c"), this->put('n', 1, "c", "3"),
                              this->put('n', 1, "d", "1"), this->erase('n', 1, "d"),
                              // never there; there, but of another kind and another shard
                              this->erase('n', 1, "e"), this->erase('m', 1, "a"), this->erase('n', 2, "a")}));
    EXPECT_EQ(this->load("n"), (Lines{"n1 a=2", "n1 c=3"}));
    this->world.reopen();
    EXPECT_EQ(this->load("n"), (Lines{"n1 a=2", "n1 c=3"}));
}

TYPED_TEST_P(JournalConformance, LoadsInTheOrderOfKindsThenShardThenKeyAsBytes) {
    const std::string zero("\0", 1), high("\xff\xfe", 2);
    ASSERT_TRUE(this->commit({this->put('b', 2, "x", ""), this->put('b', 1, high, ""), this->put('b', 1, "", "empty key"),
                              this->put('b', 1, zero, ""), this->put('b', 1, "a", ""), this->put('b', 1, "aa", ""),
                              this->put('b', 1, "\xc3\xa4", ""), this->put('a', 1023, "z", "")}));
    const Lines b{"b1 =empty key", "b1 " + zero + "=", "b1 a=", "b1 aa=", "b1 \xc3\xa4=", "b1 " + high + "=", "b2 x="};
    EXPECT_EQ(this->load("b"), b);
    Lines ba = b;
    ba.push_back("a1023 z=");
    EXPECT_EQ(this->load("ba"), ba);
}

TYPED_TEST_P(JournalConformance, KeepsAnyBytesOfAnyLength) {
    std::string all;
    for (int n = 0; n < 256; ++n) all.push_back(static_cast<char>(n));
    std::string big(3'000'000, 'x');
    big[1'000'000] = '\0';
    ASSERT_TRUE(this->commit({this->put('n', 0, all, all), this->put('\xfe', 0, "big", big),
                              this->put('\xfe', 1, std::string(5'000, 'k'), "")}));
    this->world.reopen();
    EXPECT_EQ(this->load("n"), (Lines{"n0 " + all + "=" + all}));
    const Lines both = this->load("\xfe");
    ASSERT_EQ(both.size(), 2u);
    EXPECT_TRUE(both[0].ends_with("big=" + big));
    EXPECT_TRUE(both[1].ends_with(std::string(5'000, 'k') + "="));
}

TYPED_TEST_P(JournalConformance, ABatchOfNothingIsAnsweredInItsTurn) {
    Lines answered;
    this->world.journal().commit({{this->put('n', 1, "a", "")}, {}}, [&](base::Result<void>) { answered.push_back("a"); });
    this->world.journal().commit({}, [&](base::Result<void> outcome) {
        EXPECT_TRUE(outcome.has_value());
        answered.push_back("nothing");
    });
    this->world.settle([&] { return answered.size() == 2; });
    EXPECT_EQ(answered, (Lines{"a", "nothing"}));
}

TYPED_TEST_P(JournalConformance, ScanTurnsPagesWithinShardKindAndPrefix) {
    std::vector<presence::Record> records;
    for (const char* key : {"a", "ab", "aba", "abb", "abc", "ac", "b"}) records.push_back(this->put('m', 5, key, "v"));
    records.push_back(this->put('m', 6, "abz", ""));
    records.push_back(this->put('n', 5, "abz", ""));
    ASSERT_TRUE(this->commit(records));
    EXPECT_EQ(this->scan(5, 'm', "ab", "", 2), (Lines{"ab=v", "aba=v"}));
    EXPECT_EQ(this->scan(5, 'm', "ab", "aba", 2), (Lines{"abb=v", "abc=v"}));
    EXPECT_EQ(this->scan(5, 'm', "ab", "abc", 2), Lines{});
    EXPECT_EQ(this->scan(5, 'm', "", "ac", 9), (Lines{"b=v"}));
    EXPECT_EQ(this->scan(5, 'm', "ab", "a", 1), (Lines{"ab=v"}));
    EXPECT_EQ(this->scan(5, 'm', "ab", "b", 9), Lines{});
    EXPECT_EQ(this->scan(5, 'm', "zz", "", 9), Lines{});
    EXPECT_EQ(this->scan(5, 'm', "", "", 0), Lines{});
    EXPECT_EQ(this->scan(4, 'm', "", "", 9), Lines{});
}

TYPED_TEST_P(JournalConformance, ScanSeesWhatWasAskedForBefore) {
    std::optional<std::size_t> seen;
    for (int n = 0; n < 10; ++n) {
        this->world.journal().commit({{this->put('m', 1, std::to_string(n), "")}, {}}, [](base::Result<void>) {});
    }
    this->world.journal().scan(1, 'm', "", "", 99,
                               [&](base::Result<std::vector<presence::Record>> found) { seen = found->size(); });
    this->world.settle([&] { return seen.has_value(); });
    EXPECT_EQ(*seen, 10u);
}

TYPED_TEST_P(JournalConformance, OfABatchThatFailsNothingIsKept) {
    ASSERT_TRUE(this->commit({this->put('n', 1, "a", "old"), this->put('n', 1, "b", "old")}));
    EXPECT_FALSE(this->world.journal().failing());
    this->world.break_store();
    const auto failed =
        this->commit({this->put('n', 1, "a", "new"), this->erase('n', 1, "b"), this->put('n', 2, "c", "new")});
    ASSERT_FALSE(failed.has_value());
    EXPECT_TRUE(failed.error().code == base::Errc::no_space || failed.error().code == base::Errc::internal);
    EXPECT_FALSE(failed.error().text.empty());
    EXPECT_TRUE(this->world.journal().failing());
    this->world.mend_store();
    EXPECT_EQ(this->load("n"), (Lines{"n1 a=old", "n1 b=old"}));
    this->world.reopen();
    EXPECT_EQ(this->load("n"), (Lines{"n1 a=old", "n1 b=old"}));
}

TYPED_TEST_P(JournalConformance, RecoversWithTheNextCommitAndWithoutHelp) {
    for (int round = 0; round < 3; ++round) {
        this->world.break_store();
        EXPECT_FALSE(this->commit({this->put('n', 1, "lost", "")}).has_value());
        EXPECT_FALSE(this->commit({this->put('n', 1, "lost", "")}).has_value());
        EXPECT_TRUE(this->world.journal().failing());
        this->world.mend_store();
        EXPECT_TRUE(this->commit({this->put('n', 1, std::to_string(round), "")}).has_value());
        EXPECT_FALSE(this->world.journal().failing());
    }
    this->world.reopen();
    EXPECT_EQ(this->load("n"), (Lines{"n1 0=", "n1 1=", "n1 2="}));
}

TYPED_TEST_P(JournalConformance, WithManyInFlightEachIsAnsweredTruly) {
    // Broken and mended while commits are under way: which of them fail is chance, but the answers must be true.
    constexpr int kRounds = 6, kEach = 200;
    std::vector<bool> promised(kRounds * kEach, false);
    std::vector<int> answers(kRounds * kEach, 0);
    std::size_t count = 0;
    for (int n = 0; n < kRounds * kEach; ++n) {
        if (n % kEach == 0) n / kEach % 2 == 1 ? this->world.break_store() : this->world.mend_store();
        const auto at = static_cast<std::size_t>(n);
        this->world.journal().commit({{this->put('n', 3, std::to_string(n), "v"),
                                       this->put('m', 4, std::to_string(n), "v")}, {}},
                                     [&, at](base::Result<void> outcome) {
                                         ++answers[at];
                                         ++count;
                                         promised[at] = outcome.has_value();
                                     });
        if (n % kEach == kEach / 2) this->world.settle([&] { return count > at / 2; });
    }
    this->world.mend_store();
    this->world.settle([&] { return count == answers.size(); });
    Lines wanted;
    for (std::size_t n = 0; n < promised.size(); ++n) {
        EXPECT_EQ(answers[n], 1);
        if (promised[n]) wanted.push_back(std::to_string(n));
    }
    std::sort(wanted.begin(), wanted.end());
    for (std::string& line : wanted) line += "=v";
    this->world.reopen();
    EXPECT_EQ(this->scan(3, 'n', "", "", 9'999), wanted);
    EXPECT_EQ(this->scan(4, 'm', "", "", 9'999), wanted);
}

REGISTER_TYPED_TEST_SUITE_P(JournalConformance, KeepsWhatItAnsweredAndNothingElse,
                            AnswersEachCommitOnceAndInTheOrderGiven, AnAnswerMayCommitAgain, TheLastActOnAKeyCounts,
                            LoadsInTheOrderOfKindsThenShardThenKeyAsBytes, KeepsAnyBytesOfAnyLength,
                            ABatchOfNothingIsAnsweredInItsTurn, ScanTurnsPagesWithinShardKindAndPrefix,
                            ScanSeesWhatWasAskedForBefore, OfABatchThatFailsNothingIsKept,
                            RecoversWithTheNextCommitAndWithoutHelp, WithManyInFlightEachIsAnsweredTruly);

}  // namespace tests
