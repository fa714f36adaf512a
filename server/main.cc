// server/main.cc: argv in, exit code out.
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "server/config.h"
#include "server/daemon.h"
#include "server/log_options.h"
#include "server/memory_allowed.h"
#include "server/ntlm_auth.h"
#include "server/supervisor.h"
#include "server/version.h"
#include "store/backup.h"

#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <utility>

namespace {

constexpr char kUsualConfig[] = "/etc/rvpd/rvpd.conf";
constexpr char kUsage[] =
    "usage: rvpd [--config FILE] [--check] [--dump-config] [--restore FILE] [--version] [--help]\n";
constexpr char kHelp[] =
    "The RVP presence and instant messaging daemon. It stays in the foreground and logs to "
    "stderr.\n"
    "\n"
    "  --config FILE   read FILE and the conf.d/*.toml beside it, not /etc/rvpd/rvpd.conf\n"
    "  --check         check the configuration and exit: 0, or 1 with file:line:column on stderr\n"
    "  --dump-config   print every option with its value and exit\n"
    "  --restore FILE  put a backup in the place of the store, and exit\n"
    "  --version       print the version and exit\n"
    "  --help          print this and exit\n"
    "\n"
    "See rvpd(8) and rvpd.conf(5).\n";

enum class Act { run, check, dump, restore, manual, version, help, usage };

struct CommandLine {
    Act act = Act::run;
    std::string config;  // "" = kUsualConfig if it exists
    std::string backup;
};

CommandLine read_command_line(int argc, char** argv) {
    static constexpr std::array<option, 8> kOptions = {{
        {"config", required_argument, nullptr, 'c'},
        {"check", no_argument, nullptr, 'k'},
        {"dump-config", no_argument, nullptr, 'd'},
        {"restore", required_argument, nullptr, 'r'},
        {"manual-options", no_argument, nullptr, 'm'},  // for whoever edits rvpd.conf(5)
        {"version", no_argument, nullptr, 'v'},
        {"help", no_argument, nullptr, 'h'},
        {nullptr, 0, nullptr, 0},
    }};
    CommandLine line;
    for (int c; (c = ::getopt_long(argc, argv, "", kOptions.data(), nullptr)) != -1;) {
        switch (c) {
            case 'c':
                line.config = optarg;
                break;
            case 'k':
                line.act = Act::check;
                break;
            case 'd':
                line.act = Act::dump;
                break;
            case 'r':
                line.act = Act::restore;
                line.backup = optarg;
                break;
            case 'm':
                line.act = Act::manual;
                break;
            case 'v':
                line.act = Act::version;
                return line;
            case 'h':
                line.act = Act::help;
                return line;
            default:
                line.act = Act::usage;
                return line;
        }
        if ((c == 'c' && line.config.empty()) || (c == 'r' && line.backup.empty())) {
            std::fprintf(stderr, "rvpd: --%s needs the name of a file\n", c == 'c' ? "config" : "restore");
            line.act = Act::usage;
            return line;
        }
    }
    if (optind < argc) {
        std::fprintf(stderr, "rvpd: unexpected argument '%s'\n", argv[optind]);
        line.act = Act::usage;
    }
    return line;
}

base::Result<server::Config> read_config(const CommandLine& line) {
    if (!line.config.empty()) return server::load_config(line.config);
    if (::access(kUsualConfig, F_OK) != 0 && errno == ENOENT) return server::default_config();
    return server::load_config(kUsualConfig);
}

/// Every connection is a descriptor, and the usual soft limit is 1024. Failing is no reason to stop.
void raise_descriptor_limit(base::Log& log) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log.warning("descriptor_limit_kept");
}

/// What passwords hash to is in memory, and must not end up in a file that others may read or send around. Where a core
/// is taken in spite of the limit, it is to hold no memory.
void leave_no_core(base::Log& log) {
    const rlimit none{0, 0};
    const base::Fd filter(::open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC));
    const bool empty = filter && ::write(filter.get(), "0", 1) == 1;
    if (::setrlimit(RLIMIT_CORE, &none) != 0 && !empty) log.warning("core_files_kept");
}

/// With a million people large pages halve the time that looks into memory far apart take, and a start. But pages half
/// full take tens of MiB more, which a small control group or machine has not to spare.
void spare_large_pages() {
    constexpr std::size_t kEnough = std::size_t{512} << 20;
    const auto installed = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    if (std::min(installed, server::memory_allowed().value_or(installed)) < kEnough) ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

/// The signals that SignalWatch takes.
sigset_t watched_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    return signals;
}

/// Turns SIGTERM and SIGINT into Daemon::drain(), the second of them into Daemon::stop(), and SIGHUP into
/// Daemon::reload(), on a thread of its own, so that nothing runs inside a signal handler. The signals must be blocked before any other thread starts. Borrows daemon and log.
class SignalWatch {
public:
    SignalWatch(server::Daemon& daemon, base::Log& log)
        : thread_([this, &daemon, &log] { watch(daemon, log); }) {}
    ~SignalWatch() {
        ending_ = true;
        ::pthread_kill(thread_.native_handle(), SIGTERM);
        thread_.join();
    }
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    void watch(server::Daemon& daemon, base::Log& log) {
        const sigset_t signals = watched_signals();
        bool asked = false;
        for (int signal = 0; ::sigwait(&signals, &signal) == 0 && !ending_;) {
            if (signal == SIGHUP) {
                daemon.reload();
                continue;
            }
            log.info("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
            if (std::exchange(asked, true)) {
                daemon.stop();
            } else {
                daemon.drain();
            }
        }
    }

    std::atomic<bool> ending_{false};
    std::thread thread_;
};

int serve(const server::Config& config, server::LoadConfig load) {
    server::Supervisor supervisor;
    const base::SystemClock clock;
    base::Log log(server::log_level(config), server::log_format(config));
    spare_large_pages();
    raise_descriptor_limit(log);
    leave_no_core(log);
    server::NtlmAuth::set_environment();
    ::signal(SIGPIPE, SIG_IGN);
    const sigset_t signals = watched_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    server::Daemon daemon(config, clock, log, {std::move(load), supervisor.take_sockets(), &supervisor});
    const SignalWatch watch(daemon, log);
    for (const server::Listening& door : daemon.listening()) {
        std::printf("listening %s %s://%s\n", door.door.c_str(), door.scheme.c_str(), door.address.c_str());
    }
    std::fflush(stdout);
    daemon.run();
    return 0;
}

/// What was printed must have been written: a full disk or a closed pipe is an error, not a silence.
int printed(const std::string& text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (std::fflush(stdout) == 0 && written) return 0;
    std::perror("rvpd: stdout");
    return 1;
}

int restore(const server::Config& config, const std::string& backup) {
    if (config.store_path == ":memory:") {
        std::fputs("rvpd: --restore: store.path is \":memory:\", which nothing can be put back into\n", stderr);
        return 1;
    }
    const auto aside = store::restore(backup, config.store_path);
    if (!aside) {
        std::fprintf(stderr, "rvpd: --restore: %s\n", aside.error().text.c_str());
        return 1;
    }
    std::string done = "restored " + backup + " as " + config.store_path + "\n";
    if (!aside->empty()) done += "the store that was there is now " + *aside + "\n";
    return printed(done);
}

int run(const CommandLine& line) {
    switch (line.act) {
        case Act::usage:
            std::fputs(kUsage, stderr);
            return 2;
        case Act::help:
            return printed(std::string(kUsage) + kHelp);
        case Act::version:
            return printed(std::string("rvpd ") + server::kVersion + "\n");
        case Act::manual:
            return printed(server::manual_options());
        default:
            break;
    }
    const auto config = read_config(line);
    if (!config) {
        std::fprintf(stderr, "%s\n", config.error().text.c_str());
        return 1;
    }
    if (line.act == Act::check) return 0;
    if (line.act == Act::restore) return restore(*config, line.backup);
    if (line.act == Act::dump) return printed(server::dump_config(*config));
    return serve(*config, [line] { return read_config(line); });
}

/// Outermost first, each on a line.
void print_reasons(const std::exception& error) {
    std::fprintf(stderr, "rvpd: %s\n", error.what());
    try {
        std::rethrow_if_nested(error);
    } catch (const std::exception& inner) {
        print_reasons(inner);
    }
}

}  // namespace

/// What jemalloc, where it is linked, reads before main() begins (jemalloc(3), TUNING): large pages are asked for, see
/// spare_large_pages(); the system has back within about a second what a flood of requests took, and needs no next
/// request for it.
extern "C" const char* const malloc_conf;
const char* const malloc_conf = "thp:always,background_thread:true,max_background_threads:1,dirty_decay_ms:1000,muzzy_decay_ms:0";

int main(int argc, char** argv) {
    try {
        return run(read_command_line(argc, argv));
    } catch (const std::exception& error) {
        print_reasons(error);
        return 1;
    }
}
