// base/paths.cc: where the daemon and its tools meet when nobody says where.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (state and sockets)
#include "base/paths.h"

#include <unistd.h>

#include <cstdlib>

namespace base {
namespace {

constexpr char kSystemFolder[] = "/run/rvpd";

std::string environment(const char* name) {
    const char* value =
        std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread starts
    return value ? value : "";
}

}  // namespace

std::string usual_control_socket() {
    std::string folder = environment("RUNTIME_DIRECTORY");
    folder = folder.substr(0, folder.find(':'));  // systemd lists several with colons
    if (folder.empty() && ::geteuid() == 0) folder = kSystemFolder;
    if (folder.empty()) {
        if (const std::string user = environment("XDG_RUNTIME_DIR"); !user.empty())
            folder = user + "/rvpd";
    }
    if (folder.empty()) {
        const std::string temporary = environment("TMPDIR");
        folder = (temporary.empty() ? "/tmp" : temporary) + "/rvpd-" + std::to_string(::geteuid());
    }
    return folder + "/control.sock";
}

std::string reachable_control_socket() {
    std::string own = usual_control_socket();
    if (::access(own.c_str(), F_OK) == 0 || ::access(kSystemFolder, F_OK) != 0) return own;
    return std::string(kSystemFolder) + "/control.sock";
}

std::string usual_store() {
    std::string folder = environment("STATE_DIRECTORY");
    folder = folder.substr(0, folder.find(':'));
    if (folder.empty() && ::geteuid() == 0) folder = "/var/lib/rvpd";
    if (folder.empty()) folder = environment("HOME") + "/.local/state/rvpd";
    return folder + "/rvpd.db";
}

}  // namespace base
