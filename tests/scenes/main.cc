// tests/scenes/main.cc: plays every scene of a folder, each against a fresh daemon.
// SPDX-License-Identifier: Apache-2.0
//
// `scenes [-v] DIR [name-filter]`: DIR/*.scene in order of name, or those whose name contains the
// filter; what a scene is stands in tests/scenes/scene.h. Prints `ok NAME` or `FAILED NAME FILE:LINE:
// what` for each, and last `N passed, N failed`. -v lets the daemon log everything to stderr. Exit 1
// when one failed or none was found.

#include "base/text.h"
#include "tests/scenes/player.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

namespace {

// The one variable that outlives everything: asserts stay on in the daemon, and who reads the output of
// a run that one ended must learn which scene it was.
char now_playing[512];

extern "C" void say_who_died(int signal) {
    (void)!::write(STDOUT_FILENO, now_playing, std::strlen(now_playing));
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void announce(const std::string& name) {
    const std::string text = "FAILED " + name + " the process died while this was played\n";
    std::strncpy(now_playing, text.c_str(), sizeof now_playing - 1);
}

std::set<std::filesystem::path> find_scenes(const std::string& folder, const std::string& filter) {
    std::set<std::filesystem::path> found;
    std::error_code e;
    for (const auto& entry : std::filesystem::directory_iterator(folder, e)) {
        const auto& path = entry.path();
        if (path.extension() == ".scene" && path.stem().string().find(filter) != std::string::npos)
            found.insert(path);
    }
    if (e) std::cerr << "scenes: " << folder << ": " << e.message() << std::endl;
    return found;
}

std::optional<scenes::Failure> play_file(const std::filesystem::path& path, base::Log& log) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return scenes::Failure{0, "cannot be read"};
    try {
        return scenes::play(scenes::read_scene(path.stem(), path, text.str()), log);
    } catch (const scenes::Failure& failure) {
        return failure;
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bool verbose = argc > 1 && std::strcmp(argv[1], "-v") == 0;
    const int first = verbose ? 2 : 1;
    if (argc - first < 1 || argc - first > 2) {
        std::cerr << "usage: scenes [-v] DIR [name-filter]" << std::endl;
        return 2;
    }
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) std::signal(signal, say_who_died);
    base::Log log(verbose ? base::LogLevel::debug : base::LogLevel::error);
    int passed = 0;
    int failed = 0;
    for (const auto& path : find_scenes(argv[first], argc - first == 2 ? argv[first + 1] : "")) {
        announce(path.stem());
        if (const auto failure = play_file(path, log)) {
            ++failed;
            std::cout << "FAILED " << path.stem().string() << ' ' << path.string() << ':'
                      << failure->line << ": ";
            bool continued = false;
            for (const std::string_view line : base::split(failure->text, '\n')) {
                std::cout << (std::exchange(continued, true) ? "    " : "") << line << '\n';
            }
            std::cout << std::flush;
        } else {
            ++passed;
            std::cout << "ok " << path.stem().string() << std::endl;
        }
    }
    std::cout << passed << " passed, " << failed << " failed" << std::endl;
    return failed == 0 && passed > 0 ? 0 : 1;
}
