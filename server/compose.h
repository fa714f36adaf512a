// server/compose.h: plain text as the MIME part that RVP clients expect.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 10
#pragma once

#include <string>

#include "base/result.h"
#include "presence/notification.h"

namespace server {

/// `text` is UTF-8. `talk` names who talks with whom: the same people get the same Session-Id. Errc::malformed.
[[nodiscard]] base::Result<presence::Message> compose_message(const std::string& text, const std::string& talk);
/// A note that `who` (bob@example.com) is typing. Errc::malformed.
[[nodiscard]] base::Result<presence::Message> compose_typing(const std::string& who, const std::string& talk);
/// The same with further header lines, each with its CRLF.
[[nodiscard]] base::Result<presence::Message> compose_typing_note(const std::string& who, const std::string& talk,
                                                                  const std::string& headers);

/// The same of any part: `headers` are lines, each with its CRLF, Content-Type among them.
[[nodiscard]] base::Result<presence::Message> compose_part(const std::string& headers, const std::string& body,
                                                           const std::string& talk);

}  // namespace server
