// doors/msnp_seats.h: where one endpoint of MSNP24 sits: in the rooms of which its owner is part, while he is seen.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 7; zimbra-im 3.9
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "doors/msnp_house.h"

namespace doors {

/// Whoever belongs to a room hears what is said there without a seat. With one he is inside for those at other doors,
/// and may speak. Thread: loop.
class MsnpSeats {
public:
    /// `house` is borrowed; `seat` is no other endpoint's.
    MsnpSeats(const MsnpHouse& house, presence::Caller caller, std::string seat);
    ~MsnpSeats();

    using Done = std::move_only_function<void(base::Result<void>)>;
    /// He is seen: in all rooms that he belongs to; where he is not let in he is not.
    void take_all();
    /// He hides: out of those. Where he only is as long as he sits there he stays.
    void give_up_all();
    /// The same for one room that somebody took him into.
    void bring(const std::string& key);
    /// Errc: not_found (no such room), denied (it does not let him in), busy (it is full). Never answered once this has
    /// gone.
    void take(const std::string& key, Done done);
    /// Makes a room as `entry` says, but for the seat. Errc: busy (he may make no more), malformed. Answered as take()
    /// is.
    void make(presence::RoomEntry entry, Done done);
    void leave(const std::string& key);
    void leave_all();
    /// Leaves all for good: whatever lets him in later finds him gone, and no act is answered any more.
    void end();
    /// He was put out of the room.
    void lost(const std::string& key) { seats_.erase(key); }
    [[nodiscard]] bool has(const std::string& key) const { return seats_.contains(key); }

private:
    void enter(const std::string& key, int tried, Done done);

    const MsnpHouse& house_;
    const presence::Caller caller_;
    const std::string seat_;
    std::set<std::string> seats_;  // room keys
    bool seen_ = false;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace doors
