// ctl/client.h: speaks to the daemon over its control socket.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#pragma once

#include "base/fd.h"
#include "base/json.h"
#include "base/result.h"

#include <string>

namespace ctl {

/// One connection to the daemon. Blocks.
class Client {
public:
    /// How long a silent daemon is waited for.
    enum class Patience {
        usual,    ///< a minute without a byte
        endless,  ///< as long as it lives: for what takes as long as there is much of it
    };

    /// Errc::not_found: nobody listens at `path`; denied: not for this user, or a stranger listens there.
    /// The text names the path.
    [[nodiscard]] static base::Result<Client> connect(const std::string& path);

    /// The result of a command. Errors of the daemon come with its own text.
    [[nodiscard]] base::Result<base::json::Value> ask(const std::string& command,
                                                      const base::json::Value& args,
                                                      Patience patience = Patience::usual);

private:
    Client(base::Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    base::Result<std::string> read_line();

    base::Fd fd_;
    std::string path_;
};

}  // namespace ctl
