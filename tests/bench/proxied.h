// tests/bench/proxied.h: requests for another home server: the daemon as a router beside a bare copy of their bytes.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 11; RVP 4.1.2
#pragma once

#include "tests/bench/report.h"
#include "tests/bench/servers.h"
#include "tests/bench/turns.h"

#include <string>

namespace bench {

/// What a proxied request takes of the router alone: the home server is a bare handler, the same for both.
inline void measure_proxied(const Setting& setting, Report& report) {
    constexpr std::int64_t kProxied = 20'000;  // per round
    constexpr double kMostBeyond = 60;         // us
    const Server home = start_mhd(setting);
    const std::string to = std::to_string(home.port);
    const auto start_copy = [&] {
        Server s;
        s.child = std::make_unique<Child>(std::vector{setting.program("ref_copy"), std::string("--to"), to});
        s.port = static_cast<std::uint16_t>(to_number(s.child->read_answer("listening"), "the port"));
        return s;
    };
    Server router = setting.self ? start_copy()
                                 : start_daemon(setting, Store::memory, false, "[homes]\n\"*\" = \"http://127.0.0.1:" + to + "\"\n");
    const Server copy = start_copy();
    const auto run = [&](const Server& server, std::int64_t) {
        return load(setting, server, {"--kind", "propfind", "--requests", std::to_string(kProxied)});
    };
    Row rate{"PROPFIND proxied, requests", "k/s", Sense::no_target, 0, {}, {}};
    Row cpu{"PROPFIND proxied, CPU each", "us", Sense::no_target, 0, {}, {}};
    cpu.beyond = kMostBeyond;
    measure_by_turns(setting, router, copy, run, rate, cpu);
    end_daemon(setting, router);
    report.add(std::move(rate));
    report.add(std::move(cpu));
    report.note("Proxied: the reference is a bare epoll copy of bytes between two sockets, to the same home server.");
}

}  // namespace bench
