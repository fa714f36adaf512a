// ctl/asking.h: one question to the daemon, and its answer on the terminal.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#pragma once

#include "base/json.h"
#include "ctl/client.h"

#include <functional>
#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace ctl {

/// What every command that asks the daemon is told, and where it prints. The streams must outlive it.
struct Terms {
    std::string socket;
    bool json = false;  ///< the result as it came, on one line
    std::ostream& out;
    std::ostream& err;
};

inline constexpr int kDone = 0;
/// The exit code when the daemon could not be asked, or said no.
inline constexpr int kFailed = 1;

/// A result as a person reads it.
using Show = std::function<std::string(const base::json::Value& result)>;

/// --socket and --json, for the program as well as for each of its commands.
void add_terms(CLI::App& app, Terms& terms);

/// Asks and prints. Returns the exit code; a failure is said on `terms.err`, after the words of `asked`.
int ask(const Terms& terms, const std::string& command, const base::json::Value& args,
        const std::string& asked, const Show& show,
        Client::Patience patience = Client::Patience::usual);

}  // namespace ctl
