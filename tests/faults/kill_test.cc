// tests/faults/kill_test.cc: kill -9 at random moments under load; what was acknowledged is there afterwards.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7, 11
// $RVPD_KILLS says how often (20). The moment is random; that everything is found does not depend on it.
#include "tests/faults/crowd.h"

#include <gtest/gtest.h>

#include <poll.h>

#include <random>

namespace faults {
namespace {

constexpr std::size_t kWriters = 16;

unsigned kills_asked_for() {
    const char* said = std::getenv("RVPD_KILLS");
    return static_cast<unsigned>(said ? bench::to_number(said, "RVPD_KILLS") : 20);
}

/// Somewhere inside the life of a group commit.
void pass_some_microseconds(std::mt19937& random) {
    const timespec moment{0, static_cast<long>(random() % 5'000) * 1'000};
    ::ppoll(nullptr, 0, &moment, nullptr);
}

TEST(Kill, LosesNothingThatWasAcknowledged) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const Sink sink;
    Rvpd rvpd;
    Crowd crowd("w", kWriters, sink, seed);
    rvpd.start();
    for (unsigned kill = 1; kill <= kills_asked_for(); ++kill) {
        crowd.act_while(rvpd, [&] {
            crowd.await_answers(1 + random() % 1'500);
            pass_some_microseconds(random);
            rvpd.kill();
        });
        if (random() % 4 == 0) {  // and once more while it reads what is left
            rvpd.launch();
            pass_some_microseconds(random);
            rvpd.kill();
        }
        rvpd.start();
        ASSERT_EQ(crowd.account_anew(rvpd), "") << "after kill " << kill << "\n" << rvpd.log();
    }
    EXPECT_GT(crowd.kept(), kills_asked_for());
    EXPECT_EQ(crowd.refused(), 0U);
    EXPECT_EQ(rvpd.stop(), 0);
    std::printf("note: %u kills, %zu acts acknowledged, none lost\n", kills_asked_for(), crowd.kept());
}

TEST(Drill, ABackupMadeUnderLoadBringsBackWhatWasAcknowledgedBefore) {
    const Sink sink;
    Rvpd rvpd;
    Crowd before("before", 4, sink, 1), others("others", 8, sink, 2);
    rvpd.start();
    before.act_while(rvpd, [&] { before.await_answers(300); });
    others.act_while(rvpd, [&] {
        others.await_answers(300);
        const auto made = rvpd.ask("backup", base::json::Value::object().set("file", rvpd.file("copy")));
        EXPECT_TRUE(made.has_value()) << made.error().text;
        others.await_answers(300);
    });
    EXPECT_NE(rvpd.restore(rvpd.file("copy")), 0) << "under a daemon that serves";
    rvpd.kill();
    for (const char* end : {"", "-wal", "-shm", "-mark"}) std::filesystem::remove(rvpd.file("rvpd.db") + end);
    ASSERT_EQ(rvpd.restore(rvpd.file("copy")), 0) << rvpd.log();
    rvpd.start();
    EXPECT_EQ(before.account_anew(rvpd), "");
    before.act_while(rvpd, [&] { before.await_answers(100); });
    EXPECT_EQ(before.account(rvpd), "") << "ids are given that are still held";
}

}  // namespace
}  // namespace faults
