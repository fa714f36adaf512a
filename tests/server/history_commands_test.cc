// tests/server/history_commands_test.cc: rvpctl history, asked of a real archive.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7 (archive), 9 (rvpctl history)
#include "server/history_commands.h"

#include "server/retention.h"
#include "tests/fakes.h"
#include "tests/store/store_world.h"

#include <gtest/gtest.h>

#include <optional>

namespace {

using base::Errc;
using base::json::Value;
using Texts = std::vector<std::string>;

presence::ArchivedMessage message(std::int64_t time_ms, const std::string& from, const std::string& to,
                                  const std::string& text, const std::string& octets = "x") {
    presence::ArchivedMessage m;
    m.time_ms = time_ms;
    m.sender = "http://im.example.com/instmsg/aliases/" + from;
    m.receivers = {"/instmsg/aliases/" + to};
    m.conversation = "/instmsg/aliases/" + std::min(from, to) + "\n/instmsg/aliases/" + std::max(from, to);
    m.content_type = "text/plain";
    m.octets = octets;
    m.text = text;
    return m;
}

struct HistoryCommands : testing::Test, tests::StoreWorld {
    void SetUp() override {
        ASSERT_TRUE(open());
        archive.emplace(*journal);
        commands.emplace(&*archive, presence.service, presence.realm);
        ASSERT_TRUE(commit({{}, {message(1'000, "alice", "bob", "see the mountain"),
                                 message(2'000, "bob", "alice", "\"AND\" then"),
                                 message(3'000, "carol", "bob", "mountains", "\xff")}}));
    }
    void TearDown() override {
        archive->close();
        shut();
    }
    base::Result<Value> run(const std::string& command, const std::string& args) {
        std::optional<base::Result<Value>> answer;
        commands->run(command, *base::json::parse(args), [&](base::Result<Value> result) { answer = std::move(result); });
        run_until([&] { return answer.has_value(); });
        return *answer;
    }
    /// The texts of one page, and where it goes on.
    Texts texts(const std::string& args) {
        const auto page = run("history find", args);
        if (!page) return {"! " + page.error().text};
        Texts out;
        for (const Value& m : *page->find("messages")->as_array()) out.push_back(*m.find("text")->as_text());
        next = *page->find("next")->as_text();
        return out;
    }

    tests::PresenceWorld presence;
    std::optional<store::Archive> archive;
    std::optional<server::HistoryCommands> commands;
    std::string next;
};

TEST_F(HistoryCommands, FindsByWordsWhateverIsInThem) {
    EXPECT_EQ(texts(R"({"words":["MOUNTAIN"]})"), (Texts{"see the mountain"}));
    EXPECT_EQ(texts(R"({"words":["mount*"]})"), (Texts{"mountains", "see the mountain"}));
    EXPECT_EQ(texts(R"({"words":["see","the"]})"), (Texts{"see the mountain"}));
    EXPECT_EQ(texts(R"({"words":["\"AND\"","then"]})"), (Texts{"\"AND\" then"}));
    EXPECT_EQ(texts(R"x({"words":["NOT","(",")","-"]})x"), Texts{});
}

TEST_F(HistoryCommands, FindsByConversationTimeAndPerson) {
    EXPECT_EQ(texts(R"({"between":["bob","alice"],"oldest_first":true})"), (Texts{"see the mountain", "\"AND\" then"}));
    EXPECT_EQ(texts(R"({"from_ms":2000,"until_ms":3000})"), (Texts{"\"AND\" then"}));
    EXPECT_EQ(texts(R"({"name":"carol"})"), (Texts{"mountains"}));
    EXPECT_EQ(texts(R"({"name":"alice"})"), (Texts{"\"AND\" then", "see the mountain"}));
}

TEST_F(HistoryCommands, TurnsPages) {
    Texts all;
    std::string args = R"({"limit":1})";
    do {
        for (const std::string& text : texts(args)) all.push_back(text);
        args = R"({"limit":1,"token":")" + next + "\"}";
    } while (!next.empty());
    EXPECT_EQ(all, (Texts{"mountains", "\"AND\" then", "see the mountain"}));
    EXPECT_EQ(run("history find", R"({"token":"bogus"})").error().code, Errc::malformed);
    EXPECT_EQ(run("history find", R"({"limit":0})").error().code, Errc::malformed);
}

TEST_F(HistoryCommands, GivesOctetsThatAreNoTextAsBase64) {
    const auto page = run("history find", R"({"name":"carol"})");
    ASSERT_TRUE(page);
    const Value& m = page->find("messages")->as_array()->front();
    EXPECT_EQ(m.find("octets"), nullptr);
    EXPECT_EQ(*m.find("octets_base64")->as_text(), "/w==");
    EXPECT_EQ(*m.find("time")->as_text(), "1970-01-01T00:00:03.000Z");
}

TEST_F(HistoryCommands, EraseForgetsWhatOneSentAndThatHeReceived) {
    const auto erased = run("history erase", R"({"name":"bob"})");
    ASSERT_TRUE(erased) << erased.error().text;
    EXPECT_EQ(*erased->find("principal")->as_text(), "http://im.example.com/instmsg/aliases/bob");
    EXPECT_EQ(erased->find("messages")->as_int(), 3);
    EXPECT_EQ(texts("{}"), Texts{});
    EXPECT_EQ(run("history erase", "{}").error().code, Errc::malformed);
    EXPECT_EQ(run("history eras", "{}").error().code, Errc::not_implemented);
}

TEST_F(HistoryCommands, WithoutAnArchiveItIsSaid) {
    server::HistoryCommands none(nullptr, presence.service, presence.realm);
    std::string said;
    none.run("history find", Value::object(), [&](base::Result<Value> result) { said = result ? "" : result.error().text; });
    EXPECT_EQ(said, "store.path is \":memory:\": there is no archive");
}

TEST_F(HistoryCommands, RetentionForgetsWhatIsTooOldOnceADay) {
    // The fake calendar is decades after what SetUp archived.
    ASSERT_TRUE(commit({{}, {message(clock.wall().time_since_epoch().count(), "alice", "bob", "young")}}));
    server::Retention retention(*archive, loop.wheel(), clock, log, std::chrono::days(30));
    EXPECT_EQ(texts("{}").size(), 4U);
    pass(std::chrono::minutes(2));
    while (texts("{}").size() == 4) {}  // asked again and again: the reader and the writer are two threads
    EXPECT_EQ(texts("{}"), (Texts{"young"}));
    for (int day = 0; day < 31; ++day) pass(std::chrono::days(1));
    while (!texts("{}").empty()) {}
}

}  // namespace
