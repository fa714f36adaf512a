// server/daemon.cc: owns and wires the whole of rvpd, as a list of named steps.
// SPDX-License-Identifier: Apache-2.0
#include "server/daemon.h"

#include <algorithm>
#include <functional>
#include <future>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>

#include "base/loop.h"
#include "base/text.h"
#include "doors/bsim_desk.h"
#include "doors/mailboxes.h"
#include "doors/msnp_desk.h"
#include "doors/zimbra_desk.h"
#include "presence/memory_journal.h"
#include "presence/service.h"
#include "server/access_watch.h"
#include "server/account_commands.h"
#include "server/accounts.h"
#include "server/admin_commands.h"
#include "server/admin_desk.h"
#include "server/admin_words.h"
#include "server/admission.h"
#include "server/audit.h"
#include "server/callback_policy.h"
#include "server/certificate.h"
#include "server/compose.h"
#include "server/config_shape.h"
#include "server/contact_commands.h"
#include "server/control.h"
#include "server/courier.h"
#include "server/door_limits.h"
#include "server/domains.h"
#include "server/drain.h"
#include "server/envoy.h"
#include "server/federation.h"
#include "server/gateways.h"
#include "server/front_desk.h"
#include "server/history_commands.h"
#include "server/homes.h"
#include "server/http_door.h"
#include "server/log_options.h"
#include "server/memory_allowed.h"
#include "server/negotiate_auth.h"
#include "server/ntlm_auth.h"
#include "server/passages.h"
#include "server/password_gate.h"
#include "server/privileges.h"
#include "server/relay.h"
#include "server/reload.h"
#include "server/request_figures.h"
#include "server/request_ids.h"
#include "server/retention.h"
#include "server/room_commands.h"
#include "server/room_past.h"
#include "server/router.h"
#include "server/schemes.h"
#include "server/send_command.h"
#include "server/snapshot.h"
#include "server/socket_watch.h"
#include "server/supervisor.h"
#include "server/tcp_door.h"
#include "server/ticket_commands.h"
#include "server/tickets.h"
#include "server/tls.h"
#include "server/tracers.h"
#include "server/version.h"
#include "store/journal.h"

namespace server {
namespace {

constexpr std::chrono::milliseconds kLoopTick{250};

template <class T>
T must(base::Result<T> result, const std::string& step) {
    if (!result) throw std::runtime_error(step + ": " + result.error().text);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// One listener for each address; they are taken from `opened` where they are there.
std::vector<Listener> bind_all(const std::vector<std::string>& addresses, const std::string& option,
                               std::vector<base::Fd>& opened) {
    std::vector<Listener> listeners;
    for (const std::string& address : addresses) listeners.push_back(must(listen_on(address, opened), option));
    return listeners;
}

/// All there is to bind; afterwards root is needed no more.
struct Bound {
    Bound(const Config& config, base::Log& log, std::vector<base::Fd> opened)
        : rvp(bind_all(config.listen_http, "listen.http", opened)),
          rvp_tls(bind_all(config.listen_https, "listen.https", opened)),
          msnp(bind_all(config.listen_msnp, "listen.msnp", opened)),
          msnp_tls(bind_all(config.listen_msnps, "listen.msnps", opened)) {
        if (!config.listen_admin.empty()) admin = bind_all({config.listen_admin}, "listen.admin", opened);
        if (!opened.empty()) {
            throw std::runtime_error("a socket was handed over that listens on " + address_of(opened.front().get()) +
                                     ", which no listen option names");
        }
        must(drop_privileges(config, log), "privileges");
    }

    std::vector<Listener> rvp;
    std::vector<Listener> rvp_tls;
    std::vector<Listener> msnp;
    std::vector<Listener> msnp_tls;
    std::vector<Listener> admin;
};

/// Null where none is configured. Read as the user that rvpd goes on as, who will have to read the next one too.
base::Result<std::shared_ptr<const Certificate>> load_certificate(const Config& config) {
    if (config.tls_certificate.empty()) return nullptr;
    auto loaded = Certificate::load(config.tls_certificate, config.tls_key);
    if (loaded) return std::move(*loaded);
    const bool key = loaded.error().file == Certificate::Problem::File::key;
    return base::fail(base::Errc::malformed, (key ? config.tls_key : config.tls_certificate) + " " + loaded.error().text);
}

void log_certificate(const Certificate& certificate, base::Log& log, base::WallTime now) {
    const std::string expires = text_of(certificate.expires());
    log.info("tls-certificate", {{"subject", certificate.subject()}, {"expires", expires}});
    if (certificate.expires() < now) log.warning("tls-certificate-expired", {{"since", expires}});
}

/// Names without ports under which the admin listener may be asked for.
std::vector<std::string> admin_hosts(const Config& config) {
    std::vector<std::string> hosts{std::string(host_of(config.domain))};
    for (const std::string& alias : config.aliases) hosts.emplace_back(host_of(alias));
    return hosts;
}

// Where we listen means us too, whatever the domain is (design 9).
presence::Realm make_realm(const Config& config, const Bound& bound) {
    std::vector<std::string> names = config.aliases;
    for (const Listener& listener : bound.rvp) names.push_back(listener.address);
    for (const Listener& listener : bound.rvp_tls) names.push_back(listener.address);
    return {config.domain, config.mail_domain, names};
}

// Ids of a daemon that remembers nothing must not be those it gave before it was restarted: they start at the
// seconds of the calendar, 16 for each.
std::uint32_t first_id(const base::Clock& clock) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
    return static_cast<std::uint32_t>(seconds * 16 % presence::kMaxWireId) + 1;
}

presence::Settings make_settings(const Config& config, const base::Clock& clock) {
    presence::Settings s;
    s.subscription = {config.lease_subscription_min, config.lease_subscription_default, config.lease_subscription_max};
    s.state = {config.lease_presence_min, config.lease_presence_default, config.lease_presence_max};
    s.linger = config.lease_linger;
    s.settle = config.lease_settle;
    s.jitter_percent = config.lease_jitter_percent;
    for (const std::string& prefix : config.nodes_auto_create) s.auto_create.push_back(base::to_lower(prefix));
    s.nodes_per_principal = static_cast<std::size_t>(config.limit_nodes_per_principal);
    s.nodes_per_domain = static_cast<std::size_t>(config.limit_nodes_per_domain);
    s.subscriptions_per_principal = static_cast<std::size_t>(config.limit_subscriptions_per_principal);
    s.call_backs.per_principal = {static_cast<std::size_t>(config.limit_foreign_call_backs),
                                  static_cast<std::size_t>(config.limit_new_foreign_call_backs)};
    s.call_backs.per_host = {static_cast<std::size_t>(config.limit_call_backs_per_host),
                             static_cast<std::size_t>(config.limit_new_call_backs_per_host)};
    s.views_per_node = static_cast<std::size_t>(config.limit_views_per_principal);
    s.properties_per_node = static_cast<std::size_t>(config.limit_properties_per_node);
    s.acl_entries = static_cast<std::size_t>(config.limit_acl_entries);
    s.contacts_per_account = static_cast<std::size_t>(config.limit_contacts_per_account);
    s.asks_per_account = static_cast<std::size_t>(config.limit_asks_per_account);
    s.privacy_lists = static_cast<std::size_t>(config.limit_privacy_lists);
    s.privacy_items = static_cast<std::size_t>(config.limit_privacy_items);
    s.rooms.rooms = static_cast<std::size_t>(config.limit_rooms);
    s.rooms.per_principal = static_cast<std::size_t>(config.limit_rooms_per_principal);
    s.rooms.occupants = static_cast<std::size_t>(config.limit_room_occupants);
    s.rooms.members = static_cast<std::size_t>(config.limit_room_members);
    s.rooms.name_bytes = static_cast<std::size_t>(config.limit_room_name_bytes);
    s.rooms.text_bytes = static_cast<std::size_t>(config.limit_room_text_bytes);
    s.keep.offline = config.message_offline == "store" ? presence::Offline::store : presence::Offline::reject;
    s.keep.messages = static_cast<std::size_t>(config.limit_kept_messages);
    s.keep.bytes = static_cast<std::size_t>(config.limit_kept_bytes);
    s.keep.age = std::chrono::days(config.message_keep_days);
    for (const std::string& scheme : config.auth_schemes) {
        const bool digest = scheme.starts_with("digest");
        s.provable |= static_cast<presence::Credentials>(digest ? presence::Proof::digest : presence::Proof::ntlm);
    }
    s.archive = config.message_archive && config.store_path != ":memory:";
    s.first_id = first_id(clock);
    return s;
}

bool proves_by_certificate(const Config& config) { return config.federation_proof == "certificate"; }

/// Whom we believe over TLS, and what we show where it is asked for.
base::Result<std::shared_ptr<const TlsTrust>> make_trust(const Config& config) {
    if (!proves_by_certificate(config)) return TlsTrust::make(config.tls_ca);
    return TlsTrust::make(config.tls_ca, config.tls_certificate, config.tls_key);
}

/// Null: clients are not asked for certificates.
base::Result<std::shared_ptr<const PeerTrust>> make_peer_trust(const Config& config) {
    if (!proves_by_certificate(config)) return nullptr;
    return PeerTrust::make(config.tls_ca);
}

CourierSettings make_courier_settings(const Config& config, std::shared_ptr<const TlsTrust> trust) {
    CourierSettings s;
    s.trust = std::move(trust);
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    s.threads = config.push_threads > 0 ? config.push_threads : std::max(1, cores - 1);
    s.queue_per_endpoint = static_cast<std::size_t>(config.limit_queue_per_endpoint);
    s.connections_per_endpoint = static_cast<std::size_t>(config.push_connections_per_endpoint);
    s.slow = std::chrono::milliseconds(config.push_slow_ms);
    s.suspend_after = config.push_suspend_after;
    s.log_attempts = config.log_access;
    return s;
}

DomainSettings make_domain_settings(const Config& config, const CallbackPolicy& policy) {
    DomainSettings s;
    s.domains = config.federation_domains;
    for (const std::string& line : config.federation_servers) s.servers.push_back(must(DomainLine::parse(line), "federation.servers"));
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

/// By which a server knows itself in RVPD-Passed; another at each start.
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

/// Whether any other server is known.
bool knows_others(const Config& config) {
    return !config.federation_domains.empty() || !config.homes.empty() || !config.federation_routers.empty();
}

Federation::Settings make_federation_settings(const Config& config) {
    Federation::Settings s;
    if (config.federation_assertion) s.unproven = rvp::Assertion::accepted;
    if (proves_by_certificate(config)) s.proof = Federation::Proof::certificate;
    return s;
}

base::xml::Bounds make_bounds(const Config& config) {
    base::xml::Bounds b;
    b.bytes = static_cast<std::size_t>(config.limit_body_bytes);
    b.depth = static_cast<int>(config.limit_xml_depth);
    b.elements = static_cast<int>(config.limit_xml_elements);
    b.attributes = static_cast<int>(config.limit_xml_attributes);
    return b;
}

/// All that knows of other servers.
struct Abroad {
    Abroad(const Config& config, base::Loop& loop, base::Log& log, const base::Clock& clock, const presence::Realm& realm,
                 const CallbackPolicy& policy)
        : domains(std::make_unique<AresDns>(loop, config.federation_nameservers), clock, make_domain_settings(config, policy)),
          passages(loop, domains, make_passage_settings(config, must(make_trust(config), "tls.ca"))),
          federation(domains, realm, clock, log, make_federation_settings(config), name),
          router(realm, make_homes(config, realm), passages, make_router_settings(config), name),
          envoy({realm, passages, loop.wheel(), clock, log}, [this](std::string_view key) { return holder_of(key); },
                make_bounds(config), name) {
        federation.set_router(&router);
    }
    ~Abroad() {
        domains.stop();
        passages.stop();
    }
    /// The authority of the server that holds a node; "" when it is ours, or none's.
    [[nodiscard]] std::string server_of(const presence::Realm& realm, std::string_view authority, std::string_view path) const {
        if (realm.ours(authority)) return router.homes().elsewhere(base::percent_decode(path).value_or(std::string(path)));
        return domains.may_hold(authority, path) ? std::string(authority) : std::string();
    }

    /// The authority of the server that holds a principal and may be asked; "" when he is ours, or nobody's.
    [[nodiscard]] std::string holder_of(std::string_view key) const {
        const std::size_t slash = key.find('/');
        if (slash == 0) return presence::is_alias(key) ? router.homes().elsewhere(key) : std::string();
        const std::string authority(key.substr(0, slash));
        const bool may = slash != std::string_view::npos && presence::is_alias(key.substr(slash)) && domains.lists(authority);
        return may ? authority : std::string();
    }

    std::string name = make_passing_name();
    OtherDomains domains;
    Passages passages;
    Federation federation;
    Router router;
    std::optional<Relay> relay;
    Envoy envoy;
};

AdmissionBudgets make_budgets(const Config& config) {
    return {.in = std::chrono::milliseconds(config.limit_log_on_ms),
            .out = std::chrono::milliseconds(config.limit_push_wait_ms)};
}

doors::BsimSettings make_bsim_settings(const Config& config) {
    doors::BsimSettings s;
    s.sessions = {config.bsim_session, static_cast<std::size_t>(config.limit_sessions),
                  static_cast<std::size_t>(config.limit_sessions_per_account)};
    s.bounds = make_bounds(config);
    s.bounds.elements = static_cast<int>(config.limit_soap_elements);
    s.extensions = config.bsim_extensions;
    s.inlined = config.bsim_inline;
    s.utc = config.bsim_utc;
    return s;
}

doors::ZimbraSettings make_zimbra_settings(const Config& config) {
    doors::ZimbraSettings s;
    s.sessions = {config.zimbra_session, static_cast<std::size_t>(config.limit_sessions),
                  static_cast<std::size_t>(config.zimbra_sessions_per_account), doors::SessionRule::Ids::number};
    s.limits.chats = {static_cast<std::size_t>(config.limit_chats_per_account), static_cast<std::size_t>(config.limit_messages_per_chat)};
    s.limits.queue = static_cast<std::size_t>(config.limit_queue_per_session);
    s.limits.html = {static_cast<std::size_t>(config.zimbra_html_bytes), config.zimbra_html_depth};
    s.limits.chat_life = config.zimbra_chat_idle;
    s.bounds = make_bounds(config);
    s.bounds.elements = static_cast<int>(config.limit_soap_elements);
    s.batch = static_cast<std::size_t>(config.limit_soap_batch);
    s.token_life = config.zimbra_token;
    s.version = kVersion;
    return s;
}

doors::MsnpSettings make_msnp_settings(const Config& config) {
    doors::MsnpSettings s;
    s.packets.payload_bytes = static_cast<std::size_t>(config.limit_body_bytes);
    s.bounds = make_bounds(config);
    s.bounds.elements = static_cast<int>(config.limit_soap_elements);
    s.endpoints_per_account = static_cast<std::size_t>(config.limit_sessions_per_account);
    s.contacts_per_packet = static_cast<std::size_t>(config.msnp_contacts_per_packet);
    s.pace = {static_cast<std::size_t>(config.msnp_requests_per_s), static_cast<std::size_t>(config.msnp_requests_at_once)};
    s.transfer = config.msnp_transfer;
    return s;
}

base::Result<std::shared_ptr<const TlsIdentity>> load_identity(const Config& config) {
    if (config.listen_msnps.empty() || config.tls_certificate.empty()) return nullptr;
    return TlsIdentity::load(config.tls_certificate, config.tls_key);
}

bool offers(const Config& config, std::string_view scheme) {
    return std::ranges::find(config.auth_schemes, scheme) != config.auth_schemes.end();
}

AccountSettings make_account_settings(const Config& config) {
    return {config.auth_realm.empty() ? config.domain : config.auth_realm,
            {config.auth_nt_domain, config.mail_domain},
            offers(config, "ntlm"), config.auth_msnp_proof};
}

std::vector<std::unique_ptr<HandshakeScheme>> make_handshakes(const Config& config, const Accounts& accounts) {
    std::vector<std::unique_ptr<HandshakeScheme>> handshakes;
    if (offers(config, "negotiate")) {
        handshakes.push_back(must(NegotiateAuth::make(config.auth_keytab, config.auth_kerberos_realms), "auth.schemes: negotiate"));
    }
    if (offers(config, "ntlm")) {
        const auto version1 = config.auth_ntlm_v1 ? NtlmAuth::Version1::accepted : NtlmAuth::Version1::refused;
        const std::string host(host_of(config.domain));
        handshakes.push_back(must(NtlmAuth::make(accounts, host, version1), "auth.schemes: ntlm"));
    }
    return handshakes;
}

std::unique_ptr<Schemes> make_schemes(const Config& config, const Accounts& accounts, const presence::Realm& realm,
                                      const base::Clock& clock, base::Log& log) {
    if (config.auth_schemes.empty()) return nullptr;
    if (config.auth_assertion && !config.auth_assertion_written) {
        log.warning("assertion-accepted", {{"hint", "auth.schemes is set, but who shows no credentials is believed too; "
                                                    "write assertion = false under [auth], or true to be asked no more"}});
    }
    return std::make_unique<Schemes>(config.auth_schemes, accounts, realm, clock, log, make_handshakes(config, accounts));
}

AdminFacts make_facts(const std::vector<Listening>& listening, const Photographer& photographer) {
    AdminFacts facts{kVersion, {}, [&photographer] { return photographer.unfit(); }};
    for (const Listening& one : listening) facts.listeners.push_back({one.door, one.address, one.scheme});
    return facts;
}

std::unique_ptr<store::Journal> open_store(const Config& config, base::Loop& loop, base::Log& log) {
    if (config.store_path == ":memory:") return nullptr;
    auto journal = std::make_unique<store::Journal>(loop, log, config.store_path);
    must(journal->open(), "store");
    return journal;
}

}  // namespace

// Built from top to bottom, torn down from bottom to top.
struct Daemon::Parts {
    Parts(const Config& config, const base::Clock& clock, base::Log& log, Surroundings around)
        : supervisor(around.supervisor), bound(config, log, std::move(around.sockets)), loop(clock, kLoopTick),
          ids(clock.wall()), realm(make_realm(config, bound)),
          policy(must(CallbackPolicy::make(config.callback_allow), "callback.allow")),
          courier(loop, clock, log, policy, make_courier_settings(config, must(make_trust(config), "tls.ca"))),
          others(knows_others(config) ? std::make_unique<Abroad>(config, loop, log, clock, realm, policy) : nullptr),
          admission(loop, make_budgets(config), [this] { return courier.age(); }),
          disk(open_store(config, loop, log)),
          accounts(make_account_settings(config), journal(), log),
          schemes(make_schemes(config, accounts, realm, clock, log)),
          service(realm, settings_of_presence(config, clock), mailboxes, journal(), loop.wheel(), clock),
          desk(rvp::Verbs{service, realm, make_bounds(config), static_cast<std::size_t>(config.limit_property_bytes), nullptr,
                [this] { return admission.closed(); },
                [&log](const presence::Caller& by, const presence::NodeName& node,
                       const std::vector<presence::Ace>& changes) { audit_acl(log, by, node.path, changes); },
                {schemes.get(), config.auth_assertion ? rvp::Assertion::accepted : rvp::Assertion::refused,
                 others ? &others->federation : nullptr}},
               [this](base::ConnectionId connection) {
                   if (schemes) schemes->closed(connection);
               }),
          gate(accounts, log), tickets(accounts, journal(), clock, log), access(log, access_level(config), realm, requests, tracers),
          admin_desk(photographer, service, kVersion, admin_hosts(config)), reloader(config, std::move(around.load), log),
          drain(loop, log, courier, [this] { return owes(); }) {
        if (others) open_other_domains(config);
        courier.set_events(service);
        mailboxes.set_events(service);
        must(service.load(), "store");
        if (disk) {
            archive = std::make_unique<store::Archive>(*disk);
            must(archive->times_ahead(clock.wall().time_since_epoch().count(), [this](const std::string& talk, std::int64_t time_ms) {
                service.message_time_taken(talk, time_ms);
            }), "store");
            room_past = std::make_unique<RoomPast>(*archive);
            service.rooms().set_past(room_past.get());
        }
        keep_messages(config, clock, log);
        history = std::make_unique<HistoryCommands>(archive.get(), service, realm);
        must(accounts.load(), "store");
        warn_of_small_means(config, log);
        must(tickets.load(), "store");
        if (config.bsim_enabled) open_bsim(config, clock);
        if (config.zimbra_enabled) open_zimbra(config, clock);
        accounts.on_change([this](const std::string& account) {  // not once they stop
            if (bsim) bsim->account_changed(account);
            if (zimbra) zimbra->account_changed(account);
            if (msnp) msnp->account_changed(account);
        });
        open_rvp_doors(config, clock, log);
        open_msnp_doors(config, clock, log);
        rvp_doors = doors.size();
        for (Listener& listener : bound.admin) {
            listening.push_back({"admin", listener.address});
            doors.push_back(
                std::make_unique<HttpDoor>(loop, log, ids, admin_desk, std::move(listener), door_limits(config)));
        }
        MakeBackup make_backup;
        if (disk) make_backup = std::bind_front(&store::Journal::backup, disk.get());
        admin = std::make_unique<AdminCommands>(service, clock, make_facts(listening, photographer), std::move(make_backup));
        if (!config.listen_control.empty()) {
            control = std::make_unique<Control>(loop, log, config.listen_control, audited(commands(), log, ids));
        }
        add_reload_steps(clock, log);
        if (supervisor) start_heartbeat();
        log.info("started", {{"domain", realm.domain()},
                             {"nodes", std::to_string(service.nodes().size())},
                             {"subscriptions", std::to_string(service.table().size())}});
    }
    // What is queued is committed, and what is owed for it answered, while those it is owed to still live.
    ~Parts() {
        desk.set_federation(nullptr);
        service.set_abroad(nullptr);
        others.reset();
        desk.set_bsim(nullptr);
        desk.set_zimbra(nullptr);
        zimbra.reset();
        bsim.reset();  // whoever polls is signed off, and that is committed too
        msnp_doors.clear();
        msnp.reset();
        service.rooms().set_past(nullptr);
        if (archive) archive->close();
        if (disk) disk->close();
    }

    [[nodiscard]] DoorLimits door_limits(const Config& config) const {
        return make_door_limits(config, {listeners, descriptors, memory});
    }
    void warn_of_small_means(const Config& config, base::Log& log) const {
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
    void open_rvp_doors(const Config& config, const base::Clock& clock, base::Log& log) {
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

    [[nodiscard]] bool speaks_tls() const { return !bound.rvp_tls.empty() || !bound.msnp_tls.empty(); }
    void show(const Certificate& certificate, base::Log& log, base::WallTime now) {
        log_certificate(certificate, log, now);
        photographer.set_certificate_expires(certificate.expires());
    }

    void open_msnp_doors(const Config& config, const base::Clock& clock, base::Log& log) {
        if (bound.msnp.empty() && bound.msnp_tls.empty()) return;
        msnp = std::make_unique<doors::MsnpDesk>(doors::MsnpHouse{
            service, mailboxes, loop.wheel(), clock, gate, tickets, journal(), config.message_archive ? archive.get() : nullptr, compose_part,
            compose_typing_note, [this](std::function<void()> later) { loop.post(std::move(later)); }, [this] { return admission.closed(); },
            make_msnp_settings(config)});
        const auto open = [&](Listener& listener, const char* scheme, std::shared_ptr<const TlsIdentity> identity) {
            listening.push_back({"msnp", listener.address, scheme});
            msnp_doors.push_back(std::make_unique<TcpDoor>(loop, log, msnp_watch, *msnp, std::move(listener),
                                                           door_limits(config), std::move(identity)));
        };
        for (Listener& listener : bound.msnp) open(listener, "tcp", nullptr);
        const auto identity = must(load_identity(config), "tls");
        for (Listener& listener : bound.msnp_tls) open(listener, "tls", identity);
    }

    [[nodiscard]] presence::Settings settings_of_presence(const Config& config, const base::Clock& clock) const {
        presence::Settings settings = make_settings(config, clock);
        if (!others) return settings;
        settings.other_domain = std::bind_front(&OtherDomains::may_hold, &others->domains);
        settings.call_backs.elsewhere = [&homes = others->router.homes()](std::string_view path) { return !homes.elsewhere(path).empty(); };
        return settings;
    }

    /// Before the store is read, whose call-backs may lead there.
    void open_other_domains(const Config& config) {
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

    void open_bsim(const Config& config, const base::Clock& clock) {
        bsim = std::make_unique<doors::BsimDesk>(service, mailboxes, loop.wheel(), clock, gate, compose_message,
                                                 [this] { return admission.closed(); }, make_bsim_settings(config));
        desk.set_bsim(bsim.get());
    }

    void open_zimbra(const Config& config, const base::Clock& clock) {
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

    void keep_messages(const Config& config, const base::Clock& clock, base::Log& log) {
        retention.reset();
        if (!archive || config.message_archive_days == 0) return;
        retention = std::make_unique<Retention>(*archive, loop.wheel(), clock, log,
                                                std::chrono::days(config.message_archive_days));
    }

    /// The files are read again whatever has changed, since a new certificate mostly has the name of the old one.
    base::Result<Reloader::Commit> renew_certificate(const Config& next, const base::Clock& clock, base::Log& log) {
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

    /// What can change while it runs; see kReloadable in server/option_table.
    void add_reload_steps(const base::Clock& clock, base::Log& log) {
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

    void start_heartbeat() {
        loop.post([this] { supervisor->ready("serving"); });
        heartbeat = std::make_unique<Heartbeat>(*supervisor, loop, courier, [this](const CourierSurvey& now) {
            if (drain.begun()) return "sending what is queued: " + std::to_string(now.queued) + " notifications";
            return std::to_string(service.tally().online) + " online, " + std::to_string(service.table().size()) +
                   " subscriptions, " + std::to_string(now.queued) + " notifications queued" +
                   (disk && disk->failing() ? ", the store is failing" : "");
        });
    }

    /// Whoever started us hears of it, too; what he hears last is that the daemon serves.
    base::Result<std::vector<OptionChange>> reload() {
        if (supervisor) supervisor->reloading();
        auto changed = reloader.reload();
        if (supervisor) supervisor->ready(changed ? "reloaded" : "not reloaded: " + changed.error().text);
        return changed;
    }

    void begin_drain() {
        if (drain.begun()) return;
        desk.close();
        if (zimbra) zimbra->close();  // who waits is answered
        photographer.set_unfit("the daemon is about to end");
        for (std::size_t i = 0; i < rvp_doors; ++i) doors[i]->stop_listening();
        for (const auto& door : msnp_doors) door->say_goodbye();
        if (supervisor) supervisor->stopping();
        drain.begin(reloader.running().push_drain);
    }
    [[nodiscard]] bool owes() const {
        const auto end = doors.begin() + static_cast<std::ptrdiff_t>(rvp_doors);
        const bool msnp_owes = std::any_of(msnp_doors.begin(), msnp_doors.end(), [](const auto& door) { return door->owes(); });
        return (disk && disk->busy()) || msnp_owes || std::any_of(doors.begin(), end, [](const auto& door) { return door->owes(); });
    }

    [[nodiscard]] ActHandler commands() {
        return [this](const std::string& command, const base::json::Value& args, std::uint64_t request, CommandAnswer answer) {
            if (command == "send") return run_send(service, args, request, std::move(answer));
            if (command == "reload") return run_reload(args, std::move(answer), reloader, [this] { return reload(); });
            if (Tracers::knows(command)) return tracers.run(command, args, std::move(answer));
            if (TicketCommands::knows(command)) return ticket_commands.run(command, args, std::move(answer));
            if (AccountCommands::knows(command)) return users.run(command, args, std::move(answer));
            if (ContactCommands::knows(command)) return contacts.run(command, args, std::move(answer));
            if (RoomCommands::knows(command)) return rooms.run(command, args, std::move(answer));
            if (HistoryCommands::knows(command)) return history->run(command, args, std::move(answer));
            admin->run(command, args, request, std::move(answer));
        };
    }

    [[nodiscard]] presence::Journal& journal() {
        if (disk) return *disk;
        return in_memory;
    }

    const Supervisor* supervisor;  // null: nobody is told how it goes
    Bound bound;
    base::Loop loop;
    RequestIds ids;
    presence::Realm realm;
    presence::MemoryJournal in_memory;
    CallbackPolicy policy;
    Courier courier;
    std::unique_ptr<Abroad> others;  // null: none is known
    doors::Mailboxes mailboxes{courier, [this](std::function<void()> later) { loop.post(std::move(later)); }};
    Admission admission;
    std::unique_ptr<store::Journal> disk;  // none: store.path = ":memory:"
    Accounts accounts;
    std::unique_ptr<Schemes> schemes;  // null: none is configured
    presence::Service service;
    AccountCommands users{accounts, service};
    RoomCommands rooms{service};
    ContactCommands contacts{service, loop.wheel(), loop.clock()};
    FrontDesk desk;
    RequestFigures requests;
    PasswordGate gate;
    Tickets tickets;
    TicketCommands ticket_commands{tickets};
    std::unique_ptr<doors::BsimDesk> bsim;  // null: off
    std::unique_ptr<doors::ZimbraDesk> zimbra;  // null: off
    SocketWatch msnp_watch{loop};
    std::unique_ptr<doors::MsnpDesk> msnp;  // null: no listener of it
    std::vector<std::unique_ptr<TcpDoor>> msnp_doors;
    Tracers tracers{loop, service, courier.attempts()};
    AccessWatch access;
    Photographer photographer{{service, courier, disk.get(), requests, loop, [this] { return (bsim ? bsim->sessions() : 0) + (zimbra ? zimbra->sessions() : 0); }}};
    AdminDesk admin_desk;
    Reloader reloader;
    Drain drain;
    const std::size_t descriptors = descriptors_allowed();
    const std::optional<std::size_t> memory = memory_allowed();
    const std::size_t listeners = std::max<std::size_t>(bound.rvp.size() + bound.rvp_tls.size() + bound.msnp.size() + bound.msnp_tls.size() + bound.admin.size(), 1);
    std::vector<std::unique_ptr<HttpDoor>> doors;
    std::size_t rvp_doors = 0;  // of them; behind these stands the admin's
    std::vector<Listening> listening;
    std::unique_ptr<AdminCommands> admin;
    std::unique_ptr<store::Archive> archive;  // none: there is no store on disk
    std::unique_ptr<RoomPast> room_past;      // none: the same
    std::unique_ptr<Retention> retention;     // none: nothing is ever too old
    std::unique_ptr<HistoryCommands> history;
    std::unique_ptr<Control> control;  // null: off
    std::unique_ptr<Heartbeat> heartbeat;
};

Daemon::Daemon(const Config& config, const base::Clock& clock, base::Log& log, Surroundings around)
    : parts_(std::make_unique<Parts>(config, clock, log, std::move(around))) {}

Daemon::~Daemon() = default;

const std::vector<Listening>& Daemon::listening() const { return parts_->listening; }

void Daemon::run() { parts_->loop.run(); }

void Daemon::stop() { parts_->loop.stop(); }

void Daemon::reload() {
    parts_->loop.post([this] { (void)parts_->reload(); });  // the log has told
}

void Daemon::drain() {
    parts_->loop.post([this] { parts_->begin_drain(); });
}

void Daemon::settle() {
    // One quiet round is not enough: what a courier reported in it may have caused the next delivery.
    constexpr int kQuietRounds = 3;
    for (int quiet = 0; quiet < kQuietRounds;) {
        auto busy = std::make_shared<std::promise<bool>>();
        auto answer = busy->get_future();
        parts_->loop.post([this, busy] {
            parts_->loop.tick();
            bool others_busy = false;
            for (const auto& door : parts_->doors) others_busy = others_busy || door->busy();
            for (const auto& door : parts_->msnp_doors) others_busy = others_busy || door->busy();
            others_busy = others_busy || (parts_->disk && parts_->disk->busy()) || (parts_->archive && parts_->archive->busy());
            parts_->courier.settle([busy, others_busy](bool couriers_busy) { busy->set_value(couriers_busy || others_busy); });
        });
        quiet = answer.get() ? 0 : quiet + 1;
        std::this_thread::yield();
    }
}

}  // namespace server
