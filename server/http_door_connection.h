// server/http_door_connection.h: one TCP connection of a door, and how long it may take for what it does.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing: deadlines); rvp-in-practice 1.0
#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/http.h"
#include "base/ip.h"
#include "base/loop.h"
#include "base/timer_wheel.h"
#include "server/http_door_exchange.h"

namespace server {

class Certificate;
class Deadlines;

/// One TCP connection, from accept to close. Its deadline is the head's, the body's, the answer's or the idle time's,
/// whichever runs.
struct Connection final : base::TimerHook {
    using Hook = boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
    enum class Waits { head, body, answer, client };

    Deadlines& deadlines;
    Hook rested;   ///< of Resting
    Hook shaking;  ///< hands, at libmicrohttpd
    MHD_Connection* mhd = nullptr;
    int fd = -1;
    std::shared_ptr<const Certificate> certificate;  ///< the one it shook hands with; null: no TLS
    std::shared_ptr<const base::PeerProof> shown;    ///< by the peer; null: nothing, or nobody asked
    bool seen = false;                               ///< whether `shown` is known
    base::ConnectionId id{};
    base::IpAddress peer;
    std::unique_ptr<Exchange> exchange;
    base::Instant deadline{};  ///< on the wheel it may be due earlier, and is then armed anew: most requests arm nothing
    base::Instant idle_since{};
    std::optional<std::uint64_t> bytes_when_idle;  ///< as of the first look
    Waits waits = Waits::head;

    explicit Connection(Deadlines& d) : deadlines(d) {}
    /// Whether there is nothing to shake hands about any more.
    [[nodiscard]] bool in_session() const;
    void on_due(base::Instant due) override;
};

/// Connections linked through one of their hooks.
template <Connection::Hook Connection::*hook>
using ConnectionList = boost::intrusive::list<Connection, boost::intrusive::member_hook<Connection, Connection::Hook, hook>,
                                              boost::intrusive::constant_time_size<false>>;

/// Holds the connections of a door to their times. Thread: loop.
class Deadlines {
public:
    /// `limits` are looked at whenever a time begins.
    Deadlines(base::Loop& loop, const DoorLimits& limits) : loop_(loop), limits_(limits) {}
    virtual ~Deadlines() = default;
    Deadlines(const Deadlines&) = delete;
    Deadlines& operator=(const Deadlines&) = delete;

    /// What is armed from now on counts from now.
    void begin_turn() { turn_ = loop_.clock().now(); }
    [[nodiscard]] base::Instant turn() const { return turn_; }

    void arm(Connection& c, Connection::Waits waits, std::chrono::milliseconds time) {
        c.waits = waits;
        c.deadline = turn_ + time;
        if (!c.armed() || c.due() > c.deadline) loop_.wheel().arm(c, c.deadline);
    }
    /// Its answer is written, or it has only just come.
    void idle(Connection& c);

protected:
    /// `c` has waited for its answer so long that its peer may go meanwhile.
    virtual void waits_long(Connection& c) = 0;

private:
    friend struct Connection;
    void due(Connection& c, base::Instant at);

    base::Loop& loop_;
    const DoorLimits& limits_;
    base::Instant turn_{};  // the time of this pump
};

}  // namespace server
