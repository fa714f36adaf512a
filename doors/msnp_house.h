// doors/msnp_house.h: what all connections of the MSNP24 door share, and what each is given.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 1, 2
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/timer_wheel.h"
#include "base/xml.h"
#include "doors/gate.h"
#include "doors/mailboxes.h"
#include "doors/msnp_frame.h"
#include "doors/msnp_history.h"
#include "doors/msnp_marks.h"
#include "doors/msnp_rate.h"
#include "presence/service.h"
#include "presence/talks.h"

namespace doors {

struct MsnpSettings {
    MsnpBounds packets;
    base::xml::Bounds bounds;             ///< of bodies
    std::size_t endpoints_per_account = 16;
    std::size_t contacts_per_packet = 20000;
    MsnpPace pace;                        ///< of the packets of one connection
    std::string transfer;                 ///< host:port that clients are sent to; "" = they stay
};

/// A MIME part of this Content-Type, further header lines and body; `talk` names who talks with whom.
using ComposePart = std::function<base::Result<presence::Message>(const std::string& headers, const std::string& body, const std::string& talk)>;
/// A note that `who` (bob@example.com) is typing, with further header lines.
using ComposeTyping = std::function<base::Result<presence::Message>(const std::string& who, const std::string& talk, const std::string& headers)>;

/// Everything outlives the door.
struct MsnpHouse {
    presence::Service& service;
    Mailboxes& boxes;
    base::TimerWheel& wheel;
    const base::Clock& clock;
    Gate& gate;
    TicketGate& tickets;
    presence::Journal& journal;
    presence::Talks* talks;  ///< null: nothing is archived
    ComposePart compose;
    ComposeTyping compose_typing;
    std::function<void(std::function<void()>)> post;  ///< runs something on the loop, later
    std::function<bool()> closed;                     ///< whether new log-ons have to wait
    MsnpSettings settings;
};

/// The way back to a client. What is sent may be told him later than what is sent after it never. Thread: loop.
class MsnpOut {
public:
    virtual ~MsnpOut() = default;
    virtual void send(std::string packets) = 0;
    /// Once what was sent is out. Nothing he says is heard any more.
    virtual void close() = 0;
    /// Bytes that he has not taken yet.
    [[nodiscard]] virtual std::size_t unsent() const = 0;
    /// MsnpLine::wants_more has become true.
    virtual void read_on() = 0;
};

/// Who connects.
struct MsnpPeer {
    base::IpAddress address;
    bool secret = false;  ///< nobody listens in: TLS, or this machine
    base::ConnectionId connection{};
};

/// Beyond this a client is told no news, and asked nothing, until he has taken what waits for him.
inline constexpr std::size_t kMsnpBehind = 256 * 1024;

/// One endpoint among those that are bound.
class MsnpMember {
public:
    virtual ~MsnpMember() = default;
    [[nodiscard]] virtual const std::string& endpoint() const = 0;
    /// A packet for this endpoint too.
    virtual void copy(const std::string& packet) = 0;
    /// He is told why, and put out.
    virtual void end(const std::string& why) = 0;
    virtual void contact_put(const presence::ListedContact& contact) = 0;
    virtual void contact_removed(const presence::ListedContact& contact) = 0;
    /// An account that was typing, from this endpoint or, "", from one that is not told, types no more: to him or, where it
    /// is one, in that room.
    virtual void typing_stopped(const std::string& account, const std::string& endpoint, const presence::Room* room) = 0;

    // -- of threads that he is in; from inside calls to presence::Service
    virtual void room_said(const presence::Room& room, const presence::RoomMessage& message) = 0;
    /// `element`: the room as a thread, as he may see it.
    virtual void room_happened(const presence::Room& room, const presence::RoomEvent& event, const std::string& element) = 0;
    virtual void room_ended(const presence::Room& room) = 0;
    /// Somebody took him into the room.
    virtual void room_opens(const std::string& key, const std::string& by) = 0;
    /// He does not sit there any more.
    virtual void room_lost(const std::string& key) = 0;
    /// He leaves by himself.
    virtual void room_leave(const std::string& key) = 0;
};

/// All endpoints that are bound, by account. Thread: loop.
class MsnpCrowd {
public:
    void join(const std::string& key, MsnpMember& member) { members_[key].push_back(&member); }
    void leave(const std::string& key, MsnpMember& member) {
        const auto all = members_.find(key);
        if (all == members_.end()) return;
        std::erase(all->second, &member);
        if (all->second.empty()) members_.erase(all);
    }
    /// In the order in which they came; a copy, since they may leave meanwhile.
    [[nodiscard]] std::vector<MsnpMember*> of(const std::string& key) const {
        const auto all = members_.find(key);
        return all == members_.end() ? std::vector<MsnpMember*>() : all->second;
    }
    [[nodiscard]] bool has(const std::string& key) const { return members_.contains(key); }
    [[nodiscard]] std::string endpoint_of(const std::string& key) const {
        const auto all = members_.find(key);
        return all == members_.end() ? made_up_endpoint(key) : all->second.back()->endpoint();
    }
    [[nodiscard]] MsnpHorizons& horizons() { return horizons_; }

private:
    std::unordered_map<std::string, std::vector<MsnpMember*>> members_;
    MsnpHorizons horizons_;
};

}  // namespace doors
