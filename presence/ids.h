// presence/ids.h: the house's numbers, each a type of its own.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.1
#pragma once

#include <cstdint>

namespace presence {

/// Decimal on the wire, 1 to 2^31-1 (some clients parse an int).
enum class SubscriptionId : std::uint32_t {};
enum class ViewId : std::uint32_t {};
/// A call-back as its Carrier knows it: small numbers, used again; mailboxes' have the top bit set besides.
enum class TargetId : std::uint32_t {};
/// One delivery whose fate somebody waits for; 0 = nobody does.
enum class DeliveryToken : std::uint64_t {};

inline constexpr std::uint32_t kMaxWireId = 0x7fffffff;

inline constexpr std::uint32_t kMailboxBit = 0x80000000U;
/// Whether it is the mailbox of a polling session: that lives in memory, and is emptied in the order it was filled.
[[nodiscard]] constexpr bool in_mailbox(TargetId target) {
    return (static_cast<std::uint32_t>(target) & kMailboxBit) != 0;
}

}  // namespace presence
