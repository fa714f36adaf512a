// ctl/listen_command.cc: rvpctl listen, from its options to its exit code.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl listen)
#include "ctl/commands.h"
#include "ctl/listen.h"

#include <CLI/CLI.hpp>

#include <cmath>
#include <iostream>
#include <memory>

namespace ctl {

namespace {

constexpr double kLongestDelay = 3600;
constexpr int kMostNotifications = 1'000'000'000;

}  // namespace

void add_listen(CLI::App& app, Chosen& chosen) {
    struct Options {
        ListenSettings settings;
        double delay = 0;
    };
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("listen", "print every NOTIFY that comes, as a call-back sink");
    command->add_option("--host", options->settings.host, "address to bind (127.0.0.1)");
    command->add_option("--port", options->settings.port, "port to bind; 0 is any free one (0)")
        ->check(CLI::Range(0, 65535));
    command->add_option("--status", options->settings.status, "answer with this status (200)")
        ->check(CLI::Range(200, 599));
    command->add_option("--delay", options->delay, "seconds to wait before the answer (0)")
        ->check(CLI::Range(0.0, kLongestDelay));
    command->add_option("--count", options->settings.count, "exit after this many notifications")
        ->check(CLI::Range(1, kMostNotifications));
    command->callback([options, &chosen] {
        chosen = [options] {
            options->settings.delay =
                std::chrono::milliseconds(std::llround(options->delay * 1000));
            auto listener = Listener::open(options->settings, std::cout, std::cerr);
            if (!listener) {
                std::cerr << "rvpctl: " << listener.error().text << std::endl;
                return 1;
            }
            (*listener)->stop_on_signals();
            (*listener)->run();
            return 0;
        };
    });
}

}  // namespace ctl
