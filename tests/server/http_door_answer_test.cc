// tests/server/http_door_answer_test.cc: an answer that is sent again is the next one, and not the last.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_answer.h"

#include <gtest/gtest.h>
#include <microhttpd.h>
#include <sys/socket.h>

#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/server/door_fixture.h"

namespace server {
namespace {

base::Response response_of(std::string body, std::string kind) {
    base::Response response;
    response.status = 207;
    response.with("X-Kind", std::move(kind));
    response.body = std::move(body);
    return response;
}

TEST(PreparedAnswer, IsMadeOnceForAnswersOfOneShape) {
    PreparedAnswer prepared;
    auto first = response_of("one", "a"), next = response_of("two", "a"), longer = response_of("three", "a"),
         other = response_of("three", "b"), last = response_of("three", "b"), again = response_of("three", "b");
    MHD_Response* const made = prepared.of(first, false);
    ASSERT_NE(made, nullptr);
    EXPECT_STREQ(MHD_get_response_header(made, "X-Kind"), "a");
    EXPECT_EQ(prepared.of(next, false), made);
    MHD_Response* made_anew = prepared.of(longer, false);
    ASSERT_NE(made_anew, nullptr);
    EXPECT_EQ(MHD_get_response_header(made_anew, "Connection"), nullptr);
    made_anew = prepared.of(other, false);
    EXPECT_STREQ(MHD_get_response_header(made_anew, "X-Kind"), "b");
    made_anew = prepared.of(last, true);
    EXPECT_STREQ(MHD_get_response_header(made_anew, "Connection"), "close");
    made_anew = prepared.of(again, false);
    ASSERT_NE(made_anew, nullptr);
    EXPECT_EQ(MHD_get_response_header(made_anew, "Connection"), nullptr);
}

TEST(PreparedAnswer, WhatIsLongIsNotKept) {
    PreparedAnswer prepared;
    for (const std::size_t size : {5000U, 3000U}) {
        auto answer = response_of(std::string(size, 'x'), "a");
        ASSERT_NE(prepared.of(answer, false), nullptr);
        EXPECT_GE(prepared.holds(), size);
        prepared.keep_below(4096);
        EXPECT_EQ(prepared.holds() >= size, size < 4096) << size;
    }
}

/// Answers with the rest of the target behind `/KIND/`, as often as it says: `/KIND/TIMES/WORD`.
struct TimesDesk final : PlainDesk {
    void serve(const base::Request& request, base::Responder responder) override {
        const std::string_view target = std::string_view(request.target).substr(1);
        const std::size_t slash = target.find('/'), next = target.find('/', slash + 1);
        const std::string_view word = target.substr(next + 1);
        const std::size_t times = std::stoul(std::string(target.substr(slash + 1)));
        std::string body;
        body.reserve(times * word.size());
        for (std::size_t n = 0; n < times; ++n) body += word;
        responder(response_of(std::move(body), std::string(target.substr(0, slash))));
    }
};

class AnswerTest : public DoorTest<TimesDesk> {
protected:
    AnswerTest() : DoorTest(DoorLimits{}) {}

    static std::string asking(const std::string& target, const std::string& more = "", const std::string& method = "GET") {
        return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
    }
    static void say(const base::Fd& client, const std::string& words) {
        ASSERT_EQ(::send(client.get(), words.data(), words.size(), 0), static_cast<ssize_t>(words.size()));
    }
    static std::string head_heard(const base::Fd& client) {
        std::string head;
        for (char c = 0; !head.ends_with("\r\n\r\n") && ::recv(client.get(), &c, 1, 0) == 1;) head += c;
        EXPECT_TRUE(head.starts_with("HTTP/1.1 207 ")) << head;
        return head;
    }
    /// The next answer: the value of X-Kind, and the body. It is not the last on its connection.
    static std::pair<std::string, std::string> heard(const base::Fd& client) {
        const std::string head = head_heard(client);
        EXPECT_EQ(value(head, "Connection: "), "");
        return {value(head, "X-Kind: "), body_heard(client, head)};
    }
    static std::string body_heard(const base::Fd& client, const std::string& head) {
        std::string body(std::stoul("0" + value(head, "Content-Length: ")), '\0');
        const ssize_t got = body.empty() ? 0 : ::recv(client.get(), body.data(), body.size(), MSG_WAITALL);
        EXPECT_EQ(got, static_cast<ssize_t>(body.size()));
        return body;
    }
    /// The same of the last answer on its connection.
    static std::pair<std::string, std::string> heard_at_last(const base::Fd& client) {
        const std::string head = head_heard(client);
        EXPECT_EQ(value(head, "Connection: "), "close");
        auto answer = std::pair(value(head, "X-Kind: "), body_heard(client, head));
        char c = 0;
        EXPECT_EQ(::recv(client.get(), &c, 1, 0), 0);
        return answer;
    }
    static std::string value(const std::string& head, const std::string& name) {
        const std::size_t at = head.find(name);
        return at == head.npos ? "" : head.substr(at + name.size(), head.find('\r', at) - at - name.size());
    }
    static std::string times(int n, std::string_view word) {
        std::string all;
        while (n-- > 0) all += word;
        return all;
    }
    using Answer = std::pair<std::string, std::string>;
};

TEST_F(AnswerTest, EachGetsHisOwnWhateverTheLastWas) {
    const base::Fd client = loopback::call(port_);
    const std::vector<std::tuple<std::string, int, std::string>> asked = {
        {"a", 1, "one"}, {"a", 1, "two"}, {"a", 1, "three"}, {"b", 1, "three"}, {"b", 1, "seven"}, {"b", 0, "x"}, {"b", 0, "y"},
        {"a", 1, "one"}, {"a", 900, "long"}, {"a", 900, "last"}, {"a", 3000, "very long"}, {"a", 3000, "most long"}, {"a", 1, "one"}};
    for (const auto& [kind, n, word] : asked) {
        say(client, asking("/" + kind + "/" + std::to_string(n) + "/" + base::percent_encode_path(word)));
        EXPECT_EQ(heard(client), Answer(kind, times(n, base::percent_encode_path(word)))) << kind << n << word;
    }
}

// Of one shape, and as long as what is kept may be.
constexpr int kTimes = 1300;
std::string word(std::size_t n) { return std::to_string(100 + n % 900); }

TEST_F(AnswerTest, ThoseOfManyAtOnceAreNotMixed) {
    std::vector<base::Fd> clients;
    for (int i = 0; i < 40; ++i) clients.push_back(loopback::call(port_));
    for (std::size_t round = 0; round < 4; ++round) {
        const auto ask_and_next = [&](std::size_t i) { return std::pair(word(7 * round + 2 * i), word(7 * round + 2 * i + 1)); };
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const auto [first, next] = ask_and_next(i);
            say(clients[i], asking("/k/1300/" + first) + asking("/k/1300/" + next));
        }
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const auto [first, next] = ask_and_next(i);
            EXPECT_EQ(heard(clients[i]), Answer("k", times(kTimes, first)));
            EXPECT_EQ(heard(clients[i]), Answer("k", times(kTimes, next)));
        }
    }
}

TEST_F(AnswerTest, OneThatIsStillBeingSentIsLeftAlone) {
    constexpr std::size_t kPoured = 3000;
    const base::Fd slow = loopback::call(port_), quick = loopback::call(port_);
    std::string all;
    for (std::size_t n = 0; n < kPoured; ++n) all += asking("/k/1300/" + word(n));
    say(slow, all);  // and does not read: the last that was begun waits in the middle
    for (std::size_t n = 0; n < 50; ++n) {
        say(quick, asking("/k/1300/" + word(500 + n)));
        EXPECT_EQ(heard(quick), Answer("k", times(kTimes, word(500 + n))));
    }
    for (std::size_t n = 0; n < kPoured; ++n) ASSERT_EQ(heard(slow), Answer("k", times(kTimes, word(n)))) << n;
}

TEST_F(AnswerTest, WhoseConnectionEndsWithItIsTheOnlyOne) {
    const base::Fd stays = loopback::call(port_);
    for (const char* after : {"six", "ten"}) {
        const base::Fd goes = loopback::call(port_);
        say(goes, asking("/a/1/one", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n");
        EXPECT_EQ(heard_at_last(goes), Answer("a", "one"));
        say(stays, asking(std::string("/a/1/") + after));
        EXPECT_EQ(heard(stays), Answer("a", after));
    }
}

TEST_F(AnswerTest, WhoAsksForTheHeadGetsNoBody) {
    const base::Fd client = loopback::call(port_);
    say(client, asking("/a/1/one") + asking("/a/1/two", "", "HEAD") + asking("/a/1/six"));
    EXPECT_EQ(heard(client), Answer("a", "one"));
    EXPECT_EQ(value(head_heard(client), "Content-Length: "), "3");
    EXPECT_EQ(heard(client), Answer("a", "six"));
}

TEST_F(AnswerTest, WhoGoesInTheMiddleOfHisAnswerHarmsNobody) {
    {
        const base::Fd goes = loopback::call(port_);
        say(goes, asking("/a/4000000/x"));
        char c = 0;
        EXPECT_EQ(::recv(goes.get(), &c, 1, 0), 1);
    }
    const base::Fd stays = loopback::call(port_);
    for (const char* word : {"two", "six"}) {
        say(stays, asking(std::string("/a/1/") + word));
        EXPECT_EQ(heard(stays), Answer("a", word));
    }
}

}  // namespace
}  // namespace server
