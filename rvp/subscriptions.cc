// rvp/subscriptions.cc: SUBSCRIPTIONS.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.3; rvp-in-practice 1.3, 8.2, 8.4
#include "rvp/subscriptions.h"

#include <utility>

#include "dav/names.h"
#include "rvp/headers.h"
#include "rvp/status.h"

namespace rvp {
namespace {

void append_line(std::string& out, const presence::SubscriptionLine& line) {
    out += "<r:subscription><r:subscription-id>" + std::to_string(std::to_underlying(line.id));
    out += "</r:subscription-id><d:href>";
    base::xml::append_escaped(out, line.watcher);
    out += "</d:href><a:principal><a:rvp-principal>";
    base::xml::append_escaped(out, line.watcher);
    out += "</a:rvp-principal></a:principal><d:timeout>" + std::to_string(line.left.count());
    out += "</d:timeout></r:subscription>";
}

}  // namespace

void subscriptions(const Verbs& verbs, Act act, base::Responder responder) {
    const auto type = notification_type(act.request);
    if (!type) return responder(error_response(type.error()));
    const auto lines = verbs.service.subscriptions(act.caller, act.node, *type);
    if (!lines) return responder(error_response(lines.error()));
    std::string body(dav::kXmlHead);
    body.append("<r:subscriptions").append(dav::kRootNamespaces).append(">");
    for (const presence::SubscriptionLine& line : *lines) append_line(body, line);
    body += "</r:subscriptions>";
    responder(xml_response(kOk, std::move(body)));
}

}  // namespace rvp
