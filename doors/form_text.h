// doors/form_text.h: text as forms and the event document of BSIMService write it.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 4 (SendMessage), 5 (E)
#pragma once

#include <string>
#include <string_view>

namespace doors {

/// Form-url-encoded UTF-8: `+` is a blank, %XX a byte; a % without two hex digits stays. What is no UTF-8 afterwards
/// becomes U+FFFD, and control characters that XML cannot hold are left out.
[[nodiscard]] std::string form_decode(std::string_view text);
/// Every byte but ASCII letters and digits as %XX, in upper case.
[[nodiscard]] std::string percent_encode_all(std::string_view text);

}  // namespace doors
