// doors/zimbra_rooms.h: rooms as people at the Zimbra door see them: what happens inside, and what they ask for.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.7 to 3.11, 4
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "doors/zimbra_asker.h"
#include "doors/zimbra_persona.h"
#include "presence/rooms.h"

namespace doors {

/// Of an address, what stands before its @.
[[nodiscard]] std::string local_part(const std::string& address);
/// Somebody inside as `viewer` (a node key) may see him.
[[nodiscard]] ZimbraParticipant zimbra_occupant(const presence::Service& service, const presence::Room& room,
                                                const presence::Occupant& who, const std::string& viewer);

/// Tells everybody of this door who has a chat in a room what happens there. Thread: loop.
class ZimbraRooms final : private presence::RoomEvents {
public:
    explicit ZimbraRooms(ZimbraHouse& house);
    ~ZimbraRooms() override;
    ZimbraRooms(const ZimbraRooms&) = delete;
    ZimbraRooms& operator=(const ZimbraRooms&) = delete;

    void join(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void configuration(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void list_services(ZimbraReply reply) const;
    void list_rooms(const ZimbraElement& request, ZimbraReply reply) const;
    /// In a chat that is a room's. What is refused there is told later.
    void say(ZimbraPersona& persona, const ZimbraChat& chat, ZimbraPersona::Said what, ZimbraPersona::Done done);
    void type(ZimbraPersona& persona, const ZimbraChat& chat, bool typing);
    void configure(const ZimbraAsker& asker, const ZimbraChat& chat, const ZimbraElement& request, ZimbraReply reply);
    /// Of a chat of two it makes a room first.
    void add_user(const ZimbraAsker& asker, const ZimbraChat& chat, const std::string& account, std::string text, ZimbraReply reply);

private:
    void entered(const presence::Room& room, const presence::Occupant& who, bool created) override;
    void left(const presence::Room& room, const presence::Occupant& who, presence::RoomLeft why, const std::string& text) override;
    void changed(const presence::Room& room, const presence::Occupant& before, const presence::Occupant& now) override;
    void said(const presence::Room& room, const presence::RoomMessage& message) override;
    void configured(const presence::Room&, const std::string&) override {}
    void affiliated(const presence::Room&, const presence::RoomMember&, presence::Affiliation, const std::string&) override {}
    void invited(const presence::Room& room, const std::string& account, const std::string& by, const std::string& text) override;
    void closed(const presence::Room&) override {}  // whoever was inside has been told that he left

    /// Those inside who have a chat there, at this door.
    template <class F>
    void for_each_here(const presence::Room& room, F visit);
    void tell_entered(ZimbraPersona& persona, const presence::Room& room, const std::string& thread, const presence::Occupant& who, bool created) const;
    static void tell_left(ZimbraPersona& persona, const std::string& thread, const presence::Occupant& who,
                          std::string_view status);
    void welcome(ZimbraPersona& persona, const std::string& key, const std::string& thread, bool created);
    /// `own`: how he is told of what he said himself.
    void hear(ZimbraPersona& persona, const presence::Room& room, ZimbraChat& chat, const presence::RoomMessage& message,
              ZimbraLeg own) const;
    void stopped_typing(const ZimbraPersona& persona, const ZimbraChat& chat);
    void leave_seat(const ZimbraPersona& persona, const std::string& key, const std::string& thread);
    /// A chat of two that becomes a room, for one more.
    struct Widening {
        std::shared_ptr<ZimbraPersona> by;
        std::string thread;
        std::string partner, newcomer;  ///< accounts
        std::string text;               ///< of the invitation
        int taken = 0;                  ///< names that were
    };
    void widen(Widening what, ZimbraReply reply);
    void widened(const Widening& what, const std::string& key, const presence::RoomEntered& in, ZimbraReply reply);
    void bring_along(const Widening& what, const std::string& key);
    void invite(const Widening& what, const std::string& key, const std::string& account,
                presence::Rooms::Answer<void> done);

    ZimbraHouse& house_;
};

}  // namespace doors
