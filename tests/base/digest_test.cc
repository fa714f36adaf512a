// tests/base/digest_test.cc: hashes against the vectors of their RFCs.
// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <gtest/gtest.h>

namespace {

using base::hex_encode;

TEST(Digest, HashesAsTheRfcsSay) {
    EXPECT_EQ(hex_encode(base::md5("")), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex_encode(base::md5("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(hex_encode(base::sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_encode(base::hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, TheNtHashIsMd4OfUtf16) {
    EXPECT_EQ(hex_encode(*base::nt_hash("")), "31d6cfe0d16ae931b73c59d7e0c089c0");  // MD4 of nothing, RFC 1320 A.5
    EXPECT_EQ(hex_encode(*base::nt_hash("Password")), "a4f49c406510bdcab6824ee7c30fd852");  // MS-NLMP 4.2.2.1.2
    EXPECT_EQ(hex_encode(*base::nt_hash("SecREt01")), "cd06ca7c7e10c99b1d33b7485a2ed808");
}

TEST(Digest, TheNtHashTakesLongAndForeignPasswords) {
    // Over one block, and at the border where the padding needs another one (28 letters are 56 bytes).
    for (const std::size_t length : {27U, 28U, 31U, 32U, 200U}) {
        EXPECT_EQ(base::nt_hash(std::string(length, 'x'))->size(), base::kNtHashBytes);
    }
    EXPECT_NE(base::nt_hash("\xc5\xbe"), base::nt_hash("\xc5\xbd"));
    EXPECT_NE(base::nt_hash("\xf0\x9f\x99\x82"), base::nt_hash("\xf0\x9f\x99\x83"));  // surrogates
    EXPECT_EQ(base::nt_hash("\xff"), std::nullopt);
}

TEST(Digest, SecretsAreComparedWhole) {
    EXPECT_TRUE(base::same_secret("", ""));
    EXPECT_TRUE(base::same_secret("abc", "abc"));
    EXPECT_FALSE(base::same_secret("abc", "abd"));
    EXPECT_FALSE(base::same_secret("abc", "ab"));
}

TEST(Digest, HexGoesBothWays) {
    EXPECT_EQ(hex_encode(std::string("\x00\x7f\xff", 3)), "007fff");
    EXPECT_EQ(base::hex_decode("007FfF"), std::string("\x00\x7f\xff", 3));
    EXPECT_EQ(base::hex_decode("0"), std::nullopt);
    EXPECT_EQ(base::hex_decode("0g"), std::nullopt);
}

TEST(Digest, RandomBytesDiffer) { EXPECT_NE(base::random_bytes(16), base::random_bytes(16)); }

TEST(Digest, AWipedSecretIsEmpty) {
    std::string secret = "secret";
    base::wipe(secret);
    EXPECT_TRUE(secret.empty());
}

TEST(Digest, TheNtResponseIsThatOfTheSpecification) {
    // MS-NLMP 4.2.2.2.1 and 4.2.3.2.2 (with the session's challenge), of 4.2.1's password.
    const std::string hash = *base::nt_hash("Password");
    const std::string challenge = *base::hex_decode("0123456789abcdef");
    EXPECT_EQ(base::hex_encode(base::nt_response(hash, challenge)), "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
    const std::string session = base::md5(challenge + std::string(8, '\xaa')).substr(0, 8);
    EXPECT_EQ(base::hex_encode(base::nt_response(hash, session)), "7537f803ae367128ca458204bde7caf81e97ed2683267232");
}

}  // namespace
