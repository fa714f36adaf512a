// tests/server/ntlm_auth_test.cc: NTLM proves who knows the password, in version 2, and hostile messages prove nothing.
// SPDX-License-Identifier: Apache-2.0
#include "server/ntlm_auth.h"

#include "tests/fake_journal.h"
#include "tests/server/gss_client.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <functional>

namespace {

using server::Handshake;
using server::NtlmAuth;
using Version1 = NtlmAuth::Version1;

/// Accounts bob (secret) and carol (other), both with an NT hash.
struct NtlmWorld {
    explicit NtlmWorld(Version1 version1 = Version1::refused) {
        NtlmAuth::set_environment();
        for (const auto& [user, password] : {std::pair("bob", "secret"), std::pair("carol", "other")}) {
            accounts.add(user, password, [](base::Result<void> done) { EXPECT_TRUE(done); });
            journal.complete_all();
        }
        auto made = NtlmAuth::make(accounts, "im.example.com", version1);
        EXPECT_TRUE(made) << made.error().text;
        auth = std::move(*made);
    }
    ~NtlmWorld() {
        unsetenv("LM_COMPAT_LEVEL");
        unsetenv("NETBIOS_DOMAIN_NAME");
    }

    /// The account, or "" and what the refusal said.
    std::string told(const Handshake::Step& step) {
        said = step.refusal ? step.refusal->text : "";
        why = step.why;
        EXPECT_TRUE(!step.refusal || (step.account.empty() && step.token.empty()));
        return step.account;
    }
    std::string shake(tests::NtlmClient& client) {
        const auto talk = auth->begin();
        const auto challenge = talk->step(client.next());
        if (challenge.refusal) return told(challenge);
        return told(talk->step(client.next(challenge.token)));
    }
    std::string shake(const std::string& user, const std::string& password, int level = 3) {
        tests::NtlmClient client(user, password, level);
        return shake(client);
    }
    /// Message 3 of bob, after `spoilt` has had its way with it.
    std::string shake_spoilt(const std::function<void(std::string&)>& spoilt, int level = 3) {
        tests::NtlmClient client("DOM\\bob", "secret", level);
        const auto talk = auth->begin();
        const auto challenge = talk->step(client.next());
        EXPECT_FALSE(challenge.refusal);
        std::string message = client.next(challenge.token);
        spoilt(message);
        return told(talk->step(message));
    }

    std::string said, why;
    base::Log log{base::LogLevel::error};
    tests::FakeJournal journal;
    server::Accounts accounts{{"im.example.com", {"DOM", "example.com"}, true}, journal, log};
    std::unique_ptr<NtlmAuth> auth;
};

constexpr char kWrong[] = "the user or the password is wrong (RVP 6.2)";

void set_size(std::string& message, std::size_t field, std::size_t size) {
    message[field] = static_cast<char>(size & 0xff);
    message[field + 1] = static_cast<char>(size >> 8);
}
constexpr std::size_t kLm = 12, kNt = 20, kDomain = 28, kUser = 36, kWorkstation = 44, kSessionKey = 52;

TEST(NtlmAuth, ProvesWhoKnowsThePassword) {
    NtlmWorld w;
    for (const char* user : {"bob", "Bob", "DOM\\bob", "dom\\BOB", "example.com\\bob", "im\\bob"}) {
        EXPECT_EQ(w.shake(user, "secret"), "bob") << user << ": " << w.said << " / " << w.why;
    }
    EXPECT_EQ(w.shake("carol", "other"), "carol");
}

TEST(NtlmAuth, WrongInWhateverWayIsWrongInTheSameWay) {
    NtlmWorld w;
    for (const auto& [user, password] :
         {std::pair("bob", "other"), std::pair("bob", "Secret"), std::pair("nobody", "secret"), std::pair("carol", "secret"),
          std::pair("FOREIGN\\bob", "secret"), std::pair("#bob", "secret"), std::pair("b:0", "secret")}) {
        EXPECT_EQ(w.shake(user, password), "") << user;
        EXPECT_EQ(w.said, kWrong) << user;
        EXPECT_FALSE(w.why.empty()) << user;
        EXPECT_EQ(w.why.find("secret"), std::string::npos) << user;
    }
}

TEST(NtlmAuth, AnAccountWithoutANtHashIsNobody) {
    NtlmWorld w;
    const std::string ha1 = base::hex_encode(base::md5("dave:im.example.com:secret"));
    w.accounts.import({{"dave", "", ha1, ""}}, [](base::Result<void> done) { EXPECT_TRUE(done); });
    w.journal.complete_all();
    EXPECT_EQ(w.shake("dave", "secret"), "");
    EXPECT_EQ(w.said, kWrong);
}

TEST(NtlmAuth, Version1IsRefusedWhateverTheLibraryThinksOfIt) {
    NtlmWorld w;
    // So the library takes version 1, and with extended session security (level 2) any password.
    setenv("NETBIOS_DOMAIN_NAME", "DOM", 1);
    for (const int level : {0, 2}) {
        for (const char* password : {"secret", "wrong"}) {
            EXPECT_EQ(w.shake("DOM\\bob", password, level), "") << level << password;
            EXPECT_EQ(w.said, "NTLM: only version 2 is accepted here (auth.ntlm_v1)");
        }
    }
    EXPECT_EQ(w.shake("DOM\\bob", "secret"), "bob");
}

TEST(NtlmAuth, Version1IsAcceptedWhereItIsConfigured) {
    NtlmWorld w(Version1::accepted);
    for (const int level : {0, 1, 2}) {
        EXPECT_EQ(w.shake("DOM\\bob", "secret", level), "bob") << level << w.said << w.why;
        EXPECT_EQ(w.shake("DOM\\bob", "wrong", level), "") << level;
        EXPECT_EQ(w.said, kWrong) << level;
    }
    EXPECT_EQ(w.shake("DOM\\bob", "secret"), "bob") << "version 2, too";
    EXPECT_EQ(w.shake("DOM\\bob", "wrong"), "");
    EXPECT_EQ(w.shake("nobody", "secret", 2), "");
    EXPECT_EQ(w.said, kWrong);
}

TEST(NtlmAuth, MessagesComeInOrder) {
    NtlmWorld w;
    tests::NtlmClient client("bob", "secret");
    const std::string first = client.next();
    const auto talk = w.auth->begin();
    const auto challenge = talk->step(first);
    const std::string third = client.next(challenge.token);
    EXPECT_EQ(w.told(w.auth->begin()->step(third)), "") << "another connection's";
    EXPECT_EQ(w.said, "NTLM begins with message 1, and goes on over the same connection (RVP 6.1)");
    EXPECT_EQ(w.told(talk->step(challenge.token)), "") << "our own";
    EXPECT_EQ(w.told(talk->step(third)), "bob");
    EXPECT_EQ(w.told(talk->step(third)), "") << "once more";
    // A new message 1 makes a new challenge, which the old answer does not fit.
    const auto second = talk->step(first);
    EXPECT_FALSE(second.refusal);
    EXPECT_NE(second.token, challenge.token);
    EXPECT_EQ(w.told(talk->step(third)), "");
    EXPECT_EQ(w.said, kWrong);
}

TEST(NtlmAuth, TwoHandshakesDoNotDisturbEachOther) {
    NtlmWorld w;
    tests::NtlmClient bob("bob", "secret"), carol("carol", "other");
    const auto of_bob = w.auth->begin(), of_carol = w.auth->begin();
    const auto to_bob = of_bob->step(bob.next()), to_carol = of_carol->step(carol.next());
    const std::string from_bob = bob.next(to_bob.token), from_carol = carol.next(to_carol.token);
    EXPECT_EQ(w.told(of_carol->step(from_carol)), "carol");
    EXPECT_EQ(w.told(of_bob->step(from_bob)), "bob");
}

TEST(NtlmAuth, BrokenMessagesAreRefused) {
    NtlmWorld w;
    for (const std::string& token : {std::string("x"), std::string("NTLMSSP\0\1\0\0\0", 12), std::string("NTLMSSP\0\4\0\0\0\0\0\0\0", 16),
                                     std::string(100'000, 'N')}) {
        EXPECT_EQ(w.told(w.auth->begin()->step(token)), "");
        EXPECT_TRUE(w.said.starts_with("NTLM: ")) << w.said;
    }
    EXPECT_EQ(w.shake_spoilt([](std::string& m) { m.resize(63); }), "");
    EXPECT_EQ(w.said, "NTLM: the message is cut off");
    for (const std::size_t field : {kLm, kNt, kDomain, kUser, kWorkstation, kSessionKey}) {
        EXPECT_EQ(w.shake_spoilt([&](std::string& m) { set_size(m, field, 0xfff0); }), "") << field;
        EXPECT_TRUE(w.said.starts_with("NTLM: ")) << w.said;
        EXPECT_EQ(w.shake_spoilt([&](std::string& m) { m[field] = 5, m[field + 7] = '\x7f'; }), "") << field;
        EXPECT_TRUE(w.said.starts_with("NTLM: ")) << w.said;
    }
    EXPECT_EQ(w.shake_spoilt([](std::string& m) { set_size(m, kUser, 5); }), "") << "half a character";
    EXPECT_EQ(w.shake_spoilt([](std::string& m) { m[kNt + 4] = 60, m[kNt + 5] = 0; }), "");
    EXPECT_EQ(w.said, "NTLM: a field lies in the head");
    EXPECT_EQ(w.shake_spoilt([](std::string& m) { set_size(m, kSessionKey, 8); }), "");
    EXPECT_EQ(w.said, "NTLM: a session key has 16 bytes");
    EXPECT_EQ(w.shake_spoilt([](std::string& m) { set_size(m, kNt, 0); }), "") << "nobody in particular";
    EXPECT_EQ(w.said, kWrong);
}

TEST(NtlmAuth, NoSpoiltMessageProvesSomebodyElse) {
    for (const Version1 version1 : {Version1::refused, Version1::accepted}) {
        NtlmWorld w(version1);
        const int level = version1 == Version1::accepted ? 0 : 3;
        std::uint32_t random = 1;
        const auto next = [&random](std::size_t below) {
            random = random * 1664525 + 1013904223;
            return (random >> 8) % below;
        };
        for (int i = 0; i < 400; ++i) {
            const std::string who = w.shake_spoilt([&](std::string& m) {
                for (std::size_t n = 1 + next(3); n > 0; --n) m[12 + next(m.size() - 12)] ^= static_cast<char>(1 << next(8));
                if (next(8) == 0) m.resize(next(m.size()));
            }, level);
            EXPECT_TRUE(who.empty() || who == "bob") << who;
        }
    }
}

}  // namespace
