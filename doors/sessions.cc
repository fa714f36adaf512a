// doors/sessions.cc: callers who are signed in at a door that is polled.
// SPDX-License-Identifier: Apache-2.0
#include "doors/sessions.h"

#include <cctype>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "presence/contacts.h"

namespace doors {

struct Sessions::Entry final : base::TimerHook {
    explicit Entry(Sessions& s) : sessions(s) {}
    void on_due(base::Instant) override { sessions.idle(session); }
    Sessions& sessions;
    Session session;
};

Sessions::Sessions(base::TimerWheel& wheel, const base::Clock& clock, const SessionRule& rule)
    : wheel_(wheel), clock_(clock), rule_(rule) {}

Sessions::~Sessions() = default;

base::Result<Session*> Sessions::open(const std::string& user, std::uint64_t stamp, const base::IpAddress& peer,
                                      std::unique_ptr<SessionState> state) {
    if (by_id_.size() >= rule_.most) {
        return base::fail(base::Errc::busy, "there are as many sessions as may be (limits.sessions)");
    }
    const auto mine = of_user_.find(user);
    if (mine != of_user_.end() && mine->second >= rule_.most_of_user) {
        return base::fail(base::Errc::busy, "this account has as many sessions as it may (limits.sessions_per_account)");
    }
    auto entry = std::make_unique<Entry>(*this);
    entry->session = {new_id(), user, stamp, clock_.wall(), peer, std::move(state)};
    Session& session = entry->session;
    wheel_.arm(*entry, clock_.now() + rule_.life);
    by_id_.emplace(session.id, std::move(entry));
    ++of_user_[user];
    return &session;
}

// Of numbers, never one that a client may still hold from before a restart, but for an odd chance.
std::string Sessions::new_id() const {
    if (rule_.ids == SessionRule::Ids::guid) return base::to_upper(presence::new_guid());
    constexpr std::size_t kBytes = 6;
    std::string id;
    do {
        std::uint64_t number = 1;
        for (const char c : base::random_bytes(kBytes)) number = number << 8U | static_cast<unsigned char>(c);
        id = std::to_string(number);
    } while (by_id_.contains(id));
    return id;
}

void Sessions::idle(Session& session) {
    if (session.state && session.state->in_use()) touch(session);
    else end(session);
}

Session* Sessions::find(std::string_view id) const {
    id = base::trim(id);
    if (id.starts_with('{') && id.ends_with('}')) id = id.substr(1, id.size() - 2);
    const auto found = by_id_.find(base::to_upper(id));
    return found == by_id_.end() ? nullptr : &found->second->session;
}

void Sessions::touch(const Session& session) {
    const auto found = by_id_.find(session.id);
    if (found != by_id_.end()) wheel_.arm(*found->second, clock_.now() + rule_.life);
}

void Sessions::end(const Session& session) {
    const auto mine = of_user_.find(session.user);
    if (mine != of_user_.end() && --mine->second == 0) of_user_.erase(mine);
    const auto gone = by_id_.extract(session.id);  // its state signs off once nobody finds it any more
}

}  // namespace doors
