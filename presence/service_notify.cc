// presence/service_notify.cc: NOTIFY coming in: who it is from, where it goes, when it is acknowledged.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; rvp-in-practice 0 (rules 8, 9), 1.6, 8.22; design 5
#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

std::string Service::description_of(const std::string& url) const {
    if (const auto address = Address::parse(url)) {
        if (const Node* node = nodes_.find(realm_.key(*address))) return node->displayname();
        if (!address->is_service()) return std::string(alias_of(address->path()));
    }
    return url;
}

// Clients crash on a message without these (rvp-in-practice rules 8 and 9), and some leave them out.
void Service::complete(const Caller& caller, const Node& node, Message& message) const {
    message.from.href = caller.url;  // nobody speaks for another (design 6)
    if (message.from.description.empty()) message.from.description = description_of(caller.url);
    if (message.to.empty()) message.to.push_back({});
    for (auto& contacts : message.to) {
        if (contacts.empty()) contacts.push_back({node.owner().url(), ""});
        for (Contact& contact : contacts) {
            if (contact.description.empty()) contact.description = description_of(contact.href);
        }
    }
}

void Service::notify(const Caller& caller, NotifyRequest request, Answer<void> done) {
    if (request.hop_count > kMaxHops) {
        return done(fail(Errc::loop, "RVP-Hop-Count is over 16: the notification runs in a ring (RVP 5.6)"));
    }
    auto node = need_or_make(caller, request.node, {Right::send_to});
    if (!node) return done(std::unexpected(node.error()));
    if (auto* message = std::get_if<Message>(&request.payload)) complete(caller, **node, *message);
    if (auto* change = std::get_if<PropNotification>(&request.payload)) {
        change->from = {caller.url, description_of(caller.url)};
    }
    auto to = fanout_.destinations(**node);
    if (!to) return done(std::unexpected(to.error()));
    if (to->empty()) {
        return done(fail(Errc::precondition, request.node.path + " is not logged on: nobody there to notify (RVP 5.6)"));
    }
    Notification notification{std::move(request.payload), caller.url, request.hop_count + 1, request.ack};
    auto prepared = carrier_.prepare(notification);
    outbox_.send(std::move(prepared), *to, request.ack, clock_.now(), std::move(done));
}

}  // namespace presence
