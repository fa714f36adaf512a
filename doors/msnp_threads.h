// doors/msnp_threads.h: what happens in rooms, as everybody of the MSNP24 door is told who is in the thread.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 7
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "doors/msnp_house.h"
#include "presence/rooms.h"

namespace doors {

/// Thread: loop.
class MsnpThreads final : private presence::RoomEvents {
public:
    /// Both are borrowed.
    MsnpThreads(const MsnpHouse& house, const MsnpCrowd& crowd);
    ~MsnpThreads() override;
    MsnpThreads(const MsnpThreads&) = delete;
    MsnpThreads& operator=(const MsnpThreads&) = delete;

private:
    void entered(const presence::Room&, const presence::Occupant&, bool) override {}
    void left(const presence::Room& room, const presence::Occupant& who, presence::RoomLeft why, const std::string& text) override;
    void changed(const presence::Room&, const presence::Occupant&, const presence::Occupant&) override {}
    void said(const presence::Room& room, const presence::RoomMessage& message) override;
    void configured(const presence::Room&, const std::string&) override {}
    void affiliated(const presence::Room& room, const presence::RoomMember& now, presence::Affiliation before, const std::string& by) override;
    void invited(const presence::Room& room, const std::string& account, const std::string& by, const std::string& text) override;
    void closed(const presence::Room& room) override;
    void happened(const presence::Room& room, const presence::RoomEvent& event) override;

    /// Keeps when somebody left who had belonged to it.
    void keep_left(const presence::Room& room, const presence::RoomEvent& event);
    /// He has left one more.
    void bound_left(const std::string& account);

    /// Each endpoint of each of those who are inside or belong to it, and of `others`.
    template <class F>
    void for_each_endpoint(const presence::Room& room, const std::vector<std::string>& others, F visit) const;

    const MsnpHouse& house_;
    const MsnpCrowd& crowd_;
    std::map<std::string, std::int64_t> leaving_;  // since when who is about to be told of belonged to it
    std::unordered_map<std::string, std::size_t> left_since_;  // threads that somebody has left since they were bounded
};

}  // namespace doors
