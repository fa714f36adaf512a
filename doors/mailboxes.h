// doors/mailboxes.h: what is sent to people who poll, until they do; and the Carrier that puts it there.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 2 (carrier), 5; bsim 6
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "presence/ports.h"

namespace doors {

/// What becomes of a message that is sent to a mailbox.
enum class Wanted {
    yes,      ///< it is put there
    no,       ///< it is taken and forgotten: a typing note, words of somebody who is blocked
    refused,  ///< its sender is told that nobody took it: the client could not show it
};

/// Told what need not wait for a poll. Called from inside calls to presence::Service, so it must not call that.
class MailboxEvents {
public:
    virtual ~MailboxEvents() = default;
    /// Properties of a node changed, as its watcher may see them; in order.
    virtual void changed(const presence::PropNotification& change) = 0;
    [[nodiscard]] virtual Wanted wants(const presence::Message& message) = 0;
};

/// A message that waits for a poll.
struct Letter {
    presence::SubscriptionId subscription{};
    presence::DeliveryToken token{};
    std::shared_ptr<const presence::Notification> what;  ///< a presence::Message
};

class Mailboxes;

/// One account's mailbox in one polling session: messages in the order in which they were sent. What is taken out comes
/// back unless it was read: nothing counts as delivered before. Closes itself; what is out then is owed to
/// Mailboxes::settle_late. Thread: loop.
class Mailbox {
public:
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    /// The call-back of subscriptions that lead here (SubscribeRequest::to_mailbox).
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] bool empty() const { return letters_.empty(); }
    /// Up to `bytes` of messages, and at least one if there is one.
    [[nodiscard]] std::vector<Letter> take(std::size_t bytes);
    /// What take() gave: `read`, and so delivered, or back to the front.
    void settle(std::vector<Letter> letters, bool read);

private:
    friend class Mailboxes;
    Mailbox(Mailboxes& boxes, MailboxEvents& events, std::string url)
        : boxes_(boxes), events_(events), url_(std::move(url)) {}
    [[nodiscard]] bool has_room(std::size_t bytes) const;

    Mailboxes& boxes_;
    MailboxEvents& events_;
    const std::string url_;
    presence::TargetId target_{};
    bool opened_ = false;  // somebody subscribed
    std::deque<Letter> letters_;
    std::size_t bytes_ = 0;  // of letters_
    std::unordered_map<std::uint64_t, std::size_t> out_;  // tokens taken out and not settled, with their bytes
    std::size_t out_bytes_ = 0;
    std::unordered_set<std::uint64_t> given_up_;  // of these, what its sender waits for no more
};

/// The Carrier in front of the one that speaks to the network: serves the call-backs of mailboxes, and passes the rest
/// on. Thread: loop.
class Mailboxes final : public presence::Carrier {
public:
    /// What one mailbox holds at most, with what was taken out and is not settled; what is beyond it is dropped, and
    /// tried again by who sent it.
    static constexpr std::size_t kMostLetters = 1000;
    static constexpr std::size_t kMostBytes = 4U << 20;

    using Post = std::function<void(std::function<void()>)>;
    /// `post` runs something on the loop, later.
    Mailboxes(presence::Carrier& beyond, Post post);
    ~Mailboxes() override;

    void set_events(presence::CarrierEvents& events) { events_ = &events; }
    /// `events` must outlive the mailbox, and this all mailboxes.
    [[nodiscard]] std::unique_ptr<Mailbox> open_mailbox(MailboxEvents& events);
    [[nodiscard]] std::size_t size() const { return by_url_.size(); }
    /// What Mailbox::take gave, once that mailbox has gone: only then is it known whether it was read.
    void settle_late(const std::vector<Letter>& letters, bool read);

    [[nodiscard]] base::Result<presence::TargetId> open(std::string_view url, const presence::Contact& to,
                                                        const base::IpAddress& source) override;
    void close(presence::TargetId target) override;
    [[nodiscard]] std::shared_ptr<presence::Prepared> prepare(const presence::Notification& notification) override;
    void push(presence::Delivery delivery) override;
    void forget(presence::TargetId target, presence::SubscriptionId subscription) override;
    void cancel(presence::TargetId target, presence::DeliveryToken token) override;
    void report(std::vector<presence::Serving> asked,
                base::Once<void(std::vector<presence::EndpointReport>)> done) override;

private:
    friend class Mailbox;
    [[nodiscard]] Mailbox* at(presence::TargetId target) const;
    void put(Mailbox& box, presence::Delivery delivery);
    void tell(presence::TargetId target, presence::SubscriptionId subscription, presence::DeliveryToken token,
              presence::Fate fate);
    void close(Mailbox& box);

    presence::Carrier& beyond_;
    const Post post_;
    presence::CarrierEvents* events_ = nullptr;
    std::unordered_map<std::string, Mailbox*> by_url_;
    std::vector<Mailbox*> by_target_;       // by number without the mailbox bit; null: closed
    std::vector<std::uint32_t> free_;       // of these
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace doors
