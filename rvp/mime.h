// rvp/mime.h: the MIME part inside mime-data: octets, line ends, and a Session-Id for each.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 10; rvp-in-practice 0 (rules 10, 11), 4.1, 4.2; design 7 (archive)
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "presence/notification.h"

namespace rvp {

/// XML turns CR LF into LF, but a MIME part is to be relayed as it came: writes each CR inside a CDATA section of
/// `document` as a character reference between two sections, so that it survives parsing.
[[nodiscard]] std::string keep_line_ends(std::string_view document);

/// The text of mime-data as octets (rvp-in-practice 4.2): characters up to U+00FF that form valid UTF-8 are the
/// octets; otherwise the sender wrote plain text, which becomes its UTF-8. Blank lines before the header block are
/// dropped. A part without a Session-Id gets one made from `session_seed`, so that the same people get the same.
/// Errc::malformed when there is no header block.
[[nodiscard]] base::Result<std::string> read_mime(std::string_view text, std::string_view session_seed);

/// The value of a header of the part, name compared without case: its first line that says something; "" when absent.
[[nodiscard]] std::string_view mime_header(std::string_view part, std::string_view name);

/// What the house wants to know of a part that read_mime gave. Anything that is no control note and no invitation
/// counts as text, whatever its type: it may mean something later.
[[nodiscard]] presence::MessageFacts read_facts(std::string_view part);

}  // namespace rvp
