// ctl/command_line.cc: what is wrong with a command line, and what was meant.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/command_line.h"

#include "base/text.h"

#include <CLI/CLI.hpp>

#include <string_view>
#include <vector>

namespace ctl {

std::string wrong_command(const CLI::App& app) {
    const CLI::App* deepest = &app;
    std::string said = app.get_name();
    while (!deepest->get_subcommands().empty()) {
        deepest = deepest->get_subcommands().front();
        said += " " + deepest->get_name();
    }
    std::vector<std::string> names;
    for (const CLI::App* one : deepest->get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(one->get_name());
    }
    if (names.empty()) return "";
    const std::vector<std::string_view> known(names.begin(), names.end());
    std::string all;
    for (std::string_view name : known) all.append(all.empty() ? "" : ", ").append(name);
    for (const std::string& word : deepest->remaining()) {
        if (word.starts_with('-')) return "";  // an option's turn to be complained about
        const auto meant = base::nearest(word, known);
        return "no command '" + said + " " + word + "'; " +
               (meant ? "did you mean '" + said + " " + std::string(*meant) + "'?"
                      : "there are: " + all);
    }
    return "which command? '" + said + "' needs one of: " + all;
}

}  // namespace ctl
