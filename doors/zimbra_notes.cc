// doors/zimbra_notes.cc: notifications of the Zimbra door.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_notes.h"

#include <utility>

namespace doors {
namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ",") + name;
    return all;
}

ZimbraElement message(const std::string& from, const std::string& thread, std::int64_t ts) {
    ZimbraElement n = zimbra_n("message");
    n.set("from", from).set("thread", thread).set("ts", ts);
    return n;
}

}  // namespace

ZimbraElement zimbra_n(std::string_view type) {
    ZimbraElement n("n");
    n.set("type", std::string(type));
    return n;
}

// Clients lower-case and compare these without looking whether they are there.
ZimbraElement zimbra_n_buddy(const ZimbraBuddy& buddy) {
    ZimbraElement n = zimbra_n(buddy.subscribed ? "subscribed" : "unsubscribed");
    n.set("to", buddy.address).set("name", buddy.name).set("groups", joined(buddy.groups));
    if (buddy.asks && !buddy.subscribed) n.set("ask", "subscribe");
    return n;
}

std::string zimbra_word_of(ZimbraGateway::State state) {
    switch (state) {
        case ZimbraGateway::State::online: return "online";
        case ZimbraGateway::State::offline: return "intentionally_offline";
        case ZimbraGateway::State::start: return "start";
        case ZimbraGateway::State::trying: break;
    }
    return "trying_to_connect";
}

ZimbraElement zimbra_n_gateway(const ZimbraGateway& gateway) {
    ZimbraElement n = zimbra_n("gwStatus");
    n.set("service", gateway.name).set("state", zimbra_word_of(gateway.state));
    return n;
}

ZimbraElement zimbra_n_elsewhere(const ZimbraGateway& gateway, const std::string& user) {
    ZimbraElement n = zimbra_n("otherLocation");
    n.set("service", gateway.name).set("username", user);
    return n;
}

ZimbraElement zimbra_n_presence(const std::string& from, std::string_view show, const std::string& status) {
    ZimbraElement n = zimbra_n("presence");
    n.set("from", from).set("show", std::string(show));
    if (show != "OFFLINE") n.set_some("status", status);
    return n;
}

ZimbraElement zimbra_n_message(const ZimbraLine& line, const std::string& thread, const std::string& to) {
    ZimbraElement n = message(line.from, thread, line.ts);
    if (line.own) n.set("to", to);
    n.set("seq", static_cast<std::int64_t>(line.seq));
    if (!line.subject.empty()) n.add_text("subject", line.subject);
    if (!line.text.empty() || !line.html.empty()) {
        n.add_text("body", line.html.empty() ? line.text : line.html).set("html", !line.html.empty());
    }
    return n;
}

ZimbraElement zimbra_n_typing(const std::string& from, const std::string& thread, std::int64_t ts, bool typing) {
    ZimbraElement n = message(from, thread, ts);
    if (typing) n.add(ZimbraElement("typing"));
    return n;
}

ZimbraElement zimbra_n_error(const std::string& from, const std::string& thread, std::int64_t ts, const std::string& error,
                             const std::string& text) {
    ZimbraElement n = message(from, thread, ts);
    n.set("error", error);
    n.add_text("body", text).set("html", false);
    return n;
}

ZimbraElement zimbra_participant(const ZimbraParticipant& one) {
    ZimbraElement p("p");
    p.set("id", one.id).set("addr", one.address);
    if (one.me) p.set("me", true);
    p.set_some("fulladdr", one.full_address).set_some("name", one.name).set_some("role", one.role);
    p.set_some("affiliation", one.affiliation);
    return p;
}

ZimbraElement zimbra_chat(std::string name, const std::string& thread, const std::vector<ZimbraParticipant>& all) {
    ZimbraElement chat(std::move(name));
    chat.shape = ZimbraElement::Shape::repeated;
    chat.set("thread", thread);
    ZimbraElement& pcps = chat.add(ZimbraElement("pcps"));
    for (const ZimbraParticipant& one : all) pcps.add(zimbra_participant(one));
    return chat;
}

}  // namespace doors
