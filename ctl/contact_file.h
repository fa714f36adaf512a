// ctl/contact_file.h: contacts out of a CSV file or a registry export, and into CSV.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 4180; rvp-in-practice 7.7
#pragma once

#include "base/json.h"
#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

/// One contact in one group, as a line of a file has it.
struct ContactRow {
    int line = 0;
    std::string owner;
    std::string account;
    std::optional<std::string> nickname;  ///< nullopt: the file does not say
    std::optional<std::string> group;     ///< "": in none, as far as this line knows
    std::optional<bool> blocked;
    bool operator==(const ContactRow&) const = default;
};

inline constexpr std::size_t kMaxContactField = 4096;

/// CSV with a header line that names owner and account, and maybe nickname, group and blocked, in any order; or a
/// registry export. `owner` says whose the contacts are, for a file that does not say; of a registry export, also
/// against the file. `name` is what errors call the file. Errc::malformed: `name:line: what is wrong`.
[[nodiscard]] base::Result<std::vector<ContactRow>> read_contacts(std::string_view bytes, const std::string& name,
                                                                  const std::string& owner);

/// The header line of an export.
[[nodiscard]] std::string contacts_header();
/// The rows of one contact, as the daemon tells of it: one for each of its groups, or one.
[[nodiscard]] std::string contact_rows(const base::json::Value& contact);

}  // namespace ctl
