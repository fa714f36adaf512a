// ctl/account_file.cc: accounts out of an htdigest or CSV file.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/account_file.h"

#include "base/digest.h"
#include "base/text.h"
#include "ctl/csv.h"

#include <algorithm>
#include <array>

namespace ctl {

using base::Errc;
using base::fail;
using base::Result;

namespace {

using Fields = std::vector<std::string>;

/// The fields of one line of CSV: a quoted one may hold no line break.
Result<Fields> csv_fields(std::string_view line) {
    int lines = 0;
    return take_record(line, lines);
}

bool has(const Fields& fields, std::string_view name) { return std::ranges::find(fields, name) != fields.end(); }

Result<Fields> csv_columns(std::string_view line) {
    auto columns = csv_fields(line);
    if (!columns) return columns;
    for (std::string& column : *columns) {
        column = base::to_lower(base::trim(column));
        constexpr std::array<std::string_view, 4> kKnown = {"user", "password", "ha1", "realm"};
        if (std::ranges::find(kKnown, column) == kKnown.end()) {
            return fail(Errc::malformed, "unknown column '" + column + "'; there are user, password, ha1 and realm");
        }
        if (std::ranges::count(*columns, column) > 1) return fail(Errc::malformed, "two columns '" + column + "'");
    }
    if (has(*columns, "password") == has(*columns, "ha1")) {
        return fail(Errc::malformed, "the header line needs user and either password or ha1");
    }
    return columns;
}

Result<FileAccount> csv_account(std::string_view line, const Fields& columns) {
    const auto fields = csv_fields(line);
    if (!fields) return std::unexpected(fields.error());
    if (fields->size() != columns.size()) {
        return fail(Errc::malformed, std::to_string(fields->size()) + " fields where the header line has " +
                                         std::to_string(columns.size()));
    }
    FileAccount account;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i] == "user") account.user = (*fields)[i];
        if (columns[i] == "password") account.password = (*fields)[i];
        if (columns[i] == "ha1") account.ha1 = (*fields)[i];
        if (columns[i] == "realm") account.realm = (*fields)[i];
    }
    return account;
}

Result<FileAccount> htdigest_account(std::string_view line) {
    const auto parts = base::split(line, ':');
    if (parts.size() < 3) return fail(Errc::malformed, "neither a CSV header line with user nor user:realm:ha1");
    FileAccount account;
    account.user = parts.front();
    account.ha1 = parts.back();
    // The realm is what is between: it may be host:port.
    account.realm = line.substr(parts.front().size() + 1, line.size() - parts.front().size() - parts.back().size() - 2);
    if (account.realm.empty()) return fail(Errc::malformed, "the realm is empty");
    return account;
}

Result<void> check(const FileAccount& account) {
    if (account.user.empty()) return fail(Errc::malformed, "the user is empty");
    if (!account.password.empty()) return {};
    if (account.ha1.empty()) return fail(Errc::malformed, account.user + " has no password");
    const auto hash = base::hex_decode(account.ha1);
    if (!hash || (hash->size() != base::kMd5Bytes && hash->size() != base::kSha256Bytes)) {
        return fail(Errc::malformed, account.user + ": an ha1 is 32 hex digits (MD5) or 64 (SHA-256)");
    }
    return {};
}

}  // namespace

Result<std::vector<FileAccount>> read_accounts(std::string_view text, const std::string& name) {
    std::vector<FileAccount> accounts;
    Fields columns;
    bool first = true;
    int number = 0;
    for (std::string_view line : base::split(text, '\n')) {
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (base::trim(line).empty() || line.starts_with('#')) continue;
        const auto wrong = [&](const base::Error& error) {
            return fail(error.code, name + ":" + std::to_string(number) + ": " + error.text);
        };
        if (std::exchange(first, false)) {
            auto fields = csv_fields(base::to_lower(line));
            for (std::string& field : fields ? *fields : columns) field = base::trim(field);
            if (fields && has(*fields, "user")) {
                auto named = csv_columns(line);
                if (!named) return wrong(named.error());
                columns = std::move(*named);
                continue;
            }
        }
        auto account = columns.empty() ? htdigest_account(line) : csv_account(line, columns);
        if (!account) return wrong(account.error());
        if (const auto sound = check(*account); !sound) return wrong(sound.error());
        account->line = number;
        accounts.push_back(std::move(*account));
    }
    return accounts;
}

std::string plain_user(std::string_view user) {
    if (const std::size_t mark = user.find_last_of("\\/"); mark != std::string_view::npos) user.remove_prefix(mark + 1);
    return base::to_lower(user.substr(0, user.find('@')));
}

}  // namespace ctl
