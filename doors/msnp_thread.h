// doors/msnp_thread.h: rooms as MSNP24 has them: threads. Their names, what is written of them, what is asked of them.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 3, 7, 8; seed 002
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/xml.h"
#include "presence/room_event.h"
#include "presence/service.h"

namespace doors {

// -- names

/// `19:0b6c…@thread.skype`
[[nodiscard]] std::string thread_name(const presence::Room& room);
/// presence::Room::id() of what is called so; nullopt: that is no thread's name.
[[nodiscard]] std::optional<std::string> room_id_in(std::string_view thread);
/// The subject or, without one, the name that people gave the room; "" = none.
[[nodiscard]] std::string topic_of(const presence::Room& room);

// -- whose thread it is

/// Whether an account is in the thread: it is inside the room or belongs to it. Who shuts out an owner of a room is not
/// in it unless he goes there himself: anybody is made a member without being asked.
[[nodiscard]] bool takes_part(const presence::Service& service, const presence::Room& room, const std::string& account);
/// Whether who takes part hears what is said there: he is inside, or could go there without a password.
[[nodiscard]] bool hears(const presence::Service& service, const presence::Room& room, const std::string& account);
/// The thread that is called so, if he takes part; else null.
[[nodiscard]] const presence::Room* thread_of(const presence::Service& service, std::string_view thread, const std::string& account);

// -- what is written

/// `<thread>`, as `viewer` may see it. Whoever is of another domain has no name here.
[[nodiscard]] std::string thread_element(const presence::Room& room, const std::string& viewer);
/// Whether that is the same for everybody.
[[nodiscard]] bool looks_alike(const presence::Room& room);
/// The same of one that is no more.
[[nodiscard]] std::string empty_thread_element(const presence::Room& room);

/// A ThreadActivity: Message-Type and body.
struct MsnpActivity {
    std::string type;
    std::string content;
};
/// nullopt: there is nothing in it that `viewer` may see.
[[nodiscard]] std::optional<MsnpActivity> activity_of(const presence::Room& room, const presence::RoomEvent& event,
                                                      const std::string& viewer);

/// Whether there is: asked of any thread, and as the room is now.
[[nodiscard]] std::function<bool(const presence::RoomEvent&)> shown_to(const presence::Room& room, const std::string& viewer);

// -- what is asked

/// Of how many people one packet may speak that changes a thread, or makes one.
inline constexpr std::size_t kMostThreadChanges = 50;
inline constexpr std::size_t kMostThreadMembers = 1000;

struct ThreadAsk {
    struct Member {
        std::string account;  ///< node key
        std::optional<bool> admin{};  ///< nullopt: nothing was said
    };
    std::string thread;  ///< as it was called; "" = a new one
    std::optional<std::string> topic{};
    std::vector<Member> members{};  ///< each once
};
/// Of `<thread>`. Errc: malformed, not_found (nobody is called so), too_large.
[[nodiscard]] base::Result<ThreadAsk> read_thread_ask(const presence::Service& service, const base::xml::Element& thread);

}  // namespace doors
