// doors/zimbra_queue.h: what one session has yet to be told, in numbered blocks that come again until they are
// acknowledged.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 1.9, 1.10, 3.0 (two legs)
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/timer_wheel.h"
#include "doors/mailboxes.h"
#include "doors/zimbra_element.h"

namespace doors {

/// A message on its way from a mailbox to a client: it counts as delivered once one answer that holds it was written.
/// Whatever becomes of it, the mailbox hears of it, even when that has gone. Thread: loop.
class ZimbraTicket {
public:
    /// Both outlive it, `box` until abandon().
    ZimbraTicket(Mailboxes& boxes, Mailbox& box, Letter letter);
    ~ZimbraTicket();
    ZimbraTicket(const ZimbraTicket&) = delete;
    ZimbraTicket& operator=(const ZimbraTicket&) = delete;

    void sent() { ++on_the_wire_; }
    void written(bool whole);
    /// The mailbox goes: unless an answer with it is on the wire, it was not read.
    void abandon();
    [[nodiscard]] bool settled() const { return settled_; }
    /// It was given back unread, and comes again.
    [[nodiscard]] bool lost() const { return settled_ && !read_; }

private:
    void settle(bool read);

    Mailboxes& boxes_;
    Mailbox* box_;
    Letter letter_;
    int on_the_wire_ = 0;
    bool settled_ = false;
    bool read_ = false;
};

/// One notification.
struct ZimbraNews {
    std::shared_ptr<const ZimbraElement> n;
    std::shared_ptr<ZimbraTicket> ticket{};
    /// He asked for all of it at once, or signed in: what there is has bounds of its own, and does not count here.
    bool replayed = false;
};

/// When an item may be told: with the answer to the very request that caused it, or only after that.
enum class ZimbraLeg { local, router };

/// Thread: loop.
class ZimbraQueue : public std::enable_shared_from_this<ZimbraQueue> {
public:
    struct Block {
        std::uint64_t seq = 0;
        std::vector<ZimbraNews> news;
        bool failed = false;  ///< was not written whole, so nobody can have acknowledged it
    };
    using Blocks = std::vector<std::shared_ptr<Block>>;
    using Post = std::function<void(std::function<void()>)>;
    /// Told of a client that has not fetched for too long.
    using Overflow = std::function<void(ZimbraQueue&)>;

    /// `most` items, left out what is replayed, and messages that nobody has read, which the mailbox counts; `post` runs something later.
    ZimbraQueue(std::size_t most, Post post, Overflow overflow);

    void put(ZimbraNews news, ZimbraLeg leg);
    /// All is told once more: what is left of the last time need not be.
    void begin_replay();
    /// Between these a request of this session is under way: what its router leg brings waits for the end.
    void begin_act() { ++acts_; }
    void end_act();

    /// What a client says that he has seen; <= 0: he does not say.
    void acknowledge(std::int64_t seen);
    /// Whether a waiting call would be answered at once.
    [[nodiscard]] bool has_news() const { return !pending_.empty() || !sent_.empty(); }
    /// All blocks that are to be told now, oldest first.
    [[nodiscard]] Blocks collect();
    /// The answer that held them was written whole, or not.
    void written(const Blocks& blocks, bool whole);

    /// A call that waits for news; `done` is called once. One that waits already is let go, as disallowed.
    using Done = std::move_only_function<void(bool disallowed)>;
    void wait(base::TimerWheel& wheel, base::Instant until, bool limited, Done done);
    [[nodiscard]] bool waits() const { return done_ != nullptr; }
    [[nodiscard]] bool waits_limited() const { return waits() && limited_; }
    void let_go(bool disallowed);
    /// Nothing is told any more.
    void close();
    [[nodiscard]] bool closed() const { return closed_; }

private:
    struct Timer final : base::TimerHook {
        explicit Timer(ZimbraQueue& q) : queue(q) {}
        void on_due(base::Instant) override { queue.let_go(false); }
        ZimbraQueue& queue;
    };
    void wake();
    [[nodiscard]] bool full() const;

    const std::size_t most_;
    const Post post_;
    const Overflow overflow_;
    std::vector<ZimbraNews> pending_;
    std::vector<ZimbraNews> router_;
    std::deque<std::shared_ptr<Block>> sent_;
    std::uint64_t next_seq_ = 1;
    int acts_ = 0;
    bool limited_ = false;
    bool wake_posted_ = false;
    bool overflowed_ = false;
    bool closed_ = false;
    Done done_;
    Timer timer_{*this};
};

}  // namespace doors
