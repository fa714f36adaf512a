// server/other_servers.cc: builds what knows of other servers, and asks it who holds whom.
// SPDX-License-Identifier: Apache-2.0
#include "server/other_servers.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "base/text.h"
#include "presence/settings.h"
#include "server/courier_settings.h"
#include "server/homes.h"
#include "server/must.h"
#include "server/part_settings.h"
#include "server/resolver.h"
#include "server/tls_files.h"

namespace server {
namespace {

DomainSettings make_domain_settings(const Config& config, const CallbackPolicy& policy) {
    DomainSettings s;
    s.domains = config.federation_domains;
    for (const std::string& line : config.federation_servers) {
        s.servers.push_back(must(DomainLine::parse(line), "federation.servers"));
    }
    for (const std::string& line : config.homes) s.servers.push_back(must(HomeLine::parse(line), "homes").server);
    s.may = [&policy](const base::IpAddress& address, std::uint16_t port) { return policy.may_be_server(address, port); };
    return s;
}

/// Of a relayed request; a sender's acknowledgement may take its time.
CourierSettings make_passage_settings(const Config& config, std::shared_ptr<const TlsTrust> trust) {
    CourierSettings s;
    s.trust = std::move(trust);
    s.answer_time = presence::kAckTime + std::chrono::seconds(5);
    s.answer_bytes = static_cast<std::size_t>(config.limit_body_bytes + config.limit_head_bytes);
    return s;
}

std::string make_passing_name() {
    std::random_device random;
    std::string name;
    for (int i = 0; i < 16; ++i) name += "0123456789abcdef"[random() % 16];
    return name;
}

Homes make_homes(const Config& config, const presence::Realm& realm) {
    std::vector<HomeLine> lines;
    for (const std::string& line : config.homes) lines.push_back(must(HomeLine::parse(line), "homes"));
    return {lines, realm};
}

Router::Settings make_router_settings(const Config& config) {
    Router::Settings s;
    s.route = config.federation_route == "redirect" ? Route::redirect : Route::proxy;
    for (const std::string& range : config.federation_routers) s.servers.push_back(*base::Cidr::parse(range));
    return s;
}

Federation::Settings make_federation_settings(const Config& config) {
    Federation::Settings s;
    if (config.federation_assertion) s.unproven = rvp::Assertion::accepted;
    if (proves_by_certificate(config)) s.proof = Federation::Proof::certificate;
    return s;
}

}  // namespace

bool knows_others(const Config& config) {
    return !config.federation_domains.empty() || !config.homes.empty() || !config.federation_routers.empty();
}

OtherServers::OtherServers(const Config& config, base::Loop& loop, base::Log& log, const base::Clock& clock,
                           const presence::Realm& realm, const CallbackPolicy& policy)
    : name(make_passing_name()),
      domains(std::make_unique<AresDns>(loop, config.federation_nameservers), clock, make_domain_settings(config, policy)),
      passages(loop, domains, make_passage_settings(config, must(make_trust(config), "tls.ca"))),
      federation(domains, realm, clock, log, make_federation_settings(config), name),
      router(realm, make_homes(config, realm), passages, make_router_settings(config), name),
      envoy({realm, passages, loop.wheel(), clock, log}, [this](std::string_view key) { return holder_of(key); },
            make_bounds(config), name) {
    federation.set_router(&router);
}

OtherServers::~OtherServers() {
    domains.stop();
    passages.stop();
}

std::string OtherServers::server_of(const presence::Realm& realm, std::string_view authority, std::string_view path) const {
    if (realm.ours(authority)) return router.homes().elsewhere(base::percent_decode(path).value_or(std::string(path)));
    return domains.may_hold(authority, path) ? std::string(authority) : std::string();
}

std::string OtherServers::holder_of(std::string_view key) const {
    const std::size_t slash = key.find('/');
    if (slash == 0) return presence::is_alias(key) ? router.homes().elsewhere(key) : std::string();
    const std::string authority(key.substr(0, slash));
    const bool may = slash != std::string_view::npos && presence::is_alias(key.substr(slash)) && domains.lists(authority);
    return may ? authority : std::string();
}

}  // namespace server
