// ctl/account_file.h: accounts out of an htdigest or CSV file.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl user import); RFC 4180 (CSV)
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace ctl {

/// One line of the file; a password or an ha1.
struct FileAccount {
    int line = 0;
    std::string user;
    std::string password;
    std::string ha1;
    std::string realm;
};

/// CSV, if the first line names its columns, `user` among them and `password` or `ha1` (and maybe `realm`), in any
/// order; other columns are errors. Else htdigest: `user:realm:ha1` on each line. Empty lines and lines that begin
/// with # are skipped. `name` is what errors call the file. Errc::malformed: `name:line: what is wrong`.
[[nodiscard]] base::Result<std::vector<FileAccount>> read_accounts(std::string_view text, const std::string& name);

/// The name without a domain, in lower case: entries of one account have the same.
[[nodiscard]] std::string plain_user(std::string_view user);

}  // namespace ctl
