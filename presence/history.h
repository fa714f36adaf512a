// presence/history.h: messages that were acknowledged and are not delivered yet.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; design 5 (nobody home), 7
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/once.h"
#include "base/result.h"
#include "base/timer_wheel.h"
#include "presence/message_record.h"
#include "presence/outbox.h"
#include "presence/ports.h"
#include "presence/settings.h"
#include "presence/store_time.h"

namespace presence {

/// What a NOTIFY that succeeded came to.
enum class Accepted {
    settled,  ///< delivered as its acknowledgement asks, or (SingleHop) safe and on its way
    kept,     ///< on disk, and delivered when its receiver logs on
};

/// A notification that is to be kept, and what is archived in the same commit.
struct Keepsake {
    std::string node;
    Notification notification;
    std::optional<ArchivedMessage> archived;
};

/// What History asks of the house above it.
class HistoryNeeds {
public:
    virtual ~HistoryNeeds() = default;
    /// Commits a batch about a node, the node's own record with it if the store lacks that.
    virtual void keep(const std::string& node, Batch batch, base::Once<void(base::Result<void>)> done) = 0;
    /// Where a message for the node goes now. Without `owed`: its owner's log-ons, none if he may not keep it; else
    /// where those subscriptions lead that are active still.
    virtual std::vector<Destination> destinations(const std::string& node, const std::vector<OwedRecord>& owed) = 0;
};

/// Kept messages, a queue for each node, on disk as `m` records; in memory about 100 bytes for each, and the bodies
/// of those that are being delivered. Two kinds stand in a queue:
/// - waiting: for the owner's next log-on. They go one after the other to all log-ons there are, up to 64 ahead where
///   these are mailboxes alone; taken by one is taken. Whatever is newer stands behind them. When nobody can be reached it is tried again, after 1 s and twice
///   as long each time up to 30 s, or at once when somebody logs on or something new comes. One that every log-on
///   refuses with an answer is passed over until the next log-on.
/// - held: acknowledged (SingleHop), and with the outbox, which tries each destination until its lease ends. If none
///   took it by then, it waits, or is forgotten where nothing waits; what somebody said and went into mailboxes alone
///   waits in any case.
/// Each is erased when taken, and when it is too old; a failed erasure means that it may come again after a restart.
/// Bounded for each node by KeepRule. Thread: loop. O(1) for each act, O(n) in a queue's length at most.
class History {
public:
    History(HistoryNeeds& needs, Outbox& outbox, Carrier& carrier, Journal& journal, base::TimerWheel& wheel,
            const base::Clock& clock, const StoreTime& time, KeepRule rule);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    /// Whether something waits for the node's owner, so that what is newer must queue behind it.
    [[nodiscard]] bool waits(const std::string& node) const;

    using Done = base::Once<void(base::Result<Accepted>)>;
    /// For what comes from now on, and for the age of what is there.
    void change(const KeepRule& rule) { rule_ = rule; }

    /// Keeps a message for the owner's log-ons, behind what waits already. `settled` if one took it before
    /// `answer_by`; else `kept`, as soon as nobody can be reached. Errc: precondition (as much waits as may), and
    /// those of the journal: then it is not kept.
    void keep(Keepsake what, base::Instant answer_by, Done done);
    /// Keeps what just fared as `how` says (rejected or unreachable); `kept` once it is safe. Errc as keep().
    void keep_undelivered(Keepsake what, Sent how, Done done);
    /// SingleHop: safe, then answered (`settled`), then on its way. `to` is not empty. Errc as keep().
    void hold(Keepsake what, std::vector<Destination> to, Done done);

    /// The node's owner logged on.
    void logged_on(const std::string& node);

    /// Adds the erasure of all that is kept for a node. Once that is committed: drop().
    void erase(const std::string& node, Batch& batch) const;
    void drop(const std::string& node);

    /// Before serving: a record of the store. After the last: start(), which goes on with what was held, and delivers
    /// to whom is logged on already.
    [[nodiscard]] base::Result<void> restore(const Record& record);
    void start();

    /// Messages kept, of all nodes.
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    struct Head;
    struct Box;

    [[nodiscard]] Box* find(const std::string& node) const;
    Box& box_of(const std::string& node);
    [[nodiscard]] base::Result<void> admit(const std::string& node, std::size_t bytes) const;
    using Then = std::move_only_function<void(base::Result<Box*>)>;
    void commit(Keepsake what, std::uint64_t sequence, const std::vector<Destination>& owed, Then then);
    void add(Box& box, Head head);
    void rearm(Box& box);
    void on_due(Box& box, base::Instant now);

    void advance(Box& box);
    void found(const std::string& node, std::uint64_t sequence, base::Result<std::vector<Record>> records);
    void deliver(Box& box, Head& head, const MessageRecord& record);
    [[nodiscard]] Notification kept(const MessageRecord& record) const;
    void delivered(const std::string& node, std::uint64_t sequence, Sent sent);
    void pause(Box& box);
    void put_out(const std::string& node, std::uint64_t sequence, const Notification& notification,
                 const std::vector<Destination>& to);
    void held_is_over(const std::string& node, std::uint64_t sequence, bool taken);
    static void answer_all(Box& box);
    void forget(Box& box, std::uint64_t sequence);
    void drop_if_empty(Box& box);
    [[nodiscard]] std::uint64_t next_sequence();

    HistoryNeeds& needs_;
    Outbox& outbox_;
    Carrier& carrier_;
    Journal& journal_;
    base::TimerWheel& wheel_;
    const base::Clock& clock_;
    const StoreTime& time_;
    KeepRule rule_;
    std::uint64_t last_sequence_ = 0;
    std::size_t size_ = 0;
    std::unordered_map<std::string, std::unique_ptr<Box>> boxes_;
};

}  // namespace presence
