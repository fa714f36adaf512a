// presence/contact_change.cc: a contact list on its way to another.
// SPDX-License-Identifier: Apache-2.0
#include "presence/contact_change.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "presence/record.h"

namespace presence {

namespace {

// Each once, where it was named first.
std::vector<std::string> without_doubles(const std::vector<std::string>& names) {
    std::vector<std::string> once;
    for (const std::string& name : names) {
        if (std::ranges::find(once, name) == once.end()) once.push_back(name);
    }
    return once;
}

ContactChange change_of(const ContactList& list, const ContactPatch& wanted) {
    const auto before = list.find(wanted.account);
    ContactChange change{before.value_or(ListedContact{}), !before, true};
    change.contact.account = wanted.account;
    if (wanted.nickname) change.contact.nickname = *wanted.nickname;
    if (wanted.groups) change.contact.groups = without_doubles(*wanted.groups);
    if (wanted.blocked) change.contact.blocked = *wanted.blocked;
    if (wanted.asking) change.contact.asking = *wanted.asking;
    change.differs = !before || *before != change.contact;
    if (change.is_new) change.contact.id = new_guid();
    return change;
}

Record record_of(const std::string& owner_key, const ListedContact& contact, std::uint64_t place) {
    ListedContactRecord record{place, contact.blocked ? 1U : 0U, guid_bytes(contact.id), contact.nickname, {}, contact.asking ? 1U : 0U};
    for (const std::string& group : contact.groups) record.groups.push_back({group});
    return put_record(owner_key, contact_record_key(owner_key, contact.account), record);
}

}  // namespace

std::string contact_record_key(std::string_view owner_key, std::string_view account) {
    return (std::string(owner_key) + '\0').append(account);
}

void change_list(ChangedContacts& list, const std::vector<ContactPatch>& wanted, Batch& batch) {
    for (const ContactPatch& patch : wanted) {
        ContactChange change = change_of(list.next, patch);
        if (!change.differs) continue;
        Record record = record_of(list.key, change.contact, list.next.place_of(patch.account));
        list.next.put(patch.account, record.value);
        batch.records.push_back(std::move(record));
        list.changes.push_back(std::move(change));
    }
    list.next.fit();
}

}  // namespace presence
