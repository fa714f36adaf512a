// server/reload.cc: a changed configuration takes effect while the daemon runs, as a whole or not at all.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (SIGHUP, rvpctl reload)
#include "server/reload.h"

#include <utility>

#include "server/config_check.h"

namespace server {

using base::json::Value;

std::vector<OptionChange> changes(const Config& running, const Config& fresh) {
    std::vector<OptionChange> found;
    for (const Option& option : option_table()) {
        std::string from = shown(option, running), to = shown(option, fresh);
        if (from != to) found.push_back({option.name, std::move(from), std::move(to), option.reload});
    }
    return found;
}

Config merged(const Config& running, const Config& fresh) {
    Config next = running;
    for (const Option& option : option_table()) {
        if (option.reload != Reload::now) continue;
        std::visit([&](auto field) { next.*field = fresh.*field; }, option.field);
    }
    return next;
}

base::Result<Reloader::Plan> Reloader::plan() const {
    if (!load_) return base::fail(base::Errc::precondition, "this daemon was started without a file to read again");
    const auto fresh = load_();
    if (!fresh) return std::unexpected(fresh.error());
    Plan plan{merged(running_, *fresh), changes(running_, *fresh), {}};
    for (const Step& step : steps_) {
        auto commit = step(plan.next);
        if (!commit) return std::unexpected(commit.error());
        plan.commits.push_back(std::move(*commit));
    }
    return plan;
}

base::Result<std::vector<OptionChange>> Reloader::reload() {
    auto planned = plan();
    if (!planned) {
        log_.error("reload-refused", {{"why", planned.error().text}, {"hint", "what was in force stays so"}});
        return std::unexpected(planned.error());
    }
    for (const Commit& commit : planned->commits) commit();
    running_ = std::move(planned->next);
    std::size_t waiting = 0;
    for (const OptionChange& one : planned->changed) {
        waiting += one.reload == Reload::restart ? 1 : 0;
        const bool now = one.reload == Reload::now;
        log_.info(now ? "option-changed" : "option-needs-restart",
                  {{"option", std::string(one.name)}, {"from", one.from}, {"to", one.to}});
    }
    log_.info("reloaded", {{"changed", std::to_string(planned->changed.size() - waiting)},
                           {"waiting_for_restart", std::to_string(waiting)}});
    return std::move(planned->changed);
}

base::Result<std::vector<OptionChange>> Reloader::look() const {
    auto planned = plan();
    if (!planned) return std::unexpected(planned.error());
    return std::move(planned->changed);
}

void run_reload(const Value& args, CommandAnswer answer, const Reloader& reloader,
                const std::function<base::Result<std::vector<OptionChange>>()>& reload) {
    for (const auto& member : *args.as_object()) {
        if (member.name == "diff" && member.value.as_bool()) continue;
        return answer(base::fail(base::Errc::malformed, "reload knows no argument but diff, which is true or false"));
    }
    const Value* diff = args.find("diff");
    const auto changed = diff && *diff->as_bool() ? reloader.look() : reload();
    if (!changed) return answer(std::unexpected(changed.error()));
    Value list = Value::array();
    for (const OptionChange& one : *changed) {
        Value line = Value::object();
        line.set("option", one.name).set("from", one.from).set("to", one.to);
        line.set("effect", one.reload == Reload::now ? "now" : "restart");
        list.append(std::move(line));
    }
    answer(std::move(list));
}

}  // namespace server
