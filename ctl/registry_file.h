// ctl/registry_file.h: the contacts of Exchange's messenger, in what the registry editor exports.
// SPDX-License-Identifier: Apache-2.0
// Spec: rvp-in-practice 7.7
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

/// One value below a key of contacts.
struct RegistryContact {
    int line = 0;
    std::string profile;  ///< the URL of the principal whose profile it is; "" where the key names none
    std::string account;  ///< the value's name, such as bob@im.example.com
};

/// Whether the text begins as an export does: `Windows Registry Editor Version 5.00` or `REGEDIT4`.
[[nodiscard]] bool is_registry_file(std::string_view text);

/// The names of the values below each key `...\Software\Microsoft\Exchange\Messenger\Profiles\URL\Contacts`, or without
/// `Profiles\URL`; what the values hold, and all other keys, are passed over. `text` is decoded; `name` is what errors
/// call the file. Errc::malformed: `name:line: what is wrong`.
[[nodiscard]] base::Result<std::vector<RegistryContact>> read_registry(std::string_view text, const std::string& name);

}  // namespace ctl
