// doors/zimbra_persona.h: a person at the Zimbra door: what all of his sessions share.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.0 to 3.6, 3.14
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/timer_wheel.h"
#include "doors/gate.h"
#include "doors/mailboxes.h"
#include "doors/safe_html.h"
#include "doors/sign_in.h"
#include "doors/zimbra_chats.h"
#include "doors/zimbra_envelope.h"
#include "doors/zimbra_notes.h"
#include "doors/zimbra_queue.h"
#include "presence/roster.h"
#include "presence/service.h"

namespace doors {

/// What a person may cost.
struct ZimbraLimits {
    ZimbraChats::Bounds chats;
    std::size_t queue = 1000;  ///< items that one session has not fetched
    HtmlBounds html;
    std::chrono::seconds session_life{600};
    std::chrono::seconds chat_life{3900};  ///< without a word
};

/// What all persons share. All that it names outlives it; it is the desk's, and moved, never copied.
struct ZimbraHouse {
    presence::Service& service;
    Mailboxes& boxes;
    base::TimerWheel& wheel;
    const base::Clock& clock;
    Gate& gate;
    /// A message of plain text as a MIME part, and one that tells that `who` is typing; `talk` names the talk.
    std::function<base::Result<presence::Message>(const std::string& text, const std::string& talk)> compose;
    std::function<base::Result<presence::Message>(const std::string& who, const std::string& talk)> compose_typing;
    ZimbraQueue::Post post;
    /// Another person of this door; null: he is not here.
    std::function<class ZimbraPersona*(const std::string& key)> persona;
    ZimbraLimits limits;
    ZimbraGateways gateways;  ///< null: none are told of
    /// Goes with the house.
    std::shared_ptr<char> open = std::make_shared<char>();

    /// `what`, for as long as the house is open: who was asked may answer later than that.
    template <class F>
    [[nodiscard]] auto while_open(F what) const {
        return [open = std::weak_ptr(open), what = std::move(what)](auto&&... args) mutable {
            if (!open.expired()) what(std::forward<decltype(args)>(args)...);
        };
    }
};

/// One for each account that has a session or an open chat. Signed in as long as one of his sessions is logged in to IM.
/// Thread: loop.
class ZimbraPersona final : public std::enable_shared_from_this<ZimbraPersona>, private SignInEvents, private base::TimerHook {
public:
    ZimbraPersona(ZimbraHouse& house, const Proved& proved, presence::NodeName own, presence::Caller caller);
    ~ZimbraPersona() override;

    [[nodiscard]] const std::string& key() const { return own_.key; }
    [[nodiscard]] const presence::NodeName& own() const { return own_; }
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] const Proved& proved() const { return proved_; }
    [[nodiscard]] const presence::Caller& caller() const { return caller_; }
    [[nodiscard]] ZimbraHouse& house() const { return house_; }
    /// He has shown his password again, which may be another than before.
    void proved_again(const Proved& proved) { proved_ = proved; }

    // -- sessions
    using Done = std::move_only_function<void(base::Result<void>)>;
    /// The session is logged in to IM from now on, if it was not; `then` once he is signed in. Errc::busy: it has ended.
    void listen(const std::shared_ptr<ZimbraQueue>& queue, Done then);
    /// The session is no more; `asked`: he wants to leave, and others hear of it at once if it was the last.
    void leave(ZimbraQueue& queue, bool asked);
    /// Closes all chats that are rooms'.
    void leave_rooms();
    [[nodiscard]] bool online() const { return sign_in_ != nullptr && ready_; }
    [[nodiscard]] bool is_idle() const { return listeners_.empty() && chats_.size() == 0; }

    /// The gateways as they are now. He is told from now on when one of them becomes another.
    [[nodiscard]] std::vector<ZimbraGateway> list_gateways();
    void look_at_gateways();

    /// Tells all sessions that are logged in.
    void tell(ZimbraElement n, ZimbraLeg leg, std::shared_ptr<ZimbraTicket> ticket = nullptr);
    static void tell(ZimbraQueue& queue, ZimbraElement n, ZimbraLeg leg);
    /// After the call that is under way, whatever leg it is.
    void tell_later(ZimbraElement n);
    [[nodiscard]] std::int64_t now_ms() const;
    /// All that a session is told when it logs in.
    void replay(ZimbraQueue& queue, ZimbraLeg leg);
    /// What was said in all chats, once more.
    void replay_lines(ZimbraQueue& queue, ZimbraLeg leg);

    // -- presence
    void set_presence(const presence::Status& state, std::string show, std::string text, Done done);
    void set_idle(ZimbraQueue& queue, bool idle, Done done);
    /// As others see him; with capitals.
    [[nodiscard]] std::string show() const;
    [[nodiscard]] std::string status_text() const;

    // -- roster, as presence::RosterEvents of his own
    void roster_put(const presence::RosterEntry& entry);
    void roster_removed(const presence::RosterEntry& left);
    void asked(const presence::PresenceAsk& ask);
    void privacy_set(const presence::PrivacyList& list);
    [[nodiscard]] ZimbraElement privacy_n(const presence::PrivacyList& list) const;

    // -- chats
    [[nodiscard]] ZimbraChats& chats() { return chats_; }
    struct Said {
        std::string subject, text, html;
    };
    /// To the other of a chat that is no room. Answered once it is safe; what is not delivered is told later, as an error
    /// is only that nothing is safe.
    void say(ZimbraChat& chat, Said what, Done done);
    void type(const ZimbraChat& chat, bool typing);
    /// Somebody of this door stopped typing, which no other door knows.
    void stopped_typing(const std::string& from_account, const std::string& thread);
    void close_chat(const std::string& thread, ZimbraLeg leg);
    [[nodiscard]] std::vector<ZimbraParticipant> participants(const ZimbraChat& chat) const;
    [[nodiscard]] std::string chat_target(const ZimbraChat& chat) const;
    /// Whether he wants to hear nothing of the principal of that key.
    [[nodiscard]] bool blocks(const std::string& other_key) const;

private:
    void own_state(const presence::Status& state) override;
    void own_name(const std::string&) override {}
    void own_text(const std::string& text) override;
    void other_changed(const std::string& key) override;
    [[nodiscard]] Wanted wants(const presence::Message& message) override;
    void on_due(base::Instant due) override;

    void began(const base::Result<void>& how);
    void sign_off(bool asked);
    void apply_idle(Done done);
    void presence_set(bool well);
    void watch(const presence::RosterEntry& entry);
    void later_watch(const presence::RosterEntry& entry);
    [[nodiscard]] ZimbraElement buddy_n(const presence::RosterEntry& entry) const;
    [[nodiscard]] ZimbraElement presence_of(const std::string& key) const;
    void tell_rooms();
    [[nodiscard]] bool is_elsewhere(const ZimbraGateway& gateway) const;
    void tell_self(ZimbraLeg leg);
    void tell_changed();
    void fetch_letters();
    void read(Letter letter);
    ZimbraChat& chat_for(const presence::Message& message, const std::string& account);
    void make_room();
    void not_delivered(const std::string& thread, const base::Error& error);
    [[nodiscard]] std::string account_of(const presence::Contact& contact) const;
    /// Runs later, if he is still there.
    void later(void (ZimbraPersona::*what)());

    struct Listener {
        std::shared_ptr<ZimbraQueue> queue;
        bool idle = false;
    };

    ZimbraHouse& house_;
    const std::weak_ptr<char> open_;  // the house's
    Proved proved_;
    const presence::NodeName own_;
    const presence::Caller caller_;
    const std::string address_;
    std::vector<Listener> listeners_;
    std::unique_ptr<SignIn> sign_in_;
    bool ready_ = false;
    std::vector<Done> waiting_;    // for sign-in
    presence::Status wanted_{"online"};  // set by hand
    std::string shade_;            // prop_show
    std::string text_;             // prop_status_text
    bool alone_ = true;            // he was there through no other door when this life began
    bool idle_ = false;            // all sessions are
    presence::Status seen_;        // as the server has it
    std::string told_self_;        // show and status, as the sessions know them
    std::string told_rooms_;       // show, as those in his rooms know it
    std::vector<ZimbraGateway> gateways_;  // as he was told of them last; none before he asked
    std::set<std::string> changed_;  // keys of those whose presence is to be told
    int setting_ = 0;              // acts under way that will tell him of his presence
    bool tell_posted_ = false;
    bool fetch_posted_ = false;
    std::map<const ZimbraTicket*, std::weak_ptr<ZimbraTicket>> tickets_;
    ZimbraChats chats_;
};

}  // namespace doors
