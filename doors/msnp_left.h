// doors/msnp_left.h: threads that somebody belonged to, and has left.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 8.1 (lastleaveat)
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "presence/ports.h"
#include "presence/record.h"
#include "presence/service.h"

namespace doors {

/// `w`, key = node key, NUL, Room::id(): from when to when its owner belonged to the thread last, in milliseconds, and
/// what its topic was then.
struct LeftRecord {
    static constexpr char kKind = 'w';
    std::uint64_t joined = 0, left = 0;
    std::string topic;
    template <class C>
    void fields(C& c) { c(joined), c(left), c(topic); }
};

/// `x`, key = Room::id(), NUL, node key of an account: that account has a LeftRecord of the room.
struct LeaverRecord {
    static constexpr char kKind = 'x';
    template <class C>
    void fields(C&) {}
};

/// By Room::id(). Of these he may be in some again.
using LeftThreads = std::map<std::string, LeftRecord>;
inline constexpr std::size_t kMostLeftThreads = 1000;  ///< of one person
inline constexpr std::size_t kLeftThreadsStep = 100;   ///< so many he may leave until bound_left_threads() is due again

/// Adds what is kept of his leaving the room.
void add_leaving(presence::Batch& batch, const presence::Room& room, const std::string& account, LeftRecord left);
/// Of a person with more than kMostLeftThreads less a step, forgets those that he left first. Both outlive what is asked
/// of the journal. Thread: loop.
void bound_left_threads(presence::Journal& journal, const presence::Service& service, const std::string& account);
/// The room ends: forgets who has left it. The journal outlives what is asked of it. Thread: loop.
void forget_leavers(presence::Journal& journal, const presence::Room& room);
/// Those that there still are; what is known of others is forgotten. Both outlive the answer. Thread: loop.
void find_left_threads(presence::Journal& journal, const presence::Service& service, const std::string& account,
                       std::move_only_function<void(LeftThreads)> done);

}  // namespace doors
