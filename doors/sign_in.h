// doors/sign_in.h: a person who is logged on through a door that is polled: a log-on, a view, and those he watches.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3; bsim 6
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "doors/mailboxes.h"
#include "presence/service.h"

namespace doors {

constexpr std::size_t kMostText = 65536;  ///< bytes of one message that a client of a polled door writes, decoded

/// Told of changes that a client is to see with its next poll. Called from inside calls to presence::Service, so it
/// must not call that.
class SignInEvents {
public:
    virtual ~SignInEvents() = default;
    /// His own state and name, as his own log-ons see them.
    virtual void own_state(const presence::Status& state) = 0;
    virtual void own_name(const std::string& name) = 0;
    /// What stands beside his state; "" = nothing. Also what was set through this log-on.
    virtual void own_text(const std::string& /*text*/) {}
    /// Somebody he watches, by his account; see SignIn::watched.
    virtual void other_changed(const std::string& account) = 0;
    /// As MailboxEvents::wants.
    [[nodiscard]] virtual Wanted wants(const presence::Message& message) = 0;
};

/// Whom he watches, as he may see it.
struct Watched {
    presence::NodeName node;
    bool abroad = false;            ///< another server holds him, and presence::Abroad watches
    presence::SubscriptionId id{};  ///< 0: not subscribed (yet, or he may not); of one abroad always
    presence::Status state;
    std::string name;  ///< "" when he may not see it
    std::string show;  ///< presence::prop_show and prop_status_text; "" = none
    std::string text;
    bool asked = false;  ///< the answer is under way
    base::Instant retry_at{};
    std::map<presence::PropName, base::Instant> told{};  ///< of one abroad: when what was told last of it
};

/// A log-on by way of a mailbox, with its view. It lasts as long as keep_alive() is called within `lease`; without
/// that it ends as a lease does (design 3.3), and so it does when this object goes. Thread: loop.
class SignIn final : private MailboxEvents, private presence::AbroadEvents {
public:
    /// All are borrowed. `caller` is whose log-on it is; `own` his node.
    SignIn(presence::Service& service, Mailboxes& boxes, const base::Clock& clock, presence::Caller caller,
           presence::NodeName own, std::chrono::seconds lease, SignInEvents& events);
    ~SignIn() override;
    SignIn(const SignIn&) = delete;
    SignIn& operator=(const SignIn&) = delete;

    /// Comes at once or once it is safe. Once the SignIn has gone, what logs on is not answered any more, and all else with
    /// busy: whom it calls back must look what is still there.
    using Done = std::move_only_function<void(base::Result<void>)>;
    /// Logs on, and sets `state`.
    void begin(presence::Status state, Done done);
    /// Logs on, and leaves his state as it is until set_state().
    void log_on(Done done);
    void set_state(presence::Status state, Done done);
    /// The same, and what goes with it: `show` and `text` as in Watched; nullopt: they stay.
    void set_state(presence::Status state, std::optional<std::string> show, std::optional<std::string> text, Done done);
    /// As `text` there, and nothing else.
    void set_text(const std::string& text, Done done);
    /// His display name, for everybody.
    void set_name(const std::string& name, Done done);
    /// He leaves, and others are told at once.
    void sign_off();

    /// From now on, or until unwatch(), the events tell of him: whom Service::person gave. Who may not is tried again now
    /// and then.
    void watch(const presence::NodeName& whom);
    void unwatch(const std::string& account);
    /// Null: not watched.
    [[nodiscard]] const Watched* watched(const std::string& account) const;

    /// The client has shown itself.
    void keep_alive();
    [[nodiscard]] Mailbox& mailbox() { return *mailbox_; }
    [[nodiscard]] const presence::Caller& caller() const { return caller_; }
    [[nodiscard]] const presence::NodeName& own() const { return own_; }

private:
    void changed(const presence::PropNotification& change) override;
    void seen(const std::string& key, const std::vector<presence::Prop>& present, base::Instant asked) override;
    Wanted wants(const presence::Message& message) override { return events_.wants(message); }

    void subscribe(const presence::NodeName& whom, presence::NotificationType type,
                   std::move_only_function<void(base::Result<presence::Subscribed>)> done);
    void add_property(std::vector<presence::PatchItem>& items, const presence::PropName& name, const std::string& value) const;
    void patch(std::vector<presence::PatchItem> items, Done done);
    void ask_for(const std::string& account);
    void asked(const std::string& account, const base::Result<presence::Subscribed>& made);
    void leave(const Watched& watched);
    void refresh_view();
    void renew_leases(base::Instant now);
    void see_himself(Done done);
    void renew_lease(presence::SubscriptionId id, std::optional<std::chrono::seconds> lifetime, std::move_only_function<void()> lost);
    void lost(const std::string& account, presence::SubscriptionId id);
    void log_on_again();
    void learn(const std::string& account, const presence::PropName& name, const std::optional<presence::PropValue>& value);

    presence::Service& service_;
    const base::Clock& clock_;
    const presence::Caller caller_;
    const presence::NodeName own_;
    const std::chrono::seconds lease_;
    SignInEvents& events_;
    std::unique_ptr<Mailbox> mailbox_;
    presence::SubscriptionId login_{};
    presence::SubscriptionId self_{};  // to his own properties
    presence::ViewId view_{};
    presence::Status state_;           // that was set last through this view
    base::Instant view_until_{};
    base::Instant renew_at_{};         // the rest
    std::chrono::seconds shortest_{};  // of their leases, as they were granted
    std::map<std::string, Watched> watched_;  // by account, which of one of ours is his key
    std::shared_ptr<char> alive_ = std::make_shared<char>();  // what is called back later looks whether it still is
};

}  // namespace doors
