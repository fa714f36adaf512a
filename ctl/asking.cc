// ctl/asking.cc: one question to the daemon, and its answer on the terminal.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "ctl/asking.h"

#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <ostream>

namespace ctl {

void add_terms(CLI::App& app, Terms& terms) {
    app.add_option("--socket", terms.socket, "the control socket of rvpd")->type_name("PATH");
    app.add_flag("--json", terms.json, "print the result as JSON");
}

int ask(const Terms& terms, const std::string& command, const base::json::Value& args,
        const std::string& asked, const Show& show, Client::Patience patience) {
    auto client = Client::connect(terms.socket);
    if (!client) {
        terms.err << "rvpctl: " << client.error().text << std::endl;
        return kFailed;
    }
    const auto result = client->ask(command, args, patience);
    if (!result) {
        terms.err << "rvpctl: " << printable(asked) << ": " << printable(result.error().text)
                  << std::endl;
        return kFailed;
    }
    terms.out << (terms.json ? result->dump() + "\n" : show(*result)) << std::flush;
    if (terms.out) return kDone;
    terms.err << "rvpctl: " << printable(asked) << ": the result could not be written" << std::endl;
    return kFailed;
}

}  // namespace ctl
