// presence/history.cc: messages that were acknowledged and are not delivered yet.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; design 5 (nobody home), 7
#include "presence/history.h"

#include <algorithm>
#include <utility>

#include "presence/address.h"
#include "presence/kept_bound.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

constexpr std::chrono::seconds kFirstPause{1};
constexpr std::chrono::seconds kLongestPauseOfBox{30};
// So many of a queue are put into mailboxes at a time, so that one poll takes more than one.
constexpr std::ptrdiff_t kAheadInMailboxes = 64;
// After a start so many queues are looked at in a second: their bodies are read one by one.
constexpr std::chrono::milliseconds kBetweenStarts{1};
constexpr std::string_view kMessagesBound = " as may (limits.kept_messages)";
constexpr std::string_view kBytesBound = " as may (limits.kept_bytes)";

// Only what somebody said is worth the next log-on; what a node that is nobody's alias gets has no log-on to wait for.
bool is_said(const std::string& node, const Notification& notification) {
    const auto* message = std::get_if<Message>(&notification.payload);
    return is_alias(node) && message && message->facts.kind == MessageKind::text;
}

bool may_wait(const KeepRule& rule, const std::string& node, const Notification& notification) {
    return rule.offline == Offline::store && is_said(node, notification);
}

bool only_mailboxes(const std::vector<Destination>& to) {
    return std::ranges::all_of(to, [](const Destination& d) { return in_mailbox(d.target); });
}

// Mailboxes and their subscriptions end with the process, or with a session that nobody comes back to: what was
// acknowledged then waits for the next log-on, even where nothing else does, and is on disk as such.
bool is_mailed(const Keepsake& what, const std::vector<Destination>& owed) {
    return !owed.empty() && only_mailboxes(owed) && is_said(what.node, what.notification);
}

MessageRecord record_of_kept(const Keepsake& what, const std::vector<Destination>& owed, std::uint64_t time) {
    MessageRecord content = to_record(what.notification);
    content.time = time;
    for (const Destination& d : owed) {
        if (!is_mailed(what, owed)) content.owed.push_back({static_cast<std::uint64_t>(d.subscription)});
    }
    return content;
}

}  // namespace

/// One kept message.
struct History::Head {
    enum class State : std::uint8_t {
        waiting,  ///< for the owner's next log-on
        owed,     ///< held, found at the start, and not with the outbox yet
        out,      ///< held, and with the outbox
        mailed,   ///< the same, in mailboxes alone: the next one need not wait for what becomes of it
    };
    std::uint64_t sequence = 0;
    std::uint64_t time = 0;  // on the store's line
    std::uint32_t bytes = 0;
    State state = State::waiting;
    bool may_wait = true;
    base::Instant answer_by{};
    Done done{};  // its sender's, while he waits

    [[nodiscard]] bool with_outbox() const { return state == State::out || state == State::mailed; }
};

/// What is kept for one node. Its timer stands for whatever comes first: a message too old, an answer due, a new try.
struct History::Box final : base::TimerHook {
    Box(History& h, std::string n) : history(h), node(std::move(n)) {}
    void on_due(base::Instant) override { history.on_due(*this, history.wheel_.now()); }

    [[nodiscard]] Head* head(std::uint64_t sequence) {
        const auto at = std::ranges::lower_bound(heads, sequence, {}, &Head::sequence);
        return at != heads.end() && at->sequence == sequence ? &*at : nullptr;
    }
    /// What is next to be read and sent.
    [[nodiscard]] const Head* next() const {
        const auto at = std::ranges::find_if(heads, [this](const Head& h) {
            return h.state == Head::State::owed || (h.state == Head::State::waiting && h.sequence > passed);
        });
        return at == heads.end() ? nullptr : &*at;
    }

    History& history;
    const std::string node;
    std::deque<Head> heads;            // oldest first
    std::size_t bytes = 0;             // of heads
    std::size_t committing = 0;        // not in heads yet
    std::size_t committing_bytes = 0;
    std::uint64_t passed = 0;          // up to this, what waits was refused by every log-on since the last one came
    std::uint64_t busy_with = 0;       // being read or delivered; 0: nothing
    bool fresh = false;                // somebody logged on since that began
    std::chrono::seconds pause = kFirstPause;
    std::optional<base::Instant> retry_at;
};

History::History(HistoryNeeds& needs, Outbox& outbox, Carrier& carrier, Journal& journal, base::TimerWheel& wheel,
                 const base::Clock& clock, const StoreTime& time, KeepRule rule)
    : needs_(needs), outbox_(outbox), carrier_(carrier), journal_(journal), wheel_(wheel), clock_(clock), time_(time),
      rule_(rule) {}

// What is in a box is on disk.
History::~History() {
    for (auto& [node, box] : boxes_) answer_all(*box);
}

History::Box* History::find(const std::string& node) const {
    const auto at = boxes_.find(node);
    return at == boxes_.end() ? nullptr : at->second.get();
}

History::Box& History::box_of(const std::string& node) {
    auto& box = boxes_[node];
    if (!box) box = std::make_unique<Box>(*this, node);
    return *box;
}

bool History::waits(const std::string& node) const {
    if (boxes_.empty()) return false;
    const Box* box = find(node);
    return box && (box->next() || box->busy_with != 0 || box->committing > 0);
}

// Never given twice, even if the last message before a restart is erased by then.
std::uint64_t History::next_sequence() {
    return last_sequence_ = std::max(last_sequence_ + 1, time_.of(clock_.now()));
}

// -- taking in

base::Result<void> History::admit(const std::string& node, std::size_t bytes) const {
    const Box* box = find(node);
    const std::size_t messages = box ? box->heads.size() + box->committing : 0;
    const std::size_t held = box ? box->bytes + box->committing_bytes : 0;
    if (messages >= rule_.messages) {
        return fail(Errc::precondition, "as many messages wait for " + node + std::string(kMessagesBound));
    }
    if (held + bytes > rule_.bytes) return fail(Errc::precondition, "as much waits for " + node + std::string(kBytesBound));
    return {};
}

bool is_kept_bound(const base::Error& error) {
    return error.code == Errc::precondition && (error.text.ends_with(kMessagesBound) || error.text.ends_with(kBytesBound));
}

void History::commit(Keepsake what, std::uint64_t sequence, const std::vector<Destination>& owed, Then then) {
    const bool mailed = is_mailed(what, owed);
    const MessageRecord content = record_of_kept(what, owed, time_.of(clock_.now()));
    Record record = put_record(what.node, message_key(what.node, sequence), content);
    const std::size_t bytes = record.value.size();
    if (const auto room = admit(what.node, bytes); !room) return then(std::unexpected(room.error()));
    Batch batch;
    batch.records.push_back(std::move(record));
    if (what.archived) batch.messages.push_back(std::move(*what.archived));
    Box& box = box_of(what.node);
    ++box.committing;
    box.committing_bytes += bytes;
    needs_.keep(what.node, std::move(batch),
                [this, node = what.node, sequence, bytes, time = content.time,
                 may = mailed || may_wait(rule_, what.node, what.notification), held = !owed.empty(),
                 then = std::move(then)](base::Result<void> safe) mutable {
        Box* in = find(node);
        if (!in) {  // the node was deleted, and all that was known to be kept for it
            Batch undo;
            undo.records.push_back(erase_record<MessageRecord>(node, message_key(node, sequence)));
            if (safe) journal_.commit(std::move(undo), [](const base::Result<void>&) {});
            return then(fail(Errc::not_found, "the node was deleted meanwhile (RVP 4.1.2)"));
        }
        --in->committing;
        in->committing_bytes -= bytes;
        if (!safe) {
            drop_if_empty(*in);
            return then(std::unexpected(safe.error()));
        }
        Head head{sequence, time, static_cast<std::uint32_t>(bytes), held ? Head::State::out : Head::State::waiting, may};
        add(*in, std::move(head));
        then(in);
    });
}

void History::add(Box& box, Head head) {
    box.bytes += head.bytes;
    ++size_;
    box.heads.push_back(std::move(head));
    rearm(box);
}

void History::keep(Keepsake what, base::Instant answer_by, Done done) {
    const std::uint64_t sequence = next_sequence();
    commit(std::move(what), sequence, {}, [this, sequence, answer_by, done = std::move(done)](base::Result<Box*> in) mutable {
        if (!in) return done(std::unexpected(in.error()));
        if (answer_by > clock_.now()) {
            Head& head = *(*in)->head(sequence);
            head.answer_by = answer_by;
            head.done = std::move(done);
            rearm(**in);
        } else {
            done(Accepted::kept);
        }
        advance(**in);
    });
}

void History::keep_undelivered(Keepsake what, Sent how, Done done) {
    const std::uint64_t sequence = next_sequence();
    commit(std::move(what), sequence, {}, [this, sequence, how, done = std::move(done)](base::Result<Box*> in) mutable {
        if (!in) return done(std::unexpected(in.error()));
        Box& box = **in;
        if (how == Sent::rejected && box.next() == box.head(sequence)) {
            box.passed = sequence;
        } else if (box.busy_with == 0 && !box.retry_at) {
            box.retry_at = clock_.now() + box.pause;
            rearm(box);
        }
        done(Accepted::kept);
    });
}

// Where no more may be held since one destination takes nothing, the others get it all the same, and that one when its
// owner asks for what was said: one that took it is enough then, and who sent it waits for that.
void History::hold(Keepsake what, std::vector<Destination> to, Done done) {
    base::Result<void> room;
    if (to.size() > 1 && find(what.node)) {
        const auto content = record_of_kept(what, to, time_.of(clock_.now()));
        room = admit(what.node, put_record(what.node, "", content).value.size());
    }
    if (!room) {
        auto prepared = carrier_.prepare(what.notification);
        auto fared = [this, what = std::move(what), full = room.error(), done = std::move(done)](Sent sent) mutable {
            if (sent == Sent::stopping) return done(fail(Errc::busy, "the server is stopping"));
            if (sent != Sent::taken) return done(std::unexpected(std::move(full)));
            if (!what.archived) return done(Accepted::settled);
            Batch batch;
            batch.messages.push_back(std::move(*what.archived));
            needs_.keep(what.node, std::move(batch), [done = std::move(done)](base::Result<void> safe) mutable {
                done(safe ? base::Result<Accepted>(Accepted::settled) : std::unexpected(safe.error()));
            });
        };
        return outbox_.send(std::move(prepared), to, AckType::deep_or, clock_.now(), std::move(fared));
    }
    const std::uint64_t sequence = next_sequence();
    auto then = [this, sequence, node = what.node, notification = what.notification, to,
                 done = std::move(done)](base::Result<Box*> in) mutable {
        if (!in) return done(std::unexpected(in.error()));
        // Whoever left while it was made safe may have left his call-back's number to somebody else.
        std::vector<OwedRecord> owed;
        for (const Destination& d : to) owed.push_back({static_cast<std::uint64_t>(d.subscription)});
        const auto there = needs_.destinations(node, owed);
        if (there.empty()) held_is_over(node, sequence, false);
        else put_out(node, sequence, notification, there);
        done(Accepted::settled);
    };
    commit(std::move(what), sequence, to, std::move(then));
}

// -- delivering what waits

void History::logged_on(const std::string& node) {
    if (boxes_.empty()) return;
    Box* box = find(node);
    if (!box) return;
    box->passed = 0;
    box->pause = kFirstPause;
    box->fresh = box->busy_with != 0;
    advance(*box);
}

void History::advance(Box& box) {
    if (box.busy_with != 0) return;
    box.retry_at.reset();
    const Head* next = box.next();
    if (next && std::ranges::count(box.heads, Head::State::mailed, &Head::state) >= kAheadInMailboxes) return rearm(box);
    const bool nowhere = next && next->state == Head::State::waiting && needs_.destinations(box.node, {}).empty();
    if (!next || nowhere) {
        answer_all(box);
        rearm(box);
        return drop_if_empty(box);
    }
    box.busy_with = next->sequence;
    journal_.scan(shard_of(box.node), MessageRecord::kKind, message_prefix(box.node),
                  message_key(box.node, next->sequence - 1), 1,
                  [this, node = box.node, sequence = next->sequence](base::Result<std::vector<Record>> records) {
                      found(node, sequence, std::move(records));
                  });
}

void History::found(const std::string& node, std::uint64_t sequence, base::Result<std::vector<Record>> records) {
    Box* box = find(node);
    if (!box || box->busy_with != sequence) return;
    Head* head = box->head(sequence);
    if (!records) return pause(*box);
    const bool there = head && !records->empty() && records->front().key == message_key(node, sequence);
    const auto record = there ? read_record<MessageRecord>(records->front()) : base::Result<MessageRecord>();
    if (!there || !record) {
        box->busy_with = 0;
        forget(*box, sequence);
        return advance(*box);
    }
    if (head->state == Head::State::waiting) return deliver(*box, *head, *record);
    box->busy_with = 0;
    head->state = Head::State::out;
    const auto to = needs_.destinations(node, record->owed);
    if (to.empty()) return held_is_over(node, sequence, false);
    put_out(node, sequence, kept(*record), to);
    advance(*box);
}

Notification History::kept(const MessageRecord& record) const {
    Notification notification = from_record(record);
    notification.kept_since = time_.instant_of(record.time);
    return notification;
}

void History::deliver(Box& box, Head& head, const MessageRecord& record) {
    const std::uint64_t sequence = head.sequence;
    const auto to = needs_.destinations(box.node, {});
    if (to.empty()) {  // the last one went while it was read
        box.busy_with = 0;
        answer_all(box);
        return rearm(box);
    }
    if (only_mailboxes(to)) {
        box.busy_with = 0;
        head.state = Head::State::mailed;
        put_out(box.node, sequence, kept(record), to);
        return advance(box);
    }
    outbox_.send(carrier_.prepare(kept(record)), to, AckType::deep_or, clock_.now(),
                 [this, node = box.node, sequence](Sent sent) { delivered(node, sequence, sent); });
}

void History::delivered(const std::string& node, std::uint64_t sequence, Sent sent) {
    if (sent == Sent::stopping) return;
    Box* box = find(node);
    if (!box || box->busy_with != sequence) return;
    if (sent == Sent::unreachable || sent == Sent::partly) return pause(*box);
    box->busy_with = 0;
    Head* head = box->head(sequence);
    Done done = head ? std::move(head->done) : Done();
    if (sent == Sent::taken) {
        box->pause = kFirstPause;
        forget(*box, sequence);
    } else {
        box->passed = box->fresh ? 0 : sequence;
    }
    box->fresh = false;
    if (done) done(sent == Sent::taken ? Accepted::settled : Accepted::kept);
    advance(*box);
}

void History::pause(Box& box) {
    box.busy_with = 0;
    if (std::exchange(box.fresh, false)) return advance(box);
    answer_all(box);
    box.retry_at = clock_.now() + box.pause;
    box.pause = std::min(box.pause * 2, kLongestPauseOfBox);
    rearm(box);
}

void History::answer_all(Box& box) {
    std::vector<Done> owed;  // answering may bring the next request
    for (Head& head : box.heads) {
        if (head.done) owed.push_back(std::move(head.done));
    }
    for (Done& done : owed) done(Accepted::kept);
}

// -- what is held

void History::put_out(const std::string& node, std::uint64_t sequence, const Notification& notification,
                      const std::vector<Destination>& to) {
    outbox_.keep(carrier_.prepare(notification), to,
                 [this, node, sequence](bool taken) { held_is_over(node, sequence, taken); });
}

void History::held_is_over(const std::string& node, std::uint64_t sequence, bool taken) {
    Box* box = find(node);
    Head* head = box ? box->head(sequence) : nullptr;
    if (!head) return;
    Done done = std::move(head->done);
    if (!taken && head->may_wait) head->state = Head::State::waiting;
    else forget(*box, sequence);
    if (done) done(taken ? Accepted::settled : Accepted::kept);
    advance(*box);
}

// -- forgetting

void History::forget(Box& box, std::uint64_t sequence) {
    Head* head = box.head(sequence);
    if (head) {
        box.bytes -= head->bytes;
        --size_;
        box.heads.erase(box.heads.begin() + (std::ranges::lower_bound(box.heads, sequence, {}, &Head::sequence) - box.heads.begin()));
    }
    Batch batch;
    batch.records.push_back(erase_record<MessageRecord>(box.node, message_key(box.node, sequence)));
    journal_.commit(std::move(batch), [](const base::Result<void>&) {});
}

void History::drop_if_empty(Box& box) {
    if (box.heads.empty() && box.committing == 0 && box.busy_with == 0) boxes_.erase(std::string(box.node));
}

void History::erase(const std::string& node, Batch& batch) const {
    const Box* box = find(node);
    if (!box) return;
    for (const Head& head : box->heads) {
        batch.records.push_back(erase_record<MessageRecord>(node, message_key(node, head.sequence)));
    }
}

void History::drop(const std::string& node) {
    const auto gone = boxes_.extract(node);
    if (!gone) return;
    size_ -= gone.mapped()->heads.size();
    for (Head& head : gone.mapped()->heads) {
        if (head.done) head.done(fail(Errc::not_found, "the node was deleted meanwhile (RVP 4.1.2)"));
    }
}

// -- time

void History::rearm(Box& box) {
    base::Instant due = box.retry_at.value_or(base::Instant::max());
    const auto old = std::ranges::find_if(box.heads, [](const Head& h) { return !h.with_outbox(); });
    if (old != box.heads.end()) {
        due = std::min(due, time_.instant_of(old->time) + rule_.age);
    }
    const auto asked = std::ranges::find_if(box.heads, [](const Head& h) { return bool(h.done); });
    if (asked != box.heads.end()) due = std::min(due, asked->answer_by);
    if (due == base::Instant::max()) box.cancel();
    else wheel_.arm(box, due);
}

void History::on_due(Box& box, base::Instant now) {
    std::vector<std::uint64_t> old;
    std::vector<Done> asked;
    for (Head& head : box.heads) {
        if (head.done && head.answer_by <= now) asked.push_back(std::move(head.done));
        const bool at_rest = !head.with_outbox() && head.sequence != box.busy_with;
        if (at_rest && !head.done && time_.instant_of(head.time) + rule_.age <= now) old.push_back(head.sequence);
    }
    for (const std::uint64_t sequence : old) forget(box, sequence);
    const bool retry = box.retry_at && *box.retry_at <= now;
    rearm(box);
    for (Done& done : asked) done(Accepted::kept);
    if (retry) return advance(box);
    drop_if_empty(box);
}

// -- coming back

base::Result<void> History::restore(const Record& record) {
    const auto place = message_place(record.key);
    if (!place) return std::unexpected(place.error());
    const auto content = read_record<MessageRecord>(record);
    if (!content) return std::unexpected(content.error());
    last_sequence_ = std::max(last_sequence_, place->sequence);
    const bool owed = !content->owed.empty();
    add(box_of(place->node), {place->sequence, content->time, static_cast<std::uint32_t>(record.value.size()),
                              owed ? Head::State::owed : Head::State::waiting,
                              !owed || may_wait(rule_, place->node, from_record(*content))});
    return {};
}

void History::start() {
    base::Instant when = clock_.now();
    for (auto& [node, box] : boxes_) {
        box->retry_at = when += kBetweenStarts;
        rearm(*box);
    }
}

}  // namespace presence
