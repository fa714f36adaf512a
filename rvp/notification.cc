// rvp/notification.cc: the notification element, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6, 9.1.18-9.1.26; rvp-in-practice 0 (rules 4, 5, 8 to 11)
#include "rvp/notification.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "dav/names.h"
#include "dav/propertyupdate.h"
#include "rvp/body.h"
#include "rvp/mime.h"
#include "rvp/state.h"

namespace rvp {

using base::Errc;
using base::fail;
using base::xml::Element;
using presence::Contact;

std::string_view ack_name(presence::AckType ack) {
    switch (ack) {
        case presence::AckType::single_hop: return "SingleHop";
        case presence::AckType::deep_or: return "DeepOr";
        case presence::AckType::deep_and: return "DeepAnd";
    }
    return "DeepOr";
}

namespace {

void append_contact(std::string& out, const Contact& contact) {
    out += "<r:contact><d:href>";
    base::xml::append_escaped(out, contact.href);
    out += "</d:href><r:description>";
    base::xml::append_escaped(out, contact.description.empty() ? contact.href : contact.description);
    out += "</r:description></r:contact>";
}

void append_from(std::string& out, const Contact& from) {
    out += "<r:notification-from>";
    append_contact(out, from);
    out += "</r:notification-from>";
}

NotificationText render_message(std::string head, const presence::Message& message) {
    head += "<r:message>";
    append_from(head, message.from);
    for (const auto& contacts : message.to) {
        head += "<r:notification-to>";
        for (const Contact& contact : contacts) append_contact(head, contact);
        head += "</r:notification-to>";
    }
    head += "<r:msgbody><r:mime-data>";
    base::xml::append_cdata(head, base::latin1_to_utf8(message.mime));  // octets, rule 11
    head += "</r:mime-data></r:msgbody></r:message></r:notification>";
    return {std::move(head), "", false};
}

NotificationText render_change(std::string head, const presence::PropNotification& change) {
    head += "<r:propnotification>";
    append_from(head, change.from);
    std::string tail;
    dav::append_propertyupdate(tail, change.changes);
    tail += "</r:propnotification></r:notification>";
    return {std::move(head), std::move(tail), true};
}

}  // namespace

NotificationText render(const presence::Notification& notification) {
    std::string head(dav::kXmlHead);
    head.append("<r:notification").append(dav::kRootNamespaces).append(">");
    if (const auto* message = std::get_if<presence::Message>(&notification.payload)) {
        return render_message(std::move(head), *message);
    }
    if (const auto* change = std::get_if<presence::PropNotification>(&notification.payload)) {
        return render_change(std::move(head), *change);
    }
    head += std::get<presence::Foreign>(notification.payload).xml;
    head += "</r:notification>";
    return {std::move(head), "", false};
}

std::string render_to(const Contact& watcher) {
    std::string out = "<r:notification-to>";
    append_contact(out, watcher);
    out += "</r:notification-to>";
    return out;
}

namespace {

constexpr std::size_t kMaxContacts = 200;

base::Result<Contact> read_contact(const Element& element) {
    const Element* href = dav::find_child(element, "href");
    if (!href) return fail(Errc::malformed, "r:contact has no d:href (RVP 9.1.24)");
    const Element* description = dav::find_child(element, "description");
    return Contact{std::string(base::trim(href->all_text())),
                   description ? std::string(base::trim(description->all_text())) : std::string()};
}

base::Result<std::vector<Contact>> read_contacts(const Element& parent) {
    std::vector<Contact> contacts;
    for (const Element& child : parent.children) {
        if (child.is_text() || !dav::is_named(child, "contact")) continue;
        auto contact = read_contact(child);
        if (!contact) return std::unexpected(contact.error());
        contacts.push_back(std::move(*contact));
    }
    if (contacts.size() > kMaxContacts) return fail(Errc::too_large, "more than 200 r:contact in one r:notification-to (RVP 9.1.22)");
    return contacts;
}

base::Result<Contact> read_from(const Element& parent) {
    const Element* from = dav::find_child(parent, "notification-from");
    if (!from) return Contact{};  // whoever sent the request; presence fills it in
    auto contacts = read_contacts(*from);
    if (!contacts) return std::unexpected(contacts.error());
    return contacts->empty() ? Contact{} : std::move(contacts->front());
}

struct Parties {
    std::string_view sender;  // who really sends; nobody speaks for another
    std::string_view receiver;
};

// The people of a conversation, the same whoever of them speaks and however he spells the others.
std::string session_seed(const presence::Message& message, const Parties& parties) {
    std::set<std::string> people = {base::to_lower(parties.sender.empty() ? message.from.href : parties.sender)};
    bool named = false;
    for (const auto& contacts : message.to) {
        for (const Contact& contact : contacts) people.insert(base::to_lower(contact.href));
        named = named || !contacts.empty();
    }
    if (!named) people.insert(base::to_lower(parties.receiver));
    std::string seed;
    for (const std::string& person : people) seed += person + "\n";
    return seed;
}

base::Result<decltype(presence::Notification::payload)> read_message(const Element& element, const Parties& parties) {
    presence::Message message;
    auto from = read_from(element);
    if (!from) return std::unexpected(from.error());
    message.from = std::move(*from);
    for (const Element& child : element.children) {
        if (child.is_text() || !dav::is_named(child, "notification-to")) continue;
        auto contacts = read_contacts(child);
        if (!contacts) return std::unexpected(contacts.error());
        message.to.push_back(std::move(*contacts));
    }
    const Element* body = dav::find_child(element, "msgbody");
    const Element* data = body ? dav::find_child(*body, "mime-data") : nullptr;
    if (!data) return fail(Errc::malformed, "r:message has no r:msgbody/r:mime-data (RVP 9.1.23)");
    auto mime = read_mime(data->all_text(), session_seed(message, parties));
    if (!mime) return std::unexpected(mime.error());
    message.mime = std::move(*mime);
    message.facts = read_facts(message.mime);
    return message;
}

// Clients break on an r:state that holds anything but one status they know (rvp-in-practice, rule 6).
base::Result<presence::PropChange> read_told(const dav::PropertyAct& act) {
    const bool set = act.kind == dav::PropertyAct::Kind::set;
    presence::PropChange change{dav::prop_name(*act.element), std::nullopt};
    if (dav::is_named(*act.element, "state") && change.name.ns() != presence::kDavNamespace) {
        auto state = set ? read_state(*act.element) : presence::StatePatch{};
        if (!state) return std::unexpected(state.error());
        return presence::PropChange{presence::prop_state(), state->value.for_others()};
    }
    if (set) change.value = dav::prop_value(*act.element);
    return change;
}

base::Result<decltype(presence::Notification::payload)> read_change(const Element& element) {
    presence::PropNotification change;
    auto from = read_from(element);
    if (!from) return std::unexpected(from.error());
    change.from = std::move(*from);
    const Element* update = dav::find_child(element, "propertyupdate");
    if (!update) return fail(Errc::malformed, "r:propnotification has no d:propertyupdate (RVP 9.1.19)");
    auto acts = dav::read_propertyupdate(*update);
    if (!acts) return std::unexpected(acts.error());
    for (const dav::PropertyAct& act : *acts) {
        auto told = read_told(act);
        if (!told) return std::unexpected(told.error());
        change.changes.push_back(std::move(*told));
    }
    return change;
}

constexpr std::array<std::string_view, 3> kOurs = {"message", "propnotification", "mime-data"};

// Some clients find these wherever they stand, and some see no prefix (rvp-in-practice, rule 4). In a payload that is
// relayed unread, their senders would be whoever it says.
bool hides_ours(const Element& element) {
    if (element.is_text()) return false;
    const bool ours = std::ranges::any_of(kOurs, [&](std::string_view name) { return dav::is_named(element, name); });
    return ours || std::ranges::any_of(element.children, hides_ours);
}

}  // namespace

base::Result<decltype(presence::Notification::payload)> read_notification(std::string_view body,
                                                                         const base::xml::Bounds& bounds,
                                                                         std::string_view sender,
                                                                         std::string_view receiver) {
    if (body.empty()) return fail(Errc::malformed, "NOTIFY needs a body with an r:notification element (RVP 5.6)");
    auto root = read_body(keep_line_ends(body), bounds, {"r:notification", "5.6"});
    if (!root) return std::unexpected(root.error());
    if (!dav::is_named(*root, "notification")) {
        return fail(Errc::malformed, "the root element is " + root->local + ", not r:notification (RVP 9.1.18)");
    }
    const Element* child = root->first_child();
    if (!child) return fail(Errc::malformed, "r:notification is empty (RVP 9.1.18)");
    if (dav::is_named(*child, "message")) return read_message(*child, {sender, receiver});
    if (dav::is_named(*child, "propnotification")) return read_change(*child);
    presence::Foreign foreign;
    for (const Element& payload : root->children) {
        if (payload.is_text()) continue;
        if (std::ranges::find(kOurs, payload.local) != kOurs.end() || hides_ours(payload)) {
            return fail(Errc::malformed, "r:message and r:propnotification stand first in r:notification or nowhere (RVP 9.1.18)");
        }
        base::xml::append_element(foreign.xml, payload, dav::root_prefixes());
    }
    return foreign;
}

}  // namespace rvp
