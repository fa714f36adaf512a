// ctl/command_line.cc: what is wrong with a command line, and what was meant.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/command_line.h"

#include "base/text.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace ctl {

namespace {

/// The command that was given, down to its last word.
const CLI::App& given(const CLI::App& app) {
    const CLI::App* deepest = &app;
    while (!deepest->get_subcommands().empty()) deepest = deepest->get_subcommands().front();
    return *deepest;
}

/// Its words, such as `rvpctl sub show`.
std::string words_of(const CLI::App& app) {
    std::string said = app.get_name();
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        said += " " + at->get_name();
    }
    return said;
}

/// "; did you mean --diff?" where an option was misspelled.
std::string option_meant(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    for (const std::string& word : command.remaining()) {
        const auto meant = word.starts_with("--") ? base::nearest(word, known) : std::nullopt;
        if (meant) return "; did you mean " + std::string(*meant) + "?";
    }
    return "";
}

}  // namespace

std::string wrong_words(const CLI::App& app, const CLI::ParseError& error) {
    const std::string words = words_of(app);
    const std::string command = words.substr(std::min(words.size(), app.get_name().size() + 1));
    return command + (command.empty() ? "" : ": ") + error.what() + option_meant(given(app)) + "; see '" + words + " --help'";
}

std::string wrong_command(const CLI::App& app) {
    const CLI::App& deepest = given(app);
    const std::string said = words_of(app);
    std::vector<std::string> names;
    for (const CLI::App* one : deepest.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(one->get_name());
    }
    if (names.empty()) return "";
    const std::vector<std::string_view> known(names.begin(), names.end());
    std::string all;
    for (std::string_view name : known) all.append(all.empty() ? "" : ", ").append(name);
    for (const std::string& word : deepest.remaining()) {
        if (word.starts_with('-')) return "";  // an option's turn to be complained about
        const auto meant = base::nearest(word, known);
        return "no command '" + said + " " + word + "'; " +
               (meant ? "did you mean '" + said + " " + std::string(*meant) + "'?"
                      : "there are: " + all);
    }
    return "which command? '" + said + "' needs one of: " + all;
}

}  // namespace ctl
