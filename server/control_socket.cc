// server/control_socket.cc: a listening UNIX socket that is ours alone, and removed when it ends.
// SPDX-License-Identifier: Apache-2.0
#include "server/control_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace server {
namespace {

using base::Errc;
using base::fail;

constexpr int kBacklog = 16;

std::unexpected<base::Error> cannot(const std::string& act, const std::string& path) {
    return fail(Errc::internal, "cannot " + act + " " + path + ": " + std::strerror(errno));
}

base::Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return fail(Errc::malformed, "'" + path + "' is empty or too long for a socket");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

base::Fd new_socket() {
    return base::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// Whoever owns the folder can put a socket of his own in the place of ours, so it must be root's or ours.
base::Result<void> make_folder(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) return {};
    const std::string folder = path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return cannot("make the folder", folder);
    struct stat found {};
    if (::stat(folder.c_str(), &found) != 0) return cannot("look at", folder);
    if (!S_ISDIR(found.st_mode)) return fail(Errc::denied, folder + " is no folder");
    if (found.st_uid != 0 && found.st_uid != ::geteuid()) {
        return fail(Errc::denied, "the folder " + folder + " belongs to uid " +
                                      std::to_string(found.st_uid) +
                                      ", who could listen in our place");
    }
    return {};
}

/// Removes what a daemon that is gone has left behind; a live one is left alone.
base::Result<void> clear_the_way(const std::string& path, const sockaddr_un& address) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        if (errno == ENOENT) return {};
        return cannot("look at", path);
    }
    if (!S_ISSOCK(found.st_mode)) return fail(Errc::denied, path + " is there and is no socket");
    const base::Fd probe = new_socket();
    if (!probe) return cannot("open a socket for", path);
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
        errno == EAGAIN) {
        return fail(Errc::busy, "another rvpd listens on " + path +
                                    "; give this one a listen.control of its own");
    }
    if (errno != ECONNREFUSED && errno != ENOENT) return cannot("find out who listens on", path);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return cannot("remove the old socket", path);
    return {};
}

}  // namespace

base::Result<ControlSocket> ControlSocket::open(const std::string& path) {
    const auto address = unix_address(path);
    if (!address) return std::unexpected(address.error());
    if (const auto folder = make_folder(path); !folder) return std::unexpected(folder.error());
    if (const auto clear = clear_the_way(path, *address); !clear)
        return std::unexpected(clear.error());
    base::Fd fd = new_socket();
    if (!fd) return cannot("open a socket for", path);
    // Linux gives the file the mode that the socket has before bind(), so it is never open to others.
    if (::fchmod(fd.get(), 0600) != 0) return cannot("set the mode of", path);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
        return cannot("bind", path);
    ControlSocket socket(std::move(fd), path);
    struct stat bound {};
    if (::lstat(path.c_str(), &bound) != 0) return cannot("look at", path);
    socket.device_ = bound.st_dev;
    socket.inode_ = bound.st_ino;
    if (::listen(socket.fd(), kBacklog) != 0) return cannot("listen on", path);
    return socket;
}

ControlSocket::~ControlSocket() {
    if (!fd_) return;
    struct stat now {};
    if (::lstat(path_.c_str(), &now) != 0 || now.st_dev != device_ || now.st_ino != inode_) return;
    ::unlink(path_.c_str());
}

}  // namespace server
