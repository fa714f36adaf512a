// tests/fuzz/record_fuzz.cc: records of a store that somebody has damaged. First byte: the kind; second: how long the
// key is; then key and value.
// SPDX-License-Identifier: Apache-2.0
#include "presence/record.h"
#include "presence/room_record.h"

#include "tests/fuzz/fuzz.h"

namespace {

template <class T>
void check(const presence::Record& record) {
    const auto read = presence::read_record<T>(record);
    if (!read) return;
    const auto once = presence::put_record("/node", record.key, *read);
    const auto again = presence::read_record<T>(once);
    fuzz::must(again.has_value(), "what was read can be stored");
    fuzz::must(once.value == presence::put_record("/node", record.key, *again).value, "and stays what it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view rest = fuzz::text_of(bytes + 2, size - 2);
    const std::string_view key = rest.substr(0, bytes[1]);
    const presence::Record record{.kind = static_cast<char>(bytes[0]),
                                  .key = std::string(key),
                                  .value = std::string(rest.substr(key.size()))};
    switch (record.kind) {
        case presence::CounterRecord::kKind: check<presence::CounterRecord>(record); break;
        case presence::NodeRecord::kKind: check<presence::NodeRecord>(record); break;
        case presence::AclRecord::kKind: check<presence::AclRecord>(record); break;
        case presence::PropRecord::kKind: check<presence::PropRecord>(record); break;
        case presence::StateRecord::kKind: check<presence::StateRecord>(record); break;
        case presence::SubscriptionRecord::kKind: check<presence::SubscriptionRecord>(record); break;
        case presence::ViewRecord::kKind: check<presence::ViewRecord>(record); break;
        case presence::ListedContactRecord::kKind: check<presence::ListedContactRecord>(record); break;
        case presence::AskRecord::kKind: check<presence::AskRecord>(record); break;
        case presence::PrivacyRecord::kKind: check<presence::PrivacyRecord>(record); break;
        case presence::RoomRecord::kKind: {
            check<presence::RoomRecord>(record);
            const auto read = presence::read_record<presence::RoomRecord>(record);
            const auto room = read ? presence::from_record(record.key, *read) : base::Result<presence::Room>(base::fail(base::Errc::internal, ""));
            if (room) {
                const auto again = presence::from_record(record.key, presence::to_record(*room));
                fuzz::must(again && again->config() == room->config() && again->members() == room->members(), "a room stays what it is");
            }
            break;
        }
        default: break;
    }
    return 0;
}
