// doors/bsim_events.cc: the event document of BSIMService.
// SPDX-License-Identifier: Apache-2.0
#include "doors/bsim_events.h"

#include <string_view>

#include "base/xml.h"
#include "doors/form_text.h"

namespace doors {
namespace {

void append_text(std::string& out, std::string_view name, std::string_view text) {
    out += '<';
    out += name;
    if (text.empty()) {
        out += "/>";
        return;
    }
    out += '>';
    base::xml::append_escaped(out, text);
    out += "</";
    out += name;
    out += '>';
}

void append_encoded(std::string& out, std::string_view name, std::string_view text) {
    append_text(out, name, percent_encode_all(text));
}

void append_items(std::string& out, std::string_view name, const std::vector<std::string>& items) {
    if (items.empty()) return;
    out += '<';
    out += name;
    out += '>';
    for (const std::string& item : items) append_text(out, "item", item);
    out += "</";
    out += name;
    out += '>';
}

void append_when(std::string& out, std::string_view name, const std::string& when) {
    if (when.empty()) return;
    out += '<';
    out += name;
    base::xml::append_attribute(out, "datetime", when);
    out += "/>";
}

void append_buddy(std::string& out, const BsimBuddy& buddy) {
    out += "<Buddy>";
    append_text(out, "Account", buddy.account);
    append_encoded(out, "Nickname", buddy.nickname);
    append_text(out, "GroupId", buddy.group_id);
    append_text(out, "Status", buddy.status);
    append_text(out, "Id", buddy.id);
    append_text(out, "Blocked", buddy.blocked ? "1" : "0");
    append_encoded(out, "PersonalMessage", buddy.text);
    out += "</Buddy>";
}

void append_buddies(std::string& out, std::string_view name, const std::vector<BsimBuddy>& buddies) {
    out += '<';
    out += name;
    if (buddies.empty()) {
        out += "/>";
        return;
    }
    out += '>';
    for (const BsimBuddy& buddy : buddies) append_buddy(out, buddy);
    out += "</";
    out += name;
    out += '>';
}

void append_messages(std::string& out, std::string_view name, const std::vector<BsimText>& messages) {
    if (messages.empty()) return;
    out += '<';
    out += name;
    out += '>';
    for (const BsimText& message : messages) {
        out += "<Message";
        base::xml::append_attribute(out, "from", message.from);
        out += '>';
        out += percent_encode_all(message.text);
        out += "</Message>";
    }
    out += "</";
    out += name;
    out += '>';
}

void append_groups(std::string& out, const std::vector<BsimGroup>& groups) {
    if (groups.empty()) return;
    out += "<OnReceiveGroups>";
    for (const BsimGroup& group : groups) {
        out += "<Group>";
        append_text(out, "Id", group.id);
        append_encoded(out, "Name", group.name);
        out += "</Group>";
    }
    out += "</OnReceiveGroups>";
}

void append_accounts(std::string& out, std::string_view name, const std::vector<std::string>& accounts) {
    for (const std::string& account : accounts) {
        out += '<';
        out += name;
        base::xml::append_attribute(out, "account", account);
        out += "/>";
    }
}

void append_requests(std::string& out, const std::vector<std::string>& requests) {
    if (requests.empty()) return;
    out += "<OnBuddyAddYouRequest>";
    append_accounts(out, "Buddy", requests);
    out += "</OnBuddyAddYouRequest>";
}

}  // namespace

void append_events(std::string& document, const std::string& type, const std::string& account, const BsimEvents& e) {
    document += "<IM";
    base::xml::append_attribute(document, "type", type);
    base::xml::append_attribute(document, "account", account);
    document += '>';
    append_items(document, "OnLog", e.log);
    append_items(document, "OnError", e.errors);
    append_when(document, "OnLogin", e.login);
    append_when(document, "OnLogout", e.logout);
    if (e.nickname) append_encoded(document, "OnNicknameChanged", *e.nickname);
    append_groups(document, e.groups);
    if (e.buddies) append_buddies(document, "OnReceiveBuddies", *e.buddies);
    if (!e.status.empty()) append_text(document, "OnStatusChanged", e.status);
    if (!e.buddy_statuses.empty()) append_buddies(document, "OnBuddyStatusChanged", e.buddy_statuses);
    append_accounts(document, "OnDeleteBuddy", e.deleted);
    if (!e.added.empty()) append_buddies(document, "OnAddBuddy", e.added);
    append_requests(document, e.requests);
    append_messages(document, "OnMessage", e.messages);
    append_messages(document, "OnOfflineMessage", e.offline_messages);
    document += "</IM>";
}

}  // namespace doors
