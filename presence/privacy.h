// presence/privacy.h: whom somebody shuts out: lists of allow and deny, of which the first that fits decides.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.12
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace presence {

struct PrivacyItem {
    bool allow = false;
    std::uint32_t order = 0;  ///< from 1, unique in its list; lists stand in ascending order
    std::string account;      ///< as Service::contact_account gives it, or a whole domain in lower case
    bool operator==(const PrivacyItem&) const = default;
};
struct PrivacyList {
    std::string name;
    std::vector<PrivacyItem> items;
    bool operator==(const PrivacyList&) const = default;
};

inline constexpr std::string_view kDefaultPrivacyList = "default";

/// The lists of one principal. Only the default one binds. Thread: loop.
class PrivacyLists {
public:
    /// The first list that is ever put is the default one, whatever it is called.
    void put(PrivacyList list);
    /// Null: there is none of that name; "" is the default one.
    [[nodiscard]] const PrivacyList* find(std::string_view name) const;
    [[nodiscard]] const std::string& default_name() const { return default_name_; }
    void set_default(std::string name) { default_name_ = std::move(name); }
    [[nodiscard]] const std::vector<PrivacyList>& all() const { return lists_; }
    /// Whether the default list denies the principal of that key; none: it says nothing of him.
    [[nodiscard]] std::optional<bool> denies(std::string_view key) const;

private:
    std::string default_name_;
    std::vector<PrivacyList> lists_;
};

/// Whether an item's account, or domain, is the principal of that key. `ours` stands for the accounts that are ours.
[[nodiscard]] bool fits(std::string_view account, std::string_view key);
/// What a domain that is ours is called in an item once it is read: every key of ours.
inline constexpr std::string_view kOurDomain = "/";

}  // namespace presence
