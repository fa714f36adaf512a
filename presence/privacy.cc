// presence/privacy.cc: privacy lists, and whom they fit.
// SPDX-License-Identifier: Apache-2.0
#include "presence/privacy.h"

#include <algorithm>
#include <utility>

#include "presence/address.h"

namespace presence {

void PrivacyLists::put(PrivacyList list) {
    if (lists_.empty() && default_name_.empty()) default_name_ = list.name;
    const auto at = std::ranges::find(lists_, list.name, &PrivacyList::name);
    if (at == lists_.end()) lists_.push_back(std::move(list));
    else *at = std::move(list);
}

const PrivacyList* PrivacyLists::find(std::string_view name) const {
    const auto at = std::ranges::find(lists_, name.empty() ? std::string_view(default_name_) : name, &PrivacyList::name);
    return at == lists_.end() ? nullptr : &*at;
}

std::optional<bool> PrivacyLists::denies(std::string_view key) const {
    const PrivacyList* list = find("");
    if (!list) return std::nullopt;
    for (const PrivacyItem& item : list->items) {
        if (fits(item.account, key)) return !item.allow;
    }
    return std::nullopt;
}

bool fits(std::string_view account, std::string_view key) {
    if (account == kOurDomain) return key.starts_with('/');
    if (account.starts_with('/')) return account == key;
    if (account.contains('@')) return account == account_of_key(key);
    if (!key.starts_with(account)) return false;
    const std::string_view rest = key.substr(account.size());
    return rest.empty() || rest.front() == '/' || rest.front() == ':';
}

}  // namespace presence
