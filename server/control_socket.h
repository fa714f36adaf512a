// server/control_socket.h: a listening UNIX socket that is ours alone, and removed when it ends.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <sys/types.h>

#include <string>

namespace server {

/// A bound, listening UNIX stream socket, non-blocking, mode 0600. Removes its file when destroyed, unless
/// somebody else has put another one there.
class ControlSocket {
public:
    /// See Control. Errc::busy: a live daemon listens there; denied: not our folder; internal: what the
    /// system said.
    [[nodiscard]] static base::Result<ControlSocket> open(const std::string& path);
    ControlSocket(ControlSocket&&) noexcept = default;
    ControlSocket& operator=(ControlSocket&&) = delete;
    ~ControlSocket();

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    ControlSocket(base::Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    base::Fd fd_;
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace server
