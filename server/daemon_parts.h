// server/daemon_parts.h: all that a daemon is made of.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/result.h"
#include "doors/bsim_desk.h"
#include "doors/mailboxes.h"
#include "doors/msnp_desk.h"
#include "doors/zimbra_desk.h"
#include "presence/address.h"
#include "presence/memory_journal.h"
#include "presence/service.h"
#include "server/other_servers.h"
#include "server/access_watch.h"
#include "server/account_commands.h"
#include "server/accounts.h"
#include "server/admin_commands.h"
#include "server/admin_desk.h"
#include "server/admission.h"
#include "server/audit.h"
#include "server/bound.h"
#include "server/callback_policy.h"
#include "server/certificate.h"
#include "server/config.h"
#include "server/contact_commands.h"
#include "server/control.h"
#include "server/courier.h"
#include "server/door_limits.h"
#include "server/drain.h"
#include "server/front_desk.h"
#include "server/history_commands.h"
#include "server/http_door.h"
#include "server/listening.h"
#include "server/memory_allowed.h"
#include "server/password_gate.h"
#include "server/reload.h"
#include "server/request_figures.h"
#include "server/request_ids.h"
#include "server/retention.h"
#include "server/room_commands.h"
#include "server/room_past.h"
#include "server/schemes.h"
#include "server/snapshot.h"
#include "server/socket_watch.h"
#include "server/supervisor.h"
#include "server/surroundings.h"
#include "server/tcp_door.h"
#include "server/ticket_commands.h"
#include "server/tickets.h"
#include "server/tracers.h"
#include "store/archive.h"
#include "store/journal.h"

namespace server {

/// Built from top to bottom, torn down from bottom to top. Thread: loop, but for the constructor and the destructor.
struct DaemonParts {
    DaemonParts(const Config& config, const base::Clock& clock, base::Log& log, Surroundings around);
    ~DaemonParts();
    DaemonParts(const DaemonParts&) = delete;
    DaemonParts& operator=(const DaemonParts&) = delete;

    // -- daemon_start.cc
    /// And makes what stands on it: the archive, what rooms remember, how long messages are kept, who may come in.
    void load_store(const Config& config, const base::Clock& clock, base::Log& log);
    /// Behind all doors, which `admin` lists.
    void open_control(const Config& config, const base::Clock& clock, base::Log& log);
    [[nodiscard]] ActHandler commands();
    void start_heartbeat();

    // -- daemon_doors.cc
    [[nodiscard]] DoorLimits door_limits(const Config& config) const;
    void warn_of_small_means(const Config& config, base::Log& log) const;
    [[nodiscard]] bool speaks_tls() const { return !bound.rvp_tls.empty() || !bound.msnp_tls.empty(); }
    /// Logs whose it is, and has the metrics say until when.
    void show(const Certificate& certificate, base::Log& log, base::WallTime now);
    /// Before the store is read, whose call-backs may lead there.
    void open_other_domains(const Config& config);
    void open_bsim(const Config& config, const base::Clock& clock);
    void open_zimbra(const Config& config, const base::Clock& clock);
    void open_rvp_doors(const Config& config, const base::Clock& clock, base::Log& log);
    void open_msnp_doors(const Config& config, const base::Clock& clock, base::Log& log);
    /// Behind all others: rvp_doors are those before it.
    void open_admin_door(const Config& config, base::Log& log);

    // -- daemon_reload.cc
    /// make_presence_settings(), and what asks other servers.
    [[nodiscard]] presence::Settings settings_of_presence(const Config& config, const base::Clock& clock) const;
    /// Begins anew to drop what is too old; nothing where there is no archive, or nothing is ever too old.
    void keep_messages(const Config& config, const base::Clock& clock, base::Log& log);
    /// The files are read again whatever has changed, since a new certificate mostly has the name of the old one.
    [[nodiscard]] base::Result<Reloader::Commit> renew_certificate(const Config& next, const base::Clock& clock, base::Log& log);
    /// What can change while it runs; see kReloadable in server/option_table.
    void add_reload_steps(const base::Clock& clock, base::Log& log);
    /// Whoever started us hears of it, too; what he hears last is that the daemon serves.
    base::Result<std::vector<OptionChange>> reload();

    // -- daemon.cc
    /// Once; then nothing more.
    void begin_drain();
    /// Whether anybody waits for an answer still, or the store works.
    [[nodiscard]] bool owes() const;
    /// On disk or, without one, in memory.
    [[nodiscard]] presence::Journal& journal();

    const Supervisor* supervisor;  // null: nobody is told how it goes
    Bound bound;
    base::Loop loop;
    RequestIds ids;
    presence::Realm realm;
    presence::MemoryJournal in_memory;
    CallbackPolicy policy;
    Courier courier;
    std::unique_ptr<OtherServers> others;  // null: none is known
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
    Photographer photographer{{service, courier, disk.get(), requests, loop,
                               [this] { return (bsim ? bsim->sessions() : 0) + (zimbra ? zimbra->sessions() : 0); }}};
    AdminDesk admin_desk;
    Reloader reloader;
    Drain drain;
    const std::size_t descriptors = descriptors_allowed();
    const std::optional<std::size_t> memory = memory_allowed();
    const std::size_t listeners = std::max<std::size_t>(bound.size(), 1);
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

}  // namespace server
