// tests/server/accounts_test.cc: accounts are kept as hashes, count once they are safe, and tell strangers nothing.
// SPDX-License-Identifier: Apache-2.0
#include "server/accounts.h"

#include "base/digest.h"
#include "server/password_gate.h"
#include "tests/fake_journal.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using base::Errc;
using server::Accounts;
using Hash = server::Accounts::Hash;

/// Accounts on a store that a test can look into.
struct AccountWorld {
    explicit AccountWorld(bool nt = true, std::string realm = "im.example.com", tests::FakeJournal::Records kept = {}, bool msnp = false)
        : journal(std::move(kept)), accounts({std::move(realm), {"DOM", "example.com"}, nt, msnp}, journal, log) {
        EXPECT_TRUE(accounts.load());
    }
    template <class Act>
    std::optional<Errc> outcome_of(Act act) {
        std::optional<base::Result<void>> outcome;
        act(Accounts::Answer([&](base::Result<void> done) { outcome = std::move(done); }));
        journal.complete_all();
        EXPECT_TRUE(outcome);
        text = *outcome ? "" : outcome->error().text;
        return *outcome ? std::nullopt : std::optional(outcome->error().code);
    }
    std::optional<Errc> add(const std::string& user, const std::string& password) {
        return outcome_of([&](auto done) { accounts.add(user, password, std::move(done)); });
    }
    std::optional<Errc> import(const std::vector<server::AccountEntry>& entries) {
        return outcome_of([&](auto done) { accounts.import(entries, std::move(done)); });
    }
    std::string text;  ///< of the last error
    base::Log log{base::LogLevel::error};
    tests::FakeJournal journal;
    Accounts accounts;
};

std::string a1(const std::string& user, const std::string& password = "secret") {
    return user + ":im.example.com:" + password;
}

TEST(Accounts, EachSpellingHasItsOwnHash) {
    AccountWorld w;
    EXPECT_EQ(w.add("Bob", "secret"), std::nullopt);
    for (const char* user : {"Bob", "bob", "/bob", "DOM\\bob", "DOM/Bob", "bob@example.com", "bob@DOM"}) {
        EXPECT_EQ(w.accounts.ha1(user, Hash::md5).hash, base::md5(a1(user))) << user;
        EXPECT_EQ(w.accounts.ha1(user, Hash::sha256).hash, base::sha256(a1(user))) << user;
        EXPECT_EQ(w.accounts.ha1(user, Hash::md5).account, "bob") << user;
    }
    EXPECT_EQ(w.accounts.nt_hash("dom\\BOB").hash, *base::nt_hash("secret"));
}

TEST(Accounts, APasswordIsRightInEverySpellingAndWrongForEverybodyElse) {
    AccountWorld w;
    EXPECT_EQ(w.add("Bob", "secret"), std::nullopt);
    for (const char* user : {"Bob", "BOB", "/bob", "dom\\bob", "bob@example.com"}) {
        EXPECT_EQ(w.accounts.prove_password(user, "secret"), "bob") << user;
        EXPECT_EQ(w.accounts.prove_password(user, "Secret"), std::nullopt) << user;
        EXPECT_EQ(w.accounts.prove_password(user, ""), std::nullopt) << user;
    }
    for (const char* user : {"", "carol", "X\\bob", "bob@elsewhere.com"}) {
        EXPECT_EQ(w.accounts.prove_password(user, "secret"), std::nullopt) << user;
    }
    // Of an import from htdigest nothing but the MD5 of one spelling is known.
    EXPECT_EQ(w.import({{"DOM\\carol", "", base::hex_encode(base::md5(a1("DOM\\carol"))), ""}}), std::nullopt);
    EXPECT_EQ(w.accounts.prove_password("carol", "secret"), "carol");
    EXPECT_EQ(w.accounts.prove_password("carol", "other"), std::nullopt);
    AccountWorld elsewhere(true, "elsewhere", w.journal.records);
    EXPECT_EQ(elsewhere.accounts.prove_password("bob", "secret"), std::nullopt) << "hashed for another realm";
}

TEST(Accounts, NobodyHasAHashLikeAnybody) {
    AccountWorld w;
    w.add("bob", "secret");
    for (const char* user : {"eve", "bOB", "OTHER\\bob", ""}) {  // bOB: a spelling that was not hashed
        const auto secret = w.accounts.ha1(user, Hash::sha256);
        EXPECT_EQ(secret.account, "");
        EXPECT_EQ(secret.hash.size(), base::kSha256Bytes);
        EXPECT_EQ(secret.hash, w.accounts.ha1(user, Hash::sha256).hash);  // the same each time, like a real one
        EXPECT_NE(secret.hash, base::sha256(a1(user)));
    }
    EXPECT_EQ(w.accounts.nt_hash("eve").account, "");
    EXPECT_EQ(w.accounts.nt_hash("eve").hash.size(), base::kNtHashBytes);
}

TEST(Accounts, NoPasswordIsKept) {
    AccountWorld w;
    w.add("bob", "open sesame");
    ASSERT_EQ(w.journal.records.size(), 1U);
    for (const auto& [key, value] : w.journal.records) EXPECT_EQ(value.find("sesame"), std::string::npos);
}

TEST(Accounts, CountOnceTheyAreSafe) {
    AccountWorld w;
    std::optional<base::Result<void>> outcome;
    w.accounts.add("bob", "secret", [&](base::Result<void> done) { outcome = done; });
    EXPECT_EQ(w.accounts.stamp("bob"), 0U);
    EXPECT_EQ(w.add("bob", "other"), Errc::busy);  // answered at once; then the first is safe
    EXPECT_TRUE(outcome && *outcome);
    EXPECT_EQ(w.accounts.ha1("bob", Hash::md5).hash, base::md5(a1("bob")));
    w.journal.fail_next(1);
    EXPECT_EQ(w.add("carol", "secret"), Errc::no_space);
    EXPECT_EQ(w.accounts.stamp("carol"), 0U);
    EXPECT_EQ(w.add("carol", "secret"), std::nullopt);
}

TEST(Accounts, ComeBackAfterARestart) {
    AccountWorld before;
    before.add("Bob", "secret");
    AccountWorld after(true, "im.example.com", before.journal.records);
    EXPECT_EQ(after.accounts.ha1("DOM\\Bob", Hash::md5).hash, base::md5(a1("DOM\\Bob")));
    EXPECT_EQ(after.accounts.nt_hash("bob").hash, *base::nt_hash("secret"));
    EXPECT_EQ(after.accounts.show("bob")->name, "Bob");
}

TEST(Accounts, NtHashesLiveOnlyWhileNtlmIsOffered) {
    AccountWorld with;
    with.add("bob", "secret");
    AccountWorld without(false, "im.example.com", with.journal.records);
    without.journal.complete_all();
    EXPECT_EQ(without.accounts.nt_hash("bob").account, "");
    const std::string hash = *base::nt_hash("secret");
    for (const auto& [key, value] : without.journal.records) EXPECT_EQ(value.find(hash), std::string::npos);
    EXPECT_EQ(without.accounts.ha1("bob", Hash::md5).account, "bob");
    without.add("carol", "secret");
    EXPECT_EQ(without.accounts.nt_hash("carol").account, "");
}

TEST(Accounts, TheHashOfSkypeLivesOnlyWhileItsProofIsTaken) {
    AccountWorld with(false, "im.example.com", {}, true);
    with.add("Bob", "secret");
    const std::string hash = base::md5("bob\nskyper\nsecret");
    AccountWorld again(false, "im.example.com", with.journal.records, true);
    EXPECT_EQ(again.accounts.msnp_hash("bob@example.com").hash, hash);
    EXPECT_EQ(again.accounts.msnp_hash("bob").account, "bob");
    EXPECT_EQ(again.accounts.msnp_hash("eve").account, "");
    EXPECT_EQ(again.accounts.msnp_hash("eve").hash.size(), hash.size());

    server::PasswordGate gate(again.accounts, again.log);
    const auto proved = gate.prove_nonce("bob", "nonce", base::hmac_sha256(hash, "nonce"));
    ASSERT_TRUE(proved);
    EXPECT_EQ(proved->account, "bob");
    EXPECT_EQ(proved->stamp, again.accounts.stamp("bob"));
    EXPECT_FALSE(gate.prove_nonce("bob", "another", base::hmac_sha256(hash, "nonce")));
    EXPECT_FALSE(gate.prove_nonce("eve", "nonce", base::hmac_sha256(hash, "nonce")));

    AccountWorld without(false, "im.example.com", with.journal.records);
    without.journal.complete_all();
    EXPECT_EQ(without.accounts.msnp_hash("bob").account, "");
    for (const auto& [key, value] : without.journal.records) EXPECT_EQ(value.find(hash), std::string::npos);
    EXPECT_EQ(without.accounts.ha1("bob", Hash::md5).account, "bob");
}

TEST(Accounts, AnotherRealmProvesNothing) {
    AccountWorld before;
    before.add("bob", "secret");
    AccountWorld after(true, "other", before.journal.records);
    EXPECT_EQ(after.accounts.ha1("bob", Hash::md5).account, "");
    EXPECT_TRUE(after.accounts.show("bob")->spellings.empty());
    EXPECT_EQ(after.accounts.nt_hash("bob").account, "bob");  // NTLM knows no realm
}

TEST(Accounts, AChangeVoidsWhatWasProved) {
    AccountWorld w;
    w.add("bob", "secret");
    const auto before = w.accounts.stamp("bob");
    w.outcome_of([&](auto done) { w.accounts.set_password("DOM\\bob", "other", std::move(done)); });
    EXPECT_NE(w.accounts.stamp("bob"), before);
    EXPECT_EQ(w.accounts.ha1("bob", Hash::md5).hash, base::md5(a1("bob", "other")));
    w.outcome_of([&](auto done) { w.accounts.remove("bob", std::move(done)); });
    EXPECT_EQ(w.accounts.stamp("bob"), 0U);
    EXPECT_TRUE(w.journal.records.empty());
}

TEST(Accounts, SayWhatIsWrong) {
    AccountWorld w;
    w.add("bob", "secret");
    EXPECT_EQ(w.add("BOB", "x"), Errc::precondition);
    EXPECT_EQ(w.add("a b", "x"), Errc::malformed);
    EXPECT_EQ(w.add("OTHER\\bob", "x"), Errc::malformed);
    EXPECT_EQ(w.add("carol", ""), Errc::malformed);
    EXPECT_EQ(w.add("carol", std::string(257, 'x')), Errc::malformed);
    EXPECT_EQ(w.add("carol", "a\nb"), Errc::malformed);
    EXPECT_EQ(w.outcome_of([&](auto done) { w.accounts.remove("eve", std::move(done)); }), Errc::not_found);
    EXPECT_EQ(w.outcome_of([&](auto done) { w.accounts.set_password("eve", "x", std::move(done)); }), Errc::not_found);
    EXPECT_EQ(w.accounts.show("eve").error().code, Errc::not_found);
}

TEST(Accounts, ImportTakesPasswordsAndHashes) {
    AccountWorld w;
    const std::string ha1 = base::hex_encode(base::md5(a1("DOM\\carol")));
    EXPECT_EQ(w.import({{"bob", "secret", "", ""},
                        {"DOM\\carol", "", ha1, "im.example.com"},
                        {"carol", "", base::hex_encode(base::sha256(a1("carol"))), ""}}),
              std::nullopt);
    EXPECT_EQ(w.accounts.ha1("/bob", Hash::md5).account, "bob");
    EXPECT_EQ(w.accounts.ha1("DOM\\carol", Hash::md5).hash, base::md5(a1("DOM\\carol")));
    EXPECT_EQ(w.accounts.ha1("carol", Hash::sha256).account, "carol");
    EXPECT_EQ(w.accounts.ha1("carol", Hash::md5).account, "");  // was not in the file
    EXPECT_FALSE(w.accounts.show("carol")->ntlm);
}

TEST(Accounts, AnImportReplacesWhatWasThere) {
    AccountWorld w;
    w.add("bob", "old");
    w.import({{"bob", "", base::hex_encode(base::md5(a1("bob"))), ""}});
    EXPECT_EQ(w.accounts.ha1("DOM\\bob", Hash::md5).account, "");  // an old password may not live on
    EXPECT_EQ(w.accounts.nt_hash("bob").account, "");
}

TEST(Accounts, AnImportIsAllOrNothingAndSaysWhere) {
    AccountWorld w;
    EXPECT_EQ(w.import({{"bob", "secret", "", ""}, {"carol", "", "12", ""}}), Errc::malformed);
    EXPECT_TRUE(w.text.starts_with("2: ")) << w.text;
    EXPECT_EQ(w.import({{"bob", "secret", "", ""}, {"carol", "", std::string(32, 'a'), "other"}}), Errc::malformed);
    EXPECT_EQ(w.import({{"bob", "secret", std::string(32, 'a'), ""}}), Errc::malformed);
    EXPECT_EQ(w.import({{"bob", "", "", ""}}), Errc::malformed);
    EXPECT_TRUE(w.accounts.list().empty());
}

}  // namespace
