// presence/service_rooms.cc: the nodes of rooms.
// SPDX-License-Identifier: Apache-2.0
#include "presence/service.h"

namespace presence {

void Service::take_turn(const std::string& key, Turn act) { in_turn(key, std::move(act)); }
base::Result<void> Service::make_room_node(const Caller&, const std::string&) { return {}; }
void Service::show_room(const Room&) {}
Batch Service::erasure_of_room(const std::string&) const { return {}; }
void Service::room_is_gone(const std::string&) {}
void Service::end_subscriptions(const std::string&, const std::vector<std::string>&) {}
void Service::deliver(const Room&, const RoomMessage&, AckType, std::uint64_t, base::Once<void(base::Result<void>)> done) { done({}); }
std::string Service::name_of_account(const std::string& account) const { return std::string(alias_of(account)); }
std::string Service::address_of_account(const std::string& account) const {
    if (!is_alias(account)) return account;
    return std::string(alias_of(account)) + "@" + realm_.mail_domain();
}
void Service::invite_by_message(const Room&, const std::string&, const Caller&, const std::string&) {}

}  // namespace presence
