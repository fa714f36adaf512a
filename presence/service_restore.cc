// presence/service_restore.cc: how what was kept comes back, and who is told of it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3.3, 7, 11 (restart)
#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

#include "base/ip.h"
#include "presence/known_places.h"
#include "presence/record.h"
#include "presence/room_record.h"
#include "presence/service.h"

namespace presence {

namespace {

constexpr std::chrono::milliseconds kSettleTick{250};
constexpr std::size_t kErasedPerTick = 1'000;

}  // namespace

base::Result<void> Service::load() {
    base::Result<void> sound;
    reopening_ = std::make_unique<Reopening>(nodes_, subscriptions_, [this](const SubscriptionQueue::Item& item) {
        return restore_subscription(item.record, item.head, item.hash);
    });
    const auto loaded = journal_.load(kRecordKinds, [&](Record& record) {
        // Views are looked up under them.
        if (sound && record.kind != SubscriptionRecord::kKind) sound = reopening_->queue.flush();
        if (sound) sound = restore(record);
    });
    if (sound) sound = reopening_->queue.flush();
    reopening_.reset();
    if (!loaded) return loaded;
    if (!sound) return sound;
    nodes_.for_each([this](Node& node) {
        if (node.contacts()) node.restored_contacts().sort();
        node.look_for_blocks();
        retell(node, node.effective());
        node.told_at = clock_.now();
    });
    restore_seats();
    start_settling();
    history_.start();
    wheel_.arm(calendar_, clock_.now() + CalendarWatch::kEvery);
    return {};
}

base::Result<void> Service::restore(Record& record) {
    const auto with_node = [&]<class T>(void (Service::*put)(Node&, const T&), const std::string T::*key) {
        auto content = read_record<T>(record);
        if (!content) return base::Result<void>(std::unexpected(content.error()));
        if (Node* node = nodes_.find((*content).*key)) (this->*put)(*node, *content);
        return base::Result<void>();
    };
    switch (record.kind) {
        case ClockRecord::kKind: {
            const auto clock = read_record<ClockRecord>(record);
            if (!clock) return std::unexpected(clock.error());
            time_.resume(*clock);
            return {};
        }
        case CounterRecord::kKind: {
            const auto counter = read_record<CounterRecord>(record);
            if (!counter) return std::unexpected(counter.error());
            const auto last = static_cast<std::uint32_t>(counter->reserved % kMaxWireId);
            if (record.key == "s") subscriptions_.skip_to(last);
            if (record.key == "v") last_view_id_ = last;
            return {};
        }
        case NodeRecord::kKind: {
            auto node = read_record<NodeRecord>(record);
            if (!node) return std::unexpected(node.error());
            Node& made = nodes_.add(record.key, node->path, principals_.intern(node->owner_key, node->owner_url),
                                    principals_.intern(node->maker_key, node->maker_url), *this);
            made.stored = true;
            made.room = Rooms::is_room(record.key);
            return {};
        }
        case AclRecord::kKind: {
            const auto acl = read_record<AclRecord>(record);
            if (!acl) return std::unexpected(acl.error());
            if (Node* node = nodes_.find(record.key)) restore_acl(*node, *acl);
            return {};
        }
        case StateRecord::kKind: {
            const auto state = read_record<StateRecord>(record);
            if (!state) return std::unexpected(state.error());
            if (Node* node = nodes_.find(record.key)) node->restore_status(Status(state->status), Status(state->fallback));
            return {};
        }
        case PropRecord::kKind: return with_node(&Service::restore_prop, &PropRecord::node);
        case SubscriptionRecord::kKind: return reopening_->queue.push(record);
        case ViewRecord::kKind: return with_node(&Service::restore_view, &ViewRecord::node);
        case MessageRecord::kKind: return history_.restore(record);
        case ListedContactRecord::kKind: return restore_contact(record);
        case AskRecord::kKind: return restore_ask(record);
        case PrivacyRecord::kKind: return restore_privacy(record);
        case RoomRecord::kKind:
            if (nodes_.find(record.key)) return rooms_.restore(record);
            settling_.erasures.push_back({Record::Act::erase, record.shard, record.kind, record.key, ""});
            return {};
        default: return {};  // of a later version, or another room's
    }
}

void Service::restore_acl(Node& node, const AclRecord& record) {
    std::vector<Ace> entries;
    for (const AceRecord& e : record.entries) {
        entries.push_back({e.key, e.url, static_cast<Credentials>(e.credentials),
                           Rights::from_bits(static_cast<std::uint16_t>(e.grant)),
                           Rights::from_bits(static_cast<std::uint16_t>(e.deny))});
    }
    node.set_acl(Acl(std::move(entries)));
}

void Service::restore_prop(Node& node, const PropRecord& record) {
    StoredProp& stored = node.store_property({record.ns, record.local});
    stored.value = from_record(record.value);
    if (record.lease_end == 0) return;
    stored.fallback = from_record(record.fallback);
    wheel_.arm(stored, time_.instant_of(record.lease_end));
}

base::Result<void> Service::restore_contact(const Record& record) {
    const auto contact = read_record<ListedContactRecord>(record);
    if (!contact) return std::unexpected(contact.error());
    if (contact->id.size() != kGuidBytes) return base::fail(base::Errc::internal, "a stored contact has no id");
    const std::size_t nul = std::min(record.key.find('\0'), record.key.size());
    Node* node = nodes_.find(std::string_view(record.key).substr(0, nul));
    if (!node) {
        settling_.erasures.push_back({Record::Act::erase, record.shard, record.kind, record.key, ""});
    } else {
        node->restored_contacts().append(std::string_view(record.key).substr(std::min(nul + 1, record.key.size())), record.value);
    }
    return {};
}

base::Result<void> Service::restore_ask(const Record& record) {
    const auto ask = read_record<AskRecord>(record);
    if (!ask) return std::unexpected(ask.error());
    const std::size_t nul = std::min(record.key.find('\0'), record.key.size());
    const std::string owner = record.key.substr(0, nul);
    if (nul < record.key.size() && nodes_.find(owner)) {
        asks_.put(owner, {record.key.substr(nul + 1), ask->time});
    } else {
        settling_.erasures.push_back({Record::Act::erase, record.shard, record.kind, record.key, ""});
    }
    return {};
}

base::Result<void> Service::restore_subscription(const Record& record, const SubscriptionHead& head,
                                                 std::uint64_t hash) {
    Node* const node = nodes_.find(head.node);
    if (!node) {
        settling_.erasures.push_back({Record::Act::erase, record.shard, record.kind, record.key, ""});
        return {};
    }
    const base::Instant now = clock_.now();
    const base::Instant lease_end = time_.instant_of(head.lease_end);
    if (lease_end + kRevivable <= now) {
        settling_.erasures.push_back({Record::Act::erase, record.shard, record.kind, record.key, ""});
        return {};
    }
    const KnownPlace* place = reopening_->places.find(hash, head.place);
    if (!place) {
        const auto whole = read_record<SubscriptionRecord>(record);
        if (!whole) return std::unexpected(whole.error());
        place = open_place(*whole, head.place, hash);
        if (!place) return {};
    }
    SubscriptionTable::Terms terms;
    terms.node = node;
    terms.type = NotificationType(head.type);
    terms.callback = place->callback;
    terms.authority = place->authority;
    terms.proof = Proof(head.proof);
    terms.is_login = head.login != 0;
    terms.source = place->source;
    const bool alive = lease_end > now;
    const SubscriptionId id = head.subscription();
    if (alive && terms.type == NotificationType::propchange) settling_.waiting.push_back(id);
    subscriptions_.add(id, std::move(terms),
                       alive ? node->list_of(NotificationType(head.type)) : node->expired, alive,
                       alive ? lease_end : lease_end + kRevivable);
    return {};
}

const KnownPlace* Service::open_place(const SubscriptionRecord& record, std::string_view bytes,
                                      std::uint64_t hash) {
    const PrincipalRef watcher = principals_.intern(std::string(record.watcher_key), std::string(record.watcher_url));
    const auto source = base::IpAddress::parse(record.source).value_or(base::IpAddress());
    const auto to = [this, &record] { return contact_of(record.watcher_key, record.watcher_url); };
    auto callback = callbacks_.reopen(record.callback, watcher, to, source);
    if (!callback) return nullptr;
    return &reopening_->places.add(hash, bytes,
                                   {std::move(*callback), realm_.index_of(record.authority).value_or(0), source});
}

void Service::restore_view(Node& node, const ViewRecord& record) {
    const base::Instant lease_end = time_.instant_of(record.lease_end);
    const SubscriptionId login{static_cast<std::uint32_t>(record.login)};
    const Subscription* under = subscriptions_.find(login);
    const bool orphan = record.login != 0 && (!under || !under->active());
    // Nobody is shown online later than lease end and linger, also when we were not there to say so (design 3.3).
    if (orphan || lease_end + settings_.linger <= clock_.now()) return drop_view(node, record);
    View* view = node.add_view(ViewId(static_cast<std::uint32_t>(record.id)), login, *this, settings_.views_per_node);
    if (!view) return;
    view->value = Status(record.value);
    view->fallback = Status(record.fallback);
    view->source = base::IpAddress::parse(record.source).value_or(base::IpAddress());
    // The admin's comes from no address and stays his. The others' connections were of a life before this one.
    view->connection = view->source == base::IpAddress() ? base::ConnectionId{} : base::ConnectionId(UINT64_MAX);
    wheel_.arm(*view, lease_end);
}

void Service::drop_view(Node& node, const ViewRecord& record) {
    if (node.views().empty()) node.restore_status(node.status(), Status(record.fallback));
    settling_.changed.insert(&node);
    Batch batch;
    keep_view(node, nullptr, ViewId(static_cast<std::uint32_t>(record.id)), batch);
    std::ranges::move(batch.records, std::back_inserter(settling_.erasures));
}

void Service::start_settling() {
    std::vector<SubscriptionId> first;
    for (const Node* node : settling_.changed) {
        for (const Subscription& s : node->watchers) first.push_back(s.id());
    }
    settling_.changed.clear();
    std::ranges::sort(first);
    if (!first.empty()) std::erase_if(settling_.waiting, [&](SubscriptionId id) { return std::ranges::binary_search(first, id); });
    if (settling_.waiting.empty() && first.empty() && settling_.erasures.empty()) return;
    std::shuffle(settling_.waiting.begin(), settling_.waiting.end(), random_);
    std::shuffle(first.begin(), first.end(), random_);
    settling_.waiting.insert(settling_.waiting.end(), first.begin(), first.end());
    const auto ticks = static_cast<std::size_t>(std::max<std::int64_t>(1, settings_.settle / kSettleTick));
    settling_.each = (settling_.waiting.size() + ticks - 1) / ticks;
    wheel_.arm(settling_, clock_.now() + kSettleTick);
}

void Service::settle_some() {
    for (std::size_t i = 0; i < settling_.each && !settling_.waiting.empty(); ++i) {
        Subscription* s = subscriptions_.find(settling_.waiting.back());
        settling_.waiting.pop_back();
        if (s && s->active()) fanout_.tell_present(s->node(), *s);
    }
    erase_some();
    if (settling_.waiting.empty() && settling_.erasures.empty()) return;
    wheel_.arm(settling_, wheel_.now() + kSettleTick);
}

// What is not erased now is found again by the next start.
void Service::erase_some() {
    auto& all = settling_.erasures;
    Batch batch;
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kErasedPerTick));
    std::move(all.begin(), end, std::back_inserter(batch.records));
    all.erase(all.begin(), end);
    if (!batch.empty()) journal_.commit(std::move(batch), [](const base::Result<void>&) {});
}

}  // namespace presence
