// server/control.h: the socket over which rvpctl speaks to the daemon.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#pragma once

#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/once.h"
#include "base/result.h"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace server {

/// Owed one result, now or later, on the loop.
using CommandAnswer = base::Once<void(base::Result<base::json::Value>)>;
/// Does one command; `args` is an object.
using CommandHandler = std::function<void(const std::string& command, const base::json::Value& args,
                                          CommandAnswer answer)>;

/// What one socket may cost.
struct ControlLimits {
    std::size_t line_bytes = 64 * 1024;  ///< of a request
    std::size_t json_depth = 8;
    std::size_t clients = 32;
    std::chrono::seconds idle{60};  ///< without a request, or without the answer being read
};

/// A UNIX stream socket, one JSON object per line both ways:
///     {"command":"node add","args":{"path":"/groups/a","owner":"bob"}}
///     {"ok":true,"result":{…}}
///     {"ok":false,"error":"no node /groups/b","kind":"not_found"}
/// `kind` is the name of a base::Errc. The requests of one client are answered in turn; empty lines are skipped.
/// Only root and the daemon's own user are heard. Thread: loop.
class Control {
public:
    /// Binds `path`, mode 0600, in a folder that is made (0700) if its parent is there. Takes the place of
    /// the socket of a daemon that is gone. Throws std::runtime_error that names the path: a live daemon
    /// listens there, something that is no socket is there, or the folder is somebody else's. `loop` and
    /// `log` must outlive it.
    Control(base::Loop& loop, base::Log& log, std::string path, CommandHandler handler,
            ControlLimits limits = {});
    /// Closes every client and removes the socket. Answers still owed then go nowhere.
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

private:
    struct Parts;
    class Client;
    std::unique_ptr<Parts> parts_;
};

/// Whether a process of the user `peer` is heard by a daemon of the user `own`.
[[nodiscard]] constexpr bool may_control(uid_t peer, uid_t own) {
    return peer == 0 || peer == own;
}

/// "not_found" for Errc::not_found.
[[nodiscard]] std::string_view kind_of(base::Errc code);

}  // namespace server
