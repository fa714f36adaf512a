// presence/room_event.cc: what becomes of a room's people and its subject.
// SPDX-License-Identifier: Apache-2.0
#include "presence/room_event.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "presence/address.h"
#include "presence/record.h"

namespace presence {

namespace {

constexpr std::size_t kMostNamed = 20;  // in a text; the octets have all
constexpr std::string_view kHead =
    "MIME-Version: 1.0\r\nContent-Type: application/x-rvpd-room-event\r\nContent-Transfer-Encoding: base64\r\n\r\n";
static_assert(kHead.contains(kRoomEventType));

struct TargetRecord {
    std::string account;
    template <class C>
    void fields(C& c) { c(account); }
};
struct RoomEventRecord {
    static constexpr char kKind = 0;  // stands in no store by itself
    std::uint64_t deed = 0;
    std::string by, value;
    std::vector<TargetRecord> targets;
    template <class C>
    void fields(C& c) { c(deed), c(by), c(value), c(targets); }
};

std::string names_of(const std::vector<std::string>& accounts) {
    std::string names;
    for (std::size_t i = 0; i < std::min(accounts.size(), kMostNamed); ++i) {
        if (i > 0) names += ", ";
        names += is_alias(accounts[i]) ? std::string(alias_of(accounts[i])) : account_of_key(accounts[i]);
    }
    if (accounts.size() > kMostNamed) names += " and " + std::to_string(accounts.size() - kMostNamed) + " more";
    return names;
}

// After the name of whoever did it.
std::string text_of(const RoomEvent& event) {
    const std::string names = names_of(event.targets);
    switch (event.deed) {
        case RoomDeed::added: return "(added " + names + ")";
        case RoomDeed::removed: return "(removed " + names + ")";
        case RoomDeed::raised: return "(made admin: " + names + ")";
        case RoomDeed::lowered: return "(admin no more: " + names + ")";
        case RoomDeed::subject: break;
    }
    return "(set the subject: " + event.value + ")";
}

}  // namespace

std::vector<RoomEvent> events_between(const Room& before, const Room& after, const std::string& by) {
    std::vector<RoomEvent> events;
    RoomEvent added{RoomDeed::added, by, {}}, removed{RoomDeed::removed, by, {}};
    RoomEvent raised{RoomDeed::raised, by, {}}, lowered{RoomDeed::lowered, by, {}};
    for (const RoomMember& member : after.members()) {
        if (member.affiliation < Affiliation::member) continue;
        const Affiliation was = before.affiliation_of(member.account);
        const bool admin = member.affiliation >= Affiliation::admin, was_admin = was >= Affiliation::admin;
        if (was < Affiliation::member) added.targets.push_back(member.account);
        else if (admin && !was_admin) raised.targets.push_back(member.account);
        else if (!admin && was_admin) lowered.targets.push_back(member.account);
    }
    for (const RoomMember& member : before.members()) {
        const bool belonged = member.affiliation >= Affiliation::member;
        if (belonged && after.affiliation_of(member.account) < Affiliation::member) removed.targets.push_back(member.account);
    }
    for (RoomEvent* event : {&added, &removed, &raised, &lowered}) {
        if (!event->targets.empty()) events.push_back(std::move(*event));
    }
    if (before.config().subject != after.config().subject) {
        events.push_back({RoomDeed::subject, by, {}, after.config().subject});
    }
    return events;
}

ArchivedMessage to_archived(const RoomEvent& event) {
    RoomEventRecord record{static_cast<std::uint64_t>(event.deed), event.by, event.value, {}};
    for (const std::string& target : event.targets) record.targets.push_back({target});
    ArchivedMessage row;
    row.time_ms = event.time_ms;
    row.content_type = kRoomEventType;
    row.octets = std::string(kHead) + base::base64_encode(put_record("", "", std::move(record)).value);
    row.text = text_of(event);
    return row;
}

// A message called so has no text: only plain text has one.
bool is_room_event(const ArchivedMessage& row) { return row.content_type == kRoomEventType && !row.text.empty(); }

std::optional<RoomEvent> read_room_event(const ArchivedMessage& row) {
    if (!is_room_event(row) || !row.octets.starts_with(kHead)) return std::nullopt;
    const auto bytes = base::base64_decode(std::string_view(row.octets).substr(kHead.size()));
    auto record = bytes ? read_value<RoomEventRecord>(*bytes) : base::fail(base::Errc::malformed, "no base64");
    if (!record || record->deed > static_cast<std::uint64_t>(RoomDeed::subject)) return std::nullopt;
    RoomEvent event{static_cast<RoomDeed>(record->deed), std::move(record->by), {}, std::move(record->value), row.time_ms};
    for (TargetRecord& target : record->targets) event.targets.push_back(std::move(target.account));
    return event;
}

}  // namespace presence
