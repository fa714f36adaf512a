// base/utf16.h: UTF-16, as files, messages and clients of another time bring it.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 2781
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace base {

enum class ByteOrder { little, big };

/// As UTF-8, without regard to a byte order mark; nullopt: an odd byte, or half of a surrogate pair.
[[nodiscard]] std::optional<std::string> utf8_of_utf16(std::string_view bytes, ByteOrder order);

}  // namespace base
