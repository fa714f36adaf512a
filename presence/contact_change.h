// presence/contact_change.h: a contact list on its way to another, and the records of that.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "presence/contacts.h"
#include "presence/ports.h"

namespace presence {

/// One contact that becomes another, or comes to be.
struct ContactChange {
    ListedContact contact;
    bool is_new = false;
    bool differs = true;  ///< from what is there
};

/// A list as it will be, and how it gets there.
struct ChangedContacts {
    std::string key;  ///< whose
    ContactList next;
    std::vector<ContactChange> changes;
};

/// The key of a ListedContactRecord.
[[nodiscard]] std::string contact_record_key(std::string_view owner_key, std::string_view account);
/// Makes of `list.next` what is wanted; what is to be kept goes into `batch`.
void change_list(ChangedContacts& list, const std::vector<ContactPatch>& wanted, Batch& batch);

}  // namespace presence
