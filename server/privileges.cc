// server/privileges.cc: root binds the sockets, somebody lesser serves them.
// SPDX-License-Identifier: Apache-2.0
#include "server/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/paths.h"

namespace server {

namespace {

using base::Errc;
using base::fail;

constexpr char kUsualUser[] = "rvpd";
constexpr char kState[] = "/var/lib/rvpd";
constexpr char kRuntime[] = "/run/rvpd";

struct User {
    std::string name;
    std::string home;
    uid_t uid = 0;
    gid_t gid = 0;
};

std::optional<User> find_user(const std::string& name) {
    const passwd* found = ::getpwnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): no thread has started
    if (!found) return std::nullopt;
    return User{name, found->pw_dir, found->pw_uid, found->pw_gid};
}

std::unexpected<base::Error> cannot(const std::string& what) {
    return fail(Errc::internal, "process.user: cannot " + what + ": " + std::strerror(errno));
}

/// Only what root owns and nobody else can have put there: a plain file without a second name.
void hand_over_file(int folder, const std::string& name, const User& user) {
    const base::Fd file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat is{};
    if (!file || ::fstat(file.get(), &is) != 0 || !S_ISREG(is.st_mode) || is.st_uid != 0 || is.st_nlink != 1) return;
    [[maybe_unused]] const int refused = ::fchown(file.get(), user.uid, user.gid);  // opening the store will tell
}

/// Makes it where it is not there. One that is somebody else's is left alone: whatever he put into it, root touches
/// nothing of it.
base::Result<void> hand_over_folder(const char* path, const User& user) {
    if (::mkdir(path, 0700) != 0 && errno != EEXIST) return cannot(std::string("make ") + path);
    const base::Fd folder(::open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat is{};
    if (!folder || ::fstat(folder.get(), &is) != 0) return cannot(std::string("open ") + path);
    if (is.st_uid != 0) return {};
    for (const char* ending : {"", "-wal", "-shm", "-mark", ".lock"}) {
        hand_over_file(folder.get(), std::string("rvpd.db") + ending, user);
    }
    if (::fchown(folder.get(), user.uid, user.gid) != 0) return cannot(std::string("hand over ") + path);
    return {};
}

base::Result<void> become(const User& user) {
    if (::initgroups(user.name.c_str(), user.gid) != 0) return cannot("take the groups of " + user.name);
    if (::setresgid(user.gid, user.gid, user.gid) != 0) return cannot("take the group of " + user.name);
    if (::setresuid(user.uid, user.uid, user.uid) != 0) return cannot("become " + user.name);
    if (user.uid != 0 && ::setuid(0) == 0) return fail(Errc::internal, "process.user: root could be had back");
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::setenv("STATE_DIRECTORY", kState, 1);      // NOLINT(concurrency-mt-unsafe)
    ::setenv("RUNTIME_DIRECTORY", kRuntime, 1);  // NOLINT(concurrency-mt-unsafe)
    ::setenv("HOME", user.home.c_str(), 1);      // NOLINT(concurrency-mt-unsafe)
    return {};
}

}  // namespace

base::Result<void> drop_privileges(const Config& config, base::Log& log) {
    if (::geteuid() != 0 || config.process_user == "root") return {};
    const bool written = !config.process_user.empty();
    const bool usual = config.store_path == base::usual_store() && config.store_path.starts_with(std::string(kState) + "/");
    const auto user = find_user(written ? config.process_user : kUsualUser);
    if (written && !user) return fail(Errc::internal, "process.user: there is no user " + config.process_user);
    if (!user || (!written && !usual)) {
        log.warning("running-as-root", {{"hint", user ? "store.path is written, so write process.user as well"
                                                      : "make a user rvpd, or start rvpd as somebody else"}});
        return {};
    }
    for (const char* folder : {kState, kRuntime}) {
        if (auto handed = hand_over_folder(folder, *user); !handed) return handed;
    }
    if (auto done = become(*user); !done) return done;
    log.info("became-user", {{"user", user->name}});
    return {};
}

}  // namespace server
