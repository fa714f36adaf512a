// doors/bsim_account.h: an IM account that is signed into a session of BSIMService, and what its client has yet to hear.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 4 to 6
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "doors/bsim_events.h"
#include "doors/gate.h"
#include "doors/mailboxes.h"
#include "doors/sign_in.h"
#include "presence/contacts.h"
#include "presence/service.h"

namespace doors {

/// A message of plain text, as a MIME part; `talk` names who talks with whom.
using ComposeMessage = std::function<base::Result<presence::Message>(const std::string& text, const std::string& talk)>;

/// What all accounts of the door share. Everything outlives them.
struct BsimHouse {
    presence::Service& service;
    Mailboxes& boxes;
    const base::Clock& clock;
    Gate& gate;
    ComposeMessage compose;
    bool utc = false;                    ///< how times are written: else as the server's place has them
    std::chrono::seconds life{120};      ///< of a session nobody uses
};

/// `yyyy-MM-dd HH:mm:ss`.
[[nodiscard]] std::string bsim_time(base::WallTime when, bool utc);

/// One `<IM>`: collects events until they are polled. Thread: loop.
class BsimAccount final : private SignInEvents {
public:
    /// `proved` is whoever showed his password; `account` as the client spelled him.
    BsimAccount(BsimHouse& house, std::string type, std::string account, const Proved& proved,
                presence::NodeName own, presence::Caller caller);
    /// One that could not be signed in: tells why, once.
    BsimAccount(BsimHouse& house, std::string type, std::string account, std::string error);
    ~BsimAccount() override;

    [[nodiscard]] const std::string& key() const { return key_; }
    /// A client that signs in again is told everything again.
    void tell_again();

    /// Tells the client what went wrong.
    void complain(std::string error) { fail(std::move(error)); }
    /// Calls `done` once signing in has succeeded, or failed; at once when it has.
    void when_begun(std::move_only_function<void()> done);

    /// Whether the account changed since it proved itself: then it signs off, and says so.
    void recheck();
    /// The client has shown itself.
    void keep_alive();
    void sign_off();
    [[nodiscard]] bool signed_in() const { return sign_in_ != nullptr && ready_; }
    /// Nothing will ever happen here again.
    [[nodiscard]] bool over() const { return sign_in_ == nullptr || failed_; }

    using Done = SignIn::Done;
    /// What is the client's own mistake becomes an event, and is no error here: only what is not safe is.
    void set_status(const std::string& code, Done done);
    void send(const std::string& to, std::string text, Done done);
    void set_nickname(const std::string& name, Done done);
    void add_buddy(const std::string& buddy, Done done);
    void delete_buddy(const std::string& buddy, Done done);
    void accept_buddy(const std::string& buddy, bool accept, Done done);

    /// What has happened since the last time; it comes back unless it was read.
    struct Collected {
        BsimEvents events;
        std::vector<std::string> changed;  ///< keys of the buddies in events.buddy_statuses
        std::vector<std::string> added;    ///< of those in events.added
        std::vector<Letter> letters;
    };
    [[nodiscard]] Collected collect();
    void settle(Collected collected, bool read);
    [[nodiscard]] const std::string& type() const { return type_; }
    [[nodiscard]] const std::string& account() const { return account_; }

    /// As presence::ContactEvents, of any list.
    void contact_put(const std::string& owner, const presence::ListedContact& contact, bool is_new);
    void contact_removed(const std::string& owner, const presence::ListedContact& contact);
    /// As presence::RosterEvents, of who asks this one.
    void asked(const std::string& account);
    void ask_over(const std::string& account);

private:
    void own_state(const presence::Status& state) override;
    void own_name(const std::string& name) override;
    void other_changed(const std::string& account) override;
    [[nodiscard]] Wanted wants(const presence::Message& message) override;

    void began(const base::Result<void>& how);
    void take_up();
    void tell_all();
    void list_contacts(BsimEvents& events) const;
    void list_groups(BsimEvents& events);
    void tell_asks();
    [[nodiscard]] bool waits(const std::string& account) const;
    void watch(const presence::ListedContact& contact);
    void read_letters(const std::vector<Letter>& letters, BsimEvents& events) const;
    [[nodiscard]] std::string place_of(const presence::Message& message) const;
    void fail(std::string error);
    /// Tells the client what went wrong, or whoever called when it is the store.
    void answer(const base::Result<void>& how, const std::string& what, Done done);
    /// The same for an act of the service, if this is still there by then.
    template <class T>
    [[nodiscard]] presence::Answer<T> answering(std::string what, Done done);
    [[nodiscard]] BsimBuddy buddy_of(const presence::ListedContact& contact) const;
    [[nodiscard]] std::optional<presence::ListedContact> contact_of(const std::string& key) const;
    [[nodiscard]] std::string group_id(const std::string& name) const;

    BsimHouse& house_;
    const std::string type_;
    const std::string account_;
    const Proved proved_;
    std::string key_;  // "" = never signed in
    std::unique_ptr<SignIn> sign_in_;
    bool ready_ = false;
    bool failed_ = false;
    base::Instant since_{};
    std::string name_;
    presence::Status state_;
    bool list_due_ = false;
    BsimEvents events_;
    std::vector<std::string> changed_;  // keys of buddies, oldest change first
    std::vector<std::string> added_;    // of those who are new since the last poll, oldest first
    std::vector<std::string> told_groups_;
    std::move_only_function<void()> begun_;
    bool is_begun_ = false;
    std::shared_ptr<char> alive_ = std::make_shared<char>();  // what the service calls back later looks whether it is
};

}  // namespace doors
