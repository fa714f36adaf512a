// server/daemon_reload.cc: what a daemon takes up from a new configuration while it runs.
// SPDX-License-Identifier: Apache-2.0
#include "server/daemon_parts.h"

#include <chrono>
#include <functional>
#include <utility>

#include "server/log_options.h"
#include "server/part_settings.h"
#include "server/tls_files.h"

namespace server {

presence::Settings DaemonParts::settings_of_presence(const Config& config, const base::Clock& clock) const {
    presence::Settings settings = make_presence_settings(config, clock);
    if (!others) return settings;
    settings.other_domain = std::bind_front(&OtherDomains::may_hold, &others->domains);
    settings.call_backs.elsewhere = [&homes = others->router.homes()](std::string_view path) {
        return !homes.elsewhere(path).empty();
    };
    return settings;
}

void DaemonParts::keep_messages(const Config& config, const base::Clock& clock, base::Log& log) {
    retention.reset();
    if (!archive || config.message_archive_days == 0) return;
    retention = std::make_unique<Retention>(*archive, loop.wheel(), clock, log,
                                            std::chrono::days(config.message_archive_days));
}

base::Result<Reloader::Commit> DaemonParts::renew_certificate(const Config& next, const base::Clock& clock, base::Log& log) {
    if (!speaks_tls()) return [] {};
    auto fresh = load_certificate(next);
    if (!fresh) return std::unexpected(fresh.error());
    if (!*fresh) return [] {};  // the listeners have gone too, and that waits for a restart
    auto trust = make_peer_trust(next);
    if (!trust) return std::unexpected(trust.error());
    return [this, &clock, &log, certificate = std::move(*fresh), trust = std::move(*trust)] {
        for (const auto& door : doors) door->renew(certificate, trust);
        show(*certificate, log, clock.wall());
    };
}

void DaemonParts::add_reload_steps(const base::Clock& clock, base::Log& log) {
    const auto add = [this](std::function<void(const Config&)> change) {
        reloader.add([change](const Config& next) -> base::Result<Reloader::Commit> {
            return [change, next] { change(next); };
        });
    };
    reloader.add([this](const Config& next) -> base::Result<Reloader::Commit> {
        auto rules = CallbackPolicy::make(next.callback_allow);
        if (!rules) return std::unexpected(rules.error());
        const auto shared = std::make_shared<CallbackPolicy>(std::move(*rules));
        return [this, shared] { policy.become(*shared); };
    });
    add([this, &clock](const Config& next) { service.change(settings_of_presence(next, clock)); });
    reloader.add([this](const Config& next) -> base::Result<Reloader::Commit> {
        auto trust = make_trust(next);
        if (!trust) return std::unexpected(trust.error());
        return [this, trust = *trust, settings = make_courier_settings(next, *trust)] {
            courier.change(settings);
            if (others) others->passages.change(trust);
        };
    });
    reloader.add([this, &clock, &log](const Config& next) { return renew_certificate(next, clock, log); });
    reloader.add([this](const Config& next) -> base::Result<Reloader::Commit> {
        auto identity = load_identity(next);
        if (!identity) return std::unexpected(identity.error());
        return [this, next, identity = std::move(*identity)] {
            if (msnp) msnp->change(make_msnp_settings(next));
            for (const auto& door : msnp_doors) {
                door->change(door_limits(next));
                if (identity) door->renew(identity);
            }
        };
    });
    add([this](const Config& next) { admission.change(make_budgets(next)); });
    add([this](const Config& next) {
        for (const auto& door : doors) door->change(door_limits(next));
        desk.set_bounds(make_bounds(next), static_cast<std::size_t>(next.limit_property_bytes));
    });
    add([this](const Config& next) {
        if (bsim) bsim->change(make_bsim_settings(next));
        if (zimbra) zimbra->change(make_zimbra_settings(next));
    });
    add([this, &clock, &log](const Config& next) {
        if (next.message_archive_days != reloader.running().message_archive_days) keep_messages(next, clock, log);
    });
    add([this, &log](const Config& next) {
        log.set_level(log_level(next));
        access.set_level(access_level(next));
    });
}

base::Result<std::vector<OptionChange>> DaemonParts::reload() {
    if (supervisor) supervisor->reloading();
    auto changed = reloader.reload();
    if (supervisor) supervisor->ready(changed ? "reloaded" : "not reloaded: " + changed.error().text);
    return changed;
}

}  // namespace server
