// doors/zimbra_account.cc: the requests of the Zimbra door that are not IM: log in, leave, wait.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 1.10, 2
#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "doors/zimbra_desk.h"
#include "presence/contacts.h"

namespace doors {
namespace {

using base::clipped;
using Shape = ZimbraElement::Shape;

constexpr std::chrono::milliseconds kUsualWait = std::chrono::seconds(300);
constexpr std::chrono::milliseconds kShortestWait = std::chrono::seconds(30);
constexpr std::chrono::milliseconds kLongestWait = std::chrono::seconds(1200);

// No script reads it, and no other site's page posts with it.
std::string token_cookie(const std::string& value, bool tls) {
    return std::string(kZimbraCookie) + "=" + value + "; HttpOnly; SameSite=Lax" + (tls ? "; Secure" : "");
}

}  // namespace

std::string zimbra_account_id(const std::string& key) {
    return presence::guid_of(base::sha256("account\n" + key).substr(0, presence::kGuidBytes));
}

std::string zimbra_response_name(std::string_view request) {
    constexpr std::string_view kRequest = "Request";
    if (request.ends_with(kRequest)) request.remove_suffix(kRequest.size());
    return std::string(request) + "Response";
}

void ZimbraDesk::auth(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply) {
    if (e->batch && too_many_ && too_many_()) {  // each one of a batch counts; of one alone serve() has asked
        return reply(std::unexpected(zimbra_fault_of({base::Errc::busy, "too many log on at once; come again"})));
    }
    Proved whom;
    std::string token = std::string(base::trim(request.get("authToken").value_or("")));
    std::chrono::milliseconds life = settings_.token_life;
    if (!token.empty()) {
        const auto found = tokens_.look(token);
        using enum ZimbraTokens::Found::What;
        if (found.what == expired) return reply(std::unexpected(ZimbraFault{"service.AUTH_EXPIRED", "auth credentials have expired", false}));
        if (found.what == none) return reply(std::unexpected(ZimbraFault{"service.AUTH_REQUIRED", "no valid authtoken present", false}));
        whom = found.whom;
        life = found.left;
    } else {
        const auto* account = request.child("account");
        const auto named = account ? std::optional(account->content()) : request.get("account");
        const auto password = request.get("password");
        if (!password) return reply(std::unexpected(zimbra_missing_element("password")));
        if (!named) return reply(std::unexpected(zimbra_missing_element("account")));
        const std::string by = account ? account->get("by").value_or("name") : "name";
        if (by != "name" && by != "id") return reply(std::unexpected(zimbra_invalid("unknown value for by: " + clipped(by, 32))));
        std::string name = clipped(std::string(base::trim(*named)), kMostName);
        const std::string shown = name;
        const auto host = request.get("virtualHost");
        if (host && !host->empty() && name.find('@') == std::string::npos) name += "@" + clipped(*host, kMostName);
        const auto proved = by == "name" ? house_.gate.prove(name, clipped(*password, kMostPassword + 1)) : std::nullopt;
        if (!proved) {
            return reply(std::unexpected(ZimbraFault{"account.AUTH_FAILED", "authentication failed for [" + shown + "]", false}));
        }
        whom = *proved;
        token = tokens_.issue(whom, life);
    }
    if (!e->persona) {
        if (const auto entered = enter(*e, whom); !entered) return reply(std::unexpected(entered.error()));
    }
    e->left = life;
    e->cookie = token_cookie(token + "; Path=/", e->tls);
    ZimbraElement out;
    out.add_text("authToken", token);
    out.add_text("lifetime", std::int64_t{life.count()}, Shape::member);
    if (e->queue) {
        for (const char* name : {"session", "sessionId"}) out.add_text(name, e->session).set("id", e->session);
    }
    out.add_text("skin", "rvpd");
    reply(std::move(out));
}

void ZimbraDesk::end_session(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply) {
    const auto logoff = zimbra_truth(request, "logoff");
    if (!logoff) return reply(std::unexpected(logoff.error()));
    if (e->queue) {
        e->end_act();
        end_session(e->session, true);
        e->queue.reset();
        e->session.clear();
    }
    if (logoff->value_or(false)) {
        tokens_.give_back(e->context.token);
        e->cookie = token_cookie("; Path=/; Max-Age=0", e->tls);
    }
    reply(ZimbraElement());
}

void ZimbraDesk::get_info(const ExchangeRef& e, const ZimbraElement&, ZimbraReply reply) {
    ZimbraElement out;
    out.add_text("version", settings_.version, Shape::member);
    out.add_text("id", zimbra_account_id(e->persona->key()), Shape::member);
    out.add_text("name", e->persona->address(), Shape::member);
    out.add_text("lifetime", std::int64_t{e->left.count()}, Shape::member);
    reply(std::move(out));
}

void ZimbraDesk::no_op(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply) {
    const auto wait = zimbra_truth(request, "wait");
    if (!wait) return reply(std::unexpected(wait.error()));
    const auto limited = zimbra_truth(request, "limitToOneBlocked");
    if (!limited) return reply(std::unexpected(limited.error()));
    if (!wait->value_or(false)) return reply(ZimbraElement());
    if (!e->queue) return reply(std::unexpected(zimbra_invalid("to wait takes a session")));
    std::chrono::milliseconds time = kUsualWait;
    if (const auto asked = request.get("timeout"); asked && !asked->empty()) {
        const auto number = base::parse_number(base::trim(*asked), INT64_MAX);
        if (!number) return reply(std::unexpected(zimbra_invalid("timeout is no number of milliseconds")));
        time = std::chrono::milliseconds(std::min<std::uint64_t>(*number, kLongestWait.count()));
    }
    // A batch answers the rest as well, and who is new needs his refresh.
    if (e->new_session || e->batch || closing_ || e->queue->has_news()) return reply(ZimbraElement());
    if (limited->value_or(false)) {
        const auto others = people_.at(e->persona->key()).sessions;
        for (State* other : others) {
            if (other->queue != e->queue && other->queue->waits_limited()) other->queue->let_go(true);
        }
    }
    e->end_act();
    e->queue->wait(house_.wheel, house_.clock.now() + std::clamp(time, kShortestWait, kLongestWait), limited->value_or(false),
                   [this, alive = std::weak_ptr(alive_), session = e->session, reply = std::move(reply)](bool disallowed) mutable {
        if (alive.expired()) return;
        if (Session* still = sessions_.find(session)) sessions_.touch(*still);
        ZimbraElement out;
        if (disallowed) out.set("waitDisallowed", true);
        reply(std::move(out));
    });
}

void ZimbraDesk::im(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply) {
    im_.serve({e->persona, e->queue}, request, std::move(reply));
}

}  // namespace doors
