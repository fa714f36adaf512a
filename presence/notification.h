// presence/notification.h: what is pushed: a message, a property change, or a payload we do not know.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6, 9.1.18-9.1.26
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "presence/prop.h"

namespace presence {

/// href and description of who sends or gets (RVP 9.1.24). The description is never empty on the wire.
struct Contact {
    std::string href;
    std::string description;
};

/// What is left of a message when its moment is over.
enum class MessageKind {
    text,        ///< somebody said something: archived, and kept for who is away
    invitation,  ///< archived, for both have seen it; not kept, for the offer is void by then
    control,     ///< typing, join, leave: neither
};

/// What the edge has read out of a MIME part, for those who know no MIME.
struct MessageFacts {
    MessageKind kind = MessageKind::text;
    std::string session_id;
    std::string content_type;  ///< as written, parameters included
    std::string text;          ///< UTF-8; of text/plain only
    // What a door added for doors that can show it. RVP's wire has no place for these; a message that is kept keeps them.
    std::string thread{};   ///< a name for the talk
    std::string subject{};
    std::string html{};     ///< the text with markup, made safe
};

/// An instant message, typing note, invitation or leave (RVP 10): a MIME part of octets.
struct Message {
    Contact from;
    std::vector<std::vector<Contact>> to;  ///< one vector per notification-to, relayed as received
    std::string mime;                      ///< octets, header block included
    MessageFacts facts{};
};

/// Properties of `from` that changed; whom it is for is added per watcher.
struct PropNotification {
    Contact from;
    std::vector<PropChange> changes;
};

/// Any other payload, relayed as it came: ready XML content of r:notification.
struct Foreign {
    std::string xml;
};

/// When the sender of a NOTIFY wants its answer (RVP 5.6).
enum class AckType { single_hop, deep_or, deep_and };

/// One notification on its way out. Shared by all its deliveries and never changed after it was made.
struct Notification {
    std::variant<Message, PropNotification, Foreign> payload;
    std::string from_principal;  ///< value of RVP-From-Principal
    int hop_count = 1;           ///< value of RVP-Hop-Count on the way out
    AckType ack = AckType::deep_or;
    std::uint64_t request = 0;  ///< Caller::request of whoever caused it; 0: nobody did
    std::int64_t time_ms = 0;  ///< ArchivedMessage::time_ms of a message; 0: it is not archived
    std::string passed{};      ///< value of RVPD-Passed that it came with: the servers behind it
    /// URL of the node of ours that passes it on, when its sender is of another domain: servers of others take nothing from
    /// us that is his, but what is the node's. "": its sender is ours.
    std::string through{};
    std::optional<base::Instant> kept_since{};  ///< of one that waited for its receiver, or for this start
};

}  // namespace presence
