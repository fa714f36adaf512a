// presence/service_rooms.cc: the nodes of rooms: whoever subscribes to one with pragma/notify sits in the room, and what
// is sent to it is said there.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1, 5.6; zimbra-im 3.9; design 5 to 7
#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "presence/record.h"
#include "presence/room_record.h"
#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

constexpr std::string_view kSeat = "rvp/";

std::string seat_of(SubscriptionId id) { return std::string(kSeat) + std::to_string(std::to_underlying(id)); }

// Whose words they are, as far as everybody may know.
bool hidden(const Room& room) { return !room.config().nonanonymous; }

std::string invitation(const Room& room, const std::string& url, const std::string& text) {
    std::string talk = guid_of(base::sha256(room.key()).substr(0, kGuidBytes));
    std::ranges::transform(talk, talk.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nSession-Id: {" + talk + "}\r\n\r\n" +
           (text.empty() ? std::string("Please join my chat") : text) + " <" + url + ">";
}

}  // namespace

// -- RoomNeeds

void Service::take_turn(const std::string& key, Turn act) { in_turn(key, std::move(act)); }

// It belongs to the server: what anybody may do there, his affiliation says.
base::Result<void> Service::make_room_node(const Caller& caller, const std::string& key) {
    if (nodes_.find(key)) return {};
    const auto maker = maker_of_node(caller);
    if (!maker) return std::unexpected(maker.error());
    nodes_.add(key, key, principals_.intern("", realm_.domain()), *maker, *this).room = true;
    return {};
}

void Service::show_room(const Room& room) {
    Node* node = nodes_.find(room.key());
    if (!node) return;
    const RoomConfig& config = room.config();
    Ace everybody;
    if (config.publicroom) everybody.grant.add({Right::list, Right::read});
    if (!room.locked() && !config.membersonly && !config.passwordprotect) everybody.grant.add({Right::receive_from, Right::send_to});
    std::vector<Ace> entries{everybody};
    for (const RoomMember& member : room.members()) {
        Ace ace;
        ace.key = member.account;
        ace.url = realm_.url_of(member.account);
        const Rights inside{Right::list, Right::read, Right::receive_from, Right::send_to};
        if (member.affiliation == Affiliation::outcast) {
            ace.deny = inside;
        } else {
            ace.grant = inside;
            if (member.affiliation >= Affiliation::admin) ace.grant.add({Right::readacl, Right::subscriptions});
        }
        entries.push_back(std::move(ace));
    }
    node->set_acl(Acl(std::move(entries)));
    node->store_property(prop_displayname()).value = Text{config.longname};
}

void Service::end_room(const std::string& key, base::Once<void(base::Result<void>)> done) {
    const Node* node = nodes_.find(key);
    Batch batch;
    if (node) batch = erasure_of(*node);
    else batch.records.push_back(erase_record<RoomRecord>(key, key));
    journal_.commit(std::move(batch), [done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) safe = std::unexpected(not_safe(safe.error()));
        done(std::move(safe));
    });
}

void Service::room_is_gone(const std::string& key) {
    if (Node* node = nodes_.find(key)) remove_with_all(*node);
}

void Service::end_subscriptions(const std::string& key, const std::vector<std::string>& seats) {
    Batch batch;
    for (const std::string& seat : seats) {
        if (!seat.starts_with(kSeat)) continue;
        const auto id = base::parse_number(seat.substr(kSeat.size()), kMaxWireId);
        Subscription* s = id ? subscriptions_.find(SubscriptionId(static_cast<std::uint32_t>(*id))) : nullptr;
        if (!s || s->node().key() != key) continue;
        if (!s->callback()->is_mailbox()) batch.records.push_back(erase_record<SubscriptionRecord>(key, std::to_string(*id)));
        if (s->active()) end_active(*s, clock_.now(), Ending::asked);
        subscriptions_.remove(*s);
    }
    if (Node* node = nodes_.find(key); node && !batch.empty()) commit_unasked(*node, std::move(batch));
}

void Service::deliver(const Room& room, const RoomMessage& said, const RoomSpeech& speech, std::uint64_t request,
                      base::Once<void(base::Result<void>)> done) {
    Node* node = nodes_.find(room.key());
    const bool typing = said.message.facts.kind == MessageKind::control;
    if (!node || said.message.mime.empty() || (typing && hidden(room))) return done({});  // such a note says who types
    const auto to = fanout_.destinations(*node, [&](const Subscription& s) { return s.watcher()->key() != said.account; });
    if (!to || to->empty()) return done({});
    const std::string url = realm_.url_of(room.key());
    Message message = said.message;
    message.from = {hidden(room) ? url : realm_.url_of(said.account), said.nickname};
    message.to = {{{url, node->displayname()}}};
    const std::string from = message.from.href;
    Notification notification{std::move(message), from, speech.hop_count + 1, speech.ack, request};
    if (!said.account.starts_with('/')) notification.through = url;
    const bool by_other_doors = std::ranges::any_of(room.occupants(), [&](const Occupant& one) {
        return one.account != said.account && std::ranges::any_of(one.seats, [](const std::string& s) { return !s.starts_with(kSeat); });
    });
    if (speech.ack == AckType::single_hop || (speech.ack == AckType::deep_or && by_other_doors)) {
        outbox_.keep(carrier_.prepare(notification), *to, [](bool) {});
        return done({});
    }
    outbox_.send(carrier_.prepare(notification), *to, speech.ack, clock_.now(), [done = std::move(done)](Sent sent) mutable {
        if (sent == Sent::taken) return done({});
        if (sent == Sent::stopping) return done(fail(Errc::busy, "the server is stopping"));
        done(fail(Errc::precondition, "it was said, but somebody in the room could not be reached (RVP 5.6)"));
    });
}

ArchivedMessage Service::archived_in(const Room& room, const RoomMessage& said) const {
    ArchivedMessage row;
    row.time_ms = said.time_ms;
    row.sender = realm_.url_of(said.account);
    address_to_room(row, room);
    row.session_id = said.message.facts.session_id;
    row.content_type = said.message.facts.content_type;
    row.octets = said.message.mime;
    row.text = said.message.facts.text;
    return row;
}

ArchivedMessage Service::archived_in(const Room& room, const RoomEvent& event) const {
    ArchivedMessage row = to_archived(event);
    row.sender = realm_.url_of(event.by);
    address_to_room(row, room);
    return row;
}

void Service::address_to_room(ArchivedMessage& row, const Room& room) const {
    row.conversation = room.key();
    row.receivers = {room.key()};
    const auto add = [&row](const std::string& account) {
        if (row.receivers.size() > kMostReceivers || std::ranges::find(row.receivers, account) != row.receivers.end()) return;
        row.receivers.push_back(account);
    };
    for (const Occupant& one : room.occupants()) add(one.account);
    for (const RoomMember& one : room.members()) {
        if (one.affiliation >= Affiliation::member) add(one.account);
    }
}

std::string Service::name_of_account(const std::string& account) const {
    const Node* node = nodes_.find(account);
    return node ? node->displayname() : std::string(alias_of(account));
}

std::string Service::address_of_account(const std::string& account) const {
    if (is_alias(account)) return std::string(alias_of(account)) + "@" + realm_.mail_domain();
    const std::string elsewhere = account_of_key(account);
    return elsewhere.empty() ? account : elsewhere;
}

bool Service::shuts_out(const std::string& account, const Caller& by) const {
    const Node* node = nodes_.find(account);
    return node && !node->may(by, Right::send_to);
}

// Those on other doors are told by these.
void Service::invite_by_message(const Room& room, const std::string& account, const Caller& by, const std::string& text) {
    Message message;
    message.from = {by.url, description_of(by.url)};
    message.to = {{{realm_.url_of(account), name_of_account(account)}}};
    message.mime = invitation(room, realm_.url_of(room.key()), text);
    message.facts.kind = MessageKind::invitation;
    Notification what{std::move(message), by.url, 2, AckType::single_hop, by.request};
    if (Abroad* elsewhere = abroad(account)) return elsewhere->notify(what, account, [](const auto&) {});
    Node* node = nodes_.find(account);
    if (!node) return;
    const auto to = fanout_.destinations(*node, [](const Subscription& s) { return s.login() && !s.callback()->is_mailbox(); });
    if (to && !to->empty()) outbox_.keep(carrier_.prepare(what), *to, [](bool) {});
}

// -- what RVP's verbs come to

base::Error Service::no_way_in(RoomRefusal why, const NodeName& name) {
    const Errc code = why == RoomRefusal::no_such_room ? Errc::not_found : why == RoomRefusal::max_users ? Errc::busy : Errc::denied;
    return {code, "no way into the room " + name.path + ": " + std::string(word_of(why))};
}

// A room that is not there is made, and open, where any node would be: RVP has no way to configure it.
void Service::subscribe_to_room(const Caller& caller, SubscribeRequest request, Answer<Subscribed> done) {
    const std::string key = request.node.key;
    if (rooms_.find(key)) {
        if (const auto why = rooms_.refuses(key, caller.key)) return done(std::unexpected(no_way_in(*why, request.node)));
        return subscribe_at(caller, *nodes_.find(key), true, std::move(request), std::move(done));
    }
    if (!auto_created(request.node)) return done(no_node(request.node));
    const std::string making = std::string(kSeat) + "making";
    RoomEntry entry{key, making};
    entry.open = true;
    rooms_.enter(caller, std::move(entry), [this, caller, making, request = std::move(request), done = std::move(done)](base::Result<RoomEntered> in) mutable {
        if (!in) return done(std::unexpected(in.error()));
        if (in->refusal) return done(std::unexpected(no_way_in(*in->refusal, request.node)));
        const std::string room = request.node.key;
        Node* node = nodes_.find(room);
        if (!node) return done(no_node(request.node));
        subscribe_at(caller, *node, true, std::move(request), [this, account = caller.key, room, making, done = std::move(done)](base::Result<Subscribed> made) mutable {
            rooms_.leave(account, room, making);
            done(std::move(made));
        });
    });
}

bool Service::sits(const Subscription& s) { return s.node().room && s.type() == NotificationType::notify; }

bool Service::sit_down(const Subscription& s) { return rooms_.sit_down(s.node().key(), s.watcher()->key(), seat_of(s.id())); }

void Service::end_seat(const Subscription& s) { end_subscriptions(s.node().key(), {seat_of(s.id())}); }

void Service::get_up(const Subscription& s) {
    if (sits(s)) rooms_.leave(s.watcher()->key(), s.node().key(), seat_of(s.id()));
}

void Service::say_in_room(const Caller& caller, NotifyRequest request, Answer<Accepted> done) {
    auto* message = std::get_if<Message>(&request.payload);
    if (!message) return done(fail(Errc::malformed, "in a room one says messages, nothing else (RVP 5.6)"));
    if (!rooms_.find(request.node.key)) return done(no_node(request.node));
    RoomSpeech speech{std::move(*message), std::nullopt, request.ack, request.hop_count};
    rooms_.say(caller, request.node.key, std::move(speech), [done = std::move(done)](const base::Result<RoomMessage>& said) mutable {
        if (!said) return done(std::unexpected(said.error()));
        done(Accepted::settled);
    });
}

// Who may not be there any more hears nothing of it either: his subscription ends.
void Service::restore_seats() {
    std::vector<Subscription*> out;
    nodes_.for_each([&](Node& node) {
        if (!node.room) return;
        for (Subscription& s : node.sinks) {
            if (!rooms_.sit_down_again(node.key(), s.watcher()->key(), seat_of(s.id()))) out.push_back(&s);
        }
    });
    for (Subscription* s : out) {
        settling_.erasures.push_back(subscription_erasure(s->node().key(), s->id()));
        subscriptions_.remove(*s);
    }
    rooms_.start();
}

}  // namespace presence
