// tests/server/gssapi_test.cc: what the library proves, and what it must not be left to prove.
// SPDX-License-Identifier: Apache-2.0
#include "server/gssapi.h"

#include "tests/server/gss_client.h"

#include <algorithm>
#include <cctype>

namespace {

using server::GssCredential;
using server::GssHandshake;

std::string upper_hex(const std::string& bytes) {
    std::string hex = base::hex_encode(bytes);
    std::ranges::transform(hex, hex.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return hex;
}

/// Bob's password is secret.
struct GssWorld {
    GssWorld() {
        const std::string line = "bob:0:" + upper_hex(base::random_bytes(16)) + ":" + upper_hex(*base::nt_hash("secret")) + ":\n";
        EXPECT_EQ(write(file.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
    }
    base::Fd file{memfd_create("keys", MFD_CLOEXEC)};
    base::Result<GssCredential> ours =
        GssCredential::ntlm("/proc/self/fd/" + std::to_string(file.get()), "im.example.com");

    /// The name that was proved, or "" and `why`.
    std::string shake(const std::string& user, const std::string& password) {
        tests::NtlmClient client(user, password);
        GssHandshake handshake;
        const auto challenge = handshake.step(*ours, client.next());
        if (!challenge) return why = challenge.error().text, "";
        EXPECT_FALSE(challenge->done);
        const auto end = handshake.step(*ours, client.next(challenge->token));
        if (!end) return why = end.error().text, "";
        EXPECT_TRUE(end->done);
        return end->who;
    }
    std::string why;
};

TEST(Gssapi, NtlmProvesWhoKnowsThePassword) {
    GssWorld w;
    ASSERT_TRUE(w.ours) << w.ours.error().text;
    EXPECT_EQ(w.shake("bob", "secret"), "bob") << w.why;
    EXPECT_EQ(w.shake("DOM\\Bob", "secret"), "DOM\\Bob") << w.why;
    EXPECT_EQ(w.shake("bob", "wrong"), "");
    EXPECT_FALSE(w.why.empty());
    EXPECT_EQ(w.shake("carol", "secret"), "");
}

TEST(Gssapi, AHandshakeIsOverWhenItIsOver) {
    GssWorld w;
    tests::NtlmClient client("bob", "secret");
    GssHandshake handshake;
    const auto challenge = handshake.step(*w.ours, client.next());
    ASSERT_TRUE(challenge);
    const std::string last = client.next(challenge->token);
    EXPECT_TRUE(handshake.step(*w.ours, last));
    EXPECT_FALSE(handshake.step(*w.ours, last));
    EXPECT_FALSE(GssHandshake().step(*w.ours, last)) << "nor is it another's";
    EXPECT_FALSE(GssHandshake().step(*w.ours, ""));
    EXPECT_FALSE(GssHandshake().step(*w.ours, std::string(GssHandshake::kTokenBytes + 1, 'x')));
    EXPECT_FALSE(GssHandshake().step(*w.ours, "x"));
}

TEST(Gssapi, KerberosNeedsAKeytab) {
    const auto none = GssCredential::kerberos("/nonexistent/keytab");
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().text.find("/nonexistent/keytab"), std::string::npos) << none.error().text;
}

}  // namespace
