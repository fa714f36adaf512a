// presence/message_record.h: a notification that is kept, as a record of the store.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7; cluster.md 2 (offline messages: key (recipient, seq))
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "presence/ids.h"
#include "presence/notification.h"
#include "presence/record.h"

namespace presence {

struct ContactRecord {
    std::string href, description;
    template <class C>
    void fields(C& c) { c(href), c(description); }
};
struct ContactsRecord {
    std::vector<ContactRecord> contacts;
    template <class C>
    void fields(C& c) { c(contacts); }
};
struct ChangeRecord {
    std::string ns, local;
    std::uint64_t removed = 0;
    ValueRecord value;
    template <class C>
    void fields(C& c) { c(ns), c(local), c(removed), c(value); }
};
struct OwedRecord {
    std::uint64_t subscription = 0;
    template <class C>
    void fields(C& c) { c(subscription); }
};

/// What is known of a MIME part. Its text mostly is the end of it: then only how long it is.
struct FactsRecord {
    std::uint64_t kind = 0, text_bytes = 0;
    std::string session_id, content_type, text;
    template <class C>
    void fields(C& c) { c(kind), c(text_bytes), c(session_id), c(content_type), c(text); }
};

/// `m`, key = message_key(). `payload` 0: a message, `body` is its MIME part; 1: property changes; 2: `body` is XML.
/// `time` is presence/store_time's. `owed`: the subscriptions it is for; none: whoever logs on to the node. `request`:
/// Notification::request, 0 in what an earlier version stored; the last texts as in MessageFacts; `sent`: time_ms,
/// `through`: as there.
struct MessageRecord {
    static constexpr char kKind = 'm';
    std::uint64_t time = 0, payload = 0, hop_count = 0, ack = 0;
    std::string from_principal, body;
    ContactRecord from;
    FactsRecord facts;
    std::vector<ContactsRecord> to;
    std::vector<ChangeRecord> changes;
    std::vector<OwedRecord> owed;
    std::uint64_t request = 0, sent = 0;
    std::string thread, subject, html, through;
    template <class C>
    void fields(C& c) {
        c(time), c(payload), c(hop_count), c(ack);
        c(from_principal), c(body), c(from), c(facts), c(to), c(changes), c(owed);
        c.appended(request), c.appended(thread), c.appended(subject), c.appended(html);
        c.appended(sent), c.appended(through);
    }
};

/// What the keys of a node's messages begin with: its key, NUL.
[[nodiscard]] std::string message_prefix(std::string_view node);
/// Prefix and sequence number with leading zeros: keys in their order are messages in theirs.
[[nodiscard]] std::string message_key(std::string_view node, std::uint64_t sequence);
/// The node and the number in a key; malformed: none was made so.
struct MessagePlace {
    std::string node;
    std::uint64_t sequence = 0;
};
[[nodiscard]] base::Result<MessagePlace> message_place(std::string_view key);

/// Without time and owed.
[[nodiscard]] MessageRecord to_record(const Notification& notification);
[[nodiscard]] Notification from_record(const MessageRecord& record);

}  // namespace presence
