// server/history_commands.cc: rvpctl history, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7 (archive), 9 (rvpctl history)
#include "server/history_commands.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"
#include "server/admin_words.h"
#include "server/command_args.h"

namespace server {

using base::Errc;
using base::fail;
using base::json::Value;

namespace {

/// Each word as a string of FTS5, so that nothing in it is an operator; a star at its end still means "begins with".
std::string phrase_of(std::string_view word) {
    const bool prefix = word.size() > 1 && word.ends_with('*');
    if (prefix) word.remove_suffix(1);
    std::string phrase = "\"";
    for (const char c : word) phrase.append(c == '"' ? "\"\"" : std::string(1, c));
    return phrase + (prefix ? "\"*" : "\"");
}

std::string time_of(std::int64_t ms) {
    // With its milliseconds, so that a later page or a script can tell neighbours apart.
    std::string text = text_of(base::WallTime(std::chrono::milliseconds(ms)));
    const std::string fraction = std::to_string(1000 + ((ms % 1000) + 1000) % 1000).replace(0, 1, ".");
    return text.insert(text.size() - 1, fraction);
}

Value value_of(const presence::ArchivedMessage& m) {
    Value v = Value::object();
    v.set("id", m.id).set("time", time_of(m.time_ms)).set("sender", m.sender);
    Value receivers = Value::array();
    for (const std::string& receiver : m.receivers) receivers.append(receiver);
    Value conversation = Value::array();
    for (const std::string_view who : base::split(m.conversation, '\n')) conversation.append(std::string(who));
    v.set("receivers", std::move(receivers)).set("conversation", std::move(conversation));
    v.set("session_id", m.session_id).set("content_type", m.content_type).set("text", m.text);
    // The octets exactly as they were relayed, whatever JSON can hold.
    if (base::valid_utf8(m.octets)) return v.set("octets", m.octets);
    return v.set("octets_base64", base::base64_encode(m.octets));
}

bool concerns(const presence::ArchivedMessage& m, const std::string& key, const std::string& url) {
    return key.empty() || m.sender == url || std::ranges::find(m.receivers, key) != m.receivers.end();
}

}  // namespace

void HistoryCommands::run(const std::string& command, const Value& args, CommandAnswer answer) {
    if (!archive_) return answer(fail(Errc::precondition, "store.path is \":memory:\": there is no archive"));
    if (command == "history find") return find(args, std::move(answer));
    if (command == "history erase") return erase(args, std::move(answer));
    base::Error unknown = unknown_word("command", command, {"history find", "history erase"});
    unknown.code = Errc::not_implemented;
    answer(std::unexpected(std::move(unknown)));
}

base::Result<store::HistoryQuery> HistoryCommands::query_of(const Value& args) const {
    store::HistoryQuery query;
    for (const std::string& word : texts_arg(args, "words")) {
        if (base::trim(word).empty()) continue;
        query.words += (query.words.empty() ? "" : " ") + phrase_of(base::trim(word));
    }
    std::set<std::string> people;
    for (const std::string& name : texts_arg(args, "between")) {
        const auto known = service_.name_of(name);
        if (!known) return std::unexpected(known.error());
        people.insert(known->key);
    }
    for (const std::string& key : people) query.conversation += (query.conversation.empty() ? "" : "\n") + key;
    const auto number = [&args](std::string_view name) {
        const Value* value = args.find(name);
        return value ? value->as_int() : std::nullopt;
    };
    if (const auto from = number("from_ms")) query.from_ms = *from;
    if (const auto until = number("until_ms")) query.until_ms = *until;
    if (const auto limit = number("limit")) {
        if (*limit < 1) return fail(Errc::malformed, "limit must be 1 or more");
        query.limit = static_cast<std::size_t>(*limit);
    }
    const Value* oldest_first = args.find("oldest_first");
    if (oldest_first && oldest_first->as_bool().value_or(false)) query.order = store::HistoryQuery::Order::oldest_first;
    query.token = text_arg(args, "token");
    return query;
}

void HistoryCommands::find(const Value& args, CommandAnswer answer) {
    auto query = query_of(args);
    if (!query) return answer(std::unexpected(query.error()));
    std::string key, url;
    if (const std::string name = text_arg(args, "name"); !name.empty()) {
        const auto known = service_.name_of(name);
        if (!known) return answer(std::unexpected(known.error()));
        key = known->key;
        url = realm_.url_of(key);
    }
    archive_->find(std::move(*query), [key, url, answer = std::move(answer)](base::Result<store::HistoryPage> page) mutable {
        if (!page) return answer(std::unexpected(page.error()));
        Value messages = Value::array();
        for (const presence::ArchivedMessage& m : page->messages) {
            if (concerns(m, key, url)) messages.append(value_of(m));
        }
        answer(Value::object().set("messages", std::move(messages)).set("next", page->next));
    });
}

void HistoryCommands::erase(const Value& args, CommandAnswer answer) {
    const std::string name = text_arg(args, "name");
    if (name.empty()) return answer(fail(Errc::malformed, "history erase needs name, a text"));
    const auto known = service_.name_of(name);
    if (!known) return answer(std::unexpected(known.error()));
    const std::string url = realm_.url_of(known->key);
    archive_->erase(known->key, url, [url, answer = std::move(answer)](base::Result<std::size_t> touched) mutable {
        if (!touched) return answer(std::unexpected(touched.error()));
        answer(Value::object().set("principal", url).set("messages", *touched));
    });
}

}  // namespace server
