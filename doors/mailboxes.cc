// doors/mailboxes.cc: what is sent to people who poll, until they do.
// SPDX-License-Identifier: Apache-2.0
#include "doors/mailboxes.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"

namespace doors {

using presence::DeliveryToken;
using presence::Fate;
using presence::TargetId;

namespace {

// No other scheme of a call-back, and a name that nobody can guess: only who opened a mailbox can lead anything there.
constexpr std::string_view kScheme = "mailbox:";
constexpr std::size_t kNameBytes = 16;

// Of a mailbox that is closed: its number may be another's by the time that its letters' fate is heard.
constexpr TargetId kNoTarget{UINT32_MAX};

std::uint64_t number(DeliveryToken token) { return static_cast<std::uint64_t>(token); }

std::size_t size_of(const Letter& letter) { return std::get<presence::Message>(letter.what->payload).mime.size(); }

}  // namespace

// -- Mailbox

Mailbox::~Mailbox() { boxes_.close(*this); }

bool Mailbox::has_room(std::size_t bytes) const {
    return letters_.size() + out_.size() < Mailboxes::kMostLetters && bytes_ + out_bytes_ + bytes <= Mailboxes::kMostBytes;
}

std::vector<Letter> Mailbox::take(std::size_t bytes) {
    std::vector<Letter> taken;
    std::size_t sum = 0;
    while (!letters_.empty()) {
        const std::size_t size = size_of(letters_.front());
        if (!taken.empty() && sum + size > bytes) break;
        sum += size;
        bytes_ -= size;
        const DeliveryToken token = letters_.front().token;
        if (token != DeliveryToken{} && out_.emplace(number(token), size).second) out_bytes_ += size;
        taken.push_back(std::move(letters_.front()));
        letters_.pop_front();
    }
    return taken;
}

void Mailbox::settle(std::vector<Letter> letters, bool read) {
    for (const Letter& letter : letters) {
        const auto out = out_.find(number(letter.token));
        if (out == out_.end()) continue;
        out_bytes_ -= out->second;
        out_.erase(out);
    }
    if (read) {
        for (const Letter& letter : letters) {
            given_up_.erase(number(letter.token));
            boxes_.tell(target_, letter.subscription, letter.token, Fate::taken);
        }
        return;
    }
    std::erase_if(letters, [this](const Letter& letter) { return given_up_.erase(number(letter.token)) > 0; });
    for (auto letter = letters.rbegin(); letter != letters.rend(); ++letter) {
        bytes_ += size_of(*letter);
        letters_.push_front(std::move(*letter));
    }
}

// -- Mailboxes

Mailboxes::Mailboxes(presence::Carrier& beyond, Post post) : beyond_(beyond), post_(std::move(post)) {}

Mailboxes::~Mailboxes() = default;

std::unique_ptr<Mailbox> Mailboxes::open_mailbox(MailboxEvents& events) {
    std::string url(kScheme);
    url += base::hex_encode(base::random_bytes(kNameBytes));
    std::unique_ptr<Mailbox> box(new Mailbox(*this, events, std::move(url)));
    by_url_.emplace(box->url(), box.get());
    return box;
}

// Whoever wrote a message that is still here learns that nobody is there any more, in the order in which they came.
void Mailboxes::close(Mailbox& box) {
    for (const Letter& letter : box.letters_) tell(kNoTarget, letter.subscription, letter.token, Fate::gone);
    by_url_.erase(box.url());
    if (box.opened_) by_target_[static_cast<std::uint32_t>(box.target_) & ~presence::kMailboxBit] = nullptr;
}

void Mailboxes::settle_late(const std::vector<Letter>& letters, bool read) {
    for (const Letter& letter : letters) tell(kNoTarget, letter.subscription, letter.token, read ? Fate::taken : Fate::gone);
}

Mailbox* Mailboxes::at(TargetId target) const {
    return by_target_[static_cast<std::uint32_t>(target) & ~presence::kMailboxBit];
}

void Mailboxes::tell(TargetId target, presence::SubscriptionId subscription, DeliveryToken token, Fate fate) {
    if (token == DeliveryToken{}) return;
    post_([this, alive = std::weak_ptr(alive_), target, subscription, token, fate] {
        if (!alive.expired() && events_) events_->settled(target, subscription, token, fate);
    });
}

base::Result<TargetId> Mailboxes::open(std::string_view url, const presence::Contact& to,
                                       const base::IpAddress& source) {
    if (!url.starts_with(kScheme)) return beyond_.open(url, to, source);
    const auto found = by_url_.find(std::string(url));
    if (found == by_url_.end() || found->second->opened_) {
        return base::fail(base::Errc::malformed, "there is no such mailbox");
    }
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(by_target_.size()));
        by_target_.push_back(nullptr);
    }
    Mailbox& box = *found->second;
    const std::uint32_t place = free_.back();
    free_.pop_back();
    by_target_[place] = &box;
    box.target_ = TargetId(place | presence::kMailboxBit);
    box.opened_ = true;
    return box.target_;
}

void Mailboxes::close(TargetId target) {
    if (!presence::in_mailbox(target)) return beyond_.close(target);
    if (Mailbox* box = at(target)) {
        for (const Letter& letter : box->letters_) tell(kNoTarget, letter.subscription, letter.token, Fate::gone);
        box->letters_.clear();
        box->bytes_ = 0;
        box->opened_ = false;
    }
    const std::uint32_t place = static_cast<std::uint32_t>(target) & ~presence::kMailboxBit;
    by_target_[place] = nullptr;
    free_.push_back(place);
}

std::shared_ptr<presence::Prepared> Mailboxes::prepare(const presence::Notification& notification) {
    auto prepared = beyond_.prepare(notification);
    if (!by_url_.empty()) prepared->unrendered = std::make_shared<const presence::Notification>(notification);
    return prepared;
}

void Mailboxes::push(presence::Delivery delivery) {
    if (!presence::in_mailbox(delivery.target)) return beyond_.push(std::move(delivery));
    Mailbox* box = at(delivery.target);
    if (!box || !delivery.what->unrendered) {
        return tell(kNoTarget, delivery.subscription, delivery.token, Fate::gone);
    }
    put(*box, std::move(delivery));
}

void Mailboxes::put(Mailbox& box, presence::Delivery delivery) {
    const auto& payload = delivery.what->unrendered->payload;
    if (const auto* change = std::get_if<presence::PropNotification>(&payload)) box.events_.changed(*change);
    const auto* message = std::get_if<presence::Message>(&payload);
    Fate fate = Fate::taken;
    const Wanted wanted = message ? box.events_.wants(*message) : Wanted::no;
    if (wanted == Wanted::refused) fate = Fate::rejected;
    if (wanted == Wanted::yes) {
        if (box.has_room(message->mime.size())) {
            box.bytes_ += message->mime.size();
            box.letters_.push_back({delivery.subscription, delivery.token, delivery.what->unrendered});
            return;
        }
        fate = Fate::dropped;
    }
    tell(delivery.target, delivery.subscription, delivery.token, fate);
}

void Mailboxes::forget(TargetId target, presence::SubscriptionId subscription) {
    if (!presence::in_mailbox(target)) return beyond_.forget(target, subscription);
    Mailbox* box = at(target);
    if (!box) return;
    std::erase_if(box->letters_, [&](const Letter& letter) {
        if (letter.subscription != subscription) return false;
        box->bytes_ -= size_of(letter);
        tell(kNoTarget, subscription, letter.token, Fate::gone);
        return true;
    });
}

void Mailboxes::cancel(TargetId target, DeliveryToken token) {
    if (!presence::in_mailbox(target)) return beyond_.cancel(target, token);
    Mailbox* box = at(target);
    if (!box) return;
    if (box->out_.contains(number(token))) return void(box->given_up_.insert(number(token)));
    std::erase_if(box->letters_, [&](const Letter& letter) {
        if (letter.token != token) return false;
        box->bytes_ -= size_of(letter);
        return true;
    });
}

void Mailboxes::report(std::vector<presence::Serving> asked,
                       base::Once<void(std::vector<presence::EndpointReport>)> done) {
    std::vector<presence::EndpointReport> found(asked.size());
    std::vector<presence::Serving> others;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        if (!presence::in_mailbox(asked[i].target)) {
            others.push_back(asked[i]);
            places.push_back(i);
        } else if (const Mailbox* box = at(asked[i].target)) {
            found[i].state = presence::EndpointReport::State::healthy;
            found[i].reason = "a session that polls";
            found[i].queued = static_cast<std::uint32_t>(box->letters_.size());
        }
    }
    if (others.empty()) return done(std::move(found));
    beyond_.report(std::move(others), [found = std::move(found), places = std::move(places),
                                       done = std::move(done)](std::vector<presence::EndpointReport> those) mutable {
        for (std::size_t i = 0; i < places.size(); ++i) found[places[i]] = std::move(those[i]);
        done(std::move(found));
    });
}

}  // namespace doors
