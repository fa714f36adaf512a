// server/accounts.h: who exists, and how they prove it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (credentials), 7; RVP 6
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/once.h"
#include "base/result.h"
#include "presence/ports.h"
#include "server/spelling.h"

namespace server {

struct AccountSettings {
    std::string realm;  ///< of Digest
    Domains domains;
    bool keep_nt_hashes = false;  ///< whether NTLM is offered; else they are erased
    bool keep_msnp_hashes = false;  ///< the same with the proof of MSNP24
};

/// What a client must know to be an account: H(A1) of Digest, the NT hash, or that of Skype.
struct Secret {
    std::string account;      ///< "" = nobody: `hash` is then a made-up one, which nothing fits
    std::string hash;         ///< bytes
    std::uint64_t stamp = 0;  ///< Accounts::stamp when it was asked for
};

/// One account in a list.
struct AccountLine {
    std::string name;
    std::vector<std::string> spellings;  ///< that Digest can prove under the realm that is configured
    bool md5 = false;
    bool sha256 = false;
    bool ntlm = false;
};

/// One line of an import: a password, or an H(A1) in hex (32 digits: MD5, 64: SHA-256) for this very spelling.
struct AccountEntry {
    std::string user;  ///< any spelling
    std::string password;
    std::string ha1;
    std::string realm;  ///< of ha1; "" = the one that is configured
};

/// All accounts, in memory and, by the journal, on disk (records of kind `u` in the shard of the alias). Kept are
/// hashes, never a password: for Digest one H(A1) per spelling and algorithm, for NTLM the NT hash, for MSNP24 that of Skype.
/// Every change is durable before it counts and before it is answered, and is logged (audit-account) without a secret.
/// Errors of all changes: busy (the account is being changed already), no_space. Thread: loop.
class Accounts {
public:
    using Answer = base::Once<void(base::Result<void>)>;

    Accounts(AccountSettings settings, presence::Journal& journal, base::Log& log);

    /// Before serving. Erases hashes that are no longer to be kept; says how many accounts cannot be proved under
    /// this realm. Errc::internal: a record is broken.
    [[nodiscard]] base::Result<void> load();

    /// Errc also: malformed (name or password), precondition (there is one).
    void add(const std::string& user, const std::string& password, Answer done);
    /// Replaces every hash. Errc also: malformed (password), not_found.
    void set_password(const std::string& user, const std::string& password, Answer done);
    /// Errc also: not_found.
    void remove(const std::string& user, Answer done);
    /// Makes or replaces accounts, all of them or none; entries of one account in one call add up. Errc also:
    /// malformed; the text begins with the entry's number, counted from 1, and a colon.
    void import(const std::vector<AccountEntry>& entries, Answer done);

    [[nodiscard]] std::vector<AccountLine> list() const;
    /// Errc: malformed, not_found.
    [[nodiscard]] base::Result<AccountLine> show(const std::string& user) const;

    enum class Hash { md5, sha256 };
    /// H(A1) for the user name as it was sent. For nobody, and for an account without this hash, one that nobody knows
    /// and that takes as long to find.
    [[nodiscard]] Secret ha1(std::string_view user, Hash hash) const;
    /// The same for NTLM.
    [[nodiscard]] Secret nt_hash(std::string_view user) const;
    /// The same for MSNP24: MD5 of the account in lower case, LF, `skyper`, LF, the password (msnp24 11).
    [[nodiscard]] Secret msnp_hash(std::string_view user) const;
    /// Whether this password is that of this account (any spelling), for doors that are told passwords; the account's
    /// name in lower case, or nullopt. Takes the same time whether the user is unknown or the password wrong. Doors
    /// below server/ are handed it as a std::function.
    [[nodiscard]] std::optional<std::string> prove_password(std::string_view user, std::string_view password) const;
    /// Changes with every change of the account; 0: no such account. What was proved under another stamp is void.
    [[nodiscard]] std::uint64_t stamp(const std::string& account) const;

    /// 32 bytes that change with the password and tell nothing of it; "" where there is no such account.
    [[nodiscard]] std::string fingerprint(const std::string& account) const;
    /// The account that is meant by any spelling, in lower case; nullopt: there is none.
    [[nodiscard]] std::optional<std::string> account_named(std::string_view user) const;

    [[nodiscard]] const AccountSettings& settings() const { return settings_; }
    /// `changed` hears of each account that was changed, by its name in lower case, once that counts.
    void on_change(std::function<void(const std::string&)> changed) { changed_ = std::move(changed); }

private:
    struct Spelling {
        std::string text, md5, sha256;
        template <class C>
        void fields(C& c) { c(text), c(md5), c(sha256); }
    };
    /// `u`, key = account name.
    struct Account {
        static constexpr char kKind = 'u';
        std::string name;   ///< as it was given
        std::string realm;  ///< in which the spellings were hashed
        std::string nt_hash;
        std::vector<Spelling> spellings;
        std::string msnp_hash;
        template <class C>
        void fields(C& c) { c(name), c(realm), c(nt_hash), c(spellings), c.appended(msnp_hash); }
        std::uint64_t stamp = 0;  // not kept
    };
    using Changes = std::map<std::string, std::optional<Account>>;  // nullopt: remove

    [[nodiscard]] base::Result<std::string> name_of(const std::string& user) const;
    [[nodiscard]] base::Result<Account> made(const std::string& user, const std::string& password) const;
    [[nodiscard]] base::Result<void> merge(const AccountEntry& entry, Account& into) const;
    [[nodiscard]] const Account* find(std::string_view user) const;
    [[nodiscard]] AccountLine line_of(const Account& account) const;
    void change(std::string_view act, Changes changes, Answer done);
    void apply(std::string_view act, Changes& changes);
    [[nodiscard]] Secret secret_of(std::string_view user, std::size_t bytes, std::string Account::* hash) const;
    void erase_unwanted();

    const AccountSettings settings_;
    presence::Journal& journal_;
    base::Log& log_;
    const std::string decoy_key_;
    std::map<std::string, Account, std::less<>> accounts_;
    std::set<std::string> changing_;
    std::function<void(const std::string&)> changed_;
    std::uint64_t last_stamp_ = 0;
};

}  // namespace server
