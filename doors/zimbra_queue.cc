// doors/zimbra_queue.cc: what one session has yet to be told.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace doors {
namespace {

constexpr std::size_t kMostSent = 20;  // blocks; a client that lets more lie does not acknowledge

}  // namespace

// -- ZimbraTicket

ZimbraTicket::ZimbraTicket(Mailboxes& boxes, Mailbox& box, Letter letter)
    : boxes_(boxes), box_(&box), letter_(std::move(letter)) {}

ZimbraTicket::~ZimbraTicket() { settle(false); }

void ZimbraTicket::settle(bool read) {
    if (std::exchange(settled_, true)) return;
    read_ = read;
    std::vector<Letter> one;
    one.push_back(std::move(letter_));
    if (box_) box_->settle(std::move(one), read);
    else boxes_.settle_late(one, read);
}

void ZimbraTicket::written(bool whole) {
    --on_the_wire_;
    if (whole) settle(true);
    else if (!box_ && on_the_wire_ == 0) settle(false);
}

void ZimbraTicket::abandon() {
    box_ = nullptr;
    if (on_the_wire_ == 0) settle(false);
}

// -- ZimbraQueue

ZimbraQueue::ZimbraQueue(std::size_t most, Post post, Overflow overflow)
    : most_(most), post_(std::move(post)), overflow_(std::move(overflow)) {}

bool ZimbraQueue::full() const {
    std::size_t all = pending_.size() + router_.size();
    for (const auto& block : sent_) all += block->news.size();
    if (all < most_) return false;
    const auto counts = [](const ZimbraNews& news) { return !news.replayed && (!news.ticket || news.ticket->settled()); };
    std::size_t counted = 0;
    for (const auto* list : {&pending_, &router_}) counted += static_cast<std::size_t>(std::ranges::count_if(*list, counts));
    for (const auto& block : sent_) counted += static_cast<std::size_t>(std::ranges::count_if(block->news, counts));
    return counted >= most_;
}

void ZimbraQueue::put(ZimbraNews news, ZimbraLeg leg) {
    if (closed_ || overflowed_) return;
    if (!news.replayed && full()) {
        overflowed_ = true;
        post_([weak = weak_from_this()] {
            if (const auto queue = weak.lock(); queue && !queue->closed_) queue->overflow_(*queue);
        });
        return;
    }
    const bool later = leg == ZimbraLeg::router && acts_ > 0;
    (later ? router_ : pending_).push_back(std::move(news));
    if (!later) wake();
}

// What bears a ticket is left: an answer with it may be on the wire.
void ZimbraQueue::begin_replay() {
    const auto told_anew = [](const ZimbraNews& news) { return news.replayed && !news.ticket; };
    std::erase_if(pending_, told_anew);
    std::erase_if(router_, told_anew);
    for (const auto& block : sent_) std::erase_if(block->news, told_anew);
}

void ZimbraQueue::end_act() {
    if (--acts_ > 0 || router_.empty()) return;
    std::move(router_.begin(), router_.end(), std::back_inserter(pending_));
    router_.clear();
    wake();
}

void ZimbraQueue::acknowledge(std::int64_t seen) {
    std::erase_if(sent_, [seen](const auto& block) {
        return seen > 0 ? block->seq <= static_cast<std::uint64_t>(seen) : !block->failed;
    });
}

ZimbraQueue::Blocks ZimbraQueue::collect() {
    if (!pending_.empty()) {
        sent_.push_back(std::make_shared<Block>(next_seq_++, std::exchange(pending_, {})));
        if (sent_.size() > kMostSent) sent_.erase(sent_.begin(), sent_.end() - 1);
    }
    for (const auto& block : sent_) {
        for (const ZimbraNews& news : block->news) {
            if (news.ticket) news.ticket->sent();
        }
    }
    return {sent_.begin(), sent_.end()};
}

// A block whose answer was lost is told again, though a client that never acknowledges would not ask for it.
void ZimbraQueue::written(const Blocks& blocks, bool whole) {
    for (const auto& block : blocks) {
        for (const ZimbraNews& news : block->news) {
            if (news.ticket) news.ticket->written(whole);
        }
        block->failed = !whole;
        if (whole || closed_ || std::ranges::find(sent_, block) != sent_.end()) continue;
        const auto behind = std::ranges::find_if(sent_, [&](const auto& other) { return other->seq > block->seq; });
        sent_.insert(behind, block);
        wake();
    }
}

void ZimbraQueue::wait(base::TimerWheel& wheel, base::Instant until, bool limited, Done done) {
    let_go(true);
    limited_ = limited;
    done_ = std::move(done);
    wheel.arm(timer_, until);
}

void ZimbraQueue::let_go(bool disallowed) {
    timer_.cancel();
    if (auto done = std::exchange(done_, nullptr)) done(disallowed);
}

// Later, so that the answer under way takes along what belongs to it.
void ZimbraQueue::wake() {
    if (!waits() || std::exchange(wake_posted_, true)) return;
    post_([weak = weak_from_this()] {
        const auto queue = weak.lock();
        if (!queue) return;
        queue->wake_posted_ = false;
        queue->let_go(false);
    });
}

void ZimbraQueue::close() {
    closed_ = true;
    pending_.clear();
    router_.clear();
    sent_.clear();
    let_go(false);
}

}  // namespace doors
