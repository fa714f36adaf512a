// tests/doors/msnp_history_test.cc: continuations, and messages as MIME parts and back.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 6, 8.3, 8.4
#include "doors/msnp_history.h"

#include <gtest/gtest.h>

#include "doors/msnp_words.h"

namespace {

using namespace doors;

TEST(MsnpToken, IsTakenFromWhomItWasGivenToForThatTalkAlone) {
    const MsnpToken token{12, 34, 5};
    const std::string text = write_msnp_token(token, "a", "a\nb");
    EXPECT_EQ(read_msnp_token(text, "a", "a\nb"), token);
    EXPECT_FALSE(read_msnp_token(text, "b", "a\nb"));
    EXPECT_FALSE(read_msnp_token(text, "a", "a\nc"));
    EXPECT_FALSE(read_msnp_token(text, "a", ""));
    std::string forged = text;
    forged[3] = forged[3] == '0' ? '1' : '0';
    EXPECT_FALSE(read_msnp_token(forged, "a", "a\nb"));
    for (const char* none : {"", "01b7", "zz"}) EXPECT_FALSE(read_msnp_token(none, "a", "a\nb"));
    EXPECT_LE(text.size(), 1024U);
}

/// Holds one message, and remembers which talk was asked for.
struct OneMessage final : presence::Talks {
    void talk(presence::TalkQuery query, base::Once<void(base::Result<presence::TalkPage>)> done) override {
        asked = query.conversation;
        done(presence::TalkPage{{message}, 1, false});
    }
    void recent(presence::RecentQuery, base::Once<void(base::Result<presence::RecentPage>)> done) override { done({}); }

    presence::ArchivedMessage message;
    std::string asked;
};

struct PastOfAlice {
    std::string messages(const std::string& id) {
        std::string said;
        const auto request = base::xml::parse("<messagesbyconversation><id>" + id + "</id></messagesbyconversation>");
        history.messages(*request, [&said](base::Result<std::string> answer) { said = answer.value(); });
        return said;
    }

    presence::Realm realm{"im.example.com", "example.com", {}};
    OneMessage talks;
    doors::MsnpHistory history{&talks, realm, "/instmsg/aliases/alice"};
};

TEST(MsnpHistory, EscapesWordsOnceAndLeavesQuotes) {
    PastOfAlice past;
    past.talks.message.text = "\"\"a\x01\" <b> & \x02\"\td\xc3\xa9j\xc3\xa0\"";
    past.talks.message.octets = "X-MSNP24-Type: Text\r\n\r\n" + past.talks.message.text;
    EXPECT_NE(past.messages("8:bob").find("<content>\"\"a\" &lt;b&gt; &amp; \"\td\xc3\xa9j\xc3\xa0\"</content>"), std::string::npos);
}

TEST(MsnpHistory, FindsATalkHoweverTheOtherIsCalled) {
    PastOfAlice past;
    for (const char* id : {"8:bob", "8:Bob", "8:live:bob", "8:LIVE:Bob", "1:bob@example.com", "8:live:bob;epid={x}"}) {
        past.talks.asked.clear();
        EXPECT_NE(past.messages(id).find("<message>"), std::string::npos) << id;
        EXPECT_EQ(past.talks.asked, "/instmsg/aliases/alice\n/instmsg/aliases/bob") << id;
    }
    EXPECT_EQ(past.messages("19:bob@thread.skype").find("<message>"), std::string::npos);
}

TEST(MsnpTime, HasItsMilliseconds) {
    EXPECT_EQ(msnp_time(1430577000500), "2015-05-02T14:30:00.500Z");
    EXPECT_EQ(msnp_time(-1), "1969-12-31T23:59:59.999Z");
}

std::string part_of(const MsnpWords& words) {
    return "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n" + headers_of(words) + "\r\n" + text_of(words);
}

TEST(MsnpWords, ComeBackAsTheyWere) {
    for (const std::string type : {"Text", "RichText", "RichText/UriObject", "Nudge"}) {
        for (const std::string content : {"<hello>", "2 &lt; 3", "a & b <b>c</b>", "I <3 you", "d\xc3\xa9j\xc3\xa0", "\"", "<i></i>"}) {
            const MsnpWords words{type, content, "18446744073709551615", "5c1e0a52-0000-4000-8000-00000000a11c", "FN=Arial"};
            const MsnpWords back = words_of(part_of(words), text_of(words));
            EXPECT_EQ(back.type, type);
            EXPECT_EQ(back.content, content) << type;
            EXPECT_EQ(back.client_id, words.client_id);
            EXPECT_EQ(back.endpoint, words.endpoint);
            EXPECT_EQ(back.format, words.format);
        }
    }
}

TEST(MsnpWords, LongMarkupComesBackInLinesThatOthersCanRead) {
    MsnpWords words;
    for (int i = 0; i < 6000; ++i) words.content += "<b>x</b>";
    const std::string part = part_of(words);
    std::size_t longest = 0;
    for (std::size_t at = 0, end = part.find('\n'); end != std::string::npos; at = end + 1, end = part.find('\n', at)) {
        longest = std::max(longest, end - at);
    }
    EXPECT_LT(longest, 4096U);
    EXPECT_EQ(words_of(part, text_of(words)).content, words.content);
}

TEST(MsnpWords, OfAnotherDoorAreItsText) {
    const MsnpWords words = words_of("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n1 < 2", "1 < 2");
    EXPECT_EQ(words.type, "RichText");
    EXPECT_EQ(words.content, "1 &lt; 2");
    EXPECT_EQ(words.endpoint + words.client_id, "");
    const MsnpWords forged = words_of("X-MSNP24-Type: ThreadActivity/AddMember\r\nX-MSNP24-Id: x\r\nX-MSNP24-Endpoint: {y}\r\n"
                                      "X-MSNP24-Content: !\r\n\r\nz", "z");
    EXPECT_EQ(forged.type + forged.content + forged.client_id + forged.endpoint, "RichTextz");
}

}  // namespace
