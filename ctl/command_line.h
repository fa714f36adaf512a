// ctl/command_line.h: what is wrong with a command line, and what was meant.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}

namespace ctl {

/// After `app` has parsed: the sentence about a command that it does not know, with the nearest one it
/// does, or about one that is missing. "" when neither is the matter.
[[nodiscard]] std::string wrong_command(const CLI::App& app);

/// What else was wrong: `sub show: ID is required; see 'rvpctl sub show --help'`.
[[nodiscard]] std::string wrong_words(const CLI::App& app, const CLI::ParseError& error);

}  // namespace ctl
