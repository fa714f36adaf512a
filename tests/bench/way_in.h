// tests/bench/way_in.h: requests: the daemon beside a bare libmicrohttpd handler.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 11; RVP 5.1, 5.4
#pragma once

#include "tests/bench/dialogue.h"
#include "tests/bench/report.h"
#include "tests/bench/servers.h"
#include "tests/bench/turns.h"

#include <memory>
#include <string>

namespace bench {

inline constexpr std::int64_t kRequests = 30'000;  // per round: about half a second
inline constexpr std::int64_t kPool = 20'000;      // principals that exist

struct WayIn {
    std::string kind;
    std::string title;
    double target = 0;  // 0: none
    Store store = Store::memory;
};

/// False when the daemon does not know the method yet.
inline bool known(const Setting& setting, const Server& server, const WayIn& way) {
    if (setting.self || way.kind != "propfind") return true;
    Dialogue dialogue(server.port);
    dialogue.send(propfind_request("p0", "p1"));
    return !dialogue.receive().starts_with("HTTP/1.1 501");
}

inline void measure_way_in(const Setting& setting, Report& report, const WayIn& way) {
    Child sink({setting.program("sink"), "--count", "1"});
    const Endpoints endpoint = Endpoints::parse(sink.read_answer("listening"));
    const std::string call_back =
        "http://" + to_text(loopback(1, 0)) + ":" + std::to_string(endpoint.port);
    Server daemon = start_daemon(setting, way.store, false, "[limits]\nlog_on_ms = 10000\n");  // a slow machine turns nobody away
    Server bare = start_mhd(setting);
    const auto run = [&](const Server& server, std::int64_t round) {  // fresh principals for a login
        return load(setting, server,
                    {"--kind", way.kind, "--requests", std::to_string(kRequests), "--from",
                     std::to_string((round + 1) * kRequests), "--pool", std::to_string(kPool), "--shift",
                     std::to_string(100 * round + 100), "--callback", call_back});
    };
    if (way.kind != "login") {
        load(setting, daemon,
             {"--kind", "login", "--requests", std::to_string(kPool), "--callback", call_back});
    }
    if (!known(setting, daemon, way)) {
        report.note("skipped " + way.title + ": the daemon answers 501");
        return end_daemon(setting, daemon);
    }
    const Sense sense = way.target > 0 ? Sense::at_least : Sense::no_target;
    Row rate{way.title + ", requests", "k/s", sense, way.target, {}, {}};
    Row cpu{way.title + ", CPU each", "us", Sense::no_target, 0, {}, {}};
    measure_by_turns(setting, daemon, bare, run, rate, cpu);
    end_daemon(setting, daemon);
    report.add(std::move(rate));
    report.add(std::move(cpu));
}

}  // namespace bench
