// ctl/password.h: a password from the terminal, or from one line of standard input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <string>

namespace ctl {

/// If `fd` is a terminal: asks twice on /dev/tty, without echo. Else its first line, without its end; the rest is
/// left alone. Errc::malformed: empty, over 256 bytes, or not twice the same; internal: cannot be read.
[[nodiscard]] base::Result<std::string> read_password(int fd, const std::string& user);

}  // namespace ctl
