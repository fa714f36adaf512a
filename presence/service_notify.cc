// presence/service_notify.cc: NOTIFY coming in: who it is from, where it goes, when it is acknowledged.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; rvp-in-practice 0 (rules 8, 9), 1.6, 8.22; design 5, 7
#include <algorithm>
#include <set>
#include <utility>

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

// A server tells of the nodes of its domain; everybody else only of himself.
Contact Service::teller_of(const Caller& caller, const Contact& said) const {
    const auto href = Address::parse(said.href);
    const bool is_server = caller.from_server && caller.key.find('/') == std::string::npos;
    const auto its = [&](const std::string& authority) {
        return authority == caller.key || (realm_.ours(authority) && realm_.ours(caller.key));
    };
    if (is_server && href && !href->is_service() && its(href->authority())) {
        const std::string url = href->url();
        return {url, said.description.empty() ? description_of(url) : said.description};
    }
    return {caller.url, description_of(caller.url)};
}

// Clients crash on a message without these (rvp-in-practice rules 8 and 9), and some leave them out.
void Service::complete(const Caller& caller, const std::string& receiver, Message& message) const {
    message.from.href = caller.url;  // nobody speaks for another (design 6)
    if (message.from.description.empty()) message.from.description = description_of(caller.url);
    if (message.to.empty()) message.to.push_back({});
    for (auto& contacts : message.to) {
        if (contacts.empty()) contacts.push_back({receiver, ""});
        for (Contact& contact : contacts) {
            if (contact.description.empty()) contact.description = description_of(contact.href);
        }
    }
}

namespace {

std::string joined(const std::set<std::string>& keys) {
    std::string all;
    for (const std::string& key : keys) all += (all.empty() ? "" : "\n") + key;
    return all;
}

// SingleHop asks no more than that it is safe, where somebody is to have it.
Answer<Accepted> settled_when_kept(Answer<Accepted> done) {
    return [done = std::move(done)](base::Result<Accepted> how) mutable {
        if (how) how = Accepted::settled;
        done(std::move(how));
    };
}

}  // namespace

// A talk is the people in it, whoever of them speaks; one NOTIFY goes to each of them, and all say who they are.
ArchivedMessage Service::archived(const Caller& caller, const std::string& key, const Message& message,
                                  const std::vector<Destination>& to) const {
    ArchivedMessage row;
    row.sender = realm_.url_of(caller.key);
    row.session_id = message.facts.session_id;
    row.content_type = message.facts.content_type;
    row.octets = message.mime;
    row.text = message.facts.text;
    row.receivers = {key};
    row.conversation = key;
    if (is_alias(key) || !key.starts_with('/')) {
        std::set<std::string> people = {caller.key, key};
        for (const auto& contacts : message.to) {
            for (const Contact& contact : contacts) {
                if (const auto address = Address::parse(contact.href)) people.insert(realm_.key(*address));
            }
        }
        row.conversation = joined(people);
    } else if (to.size() <= kMostReceivers) {
        std::set<std::string> members;
        for (const Destination& d : to) members.insert(subscriptions_.find(d.subscription)->watcher()->key());
        row.receivers.insert(row.receivers.end(), members.begin(), members.end());
    }
    return row;
}

Keepsake Service::outgoing(const Caller& caller, NotifyRequest& request, const std::vector<Destination>& to) {
    Keepsake what{request.node.key, {std::move(request.payload), caller.url, request.hop_count + 1, request.ack, caller.request}, {}};
    what.notification.passed = std::move(request.passed);
    // A change is its teller's, and nobody else tells of it.
    const bool change = std::holds_alternative<PropNotification>(what.notification.payload);
    if (!caller.key.starts_with('/') && !change) what.notification.through = realm_.url_of(what.node);
    const auto* message = std::get_if<Message>(&what.notification.payload);
    if (!settings_.archive || !message || message->facts.kind == MessageKind::control) return what;
    what.archived = archived(caller, what.node, *message, to);
    what.archived->time_ms = request.time_ms != 0 ? request.time_ms : message_time(what.archived->conversation);
    what.notification.time_ms = what.archived->time_ms;
    return what;
}

void Service::notify(const Caller& caller, NotifyRequest request, Answer<Accepted> done) {
    if (request.hop_count > kMaxHops) {
        return done(fail(Errc::loop, "RVP-Hop-Count is over 16: the notification runs in a ring (RVP 5.6)"));
    }
    if (Rooms::is_room(request.node.key)) return say_in_room(caller, std::move(request), std::move(done));
    if (abroad(request.node.key)) return notify_abroad(caller, std::move(request), std::move(done));
    auto node = need_or_make(caller, request.node, {Right::send_to});
    if (!node) return done(std::unexpected(node.error()));
    if (auto* message = std::get_if<Message>(&request.payload)) complete(caller, (*node)->owner().url(), *message);
    if (auto* change = std::get_if<PropNotification>(&request.payload)) change->from = teller_of(caller, change->from);
    auto to = fanout_.destinations(**node);
    if (!to) return done(std::unexpected(to.error()));

    const std::string& key = (*node)->key();
    const bool hop = request.ack == AckType::single_hop;
    Keepsake what = outgoing(caller, request, *to);
    const auto* message = std::get_if<Message>(&what.notification.payload);
    const bool is_text = message && message->facts.kind == MessageKind::text;
    const bool may_keep = settings_.keep.offline == Offline::store && (*node)->alias() && is_text;
    const bool durable = what.archived || (hop && (!message || is_text));
    if (durable && journal_.failing()) {
        return done(fail(Errc::no_space, "the store is failing, so nothing sent now would be safe; nobody was told"));
    }
    if (may_keep && (to->empty() || history_.waits(key))) {
        const base::Instant answer_by = clock_.now() + (hop ? std::chrono::seconds(0) : kAckTime);
        if (hop && !to->empty()) done = settled_when_kept(std::move(done));
        return history_.keep(std::move(what), answer_by, std::move(done));
    }
    if (to->empty()) {
        return done(fail(Errc::precondition, request.node.path + " is not logged on: nobody there to notify (RVP 5.6)"));
    }
    if (hop) return single_hop(std::move(what), std::move(*to), std::move(done));
    deep(std::move(what), *to, may_keep, std::move(done));
}

// Typing notes and invitations mean nothing later, so they are not worth a commit; what is unknown may.
void Service::single_hop(Keepsake what, std::vector<Destination> to, Answer<Accepted> done) {
    const auto* message = std::get_if<Message>(&what.notification.payload);
    if (!message || message->facts.kind == MessageKind::text) {
        return history_.hold(std::move(what), std::move(to), std::move(done));
    }
    outbox_.keep(carrier_.prepare(what.notification), to, [](bool) {});
    delivered(std::move(what), std::move(done));
}

void Service::deep(Keepsake what, const std::vector<Destination>& to, bool may_keep, Answer<Accepted> done) {
    auto prepared = carrier_.prepare(what.notification);
    const AckType ack = what.notification.ack;
    outbox_.send(std::move(prepared), to, ack, clock_.now(),
                 [this, what = std::move(what), may_keep, done = std::move(done)](Sent sent) mutable {
        if (sent == Sent::stopping) return done(fail(Errc::busy, "the server is stopping"));
        if (sent == Sent::taken) return delivered(std::move(what), std::move(done));
        if (may_keep && sent != Sent::partly) {
            return history_.keep_undelivered(std::move(what), sent, std::move(done));
        }
        done(fail(Errc::precondition, "the message could not be delivered: nobody is reachable (RVP 5.6)"));
    });
}

// Only what arrived is archived; and what is to be archived is answered when it is.
void Service::delivered(Keepsake what, Answer<Accepted> done) {
    if (!what.archived) return done(Accepted::settled);
    Batch batch;
    batch.messages.push_back(std::move(*what.archived));
    journal_.commit(std::move(batch), [done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(not_safe(safe.error())));
        done(Accepted::settled);
    });
}

// -- HistoryNeeds

void Service::keep(const std::string& key, Batch batch, Answer<void> done) {
    Node* node = nodes_.find(key);
    if (!node) return done(fail(Errc::not_found, "the node was deleted meanwhile (RVP 4.1.2)"));
    commit(*node, std::move(batch), std::move(done));
}

std::vector<Destination> Service::destinations(const std::string& key, const std::vector<OwedRecord>& owed) {
    Node* node = nodes_.find(key);
    if (!node) return {};
    auto to = fanout_.destinations(*node, [&owed](const Subscription& s) {
        const auto is_s = [&s](const OwedRecord& o) { return o.subscription == std::to_underlying(s.id()); };
        return owed.empty() ? s.login() != nullptr : std::ranges::any_of(owed, is_s);
    });
    return to ? std::move(*to) : std::vector<Destination>();
}

}  // namespace presence
