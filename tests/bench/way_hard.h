// tests/bench/way_hard.h: hard days: bursts, black holes, storms, herds.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3.4, 5, 11
#pragma once

#include "tests/bench/way_out.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace bench {

inline void rest_ms(long ms) {
    const timespec pause{ms / 1000, ms % 1000 * 1'000'000};
    ::nanosleep(&pause, nullptr);
}

// ---- Burst -----------------------------------------------------------------------------------

/// From the first of `changes` to the truth at every watcher; a watcher who is led back, or told
/// once more after the truth, fails the pair. The reference sends every change to everybody.
inline void measure_burst(const Setting& setting, Report& report, std::int64_t endpoints,
                          std::int64_t changes) {
    if (setting.self) return;
    Sinks sinks(setting, endpoints, "keep");
    DaemonTeller daemon(setting, sinks);
    BareTeller bare(setting, sinks, "keep");
    const std::string title = "burst of " + std::to_string(changes) + " changes to " +
                              std::to_string(endpoints) + " endpoints";
    Row wall{title + ", until all know the last", "ms", Sense::no_target, 0, {}, {}};
    Row cpu{title + ", CPU", "ms", Sense::no_target, 0, {}, {}};
    for (std::int64_t round = -1; round < setting.rounds; ++round) {
        sinks.await("<r:online");
        std::int64_t cpu_before = daemon.child().settled_cpu_ns();
        std::int64_t start = now_ns();
        for (std::int64_t i = 1; i <= changes; ++i) {
            daemon.change(i == changes ? "online" : i % 2 == 0 ? "busy" : "away");
            daemon.told();
        }
        const double ours = static_cast<double>(sinks.wait_for_all() - start) / 1e6;
        const auto our_cpu = static_cast<double>(daemon.child().settled_cpu_ns() - cpu_before);
        sinks.check_no_strays();

        sinks.await("never sent");
        cpu_before = bare.child().settled_cpu_ns();
        start = now_ns();
        for (std::int64_t i = 0; i < changes; ++i) {
            bare.tell();
            bare.told();
        }
        const double theirs = static_cast<double>(now_ns() - start) / 1e6;
        const auto their_cpu = static_cast<double>(bare.child().settled_cpu_ns() - cpu_before);
        if (round < 0) continue;
        wall.daemon.push_back(ours);
        wall.reference.push_back(theirs);
        cpu.daemon.push_back(our_cpu / 1e6);
        cpu.reference.push_back(their_cpu / 1e6);
    }
    daemon.end();
    report.add(std::move(wall));
    report.add(std::move(cpu));
}

// ---- Black holes -----------------------------------------------------------------------------

/// 99 of 100 healthy watchers have been told: by a change of `dark`, whom black holes watch too
/// (in the column of the daemon), and of `star`, whom they do not (in that of the reference).
inline void measure_holes(const Setting& setting, Report& report, std::int64_t healthy,
                          std::int64_t holes) {
    if (setting.self) return;
    constexpr std::int64_t kChanges = 10;  // per round
    Sinks sinks(setting, healthy, "keep");
    Child dark({setting.program("hole"), "--first", std::to_string(healthy), "--count",
                std::to_string(holes)});
    const std::vector<std::string> black{"--endpoints",
                                         dark.read_answer("listening", std::chrono::seconds(20))};
    Server server = start_daemon(setting);
    const auto add = [&](std::vector<std::string> who, const std::string& kind,
                         const std::string& star) {
        who.insert(who.end(), {"--kind", kind, "--star", star});
        load(setting, server, who);
    };
    add(black, "watch-login", "");
    add(sinks.options(), "watch-login", "");
    add(black, "watch", "dark");  // the black holes are served first
    add(sinks.options(), "watch", "dark");
    add(sinks.options(), "watch", "star");
    Dialogue dialogue(server.port);
    bool busy = false;
    const auto change = [&](const std::string& star) {
        const std::string state = busy ? "busy" : "online";
        sinks.expect("<r:" + state);
        const std::int64_t start = now_ns();
        dialogue.send(state_request(star, state));
        sinks.wait_for_all();
        dialogue.receive();
        return static_cast<double>(sinks.p99() - start) / 1e6;
    };
    Row row{std::to_string(holes * 100 / (healthy + holes)) +
                " % black holes, p99 of the healthy, with : without",
            "ms",
            Sense::at_most,
            1.25,
            {},
            {}};
    for (std::int64_t round = -1; round < setting.rounds; ++round) {
        double with = 0;
        double without = 0;
        for (std::int64_t i = 0; i < kChanges; ++i) {
            busy = !busy;
            with += change("dark") / kChanges;
            rest_ms(50);  // so that attempts, answers that never come and pauses fall between
            without += change("star") / kChanges;
            rest_ms(50);
        }
        if (round < 0) continue;
        row.daemon.push_back(with);
        row.reference.push_back(without);
    }
    sinks.check_no_strays();
    end_daemon(setting, server);
    report.add(std::move(row));
}

// ---- Storm -----------------------------------------------------------------------------------

inline std::int64_t resident_mib(const Child& child) {
    std::ifstream in("/proc/" + std::to_string(child.pid()) + "/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) / 1024;
    }
    stop("no VmHWM of the daemon");
}

/// Any watcher who does not end with the truth fails it.
inline void measure_storm(const Setting& setting, Report& report) {
    if (setting.self) return;
    Server server = start_daemon(setting);
    Child storm({setting.program("storm"), "--port", std::to_string(server.port)});
    storm.read_answer("subscribed", std::chrono::seconds(120));
    const std::int64_t before = resident_mib(*server.child);
    const std::int64_t cpu = server.child->cpu_ns();
    storm.write_line("go");
    const std::string told = storm.read_answer("storm", std::chrono::seconds(120));
    const std::int64_t after = resident_mib(*server.child);
    std::ostringstream note;
    note << "Storm: " << told << "; daemon " << (server.child->cpu_ns() - cpu) / 1'000'000
         << " ms of CPU, at most " << after << " MiB (" << before << " before).";
    report.note(note.str());
    end_daemon(setting, server);
}

// ---- Herd ------------------------------------------------------------------------------------

/// 99 of 100 watchers have been told, the slowest of some changes: while `herd` connections log on,
/// all at once (in the column of the daemon), and while nobody does (in that of the reference).
inline void measure_herd(const Setting& setting, Report& report, std::int64_t endpoints,
                         std::int64_t herd) {
    if (setting.self || setting.descriptors < herd + endpoints + 200) return;
    constexpr std::int64_t kChanges = 5;  // per round
    Sinks sinks(setting, endpoints, "keep");
    DaemonTeller daemon(setting, sinks);
    const auto p99_ms = [&] { return slowest_p99_ms(daemon, sinks, kChanges); };
    Row row{std::to_string(herd) + " log on at once, slowest p99 of a change to " +
                std::to_string(endpoints) + ", with : without",
            "ms", Sense::no_target, 0, {}, {}};
    std::int64_t refused = 0;
    measure_beside(setting, row, p99_ms, [&](std::int64_t round) {
        Child load({setting.program("load"), "--port", std::to_string(daemon.port()), "--kind",
                    "herd", "--connections", std::to_string(herd), "--requests",
                    std::to_string(herd), "--from", std::to_string((round + 1) * herd),
                    "--callback", "http://" + to_text(loopback(1, 0)) + ":9"});
        load.read_answer("begun", std::chrono::seconds(30));
        const double with = p99_ms();
        refused += to_number(load.read_answer("refused", std::chrono::seconds(60)), "refused");
        return with;
    });
    sinks.check_no_strays();
    daemon.end();
    report.add(std::move(row));
    report.note("Herd: of " + std::to_string((setting.rounds + 1) * herd) + " log-ons " +
                std::to_string(refused) + " were answered 503 with Retry-After, the others 200.");
}

// ---- Cost ------------------------------------------------------------------------------------

inline void count_cost(const Setting& setting, Report& report) {
    Child cost({setting.program("cost"), "--programs", setting.programs});
    report.note("Push engine: " + cost.read_answer("cost", std::chrono::seconds(60)) + ".");
    if (const int status = cost.finish(); status != 0) stop("cost ended with " + std::to_string(status));
}

}  // namespace bench
