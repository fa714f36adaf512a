// doors/bsim_desk.h: BSIMService: instant messaging for SOAP clients that poll.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 1 to 7
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/http.h"
#include "base/timer_wheel.h"
#include "doors/bsim_account.h"
#include "doors/bsim_pages.h"
#include "doors/sessions.h"
#include "doors/soap.h"

namespace doors {

struct BsimSettings {
    SessionRule sessions;
    base::xml::Bounds bounds;
    bool extensions = false;  ///< methods that the original had no names for
    bool inlined = false;     ///< results of KeepSessionAlive as elements
    bool utc = false;
};

/// Serves /imsoap/. Thread: loop.
class BsimDesk final : private presence::ContactEvents, private presence::RosterEvents {
public:
    /// All are borrowed. `closed`: whether new log-ons have to wait (503).
    BsimDesk(presence::Service& service, Mailboxes& boxes, base::TimerWheel& wheel, const base::Clock& clock, Gate& gate,
             ComposeMessage compose, std::function<bool()> closed, const BsimSettings& settings);
    ~BsimDesk() override;

    /// Whether a request target (origin or absolute form) is this door's.
    [[nodiscard]] static bool serves(std::string_view target);
    void serve(const base::Request& request, base::Responder responder);
    /// For calls that come from now on.
    void change(const BsimSettings& settings);
    /// Somebody's password is another, or he is no more: where he is signed in, he is signed off.
    void account_changed(const std::string& account);
    [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
    /// Whether somebody (a node key) is signed in here.
    [[nodiscard]] bool has(const std::string& key) const { return signed_in_.contains(key); }

private:
    class State;
    struct Call;
    using Handler = void (BsimDesk::*)(Call& call);
    [[nodiscard]] static Handler handler_of(const BsimSignature& method);

    template <class F>
    void for_each_of(const std::string& key, F act);
    void contact_put(const std::string& owner, const presence::ListedContact& contact, bool is_new) override;
    void contact_removed(const std::string& owner, const presence::ListedContact& contact) override;
    // How entries stand is not shown here: what counts is who may see whom.
    void roster_put(const std::string&, const presence::RosterEntry&) override {}
    void roster_removed(const std::string&, const presence::RosterEntry&) override {}
    void asked(const std::string& owner, const presence::PresenceAsk& ask) override;
    void ask_over(const std::string& owner, const std::string& account) override;

    void show(const base::Request& request, base::Responder responder) const;
    void post(const base::Request& request, base::Responder responder);
    void run(Handler handler, Call& call);
    [[nodiscard]] BsimAccount* account_of(Call& call) const;
    [[nodiscard]] BsimAccount::Done replying(Call& call) const;

    void get_version(Call& call);
    void login(Call& call);
    void login_im(Call& call);
    void keep_session_alive(Call& call);
    void change_status(Call& call);
    void send_message(Call& call);
    void logout(Call& call);
    void logout_im(Call& call);
    void change_nickname(Call& call);
    void add_buddy(Call& call);
    void delete_buddy(Call& call);
    void accept_buddy(Call& call);

    BsimHouse house_;
    const std::function<bool()> closed_;
    BsimSettings settings_;
    std::unordered_map<std::string, std::vector<BsimAccount*>> signed_in_;  // by node key
    Sessions sessions_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace doors
