// presence/message_record.cc: kept notifications, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "presence/message_record.h"

#include <charconv>

namespace presence {
namespace {

constexpr std::size_t kDigits = 20;  // of the greatest number

ContactRecord contact_record(const Contact& contact) { return {contact.href, contact.description}; }
Contact contact_of(const ContactRecord& record) { return {record.href, record.description}; }

FactsRecord facts_record(const Message& message) {
    const MessageFacts& facts = message.facts;
    FactsRecord record{static_cast<std::uint64_t>(facts.kind), 0, facts.session_id, facts.content_type, {}};
    if (message.mime.ends_with(facts.text)) record.text_bytes = facts.text.size();
    else record.text = facts.text;
    return record;
}

MessageFacts facts_of(const FactsRecord& record, const std::string& mime) {
    MessageFacts facts{MessageKind(record.kind), record.session_id, record.content_type, record.text};
    if (record.text_bytes <= mime.size() && record.text_bytes > 0) facts.text = mime.substr(mime.size() - record.text_bytes);
    return facts;
}

Message message_of(const MessageRecord& record) {
    Message message{contact_of(record.from), {}, record.body, facts_of(record.facts, record.body)};
    message.facts.thread = record.thread;
    message.facts.subject = record.subject;
    message.facts.html = record.html;
    for (const ContactsRecord& contacts : record.to) {
        auto& to = message.to.emplace_back();
        for (const ContactRecord& contact : contacts.contacts) to.push_back(contact_of(contact));
    }
    return message;
}

PropNotification change_of(const MessageRecord& record) {
    PropNotification change{contact_of(record.from), {}};
    for (const ChangeRecord& c : record.changes) {
        change.changes.push_back({{c.ns, c.local}, std::nullopt});
        if (c.removed == 0) change.changes.back().value = from_record(c.value);
    }
    return change;
}

}  // namespace

std::string message_prefix(std::string_view node) { return std::string(node) + '\0'; }

std::string message_key(std::string_view node, std::uint64_t sequence) {
    const std::string digits = std::to_string(sequence);
    return message_prefix(node) + std::string(kDigits - digits.size(), '0') + digits;
}

base::Result<MessagePlace> message_place(std::string_view key) {
    MessagePlace place;
    const std::size_t end = key.find('\0');
    const std::string_view digits = end == std::string_view::npos ? "" : key.substr(end + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), place.sequence);
    if (digits.size() != kDigits || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
        return base::fail(base::Errc::internal, "the key of a stored message is broken");
    }
    place.node = key.substr(0, end);
    return place;
}

MessageRecord to_record(const Notification& notification) {
    MessageRecord record;
    record.payload = notification.payload.index();
    record.hop_count = static_cast<std::uint64_t>(notification.hop_count);
    record.ack = static_cast<std::uint64_t>(notification.ack);
    record.request = notification.request;
    record.sent = static_cast<std::uint64_t>(notification.time_ms);
    record.from_principal = notification.from_principal;
    record.through = notification.through;
    if (const auto* message = std::get_if<Message>(&notification.payload)) {
        record.from = contact_record(message->from);
        record.body = message->mime;
        record.facts = facts_record(*message);
        record.thread = message->facts.thread;
        record.subject = message->facts.subject;
        record.html = message->facts.html;
        for (const auto& contacts : message->to) {
            auto& to = record.to.emplace_back();
            for (const Contact& contact : contacts) to.contacts.push_back(contact_record(contact));
        }
    } else if (const auto* change = std::get_if<PropNotification>(&notification.payload)) {
        record.from = contact_record(change->from);
        for (const PropChange& c : change->changes) {
            record.changes.push_back({std::string(c.name.ns()), std::string(c.name.local()), c.value ? 0U : 1U, c.value ? to_record(*c.value) : ValueRecord{}});
        }
    } else {
        record.body = std::get<Foreign>(notification.payload).xml;
    }
    return record;
}

Notification from_record(const MessageRecord& record) {
    Notification notification{Foreign{record.body}, record.from_principal, static_cast<int>(record.hop_count),
                              static_cast<AckType>(record.ack), record.request, static_cast<std::int64_t>(record.sent)};
    notification.through = record.through;
    if (record.payload == 0) notification.payload = message_of(record);
    if (record.payload == 1) notification.payload = change_of(record);
    return notification;
}

}  // namespace presence
