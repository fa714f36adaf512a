// server/daemon_start.cc: builds a daemon, as a list of named steps.
// SPDX-License-Identifier: Apache-2.0
#include "server/daemon_parts.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "server/config_shape.h"
#include "server/log_options.h"
#include "server/make_schemes.h"
#include "server/must.h"
#include "server/part_settings.h"
#include "server/send_command.h"
#include "server/tls_files.h"
#include "server/version.h"

namespace server {
namespace {

constexpr std::chrono::milliseconds kLoopTick{250};

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

DaemonParts::DaemonParts(const Config& config, const base::Clock& clock, base::Log& log, Surroundings around)
    : supervisor(around.supervisor), bound(config, log, std::move(around.sockets)), loop(clock, kLoopTick),
      ids(clock.wall()), realm(make_realm(config, bound)),
      policy(must(CallbackPolicy::make(config.callback_allow), "callback.allow")),
      courier(loop, clock, log, policy, make_courier_settings(config, must(make_trust(config), "tls.ca"))),
      others(knows_others(config) ? std::make_unique<OtherServers>(config, loop, log, clock, realm, policy) : nullptr),
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
    load_store(config, clock, log);
    warn_of_small_means(config, log);
    if (config.bsim_enabled) open_bsim(config, clock);
    if (config.zimbra_enabled) open_zimbra(config, clock);
    accounts.on_change([this](const std::string& account) {  // not once they stop
        if (bsim) bsim->account_changed(account);
        if (zimbra) zimbra->account_changed(account);
        if (msnp) msnp->account_changed(account);
    });
    open_rvp_doors(config, clock, log);
    open_msnp_doors(config, clock, log);
    open_admin_door(config, log);
    open_control(config, clock, log);
    add_reload_steps(clock, log);
    if (supervisor) start_heartbeat();
    log.info("started", {{"domain", realm.domain()},
                         {"nodes", std::to_string(service.nodes().size())},
                         {"subscriptions", std::to_string(service.table().size())}});
}

// What is queued is committed, and what is owed for it answered, while those it is owed to still live.
DaemonParts::~DaemonParts() {
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

void DaemonParts::load_store(const Config& config, const base::Clock& clock, base::Log& log) {
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
    must(tickets.load(), "store");
}

void DaemonParts::open_control(const Config& config, const base::Clock& clock, base::Log& log) {
    MakeBackup make_backup;
    if (disk) make_backup = std::bind_front(&store::Journal::backup, disk.get());
    admin = std::make_unique<AdminCommands>(service, clock, make_facts(listening, photographer), std::move(make_backup));
    if (config.listen_control.empty()) return;
    control = std::make_unique<Control>(loop, log, config.listen_control, audited(commands(), log, ids));
}

ActHandler DaemonParts::commands() {
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

void DaemonParts::start_heartbeat() {
    loop.post([this] { supervisor->ready("serving"); });
    heartbeat = std::make_unique<Heartbeat>(*supervisor, loop, courier, [this](const CourierSurvey& now) {
        if (drain.begun()) return "sending what is queued: " + std::to_string(now.queued) + " notifications";
        return std::to_string(service.tally().online) + " online, " + std::to_string(service.table().size()) +
               " subscriptions, " + std::to_string(now.queued) + " notifications queued" +
               (disk && disk->failing() ? ", the store is failing" : "");
    });
}

}  // namespace server
