// server/audit.cc: one log line for each act of an admin.
// SPDX-License-Identifier: Apache-2.0
#include "server/audit.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace server {

using base::json::Value;

namespace {

constexpr std::array<std::string_view, 10> kOnlyAsk = {"trace next", "status",   "explain",      "node list",     "sub list",     "room list",
                                                     "user list",  "history find", "contacts list", "contacts stage"};
// What names and says something, and nothing else: a password is an argument too.
constexpr std::array<std::string_view, 15> kTold = {"path", "file", "diff", "from", "owner", "id", "name", "room", "affiliation", "user", "state", "who", "grant", "deny", "credentials"};

bool changes_something(const std::string& command) {
    return std::ranges::find(kOnlyAsk, command) == kOnlyAsk.end() && !command.ends_with(" show");
}

std::string words_of(const Value& args) {
    std::string words;
    for (const std::string_view name : kTold) {
        const Value* value = args.find(name);
        if (!value) continue;
        words.append(words.empty() ? "" : " ").append(name).append("=");
        words += value->as_text() ? *value->as_text() : value->dump();
    }
    return words;
}

std::string rights_of(presence::Rights rights) {
    std::string words;
    for (const auto& [name, right] : presence::kRights) {
        if (rights.has(right)) words.append(words.empty() ? "" : ",").append(name);
    }
    return words;
}

std::string words_of(const presence::Ace& ace) {
    std::string words = ace.key.empty() ? "all" : ace.url;
    if (ace.credentials != presence::kAnyCredentials) {
        for (const auto proof : {presence::Proof::assertion, presence::Proof::digest, presence::Proof::ntlm}) {
            if ((ace.credentials & static_cast<presence::Credentials>(proof)) != 0) words.append(" ").append(word_of(proof));
        }
    }
    if (!ace.grant.empty()) words += " grant " + rights_of(ace.grant);
    if (!ace.deny.empty()) words += " deny " + rights_of(ace.deny);
    return words;
}

}  // namespace

std::string_view word_of(presence::Proof proof) {
    switch (proof) {
        case presence::Proof::assertion: return "assertion";
        case presence::Proof::digest: return "digest";
        case presence::Proof::ntlm: return "ntlm";
        case presence::Proof::internal: return "internal";
    }
    return "unknown";
}

CommandHandler audited(ActHandler handler, base::Log& log, RequestIds& ids) {
    return [handler = std::move(handler), &log, &ids](const std::string& command, const Value& args, CommandAnswer answer) {
        if (!changes_something(command)) return handler(command, args, 0, std::move(answer));
        const std::uint64_t request = ids.next();
        handler(command, args, request, [&log, command, words = words_of(args), name = request_name(request),
                                         answer = std::move(answer)](base::Result<Value> result) mutable {
            if (result) {
                log.info("audit-admin", {{"request", name}, {"act", command}, {"args", words}, {"outcome", "done"}});
            } else {
                log.info("audit-admin", {{"request", name}, {"act", command}, {"args", words}, {"outcome", "refused"},
                                         {"why", result.error().text}});
            }
            answer(std::move(result));
        });
    };
}

void audit_acl(base::Log& log, const presence::Caller& by, const std::string& node,
               const std::vector<presence::Ace>& changes) {
    std::string words;
    for (const presence::Ace& ace : changes) words += (words.empty() ? "" : "; ") + words_of(ace);
    log.info("audit-acl", {{"request", request_name(by.request)}, {"node", node}, {"by", by.url}, {"proof", std::string(word_of(by.proof))},
                           {"from", by.source.text()}, {"change", words}});
}

}  // namespace server
