// presence/contacts.h: a principal's contact list, which all doors share: accounts, nicknames, groups, blocks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace presence {

/// One contact, as its owner has it in his list. (The `Contact` of presence/notification is the element r:contact.)
struct ListedContact {
    std::string account;   ///< the key of a principal's node here, or a mail-like address elsewhere; lower case
    std::string nickname;  ///< "" when the owner gave none
    std::vector<std::string> groups;  ///< names, in the owner's order, none twice
    bool blocked = false;
    bool asking = false;  ///< the owner asked to see his presence, and has no answer; see presence/roster
    std::string id;  ///< a lower-case GUID, given when the contact comes to be, and kept as long as it lives
    bool operator==(const ListedContact&) const = default;
};

/// What is wanted of a contact, which comes to be if it is not there; what is not said stays as it was, or empty.
struct ContactPatch {
    std::string account;
    std::optional<std::string> nickname{};
    std::optional<std::vector<std::string>> groups{};
    std::optional<bool> blocked{};
    std::optional<bool> asking{};  ///< set by Service::ask() and decide() alone
};

inline constexpr std::size_t kMaxAccountBytes = 320;   // as long as a mail address gets
inline constexpr std::size_t kMaxNicknameBytes = 256;  // of a group's name too
inline constexpr std::size_t kMaxGroupsOfContact = 8;
inline constexpr std::size_t kGuidBytes = 16;

/// These 16 bytes as text: 8-4-4-4-12 hex digits in lower case.
[[nodiscard]] std::string guid_of(std::string_view bytes);
/// A random one, 122 bits of it (RFC 4122 4.4), as text.
[[nodiscard]] std::string new_guid();
/// The 16 bytes of such a text; "" when it is none.
[[nodiscard]] std::string guid_bytes(std::string_view text);

/// Whether the names may stand in a list: UTF-8 of these lengths without a control character, or what else XML cannot
/// hold. Errc::malformed. What an account may be is Service::contact_account's.
[[nodiscard]] base::Result<void> check_names(const ContactPatch& wanted);

/// A list in the order in which its contacts were added, packed into one piece of memory: to read one is to unpack it.
/// Changed by presence/service alone. Thread: loop.
class ContactList {
public:
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::optional<ListedContact> find(std::string_view account) const;
    [[nodiscard]] bool contains(std::string_view account) const;
    /// Whether the principal of that key is in the list, and blocked.
    [[nodiscard]] bool blocks(std::string_view key) const;
    /// Whether anybody in it is blocked.
    [[nodiscard]] bool blocks_anybody() const;
    /// Visits each as a `const ListedContact&`; the list must not change meanwhile.
    template <class F>
    void for_each(F visit) const {
        for (std::string_view rest = packed_; !rest.empty();) visit(unpack(take(rest)));
    }
    [[nodiscard]] std::vector<ListedContact> all() const;
    /// What the contacts occupy.
    [[nodiscard]] std::size_t bytes() const { return packed_.capacity(); }

    /// The place of the contact, or of one that comes to be now; they ascend along the list.
    [[nodiscard]] std::uint64_t place_of(std::string_view account) const;
    /// Changes the contact of that account, or adds it at the end. `record` is the value of its ListedContactRecord.
    void put(std::string_view account, std::string_view record);
    void erase(std::string_view account);
    /// At the end, whatever its place; it is not in the list yet.
    void append(std::string_view account, std::string_view record);
    /// Sorts what was appended; occupies no more than it needs.
    void sort();
    /// Gives back what the last changes left unused.
    void fit();

private:
    struct Extent {
        std::size_t begin, bytes;
    };
    /// Takes the first contact, packed, off a text of them.
    static std::string_view take(std::string_view& rest);
    static ListedContact unpack(std::string_view one);
    /// Where the contact is, its size included; of none, 0 bytes.
    [[nodiscard]] Extent extent(std::string_view account) const;
    /// The contact without its size; empty when there is none.
    [[nodiscard]] std::string_view packed(std::string_view account) const;

    std::string packed_;
    std::uint32_t size_ = 0;
};

/// Told of contact lists once a change is on disk. Thread: loop.
class ContactEvents {
public:
    virtual ~ContactEvents() = default;
    /// The contact was added, or is another than before.
    virtual void contact_put(const std::string& owner_key, const ListedContact& contact, bool is_new) = 0;
    virtual void contact_removed(const std::string& owner_key, const ListedContact& contact) = 0;
};

}  // namespace presence
