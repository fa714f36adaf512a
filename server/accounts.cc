// server/accounts.cc: who exists, and how they prove it.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 7616 3.4.2 (A1)
#include "server/accounts.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "presence/address.h"
#include "presence/record.h"

namespace server {

using base::Errc;
using base::fail;

namespace {

constexpr std::size_t kPasswordBytes = 256;
constexpr std::size_t kDecoyKeyBytes = 32;

base::Result<void> check_password(std::string_view password) {
    if (password.empty()) return fail(Errc::malformed, "the password is empty");
    if (password.size() > kPasswordBytes) {
        return fail(Errc::malformed, "the password is over " + std::to_string(kPasswordBytes) + " bytes");
    }
    if (!base::valid_utf8(password)) return fail(Errc::malformed, "the password is not UTF-8");
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(password, control)) return fail(Errc::malformed, "the password has a control character");
    return {};
}

}  // namespace

Accounts::Accounts(AccountSettings settings, presence::Journal& journal, base::Log& log)
    : settings_(std::move(settings)), journal_(journal), log_(log), decoy_key_(base::random_bytes(kDecoyKeyBytes)) {}

base::Result<void> Accounts::load() {
    base::Result<void> outcome;
    std::size_t other_realm = 0;
    const auto loaded = journal_.load(std::string(1, Account::kKind), [&](const presence::Record& record) {
        auto account = presence::read_record<Account>(record);
        if (!account) {
            outcome = std::unexpected(account.error());
            return;
        }
        if (account->realm != settings_.realm && !account->spellings.empty()) ++other_realm;
        account->stamp = ++last_stamp_;
        accounts_.insert_or_assign(record.key, std::move(*account));
    });
    if (!loaded) return loaded;
    if (!outcome) return outcome;
    if (other_realm > 0) {
        log_.warning("accounts-of-another-realm", {{"accounts", std::to_string(other_realm)},
                                                   {"realm", settings_.realm},
                                                   {"hint", "set their passwords again, or auth.realm back"}});
    }
    erase_unwanted();
    return {};
}

// They are worth a password to whoever finds them, so they stay no longer than they serve.
void Accounts::erase_unwanted() {
    Changes changes;
    for (const auto& [key, account] : accounts_) {
        const bool nt = !settings_.keep_nt_hashes && !account.nt_hash.empty();
        const bool msnp = !settings_.keep_msnp_hashes && !account.msnp_hash.empty();
        if (!nt && !msnp) continue;
        Account without = account;
        if (nt) base::wipe(without.nt_hash);
        if (msnp) base::wipe(without.msnp_hash);
        changes.emplace(key, std::move(without));
    }
    if (changes.empty()) return;
    change("hash-erased", std::move(changes), Answer([this](base::Result<void> kept) {
               if (!kept) log_.error("hashes-not-erased", {{"why", kept.error().text}});
           }));
}

// -- changes

base::Result<std::string> Accounts::name_of(const std::string& user) const {
    if (auto name = account_of(user, settings_.domains)) return std::move(*name);
    return fail(Errc::malformed, user + " is no name of an account: up to 64 bytes without blanks and \\ / : @ \" ,"
                                        " or such a name with our domain");
}

base::Result<Accounts::Account> Accounts::made(const std::string& user, const std::string& password) const {
    Account account;
    // As it was given, but for the domain.
    const std::string name = *account_of(user, settings_.domains);
    const std::size_t at = base::to_lower(user).rfind(name);
    account.name = at == std::string::npos ? name : user.substr(at, name.size());
    account.realm = settings_.realm;
    if (const auto sound = check_password(password); !sound) return std::unexpected(sound.error());
    for (std::string& text : spellings_of(account.name, settings_.domains)) {
        std::string a1 = text + ":" + settings_.realm + ":" + password;
        account.spellings.push_back({std::move(text), base::md5(a1), base::sha256(a1)});
        base::wipe(a1);
    }
    if (settings_.keep_nt_hashes) account.nt_hash = *base::nt_hash(password);
    if (settings_.keep_msnp_hashes) {
        std::string hashed = name + "\nskyper\n" + password;
        account.msnp_hash = base::md5(hashed);
        base::wipe(hashed);
    }
    return account;
}

void Accounts::add(const std::string& user, const std::string& password, Answer done) {
    const auto name = name_of(user);
    if (!name) return done(std::unexpected(name.error()));
    if (accounts_.contains(*name)) return done(fail(Errc::precondition, "there is an account " + *name + " already"));
    auto account = made(user, password);
    if (!account) return done(std::unexpected(account.error()));
    Changes changes;
    changes.emplace(*name, std::move(*account));
    change("added", std::move(changes), std::move(done));
}

void Accounts::set_password(const std::string& user, const std::string& password, Answer done) {
    const auto name = name_of(user);
    if (!name) return done(std::unexpected(name.error()));
    const auto old = accounts_.find(*name);
    if (old == accounts_.end()) return done(fail(Errc::not_found, "no account " + *name));
    auto account = made(old->second.name, password);
    if (!account) return done(std::unexpected(account.error()));
    Changes changes;
    changes.emplace(*name, std::move(*account));
    change("password-set", std::move(changes), std::move(done));
}

void Accounts::remove(const std::string& user, Answer done) {
    const auto name = name_of(user);
    if (!name) return done(std::unexpected(name.error()));
    if (!accounts_.contains(*name)) return done(fail(Errc::not_found, "no account " + *name));
    Changes changes;
    changes.emplace(*name, std::nullopt);
    change("removed", std::move(changes), std::move(done));
}

base::Result<void> Accounts::merge(const AccountEntry& entry, Account& into) const {
    if (entry.password.empty() == entry.ha1.empty()) {
        return fail(Errc::malformed, entry.user + " needs a password or an ha1, and not both");
    }
    if (!entry.password.empty()) {
        auto account = made(entry.user, entry.password);
        if (!account) return fail(Errc::malformed, entry.user + ": " + account.error().text);
        into = std::move(*account);
        return {};
    }
    const std::string& realm = entry.realm.empty() ? settings_.realm : entry.realm;
    if (realm != settings_.realm) {
        return fail(Errc::malformed, entry.user + " was hashed for the realm " + realm + ", and ours is " + settings_.realm);
    }
    const auto hash = base::hex_decode(entry.ha1);
    if (!hash || (hash->size() != base::kMd5Bytes && hash->size() != base::kSha256Bytes)) {
        return fail(Errc::malformed, entry.user + ": an ha1 is 32 or 64 hex digits");
    }
    into.name = *account_of(entry.user, settings_.domains);
    into.realm = realm;
    auto same = std::ranges::find(into.spellings, entry.user, &Spelling::text);
    if (same == into.spellings.end()) same = into.spellings.insert(same, Spelling{entry.user, "", ""});
    (hash->size() == base::kMd5Bytes ? same->md5 : same->sha256) = *hash;
    return {};
}

void Accounts::import(const std::vector<AccountEntry>& entries, Answer done) {
    Changes changes;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::string number = std::to_string(i + 1) + ": ";
        const auto name = name_of(entries[i].user);
        if (!name) return done(fail(name.error().code, number + name.error().text));
        auto& account = changes[*name];
        if (!account) account.emplace();
        if (const auto merged = merge(entries[i], *account); !merged) {
            return done(fail(merged.error().code, number + merged.error().text));
        }
    }
    change("imported", std::move(changes), std::move(done));
}

void Accounts::change(std::string_view act, Changes changes, Answer done) {
    presence::Batch batch;
    batch.secret = true;
    for (const auto& [name, account] : changes) {
        if (changing_.contains(name)) return done(fail(Errc::busy, "the account " + name + " is being changed already"));
        batch.records.push_back(account ? presence::put_record(presence::alias_key(name), name, *account)
                                        : presence::erase_record<Account>(presence::alias_key(name), name));
    }
    for (const auto& [name, account] : changes) changing_.insert(name);
    journal_.commit(std::move(batch), [this, act, changes = std::move(changes),
                                       done = std::move(done)](base::Result<void> kept) mutable {
        for (const auto& [name, account] : changes) changing_.erase(name);
        if (kept) apply(act, changes);
        done(std::move(kept));
    });
}

void Accounts::apply(std::string_view act, Changes& changes) {
    for (auto& [name, account] : changes) {
        if (account) {
            account->stamp = ++last_stamp_;
            accounts_.insert_or_assign(name, std::move(*account));
        } else {
            accounts_.erase(name);
        }
        log_.info("audit-account", {{"act", std::string(act)}, {"account", name}});
        if (changed_) changed_(name);
    }
}

// -- questions

AccountLine Accounts::line_of(const Account& account) const {
    AccountLine line;
    line.name = account.name;
    line.ntlm = !account.nt_hash.empty();
    if (account.realm != settings_.realm) return line;
    for (const Spelling& spelling : account.spellings) {
        line.spellings.push_back(spelling.text);
        line.md5 = line.md5 || !spelling.md5.empty();
        line.sha256 = line.sha256 || !spelling.sha256.empty();
    }
    return line;
}

std::vector<AccountLine> Accounts::list() const {
    std::vector<AccountLine> lines;
    for (const auto& [name, account] : accounts_) lines.push_back(line_of(account));
    return lines;
}

base::Result<AccountLine> Accounts::show(const std::string& user) const {
    const auto name = name_of(user);
    if (!name) return std::unexpected(name.error());
    if (const Account* account = find(*name)) return line_of(*account);
    return fail(Errc::not_found, "no account " + *name);
}

const Accounts::Account* Accounts::find(std::string_view user) const {
    const auto name = account_of(user, settings_.domains);
    const auto found = name ? accounts_.find(*name) : accounts_.end();
    return found == accounts_.end() ? nullptr : &found->second;
}

// The made-up hash is worked out for everybody, so that nobody can be told from the others by the time.
Secret Accounts::ha1(std::string_view user, Hash hash) const {
    Secret secret;
    secret.hash = base::hmac_sha256(decoy_key_, user);
    secret.hash.resize(hash == Hash::md5 ? base::kMd5Bytes : base::kSha256Bytes);
    const Account* account = find(user);
    if (!account || account->realm != settings_.realm) return secret;
    const auto spelling = std::ranges::find(account->spellings, user, &Spelling::text);
    if (spelling == account->spellings.end()) return secret;
    const std::string& kept = hash == Hash::md5 ? spelling->md5 : spelling->sha256;
    if (kept.empty()) return secret;
    return {base::to_lower(account->name), kept, account->stamp};
}

Secret Accounts::secret_of(std::string_view user, std::size_t bytes, std::string Account::* hash) const {
    Secret secret;
    secret.hash = base::hmac_sha256(decoy_key_, user);
    secret.hash.resize(bytes);
    const Account* account = find(user);
    if (!account || (account->*hash).empty()) return secret;
    return {base::to_lower(account->name), account->*hash, account->stamp};
}

Secret Accounts::nt_hash(std::string_view user) const { return secret_of(user, base::kNtHashBytes, &Account::nt_hash); }

Secret Accounts::msnp_hash(std::string_view user) const { return secret_of(user, base::kMd5Bytes, &Account::msnp_hash); }

std::optional<std::string> Accounts::prove_password(std::string_view user, std::string_view password) const {
    const Account* account = find(user);
    if (account && (account->realm != settings_.realm || account->spellings.empty())) account = nullptr;
    const Spelling nobody{std::string(user), base::hmac_sha256(decoy_key_, user).substr(0, base::kMd5Bytes),
                          base::hmac_sha256(decoy_key_, user)};
    const Spelling& spelling = account ? account->spellings.front() : nobody;
    std::string a1 = spelling.text + ":" + settings_.realm + ":";
    a1.append(password);
    const bool md5 = base::same_secret(base::md5(a1), spelling.md5);
    const bool sha256 = base::same_secret(base::sha256(a1), spelling.sha256);
    base::wipe(a1);
    // An import may have brought only the weaker hash.
    const bool right = spelling.sha256.empty() ? md5 : sha256;
    if (!account || !right) return std::nullopt;
    return base::to_lower(account->name);
}

std::string Accounts::fingerprint(const std::string& account) const {
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) return "";
    std::string all;
    for (const Spelling& spelling : found->second.spellings) all += spelling.text + '\0' + spelling.md5 + spelling.sha256;
    return base::sha256("fingerprint" + all);
}

std::optional<std::string> Accounts::account_named(std::string_view user) const {
    const Account* account = find(user);
    return account ? std::optional(base::to_lower(account->name)) : std::nullopt;
}

std::uint64_t Accounts::stamp(const std::string& account) const {
    const auto found = accounts_.find(account);
    return found == accounts_.end() ? 0 : found->second.stamp;
}

}  // namespace server
