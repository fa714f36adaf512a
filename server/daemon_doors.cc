// server/daemon_doors.cc: opens the doors of a daemon, and the way to other servers.
// SPDX-License-Identifier: Apache-2.0
#include "server/daemon_parts.h"

#include <functional>
#include <utility>

#include "server/compose.h"
#include "server/gateways.h"
#include "server/must.h"
#include "server/part_settings.h"
#include "server/tls_files.h"

namespace server {

DoorLimits DaemonParts::door_limits(const Config& config) const {
    return make_door_limits(config, {listeners, descriptors, memory});
}

void DaemonParts::warn_of_small_means(const Config& config, base::Log& log) const {
    const DoorLimits limits = door_limits(config);
    if (limits.bodies_bytes != static_cast<std::size_t>(config.limit_bodies_bytes)) {
        log.warning("bodies-limited", {{"bytes", std::to_string(limits.bodies_bytes)},
                                       {"listeners", std::to_string(listeners)},
                                       {"memory", std::to_string(memory.value_or(0))},
                                       {"hint", "raise MemoryMax, or lower limits.bodies_bytes"}});
    }
    const unsigned connections = limits.connections;
    if (connections == config.limit_connections) return;
    log.warning("connections-limited", {{"connections", std::to_string(connections)},
                                        {"listeners", std::to_string(listeners)},
                                        {"descriptors", std::to_string(descriptors)},
                                        {"memory", memory ? std::to_string(*memory) : "unbounded"},
                                        {"hint", "raise LimitNOFILE or MemoryMax, or lower limits.connections"}});
}

void DaemonParts::show(const Certificate& certificate, base::Log& log, base::WallTime now) {
    log_certificate(certificate, log, now);
    photographer.set_certificate_expires(certificate.expires());
}

void DaemonParts::open_other_domains(const Config& config) {
    courier.set_servers(others->domains, [this](std::string_view authority, std::string_view path) {
        return others->server_of(realm, authority, path);
    }, others->name);
    if (config.federation_relay) {
        const rvp::Proofs proofs{schemes.get(), config.auth_assertion ? rvp::Assertion::accepted : rvp::Assertion::refused};
        others->federation.set_relay(&others->relay.emplace(realm, others->domains, proofs, others->passages, others->name));
    }
    desk.set_federation(&others->federation);
    service.set_abroad(&others->envoy);
}

void DaemonParts::open_bsim(const Config& config, const base::Clock& clock) {
    bsim = std::make_unique<doors::BsimDesk>(service, mailboxes, loop.wheel(), clock, gate, compose_message,
                                             [this] { return admission.closed(); }, make_bsim_settings(config));
    desk.set_bsim(bsim.get());
}

void DaemonParts::open_zimbra(const Config& config, const base::Clock& clock) {
    doors::ZimbraHouse house{service, mailboxes, loop.wheel(), clock, gate, compose_message, compose_typing,
                             [this](std::function<void()> later) { loop.post(std::move(later)); }, nullptr, {}, {}};
    if (config.zimbra_gateways) {
        house.gateways = [this, domains = config.federation_domains](const std::string& key) {
            return gateways_of(key, {service, bsim.get(), msnp.get(), others ? &others->passages : nullptr, domains});
        };
    }
    zimbra = std::make_unique<doors::ZimbraDesk>(std::move(house), [this] { return admission.closed(); },
                                                 make_zimbra_settings(config));
    desk.set_zimbra(zimbra.get());
}

void DaemonParts::open_rvp_doors(const Config& config, const base::Clock& clock, base::Log& log) {
    const auto open = [&](Listener& listener, const char* scheme, std::shared_ptr<const Certificate> certificate,
                          std::shared_ptr<const PeerTrust> trust) {
        listening.push_back({"rvp", listener.address, scheme});
        doors.push_back(std::make_unique<HttpDoor>(loop, log, ids, desk, std::move(listener), door_limits(config),
                                                   &access, std::move(certificate), std::move(trust)));
    };
    for (Listener& listener : bound.rvp) open(listener, "http", nullptr, nullptr);
    if (!speaks_tls()) return;
    const auto certificate = must(load_certificate(config), "tls");
    show(*certificate, log, clock.wall());
    const auto trust = must(make_peer_trust(config), "tls.ca");
    for (Listener& listener : bound.rvp_tls) open(listener, "https", certificate, trust);
}

void DaemonParts::open_msnp_doors(const Config& config, const base::Clock& clock, base::Log& log) {
    if (bound.msnp.empty() && bound.msnp_tls.empty()) return;
    msnp = std::make_unique<doors::MsnpDesk>(doors::MsnpHouse{
        service, mailboxes, loop.wheel(), clock, gate, tickets, journal(), config.message_archive ? archive.get() : nullptr,
        compose_part, compose_typing_note, [this](std::function<void()> later) { loop.post(std::move(later)); },
        [this] { return admission.closed(); }, make_msnp_settings(config)});
    const auto open = [&](Listener& listener, const char* scheme, std::shared_ptr<const TlsIdentity> identity) {
        listening.push_back({"msnp", listener.address, scheme});
        msnp_doors.push_back(std::make_unique<TcpDoor>(loop, log, msnp_watch, *msnp, std::move(listener),
                                                       door_limits(config), std::move(identity)));
    };
    for (Listener& listener : bound.msnp) open(listener, "tcp", nullptr);
    const auto identity = must(load_identity(config), "tls");
    for (Listener& listener : bound.msnp_tls) open(listener, "tls", identity);
}

void DaemonParts::open_admin_door(const Config& config, base::Log& log) {
    rvp_doors = doors.size();
    for (Listener& listener : bound.admin) {
        listening.push_back({"admin", listener.address});
        doors.push_back(std::make_unique<HttpDoor>(loop, log, ids, admin_desk, std::move(listener), door_limits(config)));
    }
}

}  // namespace server
