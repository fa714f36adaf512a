// server/admin_commands.h: the commands that rvpctl can ask of the daemon.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl), 3.7 (explain)
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "presence/service.h"
#include "server/control.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace server {

/// What `status` tells besides what the service knows.
struct AdminFacts {
    struct Door {
        std::string door;
        std::string address;
        std::string scheme = "http";
    };
    std::string version;
    std::vector<Door> listeners;
    std::function<std::vector<std::string>()> unfit{};  ///< why the daemon is not fit to serve; empty: it is
};

/// Copies the store to a file, while it is used.
using MakeBackup = std::function<void(std::string file, base::Once<void(base::Result<void>)> done)>;

/// Names and arguments in, calls to the service, values out. Errors name what was asked for; an unknown
/// command, argument, node or word comes with the nearest known one. Borrows service and clock. Thread:
/// loop.
class AdminCommands {
public:
    /// Without `make_backup` there is no store on disk.
    AdminCommands(presence::Service& service, const base::Clock& clock, AdminFacts facts,
                  MakeBackup make_backup = nullptr);

    /// Is an ActHandler.
    void run(const std::string& command, const base::json::Value& args, std::uint64_t request, CommandAnswer answer);

private:
    presence::Service& service_;
    const base::Clock& clock_;
    const AdminFacts facts_;
    const MakeBackup make_backup_;
    const base::Instant started_;
    const base::WallTime started_wall_;

    friend struct AdminTable;
};

}  // namespace server
