// tests/bench/driver.cc: measures the daemon beside bare references and prints one table.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 11
// Each pair runs in rounds that alternate, daemon then reference, so that what else the machine
// does hits both; the figure is the ratio of each round, then median, least and most. CPU is the
// process CPU-time clock of the whole process (user + system, all threads, in ns), read from
// outside; throughput is second, for it moves with the load of the machine. A missed target is said
// and is no failure; a wrong answer or a lost NOTIFY is.
// `--self 1` puts a second reference in the daemon's place: what it prints is the noise of the
// method.

#include "tests/bench/disk.h"
#include "tests/bench/polls.h"
#include "tests/bench/proxied.h"
#include "tests/bench/slow.h"
#include "tests/bench/way_hard.h"
#include "tests/bench/way_in.h"
#include "tests/bench/way_out.h"

#include <sys/utsname.h>

#include <fstream>
#include <functional>
#include <thread>

namespace {

using namespace bench;

void print_log_tail(const std::string& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    const std::size_t shown = std::min<std::size_t>(lines.size(), 10);
    for (std::size_t i = lines.size() - shown; i < lines.size(); ++i) {
        std::fprintf(stderr, "  rvpd: %s\n", lines[i].c_str());
    }
}

int measure(const Options& options) {
    ::signal(SIGPIPE, SIG_IGN);
    ::alarm(600);  // whatever happens, it ends; the kernel then ends the children
    Setting setting;
    setting.rvpd = options.text("rvpd", "build/rvpd");
    setting.programs = options.text("programs", "build/release/bench");
    setting.folder = options.text("folder", ".");
    setting.rounds = options.number("rounds", 5);
    setting.self = options.number("self", 0) != 0;
    setting.descriptors = raise_descriptor_limit();
    if (setting.rounds < 1) stop("--rounds is at least 1");

    Report report;
    const std::string only = options.text("only", "");
    bool ran = false;
    const auto pair = [&](const std::string& name, const std::function<void()>& body) {
        if (!only.empty() && name != only && !name.starts_with(only + "-")) return;
        ran = true;
        const std::int64_t start = now_ns();
        try {
            body();
        } catch (const std::exception& e) {
            report.failed(name, e.what());
            print_log_tail(setting.folder + "/rvpd.log");
        }
        std::fprintf(stderr, "%s: %.1f s\n", name.c_str(),
                     static_cast<double>(now_ns() - start) / 1e9);
    };
    for (const WayIn& way : {WayIn{"login", "SUBSCRIBE login -> 200", 0},
                             WayIn{"login", "SUBSCRIBE login, durable -> 200", 0.50, Store::file},
                             WayIn{"property", "SUBSCRIBE property -> 207", 0},
                             WayIn{"property", "SUBSCRIBE property, durable -> 207", 0.50, Store::file},
                             WayIn{"propfind", "PROPFIND displayname -> 207", 0.85}}) {
        const bool durable = way.store == Store::file;
        pair(way.kind + (durable ? "-durable" : ""), [&] { measure_way_in(setting, report, way); });
    }
    pair("proxied", [&] { measure_proxied(setting, report); });
    for (const std::int64_t endpoints : {100, 1000, 10'000}) {
        pair("fan-out-" + std::to_string(endpoints),
             [&] { measure_way_out(setting, report, keep_alive(endpoints)); });
    }
    pair("close", [&] { measure_way_out(setting, report, new_connections(1000)); });
    pair("one", [&] { measure_way_out(setting, report, one_endpoint(1000)); });
    pair("burst", [&] { measure_burst(setting, report, 1000, 50); });
    pair("holes", [&] { measure_holes(setting, report, 700, 300); });
    pair("storm", [&] { measure_storm(setting, report); });
    pair("slow", [&] { measure_slow(setting, report, 1000, 2000); });
    pair("herd", [&] { measure_herd(setting, report, 1000, 10'000); });
    pair("polls", [&] { measure_polls(setting, report, 10'000, 2000); });
    pair("cost", [&] { count_cost(setting, report); });

    if (!ran) stop("--only " + only + " names nothing that is measured");
    utsname machine{};
    ::uname(&machine);
    report.note("Machine: " + std::to_string(std::thread::hardware_concurrency()) + " cores, " +
                machine.sysname + " " + machine.release + "; " + std::to_string(setting.rounds) +
                " rounds, daemon and reference by turns.");
    report.note(
        "Way in: 64 connections, one request outstanding on each; the reference is a bare "
        "libmicrohttpd handler.");
    report.note(
        "Way out: from the change to the last endpoint; the reference is a bare epoll sender.");
    report.note("CPU: process CPU-time clock of the whole process, user + system, all threads.");
    report.note(
        setting.self
            ? "A second reference stood in the daemon's place: this is the noise of the method."
            : "Durable: the store is a file in the folder of TMPDIR; all else keeps it in memory.");
    report.note(describe_disk(setting.folder));
    report.print();
    return report.sound() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    return guarded("driver", [&] {
        return measure(
            Options(argc, argv, {"rvpd", "programs", "folder", "rounds", "self", "only"}));
    });
}
