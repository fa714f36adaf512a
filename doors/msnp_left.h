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

/// By Room::id(). Of these he may be in some again.
using LeftThreads = std::map<std::string, LeftRecord>;
inline constexpr std::size_t kMostLeftThreads = 1000;  ///< of one person

[[nodiscard]] presence::Record record_of_leaving(const std::string& account, const std::string& room_id, LeftRecord left);
/// Those that there still are; what is known of others is forgotten. Both outlive the answer. Thread: loop.
void find_left_threads(presence::Journal& journal, const presence::Service& service, const std::string& account,
                       std::move_only_function<void(LeftThreads)> done);

}  // namespace doors
