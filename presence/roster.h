// presence/roster.h: who asks whom, and who lets whom see his presence: contact lists with consent.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.1 to 3.3; design 3.6, 6
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "presence/contacts.h"
#include "presence/privacy.h"

namespace presence {

/// One line of somebody's roster. What he is allowed to see is no second truth: it is what the other's access control
/// list says, whoever wrote that.
struct RosterEntry {
    ListedContact contact;  ///< of one who is not in the list, only the account
    bool listed = true;     ///< false: he is not a contact, but was let see the owner's presence by name
    bool sees = false;      ///< the owner sees his presence: he is listed, nothing is asked any more, and his node lets him
    bool seen = false;      ///< he was let see the owner's presence by name
    bool operator==(const RosterEntry&) const = default;
};

/// Somebody who asked to see a principal's presence and has no answer yet.
struct PresenceAsk {
    std::string account;     ///< who asks, as Service::contact_account gives it
    std::uint64_t time = 0;  ///< when, on presence/store_time's line
};

/// The owner wants to see somebody's presence. Who is no contact yet becomes one that waits for his answer, or for none
/// if he lets the owner see him already; of a contact, name and groups change and nothing is asked again.
struct RosterWish {
    std::string account;  ///< as Service::contact_account gives it
    std::optional<std::string> nickname{};
    std::optional<std::vector<std::string>> groups{};
    bool lets_see = false;  ///< and lets him see the owner's, as clients do to whom a buddy is both
};

/// The owner's answer to who asked him, or what he decides about somebody who did not ask.
struct RosterVerdict {
    std::string account;  ///< as Service::contact_account gives it
    bool lets_see = false;
    bool add = false;  ///< and wants to see him too, as a RosterWish
    std::optional<std::string> nickname{};
    std::optional<std::vector<std::string>> groups{};
};

/// Told of rosters once a change is on disk, before whoever asked for it is answered. Thread: loop.
class RosterEvents {
public:
    virtual ~RosterEvents() = default;
    /// An entry is new, is called something else, or stands differently: it waits, was let in or turned away.
    virtual void roster_put(const std::string& owner_key, const RosterEntry& entry) = 0;
    /// The contact is none any more; `left` is not listed, and says whether he still sees the owner.
    virtual void roster_removed(const std::string& owner_key, const RosterEntry& left) = 0;
    /// Somebody asks; told again to nobody: Service::asks() has who waits.
    virtual void asked(const std::string& owner_key, const PresenceAsk& ask) = 0;
    /// Who asked was answered, or has thought better of it.
    virtual void ask_over(const std::string& owner_key, const std::string& account) = 0;
    /// A privacy list is another than before.
    virtual void privacy_set(const std::string& /*owner_key*/, const PrivacyList& /*list*/) {}
};

/// Who asked whom and was not answered, of all principals. Changed by presence/service alone. Thread: loop.
class PresenceAsks {
public:
    /// In the order in which they asked.
    [[nodiscard]] std::vector<PresenceAsk> of(const std::string& owner_key) const;
    [[nodiscard]] std::size_t count(const std::string& owner_key) const;
    [[nodiscard]] bool waits(const std::string& owner_key, const std::string& account) const;
    void put(const std::string& owner_key, PresenceAsk ask);
    /// False: he did not wait.
    bool erase(const std::string& owner_key, const std::string& account);
    void erase_all(const std::string& owner_key) { by_owner_.erase(owner_key); }

private:
    std::map<std::string, std::vector<PresenceAsk>> by_owner_;
};

}  // namespace presence
