// presence/ports.h: what presence asks of the outside: to push, and to remember.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.4, 5.6
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "base/once.h"
#include "base/result.h"
#include "presence/ids.h"
#include "presence/notification.h"

namespace presence {

/// How one delivery ended.
enum class Fate {
    taken,      ///< a 2xx
    refused,    ///< connection refused or reset before an answer: nobody is there
    gone,       ///< answered 410 or 412: the receiver says it is not there
    rejected,   ///< answered anything else (500: it has left the session)
    timed_out,  ///< no connection, or no answer, in time
    dropped,    ///< never sent: queue full, cancelled, target closed or its address not allowed
};

/// More receivers of one message than this are not kept one by one; the list or room stands for them.
constexpr std::size_t kMostReceivers = 200;

/// How long a delivery is worth trying.
enum class Persistence {
    newest,   ///< a property change: retried until its subscription ends; a newer one for the same slot replaces it
    message,  ///< kept in order, never replaced; given up at its deadline
};

/// A notification made ready by a Carrier, shared by all its deliveries.
class Prepared {
public:
    virtual ~Prepared() = default;
    std::shared_ptr<const Notification> unrendered;  ///< for mailboxes; null when there was none
};

/// One notification for one call-back.
struct Delivery {
    TargetId target{};
    SubscriptionId subscription{};  ///< told as Subscription-Id
    std::shared_ptr<const Prepared> what;
    Persistence persistence = Persistence::newest;
    std::uint32_t slot = 0;    ///< with `newest`: names what kind of change this is; see Carrier::push
    DeliveryToken token{};     ///< 0: only fates `refused` and `gone` are reported
    base::Instant deadline{};  ///< of a message: no attempt starts later
};

/// Who hears how deliveries ended. Called on the loop, never from inside a call to the Carrier.
class CarrierEvents {
public:
    virtual ~CarrierEvents() = default;
    virtual void settled(TargetId target, SubscriptionId subscription, DeliveryToken token, Fate fate) = 0;
};

/// How the place behind a call-back fares.
struct EndpointReport {
    enum class State { unknown, healthy, slow, suspended, gone } state = State::unknown;
    std::string reason;            ///< for a human
    int status = 0;                ///< of the last attempt's answer; 0: it was not answered, or there was none
    std::string failure;           ///< why the last attempt was not answered; "" if it was, or there was none
    std::chrono::milliseconds latency{};  ///< of the last answer
    std::uint32_t attempts = 0;    ///< to deliver to this call-back, repeats included
    std::uint32_t delivered = 0;   ///< of them answered with a 2xx
    std::uint32_t drops = 0;       ///< deliveries to this call-back that a full queue did not keep
    std::uint32_t queued = 0;      ///< what waits for the endpoint, for all its call-backs
    std::uint32_t sent = 0;        ///< the RVPD-Seq of the subscription's last NOTIFY here
    std::optional<std::chrono::milliseconds> next_try;  ///< from now, when something waits out a pause
};

/// A subscription at one of the call-backs that serve it.
struct Serving {
    TargetId target{};
    SubscriptionId subscription{};
};

/// A way out. All calls on the loop; none blocks.
class Carrier {
public:
    virtual ~Carrier() = default;

    /// A call-back for the watcher `to` at `url` (http://host[:port][/path]), asked for by a request from
    /// `source`. `to` is printed as notification-to of property changes. Errc: malformed (not a URL this carrier
    /// can serve), denied (the call-back policy refuses), busy (too many targets).
    [[nodiscard]] virtual base::Result<TargetId> open(std::string_view url, const Contact& to,
                                                      const base::IpAddress& source) = 0;
    /// Nobody needs the target any more; what is queued for it is dropped.
    virtual void close(TargetId target) = 0;

    /// Renders what all deliveries of `notification` share. Call it once per notification.
    [[nodiscard]] virtual std::shared_ptr<Prepared> prepare(const Notification& notification) = 0;
    /// Queues a delivery. With Persistence::newest, one still queued (not yet being sent) for the same target,
    /// subscription and slot is replaced. Order per target is kept. Takes effect at the end of the loop's turn.
    virtual void push(Delivery delivery) = 0;
    /// Gives up all queued deliveries of a subscription (UNSUBSCRIBE, expiry); what is on the wire stays there.
    virtual void forget(TargetId target, SubscriptionId subscription) = 0;
    /// Gives up one message; its fate is not reported any more.
    virtual void cancel(TargetId target, DeliveryToken token) = 0;

    /// How each call-back of `asked` fares, in that order; `done` runs on the loop, perhaps from inside the call.
    virtual void report(std::vector<Serving> asked, base::Once<void(std::vector<EndpointReport>)> done) {
        done(std::vector<EndpointReport>(asked.size()));
    }
};

/// One change to what must survive a restart (cluster.md 3): put or erase of a record. The shard is that of the node
/// or principal the record belongs to.
struct Record {
    enum class Act : std::uint8_t { put, erase } act = Act::put;
    std::uint16_t shard = 0;  ///< shard_of(key of the node)
    char kind = 0;            ///< what it is; see presence/record
    std::string key;          ///< unique within shard and kind; any bytes
    std::string value;        ///< versioned compact record, written and read by presence/record alone
};
/// Takes one record after the other. It may keep the record and leave any other in its place, used ones by preference: their
/// texts have memory already. Whoever gave it must rely on nothing of it afterwards.
using RecordSink = std::function<void(Record&)>;
inline constexpr std::uint16_t kShards = 1024;
/// FNV-1a of the key, mod kShards; fixed for the life of a store.
[[nodiscard]] constexpr std::uint16_t shard_of(std::string_view key) {
    std::uint32_t hash = 0x811c9dc5U;
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
    return static_cast<std::uint16_t>(hash % kShards);
}

/// A message as the archive keeps it.
struct ArchivedMessage {
    std::uint64_t id = 0;      ///< given by the store, ascending; 0 when new
    std::int64_t time_ms = 0;  ///< wall clock
    std::string conversation;  ///< who talked: the sorted keys of all, LF between them; or a group's or room's key
    std::string sender;        ///< URL, as Realm::url_of spells it
    std::vector<std::string> receivers;  ///< keys
    std::string session_id;
    std::string content_type;
    std::string octets;  ///< the MIME part
    std::string text;    ///< its text when it is text/plain, for the full-text index
};

/// What one act asks to be kept; all of it or nothing.
struct Batch {
    std::vector<Record> records;
    std::vector<ArchivedMessage> messages;
    bool secret = false;  ///< what it replaces or erases must soon be nowhere on the disk
    [[nodiscard]] bool empty() const { return records.empty() && messages.empty(); }
};

/// Remembers (cluster.md 3). Batches are committed in the order given; `done` runs on the loop once the batch is
/// safe, or with Errc::no_space or internal when it is not: then nothing of it is kept. `done` may run from inside
/// commit() only for a store that keeps nothing. Thread: loop, load() before serving excepted.
class Journal {
public:
    virtual ~Journal() = default;
    virtual void commit(Batch batch, base::Once<void(base::Result<void>)> done) = 0;
    /// Streams the records of these kinds (in the order of `kinds`, then of shard and key) into `sink`; blocks;
    /// only before serving. Errc::internal names the file and what is wrong with it.
    [[nodiscard]] virtual base::Result<void> load(std::string_view kinds, const RecordSink& sink) = 0;
    /// Up to `limit` records of one kind whose key follows `after` within a shard and begins with `prefix`; the
    /// answer comes on the loop.
    virtual void scan(std::uint16_t shard, char kind, std::string prefix, std::string after, std::size_t limit,
                      base::Once<void(base::Result<std::vector<Record>>)> done) = 0;
    /// Whether the last commit failed: durable acts are refused, state goes on from memory (design 7).
    [[nodiscard]] virtual bool failing() const = 0;
};

/// Forgets everything at once: `store.path = ":memory:"`.
class NullJournal final : public Journal {
public:
    void commit(Batch, base::Once<void(base::Result<void>)> done) override { done({}); }
    base::Result<void> load(std::string_view, const RecordSink&) override { return {}; }
    void scan(std::uint16_t, char, std::string, std::string, std::size_t,
              base::Once<void(base::Result<std::vector<Record>>)> done) override {
        done(std::vector<Record>{});
    }
    [[nodiscard]] bool failing() const override { return false; }
};

}  // namespace presence
