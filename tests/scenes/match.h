// tests/scenes/match.h: expected text with names and wildcards against what came.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/scenes/scene.h"
#include "tests/scenes/wire.h"

#include <map>
#include <string>
#include <string_view>

namespace scenes {

/// What `{name}` stands for.
using Names = std::map<std::string, std::string, std::less<>>;

/// `text` with every `{name}` replaced; throws Failure for a name that stands for nothing.
[[nodiscard]] std::string fill(int line, std::string_view text, const Names& names);
/// Whether `came` is `pattern` (see scene.h, names in braces); what was caught is put into `names` if it
/// is.
[[nodiscard]] bool matches(int line, std::string_view pattern, std::string_view came, Names& names);
/// Throws Failure when the message is not what was expected, or not framed as every message must be.
void check(const Expected& expected, const Message& came, Names& names);

}  // namespace scenes
