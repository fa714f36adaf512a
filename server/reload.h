// server/reload.h: a changed configuration takes effect while the daemon runs, as a whole or not at all.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (SIGHUP, rvpctl reload)
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "base/result.h"
#include "server/config.h"
#include "server/control.h"

namespace server {

/// An option whose value differs.
struct OptionChange {
    std::string_view name;
    std::string from, to;  ///< as TOML text
    Reload reload = Reload::restart;
};

/// In the order of the table.
[[nodiscard]] std::vector<OptionChange> changes(const Config& running, const Config& fresh);
/// `running`, with the options that can change at once taken from `fresh`.
[[nodiscard]] Config merged(const Config& running, const Config& fresh);

/// Does what a reload asks for. Thread: loop.
class Reloader {
public:
    /// Reads the configuration anew. The error's text is `file:line:column: what, and what was meant`.
    using Load = std::function<base::Result<Config>()>;
    /// Makes it so; must not fail.
    using Commit = std::function<void()>;
    /// One part of the daemon: looks at what would be in force, and refuses it or returns what makes it so. It may
    /// open files (a certificate), but changes nothing before all parts have agreed.
    using Step = std::function<base::Result<Commit>(const Config& next)>;

    /// Without `load` there is no file to read again. `log` must outlive it.
    Reloader(Config running, Load load, base::Log& log)
        : running_(std::move(running)), load_(std::move(load)), log_(log) {}
    void add(Step step) { steps_.push_back(std::move(step)); }

    /// All steps take up what changed, or none does, and the log says why. Returns what changed, including what
    /// waits for a restart. Errc: malformed (the files), precondition (no file), or a step's.
    base::Result<std::vector<OptionChange>> reload();
    /// What reload() would return, without doing it. The steps are asked.
    [[nodiscard]] base::Result<std::vector<OptionChange>> look() const;

    /// What is in force.
    [[nodiscard]] const Config& running() const { return running_; }

private:
    struct Plan {
        Config next;
        std::vector<OptionChange> changed;
        std::vector<Commit> commits;
    };
    [[nodiscard]] base::Result<Plan> plan() const;

    Config running_;
    const Load load_;
    base::Log& log_;
    std::vector<Step> steps_;
};

/// The command `reload`, by calling `reload`; with the argument `diff` it only looks. The answer is a list of objects
/// with option, from, to and effect (`now` or `restart`).
void run_reload(const base::json::Value& args, CommandAnswer answer, const Reloader& reloader,
                const std::function<base::Result<std::vector<OptionChange>>()>& reload);

}  // namespace server
