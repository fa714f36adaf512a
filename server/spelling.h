// server/spelling.h: one account under the many names that clients give it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (credentials); rvp-in-practice 3
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace server {

/// What may stand before or behind a name; either may be empty.
struct Domains {
    std::string nt_domain;
    std::string mail_domain;
};

/// Whether an account may have this name: 1 to 64 bytes of UTF-8, without blanks, control characters and any of
/// `\ / : @ " ,` which spellings, files and URLs use.
[[nodiscard]] bool is_account_name(std::string_view name);

/// The account, in lower case, that a client means by `DOM\u`, `DOM/u`, `/u`, `u` or `u@dom`; DOM and dom in any case,
/// dom being the mail domain or DOM. nullopt: another domain's, or no name at all.
[[nodiscard]] std::optional<std::string> account_of(std::string_view user, const Domains& domains);

/// Every way to write `name` (as it was given, and in lower case) that account_of understands and clients use.
/// Digest hashes the very letters that were sent, so each needs a hash of its own.
[[nodiscard]] std::vector<std::string> spellings_of(std::string_view name, const Domains& domains);

}  // namespace server
