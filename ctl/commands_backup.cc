// ctl/commands_backup.cc: rvpctl backup.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7, 9 (rvpctl)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>

namespace ctl {

using base::json::Value;

void add_backup(CLI::App& app, Terms& terms, Chosen& chosen) {
    auto file = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("backup", "copy the store to a file, while rvpd serves");
    add_terms(*command, terms);
    command->add_option("FILE", *file, "where the copy goes; what is there is replaced")->required();
    command->callback([file, &terms, &chosen] {
        chosen = [file, &terms] {
            // From here, not from where the daemon is.
            const std::string path = std::filesystem::absolute(*file).lexically_normal().string();
            return ask(terms, "backup", Value::object().set("file", path), "backup " + *file,
                       [](const Value& v) { return "backed up to " + shown(v, "file") + "\n"; },
                       Client::Patience::endless);
        };
    });
}

}  // namespace ctl
