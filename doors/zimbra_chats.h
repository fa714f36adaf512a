// doors/zimbra_chats.h: the talks that a person has open, and what was said in them.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.0 (chats and threads), 3.6
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "doors/zimbra_element.h"
#include "doors/zimbra_queue.h"

namespace doors {

constexpr std::size_t kMostThread = 256;  ///< bytes of a thread's name

/// Something that was said.
struct ZimbraLine {
    std::uint64_t seq = 0;
    std::int64_t ts = 0;  ///< ms since 1970
    std::string from;     ///< an address; in rooms a nickname
    bool own = false;
    std::string subject;
    std::string text;
    std::string html;     ///< "" = none; safe
    std::shared_ptr<ZimbraTicket> ticket{};  ///< of one that came by mailbox
};

/// A talk, private to one person: with another, or in a room.
struct ZimbraChat {
    std::string thread;
    std::string with;      ///< the other's account (Service::contact_account); "" in a room
    std::string room;      ///< the room's address; "" = none
    std::string nickname;  ///< his own there
    std::string session_id;  ///< of the last message from elsewhere that named one
    std::deque<ZimbraLine> lines;
    std::uint64_t last_seq = 0;
    std::size_t bytes = 0;
    base::Instant last{};
};

/// Thread: loop.
class ZimbraChats {
public:
    struct Bounds {
        std::size_t chats = 100;
        std::size_t lines = 200;
    };

    [[nodiscard]] ZimbraChat* find(std::string_view thread);
    /// The one with that account, if it is no room.
    [[nodiscard]] ZimbraChat* with(std::string_view account);
    [[nodiscard]] ZimbraChat* in_room(std::string_view room);
    /// No chat has that thread.
    ZimbraChat& open(std::string thread, std::string with, base::Instant now);
    /// `chat-<local>%<domain>-<n>`, which no chat has.
    [[nodiscard]] std::string new_thread(std::string_view address);
    /// `wanted`, or something like it that no chat has.
    [[nodiscard]] std::string free_thread(const std::string& wanted);
    void close(const std::string& thread) { chats_.erase(thread); }
    /// Gives the line its number.
    ZimbraLine& say(ZimbraChat& chat, ZimbraLine line, const Bounds& bounds, base::Instant now);
    /// What came by a mailbox that has gone, unread, comes again by the next.
    void forget_unread();
    [[nodiscard]] std::vector<std::string> idle_since(base::Instant when) const;
    /// Nobody has said anything for longest in it; null: there is none.
    [[nodiscard]] const ZimbraChat* longest_idle() const;

    [[nodiscard]] std::size_t size() const { return chats_.size(); }
    [[nodiscard]] auto begin() { return chats_.begin(); }
    [[nodiscard]] auto end() { return chats_.end(); }

private:
    std::map<std::string, ZimbraChat, std::less<>> chats_;  // by thread
    std::uint64_t next_ = 0;
};

}  // namespace doors
