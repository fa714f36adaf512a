// doors/sessions.h: callers who are signed in at a door that is polled, by the ids they were given.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 6; zimbra-im 1
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/timer_wheel.h"

namespace doors {

/// What a door knows of one caller. It goes when the session ends, and signs off whomever it signed on.
class SessionState {
public:
    virtual ~SessionState() = default;
    /// A call waits in it: then it does not end for want of others.
    [[nodiscard]] virtual bool in_use() const { return false; }
};

/// A signed-in caller.
struct Session {
    std::string id;    ///< as SessionRule::ids has it
    std::string user;  ///< the account's name
    std::uint64_t stamp = 0;  ///< of the account when it proved itself
    base::WallTime since{};
    base::IpAddress peer;
    std::unique_ptr<SessionState> state;
};

struct SessionRule {
    std::chrono::seconds life{120};  ///< without a call
    std::size_t most = 20000;
    std::size_t most_of_user = 16;
    /// A GUID in upper case: 122 random bits. A number below 2^53, for clients that read it as one; it is no secret, so
    /// whoever finds a session by it must look whose it is.
    enum class Ids { guid, number } ids = Ids::guid;
};

/// All sessions of a door. One ends when nobody used it for SessionRule::life. Thread: loop.
class Sessions {
public:
    Sessions(base::TimerWheel& wheel, const base::Clock& clock, const SessionRule& rule);
    ~Sessions();
    Sessions(const Sessions&) = delete;
    Sessions& operator=(const Sessions&) = delete;

    /// Errc::busy: as many as may be, of this user or in all.
    [[nodiscard]] base::Result<Session*> open(const std::string& user, std::uint64_t stamp, const base::IpAddress& peer,
                                              std::unique_ptr<SessionState> state);
    /// In braces or not, letters of either case; null: none (any more).
    [[nodiscard]] Session* find(std::string_view id) const;
    /// It was used just now.
    void touch(const Session& session);
    void end(const Session& session);
    void change(const SessionRule& rule) { rule_ = rule; }
    [[nodiscard]] const SessionRule& rule() const { return rule_; }
    [[nodiscard]] std::size_t size() const { return by_id_.size(); }

private:
    struct Entry;
    [[nodiscard]] std::string new_id() const;
    void idle(Session& session);

    base::TimerWheel& wheel_;
    const base::Clock& clock_;
    SessionRule rule_;
    std::unordered_map<std::string, std::unique_ptr<Entry>> by_id_;
    std::unordered_map<std::string, std::size_t> of_user_;
};

}  // namespace doors
