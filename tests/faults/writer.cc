// tests/faults/writer.cc: requests as clients write them, and what is read back.
// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/writer.h"

#include "tests/bench/dialogue.h"
#include "tests/bench/requests.h"

#include <array>

namespace faults {

using base::json::Value;

namespace {

/// Far enough apart to be told by the seconds that are left.
constexpr std::array kLifetimes{10'000L, 20'000L, 40'000L, 80'000L};
constexpr std::size_t kMostSubscriptions = 8;

const std::string kNone = "Content-Length: 0\r\n\r\n";

std::string between(const std::string& text, const std::string& left, const std::string& right) {
    const std::size_t at = text.find(left);
    if (at == text.npos) return "";
    const std::size_t from = at + left.size();
    return text.substr(from, text.find(right, from) - from);
}

/// Each right is granted or denied, so that nothing of an earlier ACL is merged with it (RVP 5.7.2). `rights` is what
/// stands between <a:grant> and </a:deny>.
std::string acl_request(const std::string& name, const std::string& rights) {
    const std::string guest = bench::principal_url("guest");
    return bench::with_body(
        bench::request_head("ACL", name, name),
        "<a:rvpacl xmlns:a=\"http://schemas.microsoft.com/rvp/acl/\"><a:acl><a:inheritance>none</a:inheritance>"
        "<a:ace><a:principal><a:rvp-principal>" + guest + "</a:rvp-principal><a:credentials><a:assertion/>"
        "</a:credentials></a:principal>" + rights + "</a:ace></a:acl></a:rvpacl>");
}

std::string property_request(const std::string& name, const std::string& value) {
    return bench::with_body(bench::request_head("PROPPATCH", name, name),
                            "<d:propertyupdate xmlns:d=\"DAV:\"><d:set><d:prop><d:displayname>" + value +
                                "</d:displayname></d:prop></d:set></d:propertyupdate>");
}

std::string propfind_request(const std::string& name) {
    return bench::with_body(bench::request_head("PROPFIND", name, name) + "Depth: 0\r\n",
                            "<d:propfind xmlns:d=\"DAV:\" xmlns:r=\"http://schemas.microsoft.com/rvp/\"><d:prop>"
                            "<d:displayname/><r:state/></d:prop></d:propfind>");
}

/// The lifetime that was granted, from what is left of it.
std::string lasting(std::int64_t seconds_left) {
    for (const long lifetime : kLifetimes) {
        if (seconds_left <= lifetime && seconds_left > lifetime / 2) return std::to_string(lifetime);
    }
    return std::to_string(seconds_left) + " s";
}

std::string text_of(const Value& row, const char* member) {
    const Value* value = row.find(member);
    const std::string* text = value ? value->as_text() : nullptr;
    return text ? *text : "";
}
std::int64_t number_of(const Value& row, const char* member) {
    const Value* value = row.find(member);
    return value ? value->as_int().value_or(-1) : -1;
}

std::vector<Value> rows(const Rvpd& rvpd, const std::string& command) {
    const auto list = rvpd.ask(command, Value::object());
    if (!list) bench::stop(command + ": " + list.error().text);
    return *list->as_array();
}

std::string answer_to(const std::string& request, const Rvpd& rvpd) {
    bench::Dialogue dialogue(rvpd.port());
    dialogue.send(request);
    return dialogue.receive();
}

}  // namespace

Writer::Writer(std::string name, std::string call_back, unsigned seed)
    : name_(std::move(name)), call_back_(std::move(call_back)), random_(seed) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;

void Writer::connect(const Rvpd& rvpd) {
    rvpd_ = &rvpd;
    dialogue_ = std::make_unique<bench::Dialogue>(rvpd.port());
}

Outcome Writer::act() {
    const auto mine = subscriptions();
    switch (random(9)) {
        case 0: return set_property();
        case 1: return set_state();
        case 2: return set_acl();
        case 3: return turn_node();
        case 4: return set_contact();
        case 5:
            if (!mine.empty()) return unsubscribe(mine[random(static_cast<unsigned>(mine.size()))]);
            [[fallthrough]];
        case 6:
            if (!mine.empty()) return renew(mine[random(static_cast<unsigned>(mine.size()))]);
            [[fallthrough]];
        default:
            if (mine.size() < kMostSubscriptions) return subscribe();
            return renew(mine[random(static_cast<unsigned>(mine.size()))]);
    }
}

Outcome Writer::subscribe() {
    const std::string call_back = call_back_ + "/" + name_ + "/" + std::to_string(++count_);
    const std::string lifetime = std::to_string(kLifetimes[random(kLifetimes.size())]);
    return promise("subscription " + call_back, "* " + lifetime,
                   bench::request_head("SUBSCRIBE", name_, name_) + "Subscription-Lifetime: " + lifetime +
                       "\r\nNotification-Type: update/propchange\r\nCall-Back: " + call_back + "\r\n" + kNone);
}

Outcome Writer::renew(const std::string& fact) {
    const std::string id = id_of(fact);
    const std::string lifetime = std::to_string(kLifetimes[random(kLifetimes.size())]);
    return promise(fact, id + " " + lifetime,
                   bench::request_head("SUBSCRIBE", name_, name_) + "Subscription-Lifetime: " + lifetime +
                       "\r\nSubscription-Id: " + id + "\r\n" + kNone);
}

Outcome Writer::unsubscribe(const std::string& fact) {
    return promise(fact, "", bench::request_head("UNSUBSCRIBE", name_, name_) + "Subscription-Id: " + id_of(fact) +
                                 "\r\n" + kNone);
}

Outcome Writer::set_property() {
    const std::string value = name_ + " no. " + std::to_string(++count_);
    return promise("displayname " + name_, value, property_request(name_, value));
}

Outcome Writer::set_state() {
    static constexpr std::array kStates{"online", "busy", "away", "on-phone", "at-lunch"};
    const std::string state = kStates[random(kStates.size())];
    return promise("state " + name_, state, bench::state_request(name_, state));
}

Outcome Writer::set_acl() {
    static constexpr std::array kRights{
        "<a:grant><a:list/></a:grant><a:deny><a:read/><a:presence/></a:deny>",
        "<a:grant><a:read/></a:grant><a:deny><a:list/><a:presence/></a:deny>",
        "<a:grant><a:list/><a:read/></a:grant><a:deny><a:presence/></a:deny>",
        "<a:grant><a:list/><a:read/><a:presence/></a:grant><a:deny/>"};
    const std::string rights = kRights[random(kRights.size())];
    return promise("acl " + name_, rights, acl_request(name_, rights));
}

Outcome Writer::turn_node() {
    const std::string path = "/groups/" + name_ + "-" + std::to_string(random(3));
    const std::string fact = "node " + path;
    const bool there = !ledger.sure(fact).empty();
    ledger.ask(fact, there ? "" : "there");
    Value args = Value::object().set("path", path);
    if (!there) args.set("owner", name_);
    return told(fact, there ? "" : "there", rvpd_->ask(there ? "node del" : "node add", args));
}

Outcome Writer::set_contact() {
    const std::string account = "friend" + std::to_string(random(3)) + "@other.org";
    const std::string fact = "contact " + name_ + " " + account;
    const std::string nickname = name_ + " no. " + std::to_string(++count_);
    ledger.ask(fact, nickname);
    Value row(std::vector<Value>{1, name_, account, nickname, Value(), Value()});
    return told(fact, nickname, rvpd_->ask("contacts import", Value::object().set("rows", Value::array().append(row))));
}

Outcome Writer::told(const std::string& fact, const std::string& value, const base::Result<Value>& done) {
    if (done) {
        ledger.acknowledged(fact, value);
        return Outcome::kept;
    }
    const std::string& why = done.error().text;
    if (why.find("hung up") != why.npos || why.find("not running") != why.npos) return Outcome::gone;

    ledger.refused(fact);
    if (why.find(rvpd_->file("rvpd.db")) == why.npos) bench::stop(fact + ": " + why);
    return Outcome::refused;
}

std::vector<std::string> Writer::subscriptions() const { return ledger.there("subscription "); }

std::string Writer::id_of(const std::string& fact) const {
    const std::string value = ledger.sure(fact);
    return value.substr(0, value.find(' '));
}

std::optional<Writer::Answer> Writer::exchange(const std::string& request) {
    try {
        dialogue_->send(request);
        Answer answer;
        answer.text = dialogue_->receive();
        answer.status = std::stoi(answer.text.substr(answer.text.find(' ') + 1, 3));
        return answer;
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

Outcome Writer::promise(const std::string& fact, const std::string& value, const std::string& request) {
    ledger.ask(fact, value);
    const auto answer = exchange(request);
    if (!answer) return Outcome::gone;
    if (answer->status == 507) {
        ledger.refused(fact);
        return Outcome::refused;
    }
    if (answer->status / 100 != 2) bench::stop(fact + ": " + answer->text);
    if (answer->text.find("RVPD-Durable: no") != answer->text.npos) return Outcome::unsafe;
    const std::string id = between(answer->text, "Subscription-Id: ", "\r\n");
    ledger.acknowledged(fact, value.starts_with('*') ? id + value.substr(1) : value);
    return Outcome::kept;
}

Facts facts_of(const Rvpd& rvpd, const std::vector<std::string>& names) {
    Facts facts;
    for (const Value& row : rows(rvpd, "sub list")) {
        std::string& fact = facts["subscription " + text_of(row, "call_back")];
        if (!fact.empty()) fact += " and ";
        fact += std::to_string(number_of(row, "id")) + " " + lasting(number_of(row, "seconds_left"));
    }
    for (const Value& row : rows(rvpd, "node list")) {
        const std::string node = text_of(row, "node");
        if (node.starts_with("/groups/")) facts["node " + node] = "there";
    }
    const auto page = rvpd.ask("contacts list", Value::object());
    if (!page) bench::stop("contacts list: " + page.error().text);
    for (const Value& row : *page->find("contacts")->as_array()) {
        facts["contact " + text_of(row, "owner") + " " + text_of(row, "account")] = text_of(row, "nickname");
    }
    for (const std::string& name : names) {
        const std::string found = answer_to(propfind_request(name), rvpd);
        const std::string display = between(found, "<d:displayname>", "</d:displayname>");
        if (display != name) facts["displayname " + name] = display;  // that is the default
        const std::string state = between(found, "<r:state><r:", "/>");
        if (state != "offline") facts["state " + name] = state;
        const std::string acl =
            answer_to(bench::request_head("ACL", name, name) + kNone, rvpd);
        const std::string guest = between(acl, bench::principal_url("guest") + "</a:rvp-principal>", "</a:ace>");
        facts["acl " + name] = between(guest, "</a:principal>", "</a:ace>");
    }
    return facts;
}

}  // namespace faults
