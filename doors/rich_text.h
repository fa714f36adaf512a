// doors/rich_text.h: the markup in which Skype clients write, and plain text.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 6
#pragma once

#include <string>
#include <string_view>

namespace doors {

/// Without tags, entities decoded: `2 &lt; 3 <ss type="smile">:)</ss>` is `2 < 3 :)`. Clients send what people type
/// without escaping it, so what cannot be a tag is text; and what would leave nothing is text as it stands.
[[nodiscard]] std::string plain_of_rich(std::string_view rich);
/// Escaped once.
[[nodiscard]] std::string rich_of_plain(std::string_view plain);

}  // namespace doors
