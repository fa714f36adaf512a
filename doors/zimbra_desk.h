// doors/zimbra_desk.h: Zimbra IM over SOAP and JSON: calls in, answers out, sessions between them.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 1, 2
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/timer_wheel.h"
#include "doors/sessions.h"
#include "doors/zimbra_exchange.h"
#include "doors/zimbra_im.h"
#include "doors/zimbra_tokens.h"

namespace doors {

struct ZimbraSettings {
    SessionRule sessions;  ///< of most_of_user the least recently used makes way
    ZimbraLimits limits;
    base::xml::Bounds bounds;
    std::size_t batch = 100;  ///< requests in one BatchRequest
    std::chrono::seconds token_life{172800};
    std::string version;      ///< of the server, the same over a run
};

/// A GUID that follows from who it is.
[[nodiscard]] std::string zimbra_account_id(const std::string& key);
/// FooRequest: FooResponse.
[[nodiscard]] std::string zimbra_response_name(std::string_view request);

/// Serves /service/soap. Thread: loop.
class ZimbraDesk final : private presence::RosterEvents, private base::TimerHook {
public:
    /// All are borrowed; `house.persona` and `house.limits` are set here. `closed`: whether new log-ons have to wait (503).
    ZimbraDesk(ZimbraHouse house, std::function<bool()> closed, ZimbraSettings settings);
    ~ZimbraDesk() override;

    /// Whether a request target (origin or absolute form) is this door's.
    [[nodiscard]] static bool serves(std::string_view target);
    void serve(const base::Request& request, base::Responder responder);
    /// The fault for a body that the door has not taken in.
    [[nodiscard]] base::Response too_large(const base::Request& request, const base::Error& error) const;
    /// For calls that come from now on.
    void change(ZimbraSettings settings);
    /// Somebody's password is another, or he is no more: his sessions end.
    void account_changed(const std::string& account);
    /// Who waits is answered, and nobody waits any more.
    void close();
    [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }

private:
    using Exchange = ZimbraExchange;
    using ExchangeRef = std::shared_ptr<Exchange>;
    using State = ZimbraSession;
    struct Person {
        std::shared_ptr<ZimbraPersona> persona;
        std::vector<State*> sessions;
    };
    using Handler = void (ZimbraDesk::*)(const ExchangeRef&, const ZimbraElement&, ZimbraReply);
    struct Row;
    static const Row* row_of(const ZimbraElement& request);

    void roster_put(const std::string& owner, const presence::RosterEntry& entry) override;
    void roster_removed(const std::string& owner, const presence::RosterEntry& left) override;
    void asked(const std::string& owner, const presence::PresenceAsk& ask) override;
    void ask_over(const std::string&, const std::string&) override {}
    void privacy_set(const std::string& owner, const presence::PrivacyList& list) override;
    void on_due(base::Instant due) override;

    [[nodiscard]] std::expected<void, ZimbraFault> identify(Exchange& e, bool logs_in);
    [[nodiscard]] std::expected<void, ZimbraFault> enter(Exchange& e, const Proved& whom);
    [[nodiscard]] std::expected<void, ZimbraFault> open_session(Exchange& e);
    [[nodiscard]] std::expected<std::vector<ZimbraElement>, ZimbraFault> requests_of(Exchange& e, ZimbraElement request) const;
    [[nodiscard]] Person& person_of(Exchange& e, const Proved& whom, presence::NodeName own);
    [[nodiscard]] State* state_of(const std::string& session_id) const;
    void end_session(const std::string& id, bool asked);
    /// A session has ended.
    void left(State& state);

    void run(const ExchangeRef& e);
    void serve_one(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply);
    void take(Exchange& e, const ZimbraElement& request, std::expected<ZimbraElement, ZimbraFault> how) const;
    void finish(Exchange& e);
    [[nodiscard]] ZimbraElement context_of(Exchange& e, ZimbraQueue::Blocks& blocks);
    void refuse(Exchange& e, const ZimbraFault& fault) const;

    void auth(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply);
    void end_session(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply);
    void get_info(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply);
    void no_op(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply);
    void im(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply);

    ZimbraHouse house_;
    const std::function<bool()> too_many_;
    ZimbraSettings settings_;
    ZimbraIm im_;
    ZimbraTokens tokens_;
    std::map<std::string, Person> people_;  // by node key
    Sessions sessions_;
    std::uint64_t uses_ = 0;
    std::int64_t change_ = 0;
    bool closing_ = false;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace doors
