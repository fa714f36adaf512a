// server/auth_params.h: the parameters behind a scheme's name in Authorization.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 9110 11.2, 5.6.4 (quoted-string)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace server {

/// `name=value` or `name="value"`, as in `Digest username="bob", nc=00000001`.
struct AuthParam {
    std::string name;   ///< in lower case
    std::string value;  ///< quoted-pairs undone
    std::string raw;    ///< what stood between the quotes: some clients write `DOM\bob` there and mean it
};

/// Commas separate; empty elements and blanks round `=` are allowed. Errc::malformed: no token before `=`, an open
/// quote, a name twice, more than 32, control characters. Text says where. Any thread.
[[nodiscard]] base::Result<std::vector<AuthParam>> read_auth_params(std::string_view text);

}  // namespace server
