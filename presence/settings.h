// presence/settings.h: the bounds and times that presence keeps to.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3 to 6, 9
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "presence/acl.h"
#include "presence/quota.h"

namespace presence {

/// A lease is granted as asked, but within these; without a wish, `fallback`.
struct LeaseRule {
    std::chrono::seconds least;
    std::chrono::seconds fallback;
    std::chrono::seconds most;
};

/// What becomes of a message when nobody is home.
enum class Offline { reject, store };

/// How much is kept of what was acknowledged and not delivered, for each node, and how long.
struct KeepRule {
    Offline offline = Offline::reject;
    std::size_t messages = 1000;
    std::size_t bytes = 4U << 20;  ///< of the records
    std::chrono::seconds age = std::chrono::days(30);
};

/// Bounds the call-backs that lead to others' addresses: whoever asks for one makes us send there.
struct CallBackRule {
    QuotaBound per_principal{1000, 100};
    QuotaBound per_host{50000, 1000};
    /// Whether another server of our domain holds the node with that path; null: we hold all.
    std::function<bool(std::string_view path)> elsewhere = nullptr;
};

/// How many rooms there may be, and how large they get.
struct RoomRule {
    std::size_t rooms = 10'000;
    std::size_t per_principal = 100;  ///< that somebody owns
    std::size_t occupants = 200;      ///< of one room, whatever its maxusers says
    std::size_t members = 1000;       ///< of one room: who is something to it
    std::size_t name_bytes = 64;
    std::size_t text_bytes = 1000;    ///< of a longname, a description, a subject, a password
};

/// What the admin decided; changed by Service::change alone.
struct Settings {
    LeaseRule subscription{std::chrono::seconds(60), std::chrono::seconds(14400), std::chrono::seconds(86400)};
    LeaseRule state{std::chrono::seconds(1), std::chrono::seconds(1200), std::chrono::seconds(86400)};
    std::chrono::seconds linger{5};
    std::chrono::seconds settle{30};  ///< after a start, the present state is told once within this
    int jitter_percent = 0;  ///< grants are shortened by up to this, 0 to 50
    /// Lower-case path prefixes below which nodes come to be when first named.
    std::vector<std::string> auto_create;
    std::size_t nodes_per_principal = 1000;
    std::size_t nodes_per_domain = 5000;  ///< that all people of another one together made
    std::size_t subscriptions_per_principal = 10000;
    CallBackRule call_backs;
    std::size_t views_per_node = 64;
    std::size_t properties_per_node = 64;
    std::size_t acl_entries = 1000;
    std::size_t contacts_per_account = 1000;
    std::size_t asks_per_account = 1000;  ///< that wait for an answer
    std::size_t privacy_lists = 10;       ///< of an account
    std::size_t privacy_items = 100;      ///< of a list
    RoomRule rooms;
    KeepRule keep;
    /// Whether that is a node on the server of another domain that we know; null: we know none.
    std::function<bool(std::string_view authority, std::string_view path)> other_domain = nullptr;
    Credentials provable = 0;  ///< how callers could prove themselves; 0: in no way
    bool archive = false;    ///< whether there is an archive to fill
    std::uint32_t first_id = 1;  ///< of subscriptions and views; later starts give later ids
};

/// How long an expired subscription can still be renewed (rvp-in-practice 8.5).
inline constexpr std::chrono::seconds kRevivable{600};
/// What is left of a login's lease once its call-back is found dead (design 3.2).
inline constexpr std::chrono::seconds kDeadLogin{60};
/// How long a message's acknowledgement is waited for; clients give up at 30 s (design 5).
inline constexpr std::chrono::seconds kAckTime{25};
/// More hops than this is a loop (design 5).
inline constexpr int kMaxHops = 16;

}  // namespace presence
