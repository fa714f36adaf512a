// doors/zimbra_context.cc: what a request's header says.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_context.h"

#include <algorithm>

#include "base/text.h"

namespace doors {
namespace {

std::string cookie_of(const base::Request& request) {
    for (const base::HttpHeader& header : request.headers) {
        if (!base::equal_ignoring_case(header.name, "Cookie")) continue;
        for (const std::string_view one : base::split(header.value, ';')) {
            const std::string_view pair = base::trim(one);
            const std::size_t equals = pair.find('=');
            if (equals == std::string_view::npos || pair.substr(0, equals) != kZimbraCookie) continue;
            std::string_view value = pair.substr(equals + 1);
            if (value.size() > 1 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
            return std::string(value);
        }
    }
    return "";
}

// A number that is none is as good as none.
std::int64_t number_of(const std::optional<std::string>& text) {
    const auto number = text ? base::parse_number(base::trim(*text), INT64_MAX) : std::nullopt;
    return number ? static_cast<std::int64_t>(*number) : -1;
}

void read_sessions(const ZimbraElement& context, ZimbraContext& out) {
    std::optional<std::int64_t> seen;
    for (const ZimbraElement& child : context.children) {
        if (child.name != "session" && child.name != "sessionId") continue;
        out.wants_session = true;
        std::string id = child.get("id").value_or("");
        if (id.empty()) id = child.content();
        if (out.session.empty()) out.session = base::trim(id);
        if (!seen && child.get("seq")) seen = number_of(child.get("seq"));
    }
    // JSON may write it as a member: "session": 12.
    for (const auto& [name, value] : context.attributes) {
        if (name != "session" && name != "sessionId") continue;
        out.wants_session = true;
        if (out.session.empty()) out.session = base::trim(context.get(name).value_or(""));
    }
    if (seen) out.seen = *seen;
    else if (const auto* notify = context.child("notify")) out.seen = number_of(notify->get("seq"));
}

}  // namespace

std::expected<ZimbraContext, ZimbraFault> read_zimbra_context(const std::optional<ZimbraElement>& context,
                                                              const base::Request& request) {
    ZimbraContext out;
    if (!context) {
        out.token = cookie_of(request);
        return out;
    }
    out.said = true;
    out.token = base::trim(context->get("authToken").value_or(""));
    if (out.token.empty()) out.token = cookie_of(request);
    read_sessions(*context, out);
    if (context->get("nosession") || context->get("nonotify")) out.wants_session = false;
    if (const auto* account = context->child("account")) {
        const std::string by = account->get("by").value_or("name");
        if (by != "name" && by != "id") return std::unexpected(zimbra_invalid("unknown value for by: " + by.substr(0, 16)));
        out.act_for = base::trim(account->content());
        out.act_for_id = by == "id";
    }
    if (const auto* control = context->child("authTokenControl")) {
        const auto voided = zimbra_truth(*control, "voidOnExpired");
        if (!voided) return std::unexpected(voided.error());
        out.void_on_expired = voided->value_or(false);
    }
    return out;
}

}  // namespace doors
