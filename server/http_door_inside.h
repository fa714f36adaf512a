// server/http_door_inside.h: what a door is made of.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing), 8
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/log.h"
#include "base/loop.h"
#include "server/certificate.h"
#include "server/http_desk.h"
#include "server/http_door_connection.h"
#include "server/http_door_exchange.h"
#include "server/http_door_limits.h"
#include "server/http_door_resting.h"
#include "server/http_door_sending.h"
#include "server/http_door_waiting.h"
#include "server/peer_certificate.h"
#include "server/request_ids.h"
#include "server/request_rate.h"

struct MHD_Daemon;

namespace server {

/// What a door is made of. libmicrohttpd's calls end here: a connection comes, a head is judged, a body is kept, the desk
/// is asked, its answer is sent, now or later. Thread: loop.
struct Door final : Deadlines {
    Door(base::Loop& l, base::Log& g, RequestIds& i, HttpDesk& d, DoorLimits m, HttpWatch* w)
        : Deadlines(l, limits), loop(l), log(g), ids(i), desk(d), limits(m), watch_answers(w) {}

    base::Loop& loop;
    base::Log& log;
    RequestIds& ids;
    HttpDesk& desk;
    DoorLimits limits;
    HttpWatch* watch_answers;  ///< null: nobody does
    std::shared_ptr<const Certificate> certificate;  ///< for who comes from now on; null: no TLS
    std::shared_ptr<const PeerTrust> trust;          ///< of certificates that clients are asked for; null: they are not
    std::string address;
    base::Fd listen_fd;
    MHD_Daemon* mhd = nullptr;
    std::unique_ptr<base::Loop::Watch> watch;
    std::unique_ptr<base::Loop::Watch> waiting_watch;
    Exchanges exchanges;
    Waiting waiting;
    Resting resting{loop, [this] { return pump_posted; }};  ///< those without TLS
    Exchange* asking = nullptr;  ///< the desk is serving it at this moment
    std::size_t open = 0;        ///< connections
    Sending sending;
    RequestRate rate;
    bool some_closed = false;  ///< in this turn
    bool pump_posted = false;
    bool ending = false;    ///< bodies that are still coming come no more
    bool listening = true;  ///< afterwards the number of the listener's descriptor may be another's
    struct Pause final : base::TimerHook {
        explicit Pause(Door& d) : door(d) {}
        void on_due(base::Instant) override { door.listen(); }
        Door& door;
    };
    Pause pause{*this};  ///< until the next try to accept
    std::weak_ptr<Door> self;

    /// Runs libmicrohttpd, whenever its descriptor is readable.
    void listen();
    void pump();
    void pump_soon();
    /// Whether a run would find that some peer has sent something, come or gone.
    [[nodiscard]] bool something_came() const;
    [[nodiscard]] bool somebody_waits() const;
    /// Of an answer that was there at once: whether it is sent with others, in a later run. It is counted from now on.
    [[nodiscard]] bool puts_off(Exchange& e);

    /// These three say whether libmicrohttpd may go on with the connection.
    [[nodiscard]] bool on_head(Connection& c, Exchange& e, const char* method, const char* version);
    [[nodiscard]] bool refuse(Connection& c, Exchange& e, base::Response response);
    [[nodiscard]] bool answer_now(Connection& c, Exchange& e);
    /// Counts what the answer holds from now on, or makes it a refusal.
    void make_room(Exchange& e, base::Response& response);
    [[nodiscard]] base::Response no_room() const;
    /// Afterwards the answer is there, or the connection is suspended.
    void ask(Connection& c, Exchange& e);
    void answered(std::uint64_t id, base::Response&& response);
    /// Of the body of that exchange's answer more is there.
    void body_came(std::uint64_t id);
    void waits_long(Connection& c) override { waiting.watch_peer(c); }
    void peers_moved();
};

}  // namespace server
