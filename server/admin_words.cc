// server/admin_words.cc: what presence knows, in the words of rvpctl.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl); RVP 5.7.1 (rights), 5.7.2.1 (credentials)
#include "server/admin_words.h"

#include "base/text.h"
#include "presence/node.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace server {

using base::json::Value;
using presence::Right;
using presence::Rights;

namespace {

// `internal` is missing on purpose: nobody can prove himself that way.
constexpr std::array<std::pair<std::string_view, presence::Credentials>, 4> kCredentials = {{
    {"any", presence::kAnyCredentials},
    {"assertion", std::to_underlying(presence::Proof::assertion)},
    {"digest", std::to_underlying(presence::Proof::digest)},
    {"ntlm", std::to_underlying(presence::Proof::ntlm)},
}};

constexpr std::array<std::string_view, 9> kStates = {
    "online", "busy", "away", "back-soon", "on-phone", "at-lunch", "idle", "offline", "invisible"};

Value rights_value(Rights rights) {
    Value names = Value::array();
    for (const auto& [name, right] : presence::kRights) {
        if (rights.has(right)) names.append(name);
    }
    return names;
}

Value ace_value(const presence::Ace& ace) {
    Value credentials = Value::array();
    for (const auto& [name, set] : kCredentials) {
        const bool any = ace.credentials == presence::kAnyCredentials;
        if (any ? set == presence::kAnyCredentials
                : set != presence::kAnyCredentials && (ace.credentials & set) != 0) {
            credentials.append(name);
        }
    }
    Value entry = Value::object();
    entry.set("who", ace.key.empty() ? "all" : ace.url);
    entry.set("credentials", std::move(credentials));
    entry.set("grant", rights_value(ace.grant));
    entry.set("deny", rights_value(ace.deny));
    return entry;
}

Value view_value(const presence::ViewDetail& view) {
    Value v = Value::object();
    v.set("id", std::to_underlying(view.id));
    v.set("state", view.value);
    v.set("then", view.fallback);
    v.set("seconds_left", view.left.count());
    v.set("login", view.login == presence::SubscriptionId{}
                       ? Value()
                       : Value(std::to_underlying(view.login)));
    v.set("address", view.source);
    return v;
}

template <class Table>
std::vector<std::string_view> names_of(const Table& table) {
    std::vector<std::string_view> names;
    for (const auto& row : table) names.push_back(row.first);
    return names;
}

}  // namespace

std::string text_of(base::WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ldZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()),
                  static_cast<long>(clock.minutes().count()),
                  static_cast<long>(clock.seconds().count()));
    return text.data();
}

Value node_value(const presence::NodeLine& line) {
    Value v = Value::object();
    v.set("node", line.path).set("owner", line.owner).set("state", line.state);
    v.set("views", line.views).set("watchers", line.watchers).set("logins", line.logins);
    return v;
}

namespace {

Value endpoint_value(const presence::EndpointReport& endpoint) {
    static constexpr const char* kEndpointStates[] = {"unknown", "healthy", "slow", "suspended", "gone"};
    Value v = Value::object();
    v.set("state", kEndpointStates[std::to_underlying(endpoint.state)]).set("reason", endpoint.reason);
    v.set("status", endpoint.status == 0 ? Value() : Value(endpoint.status));
    v.set("failure", endpoint.failure.empty() ? Value() : Value(endpoint.failure));
    v.set("latency_ms", endpoint.latency.count());
    v.set("attempts", endpoint.attempts).set("delivered", endpoint.delivered).set("drops", endpoint.drops);
    v.set("queued", endpoint.queued).set("sent", endpoint.sent);
    v.set("next_try_ms", endpoint.next_try ? Value(endpoint.next_try->count()) : Value());
    return v;
}

}  // namespace

Value subscription_value(const presence::SubscriptionDetail& detail, const presence::EndpointReport& endpoint) {
    const bool change = detail.type == presence::NotificationType::propchange;
    Value v = Value::object();
    v.set("id", std::to_underlying(detail.id));
    v.set("node", detail.node).set("principal", detail.principal).set("call_back", detail.callback);
    v.set("type", change ? "update/propchange" : "pragma/notify");
    v.set("seconds_left", detail.left.count());
    v.set("active", detail.active);
    v.set("endpoint", endpoint_value(endpoint));
    return v;
}

presence::SubscriptionDetail detail_of(const presence::Subscription& s, base::Instant now) {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(s.lease_end() - now);
    return {s.id(),
            s.node().path(),
            s.watcher()->url(),
            s.callback()->url(),
            s.type(),
            std::max(left, std::chrono::seconds(0)),
            s.active()};
}

Value presence_value(const presence::Explanation& e) {
    Value views = Value::array();
    for (const auto& view : e.views) views.append(view_value(view));
    Value v = Value::object();
    v.set("node", e.path).set("told", e.told).set("effective", e.effective).set("rule", e.rule);
    v.set("seconds_since_told", e.since.count());
    v.set("linger_seconds_left", e.linger_left ? Value(e.linger_left->count()) : Value());
    v.set("views", std::move(views));
    return v;
}

Value explanation_value(const presence::Explanation& e) {
    Value v = Value::object();
    v.set("watcher", e.watcher.empty() ? Value() : Value(e.watcher));
    v.set("sees", e.sees).set("may_see", e.may_see);
    v.set("owner", e.may_see && !e.decided_by);
    v.set("decided_by", e.decided_by ? ace_value(*e.decided_by) : Value());
    const Value state = presence_value(e);
    for (const auto& member : *state.as_object()) v.set(member.name, member.value);
    return v;
}

Value acl_value(const presence::Acl& acl) {
    Value list = Value::array();
    for (const presence::Ace& ace : acl.entries()) list.append(ace_value(ace));
    return list;
}

base::Error unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string_view>& known) {
    std::string text = "unknown " + std::string(what) + " '" + std::string(word) + "'";
    if (const auto meant = base::nearest(word, known)) {
        text.append("; did you mean ").append(*meant).append("?");
    } else {
        text += "; known are";
        for (std::string_view one : known)
            text.append(one == known.front() ? " " : ", ").append(one);
    }
    return {base::Errc::malformed, std::move(text)};
}

base::Result<Rights> read_rights(const std::vector<std::string>& names) {
    Rights rights;
    for (const std::string& name : names) {
        const auto found = std::ranges::find(presence::kRights, std::string_view(name),
                                             &std::pair<std::string_view, Right>::first);
        if (found != presence::kRights.end()) {
            rights.add({found->second});
        } else if (name == "all") {
            rights.add(Rights::all());
        } else {
            auto known = names_of(presence::kRights);
            known.push_back("all");
            return std::unexpected(unknown_word("right", name, known));
        }
    }
    return rights;
}

base::Result<presence::Credentials> read_credentials(std::string_view name) {
    for (const auto& [known, set] : kCredentials) {
        if (known == name) return set;
    }
    return std::unexpected(unknown_word("credentials", name, names_of(kCredentials)));
}

base::Result<presence::Status> read_state(std::string_view name) {
    if (std::ranges::find(kStates, name) != kStates.end())
        return presence::Status(std::string(name));
    return std::unexpected(unknown_word("state", name, {kStates.begin(), kStates.end()}));
}

}  // namespace server
