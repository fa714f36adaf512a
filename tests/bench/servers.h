// tests/bench/servers.h: starts the daemon or the bare handler, puts load on it, weighs it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/bench/child.h"
#include "tests/bench/common.h"
#include "tests/bench/requests.h"

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace bench {

struct Setting {
    std::string rvpd;
    std::string programs;  // folder of the other bench programs
    std::string folder;    // for config and log; the caller removes it
    std::int64_t rounds = 5;
    bool self = false;
    std::int64_t descriptors = 0;

    [[nodiscard]] std::string program(const std::string& name) const {
        return programs + "/" + name;
    }
};

/// A server that listens: the daemon, or what stands in for it.
struct Server {
    std::unique_ptr<Child> child;
    std::uint16_t port = 0;
};

inline Server start_mhd(const Setting& setting, const std::vector<std::string>& options = {}) {
    Server s;
    std::vector<std::string> argv{setting.program("ref_mhd")};
    argv.insert(argv.end(), options.begin(), options.end());
    s.child = std::make_unique<Child>(argv);
    s.port = static_cast<std::uint16_t>(to_number(s.child->read_answer("listening"), "the port"));
    return s;
}

enum class Store { memory, file };

/// The socket of rvpctl, for a daemon started with `control`.
inline std::string control_socket(const Setting& setting) { return setting.folder + "/control"; }

/// `more`: lines that the configuration ends with.
inline Server start_daemon(const Setting& setting, Store store = Store::memory, bool control = false,
                           const std::string& more = "") {
    if (setting.self) return start_mhd(setting);
    const std::string config = setting.folder + "/rvpd.conf";
    const std::string file = setting.folder + "/bench.db";
    for (const char* part : {"", "-wal", "-shm", "-mark", ".lock"})
        std::remove((file + part).c_str());  // each daemon begins with an empty store
    std::ofstream(config)
        << "domain = \"" << kDomain
        << "\"\n[listen]\nhttp = [\"127.0.0.1:0\"]\nadmin = \"\"\ncontrol = \""
        << (control ? control_socket(setting) : "")
        << "\"\n[callback]\n"
           "allow = [\"source\", \"127.0.0.0/8\"]\n[store]\npath = \""
        << (store == Store::file ? file : ":memory:") << "\"\n"
        << more;
    const std::string log = setting.folder + "/rvpd.log";
    std::remove(log.c_str());  // only this daemon's words
    Server s;
    s.child =
        std::make_unique<Child>(std::vector{setting.rvpd, std::string("--config"), config}, log);
    const std::string where = s.child->read_answer("listening rvp");
    s.port = static_cast<std::uint16_t>(
        to_number(where.substr(where.rfind(':') + 1), "the port in " + where));
    return s;
}

/// The daemon must live through all of it and end as it should.
inline void end_daemon(const Setting& setting, Server& server) {
    if (setting.self) return;
    const int status = server.child->finish(SIGTERM);
    if (status != 0) stop("the daemon ended with status " + std::to_string(status));
}

struct Measured {
    double rate = 0;    // acts per second
    double cpu_us = 0;  // of the server, per act
};

/// One run of the load generator; any wrong answer stops the pair.
inline Measured load(const Setting& setting, const Server& server,
                     const std::vector<std::string>& options) {
    std::vector<std::string> argv{setting.program("load"), "--port", std::to_string(server.port)};
    argv.insert(argv.end(), options.begin(), options.end());
    const std::int64_t before = server.child->cpu_ns();
    Child generator(argv);
    std::istringstream line(generator.read_line(std::chrono::seconds(60)));
    Measured m;
    double requests = 0;
    double wrong = 0;
    double seconds = 0;
    std::string word;
    line >> word >> requests >> word >> wrong >> word >> seconds >> word >> m.rate;
    if (!line) stop("cannot read the line of load");
    if (wrong != 0) stop(std::to_string(static_cast<int>(wrong)) + " answers were wrong");
    m.cpu_us = static_cast<double>(server.child->settled_cpu_ns() - before) / requests / 1e3;
    return m;
}

}  // namespace bench
