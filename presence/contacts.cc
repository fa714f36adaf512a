// presence/contacts.cc: contact lists, packed. Each contact is its size and the account, each as the store writes
// such things, and the value of its record.
// SPDX-License-Identifier: Apache-2.0
#include "presence/contacts.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "presence/address.h"
#include "presence/record.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

// Nearly all accounts are ours; these are packed as "/NAME". No other begins with a slash.
constexpr std::string_view kOurs = "/instmsg/aliases";

std::string_view packed_name(std::string_view account) {
    if (account.starts_with(kOurs)) account.remove_prefix(kOurs.size());
    return account;
}

void append_sized(std::string& out, std::string_view text) {
    RecordWriter write(out);
    write(static_cast<std::uint64_t>(text.size()));
    out += text;
}

std::string_view take_text(std::string_view& rest) {
    std::size_t size = 0;
    for (int shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        size |= static_cast<std::size_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) break;
    }
    const std::string_view text = rest.substr(0, size);
    rest.remove_prefix(size);
    return text;
}

/// The name and the record of a packed contact.
std::pair<std::string_view, std::string_view> parts_of(std::string_view one) {
    const std::string_view name = take_text(one);
    return {name, one};
}

ListedContactRecord record_of(std::string_view one) {
    auto record = read_value<ListedContactRecord>(parts_of(one).second);
    assert(record && "only sound records are put into a list");
    return std::move(*record);
}

// U+FFFE and U+FFFF are valid UTF-8, and no XML.
bool printable(std::string_view text) {
    if (!base::valid_utf8(text)) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 || c == 0x7f) return false;
        if (c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;  // U+0080 to U+009F
    }
    return text.find("\xef\xbf\xbe") == std::string_view::npos && text.find("\xef\xbf\xbf") == std::string_view::npos;
}

base::Result<void> check_name(std::string_view what, std::string_view name) {
    if (name.size() > kMaxNicknameBytes) {
        return fail(Errc::malformed, std::string(what) + " has more than " + std::to_string(kMaxNicknameBytes) + " bytes");
    }
    if (!printable(name)) return fail(Errc::malformed, std::string(what) + " is not UTF-8, or holds a control character");
    return {};
}

}  // namespace

base::Result<void> check_names(const ContactPatch& wanted) {
    if (wanted.nickname) {
        if (auto sound = check_name("the nickname", *wanted.nickname); !sound) return sound;
    }
    if (!wanted.groups) return {};
    if (wanted.groups->size() > kMaxGroupsOfContact) {
        return fail(Errc::malformed, "a contact is in " + std::to_string(kMaxGroupsOfContact) + " groups at most");
    }
    for (const std::string& group : *wanted.groups) {
        if (group.empty()) return fail(Errc::malformed, "a group has no name");
        if (auto sound = check_name("the name of a group", group); !sound) return sound;
    }
    return {};
}

std::string guid_of(std::string_view bytes) {
    std::string text = base::hex_encode(bytes);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
    return text;
}

std::string new_guid() {
    std::string bytes = base::random_bytes(kGuidBytes);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    return guid_of(bytes);
}

std::string guid_bytes(std::string_view text) {
    std::string digits(text);
    std::erase(digits, '-');
    auto bytes = base::hex_decode(digits);
    return bytes && bytes->size() == kGuidBytes ? std::move(*bytes) : std::string();
}

std::string_view ContactList::take(std::string_view& rest) { return take_text(rest); }

ListedContact ContactList::unpack(std::string_view one) {
    const std::string_view name = parts_of(one).first;
    ListedContactRecord record = record_of(one);
    ListedContact contact;
    contact.account = (name.starts_with('/') ? std::string(kOurs) : std::string()).append(name);
    contact.nickname = std::move(record.nickname);
    for (NameRecord& group : record.groups) contact.groups.push_back(std::move(group.name));
    contact.blocked = record.blocked != 0;
    contact.asking = record.asking != 0;
    contact.id = guid_of(record.id);
    return contact;
}

ContactList::Extent ContactList::extent(std::string_view account) const {
    const std::string_view name = packed_name(account);
    for (std::string_view rest = packed_; !rest.empty();) {
        const std::size_t begin = packed_.size() - rest.size();
        if (parts_of(take(rest)).first == name) return {begin, packed_.size() - rest.size() - begin};
    }
    return {packed_.size(), 0};
}

std::string_view ContactList::packed(std::string_view account) const {
    const auto [begin, bytes] = extent(account);
    std::string_view whole = std::string_view(packed_).substr(begin, bytes);
    return whole.empty() ? whole : take(whole);
}

std::optional<ListedContact> ContactList::find(std::string_view account) const {
    const std::string_view one = packed(account);
    return one.empty() ? std::nullopt : std::optional(unpack(one));
}

bool ContactList::contains(std::string_view account) const { return !packed(account).empty(); }

bool ContactList::blocks(std::string_view key) const {
    const std::string_view one = key.starts_with('/') ? packed(key) : packed(account_of_key(key));
    return !one.empty() && record_of(one).blocked != 0;
}

bool ContactList::blocks_anybody() const {
    for (std::string_view rest = packed_; !rest.empty();) {
        if (record_of(take(rest)).blocked != 0) return true;
    }
    return false;
}

std::vector<ListedContact> ContactList::all() const {
    std::vector<ListedContact> contacts;
    contacts.reserve(size_);
    for_each([&contacts](ListedContact one) { contacts.push_back(std::move(one)); });
    return contacts;
}

std::uint64_t ContactList::place_of(std::string_view account) const {
    std::string_view last;
    for (std::string_view rest = packed_; !rest.empty();) {
        last = take(rest);
        if (parts_of(last).first == packed_name(account)) return record_of(last).place;
    }
    return last.empty() ? 1 : record_of(last).place + 1;
}

void ContactList::append(std::string_view account, std::string_view record) {
    std::string one;
    append_sized(one, packed_name(account));
    one += record;
    append_sized(packed_, one);
    ++size_;
}

void ContactList::put(std::string_view account, std::string_view record) {
    const auto [begin, bytes] = extent(account);
    if (bytes == 0) return append(account, record);
    std::string one, whole;
    append_sized(one, packed_name(account));
    one += record;
    append_sized(whole, one);
    packed_.replace(begin, bytes, whole);
}

void ContactList::erase(std::string_view account) {
    const auto [begin, bytes] = extent(account);
    if (bytes == 0) return;
    packed_.erase(begin, bytes);
    --size_;
}

void ContactList::fit() { packed_.shrink_to_fit(); }

void ContactList::sort() {
    std::vector<std::pair<std::uint64_t, std::string_view>> by_place;
    by_place.reserve(size_);
    for (std::string_view rest = packed_; !rest.empty();) {
        const std::string_view from = rest;
        const std::string_view one = take(rest);
        by_place.emplace_back(record_of(one).place, from.substr(0, from.size() - rest.size()));
    }
    std::ranges::stable_sort(by_place, {}, [](const auto& one) { return one.first; });
    std::string sorted;
    sorted.reserve(packed_.size());
    for (const auto& [place, whole] : by_place) sorted += whole;
    packed_ = std::move(sorted);
}

}  // namespace presence
