// server/history_commands.h: rvpctl history, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7 (archive), 9 (rvpctl history)
#pragma once

#include <string>

#include "base/json.h"
#include "presence/service.h"
#include "server/control.h"
#include "store/archive.h"

namespace server {

/// The commands `history find` (one page, for search and export) and `history erase`. Borrows both; without an archive
/// each is answered Errc::precondition. Thread: loop.
class HistoryCommands {
public:
    HistoryCommands(store::Archive* archive, const presence::Service& service, const presence::Realm& realm)
        : archive_(archive), service_(service), realm_(realm) {}

    /// Whether run() is the one to ask.
    [[nodiscard]] static bool knows(const std::string& command) { return command.starts_with("history "); }
    /// Is a CommandHandler.
    void run(const std::string& command, const base::json::Value& args, CommandAnswer answer);

private:
    [[nodiscard]] base::Result<store::HistoryQuery> query_of(const base::json::Value& args) const;
    void find(const base::json::Value& args, CommandAnswer answer);
    void erase(const base::json::Value& args, CommandAnswer answer);

    store::Archive* archive_;
    const presence::Service& service_;
    const presence::Realm& realm_;
};

}  // namespace server
