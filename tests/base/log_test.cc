// tests/base/log_test.cc: one event is one line, whatever is in it.
// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <regex>
#include <thread>
#include <vector>

namespace base {
namespace {

/// What `say` makes a log write to stderr.
std::string logged(LogLevel least, LogFormat format, const std::function<void(Log&)>& say) {
    testing::internal::CaptureStderr();
    {
        Log log(least, format);
        say(log);
    }
    return testing::internal::GetCapturedStderr();
}

/// One info line in text, without time, level and the final newline.
std::string text_of(std::initializer_list<LogField> fields) {
    const std::string line = logged(LogLevel::info, LogFormat::text, [&](Log& log) { log.info("e", fields); });
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    const auto event = line.find(" info e");
    return event == std::string::npos ? line : line.substr(event + 7, line.size() - event - 8);
}

/// The same as JSON: what follows the event, without the final brace and newline.
std::string json_of(std::initializer_list<LogField> fields) {
    const std::string line = logged(LogLevel::info, LogFormat::json, [&](Log& log) { log.info("e", fields); });
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    const auto event = line.find("\"event\":\"e\"");
    return event == std::string::npos ? line : line.substr(event + 11, line.size() - event - 13);
}

TEST(Log, WritesTimeLevelEventAndFieldsOnOneLine) {
    const std::string line = logged(LogLevel::info, LogFormat::text, [](Log& log) {
        log.warning("push_failed", {{"host", "pc.example.org:8000"}, {"tries", "3"}});
    });
    EXPECT_TRUE(std::regex_match(
        line, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning push_failed )"
                         R"(host=pc\.example\.org:8000 tries=3\n)")))
        << line;
}

TEST(Log, WritesOneJsonObjectPerLine) {
    const std::string line = logged(LogLevel::info, LogFormat::json, [](Log& log) {
        log.error("push_failed", {{"host", "pc"}, {"tries", "3"}});
    });
    EXPECT_TRUE(std::regex_match(
        line, std::regex(R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"error",)"
                         R"("event":"push_failed","host":"pc","tries":"3"\}\n)")))
        << line;
}

TEST(Log, TellsTheJournalHowImportantALineIs) {
    const auto lines = [](bool is_journal) {
        testing::internal::CaptureStderr();
        struct stat is{};
        EXPECT_EQ(::fstat(STDERR_FILENO, &is), 0);
        const auto inode = is_journal ? is.st_ino : is.st_ino + 1;
        ::setenv("JOURNAL_STREAM", (std::to_string(is.st_dev) + ":" + std::to_string(inode)).c_str(), 1);
        {
            Log log(LogLevel::debug);
            ::unsetenv("JOURNAL_STREAM");
            log.debug("a");
            log.info("b");
            log.warning("c");
            log.error("d");
        }
        return testing::internal::GetCapturedStderr();
    };
    const std::regex with(R"(<7>\S+ debug a\n<6>\S+ info b\n<4>\S+ warning c\n<3>\S+ error d\n)");
    EXPECT_TRUE(std::regex_match(lines(true), with));
    EXPECT_EQ(lines(false).find('<'), std::string::npos);  // stderr was pointed elsewhere
}

TEST(Log, KeepsQuietBelowItsLevel) {
    const auto say = [](Log& log) {
        log.debug("one");
        log.info("two");
        log.warning("three");
        log.error("four");
        log.set_level(LogLevel::debug);
        log.debug("five");
        log.set_level(LogLevel::error);
        log.warning("six");
    };
    const std::string text = logged(LogLevel::warning, LogFormat::text, say);
    EXPECT_EQ(text.find(" one"), std::string::npos);
    EXPECT_EQ(text.find(" two"), std::string::npos);
    EXPECT_NE(text.find(" warning three\n"), std::string::npos);
    EXPECT_NE(text.find(" error four\n"), std::string::npos);
    EXPECT_NE(text.find(" debug five\n"), std::string::npos);
    EXPECT_EQ(text.find(" six"), std::string::npos);
}

TEST(Log, QuotesTextValuesThatNeedIt) {
    EXPECT_EQ(text_of({{"k", "plain"}, {"u", "http://a/b?c&d"}}), " k=plain u=http://a/b?c&d");
    EXPECT_EQ(text_of({{"k", ""}}), R"( k="")");
    EXPECT_EQ(text_of({{"k", "two words"}}), R"( k="two words")");
    EXPECT_EQ(text_of({{"k", "a=b"}}), R"( k="a=b")");
    EXPECT_EQ(text_of({{"k", "say \"no\""}}), R"( k="say \"no\"")");
    EXPECT_EQ(text_of({{"k", "DOMAIN\\user"}}), R"( k=DOMAIN\user)");
    EXPECT_EQ(text_of({{"k", "DOMAIN\\a user"}}), R"( k="DOMAIN\\a user")");
    EXPECT_EQ(text_of({{"k", "Zoë"}, {"l", "日本 😀"}}), " k=Zoë l=\"日本 😀\"");
}

TEST(Log, NothingInAValueCanForgeALineOrCommandATerminal) {
    EXPECT_EQ(text_of({{"k", "x\n2026-11-21T01:02:03.004Z info login user=root"}}),
              R"( k="x\n2026-11-21T01:02:03.004Z info login user=root")");
    EXPECT_EQ(text_of({{"k", std::string("\x1b[2J\r\t\0\x7f", 8)}}), R"( k="\x1b[2J\x0d\x09\x00\x7f")");
    EXPECT_EQ(text_of({{"k", "\u0085\u009b"}}), R"( k="\xc2\x85\xc2\x9b")") << "C1 controls";
    EXPECT_EQ(text_of({{"k", "\u2028"}}), R"( k="\xe2\x80\xa8")") << "line separator";
}

TEST(Log, ShowsBytesThatAreNoUtf8) {
    EXPECT_EQ(text_of({{"k", "a\xff\xc3"}}), R"( k="a\xff\xc3")");
    EXPECT_EQ(text_of({{"k", "\xc0\xaf"}}), R"( k="\xc0\xaf")") << "overlong";
    EXPECT_EQ(text_of({{"k", "\xed\xa0\x80"}}), R"( k="\xed\xa0\x80")") << "surrogate";
    EXPECT_EQ(text_of({{"k", "\xf4\x90\x80\x80"}}), R"( k="\xf4\x90\x80\x80")") << "above U+10FFFF";
    EXPECT_EQ(text_of({{"k", "\xe0\x80\xaf"}, {"l", "\xf0\x80\x80\x80"}}),
              R"( k="\xe0\x80\xaf" l="\xf0\x80\x80\x80")");
}

TEST(Log, EscapesJson) {
    EXPECT_EQ(json_of({{"k", "a \"b\" \\ c\n\x01\x7f"}}), R"(,"k":"a \"b\" \\ c\n\u0001\u007f")");
    EXPECT_EQ(json_of({{"k", std::string("\0", 1)}}), R"(,"k":"\u0000")");
    EXPECT_EQ(json_of({{"k", "Zoë 😀"}}), R"(,"k":"Zoë 😀")");
    EXPECT_EQ(json_of({{"k", "\u009b\u2028\u2029"}}), R"(,"k":"\u009b\u2028\u2029")");
    EXPECT_EQ(json_of({{"k", "\xff!"}}), R"(,"k":"\ufffd!")");
    EXPECT_EQ(json_of({{"a\"b", "x"}}), R"(,"a\"b":"x")");
}

TEST(Log, TakesBracesAndPercentSignsAsTheyAre) {
    EXPECT_EQ(text_of({{"k", "{}%v%n{0}"}}), " k={}%v%n{0}");
}

TEST(Log, DoesNotMixLinesOfManyThreads) {
    const std::string text = logged(LogLevel::info, LogFormat::text, [](Log& log) {
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&log] {
                for (int i = 0; i < 200; ++i) log.info("event", {{"value", std::string(100, 'x')}});
            });
        }
        for (auto& thread : threads) thread.join();
    });
    const std::string line_end = " info event value=" + std::string(100, 'x') + "\n";
    constexpr std::size_t kTime = 24;
    ASSERT_EQ(text.size(), 800 * (kTime + line_end.size()));
    for (std::size_t at = 0; at < text.size(); at += kTime + line_end.size()) {
        ASSERT_EQ(text.substr(at + kTime, line_end.size()), line_end);
    }
}

TEST(Log, TwoLogsStandBesideEachOther) {
    Log first(LogLevel::error);
    const std::string text =
        logged(LogLevel::info, LogFormat::text, [](Log& second) { second.info("hello"); });
    EXPECT_NE(text.find("info hello\n"), std::string::npos);
}

}  // namespace
}  // namespace base
