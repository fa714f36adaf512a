// ctl/text_file.h: files as people and other programs leave them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace ctl {

/// The bytes of a file, `most` of them. Errc: not_found (cannot be read), too_large; the text names the file.
[[nodiscard]] base::Result<std::string> read_file(const std::string& path, std::size_t most);
/// The text behind a byte order mark: UTF-8, or UTF-16 of either kind, as UTF-8. Without a mark the bytes as they
/// are. Errc::malformed: half a character of UTF-16.
[[nodiscard]] base::Result<std::string> decode_text(std::string_view bytes);

}  // namespace ctl
