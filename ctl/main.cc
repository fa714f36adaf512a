// ctl/main.cc: rvpctl's command line -> exit code.
// SPDX-License-Identifier: Apache-2.0

#include "base/paths.h"
#include "ctl/command_line.h"
#include "ctl/commands.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <iostream>

namespace {

constexpr int kFailed = 1;
constexpr int kWrongCommandLine = 2;

int run(int argc, char** argv) {
    CLI::App app("rvpctl: looks after rvpd, and plays its counterpart", "rvpctl");
    ctl::Chosen chosen;
    app.require_subcommand(0,
                           1);  // that one is missing is said below, after an unknown one was named
    ctl::Terms terms{base::reachable_control_socket(), false, std::cout, std::cerr};
    ctl::add_terms(app, terms);
    ctl::add_status(app, terms, chosen);
    ctl::add_node(app, terms, chosen);
    ctl::add_sub(app, terms, chosen);
    ctl::add_presence(app, terms, chosen);
    ctl::add_explain(app, terms, chosen);
    ctl::add_acl(app, terms, chosen);
    ctl::add_history(app, terms, chosen);
    ctl::add_contacts(app, terms, chosen);
    ctl::add_backup(app, terms, chosen);
    ctl::add_reload(app, terms, chosen);
    ctl::add_room(app, terms, chosen);
    ctl::add_send(app, terms, chosen);
    ctl::add_ticket(app, terms, chosen);
    ctl::add_trace(app, terms, chosen);
    ctl::add_user(app, terms, chosen);
    ctl::add_bench(app, terms, chosen);
    ctl::add_listen(app, chosen);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const auto* extra = dynamic_cast<const CLI::ExtrasError*>(&e);
        if (const std::string text = extra ? ctl::wrong_command(app) : ""; !text.empty()) {
            std::fprintf(stderr, "rvpctl: %s\n", text.c_str());
            return kWrongCommandLine;
        }
        if (e.get_exit_code() == 0) return app.exit(e);  // --help is no mistake
        std::fprintf(stderr, "rvpctl: %s\n", ctl::wrong_words(app, e).c_str());
        return kWrongCommandLine;
    }
    if (!chosen) {
        std::fprintf(stderr, "rvpctl: %s\n", ctl::wrong_command(app).c_str());
        return kWrongCommandLine;
    }
    return chosen();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "rvpctl: %s\n", e.what());
        return kFailed;
    }
}
