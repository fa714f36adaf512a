// ctl/contact_file.cc: contacts out of a CSV file or a registry export, and into CSV.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/contact_file.h"

#include "base/text.h"
#include "ctl/csv.h"
#include "ctl/registry_file.h"
#include "ctl/text_file.h"

#include <algorithm>
#include <array>

namespace ctl {

using base::Errc;
using base::fail;
using base::Result;
using base::json::Value;

namespace {

using Fields = std::vector<std::string>;

constexpr std::array<std::string_view, 5> kColumns = {"owner", "account", "nickname", "group", "blocked"};

Result<Fields> columns_of(Fields fields, bool owner_given) {
    for (std::string& field : fields) {
        field = base::to_lower(base::trim(field));
        if (std::ranges::find(kColumns, field) == kColumns.end()) {
            return fail(Errc::malformed, "unknown column '" + field + "'; there are owner, account, nickname, group and blocked");
        }
        if (std::ranges::count(fields, field) > 1) return fail(Errc::malformed, "two columns '" + field + "'");
    }
    const auto has = [&fields](std::string_view column) { return std::ranges::find(fields, column) != fields.end(); };
    if (!has("account")) return fail(Errc::malformed, "the header line needs the column account");
    if (has("owner") == owner_given) {
        return fail(Errc::malformed, owner_given ? "the file has a column owner, so --owner has no place"
                                                 : "the header line needs the column owner, or the command --owner");
    }
    return fields;
}

Result<std::optional<bool>> blocked_of(const std::string& field) {
    const std::string word = base::to_lower(base::trim(field));
    if (word.empty()) return std::nullopt;
    if (word == "yes" || word == "true" || word == "1") return true;
    if (word == "no" || word == "false" || word == "0") return false;
    return fail(Errc::malformed, "blocked is yes or no, not '" + field + "'");
}

Result<ContactRow> row_of(Fields fields, const Fields& columns) {
    if (fields.size() != columns.size()) {
        return fail(Errc::malformed, std::to_string(fields.size()) + " fields where the header line has " +
                                         std::to_string(columns.size()));
    }
    ContactRow row;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        std::string& field = fields[i];
        if (field.size() > kMaxContactField) return fail(Errc::malformed, columns[i] + " is over 4096 bytes");
        if (!base::valid_utf8(field)) return fail(Errc::malformed, columns[i] + " is not UTF-8");
        if (columns[i] == "owner") row.owner = base::trim(field);
        if (columns[i] == "account") row.account = base::trim(field);
        if (columns[i] == "nickname") row.nickname = std::move(field);
        if (columns[i] == "group") row.group = std::move(field);
        if (columns[i] == "blocked") {
            const auto blocked = blocked_of(field);
            if (!blocked) return std::unexpected(blocked.error());
            row.blocked = *blocked;
        }
    }
    return row;
}

Result<std::vector<ContactRow>> read_csv(std::string_view text, const std::string& name, const std::string& owner) {
    std::vector<ContactRow> rows;
    Fields columns;
    for (int line = 1; !text.empty();) {
        const int begin = line;
        const auto wrong = [&](const base::Error& error) {
            return fail(error.code, name + ":" + std::to_string(begin) + ": " + error.text);
        };
        auto fields = take_record(text, line);
        if (!fields) return wrong(fields.error());
        if (fields->size() == 1 && base::trim(fields->front()).empty()) continue;
        if (columns.empty()) {
            auto named = columns_of(std::move(*fields), !owner.empty());
            if (!named) return wrong(named.error());
            columns = std::move(*named);
            continue;
        }
        auto row = row_of(std::move(*fields), columns);
        if (!row) return wrong(row.error());
        if (!owner.empty()) row->owner = owner;
        if (row->owner.empty()) return wrong({Errc::malformed, "the owner is empty"});
        if (row->account.empty()) return wrong({Errc::malformed, "the account is empty"});
        row->line = begin;
        rows.push_back(std::move(*row));
    }
    if (columns.empty()) return fail(Errc::malformed, name + ": is empty, where a header line is wanted");
    return rows;
}

Result<std::vector<ContactRow>> from_registry(std::string_view text, const std::string& name, const std::string& owner) {
    const auto contacts = read_registry(text, name);
    if (!contacts) return std::unexpected(contacts.error());
    if (contacts->empty()) {
        return fail(Errc::malformed, name + ": holds no key Software\\Microsoft\\Exchange\\Messenger\\...\\Contacts with "
                                            "contacts in it");
    }
    std::vector<ContactRow> rows;
    for (const RegistryContact& contact : *contacts) {
        const std::string at = name + ":" + std::to_string(contact.line) + ": ";
        if (!owner.empty() && contact.profile != contacts->front().profile) {
            return fail(Errc::malformed, at + "the contacts of a second profile, so --owner has no place");
        }
        if (owner.empty() && contact.profile.empty()) {
            return fail(Errc::malformed, at + "the key does not say whose contacts these are; say it by --owner");
        }
        if (contact.account.size() > kMaxContactField || contact.profile.size() > kMaxContactField) {
            return fail(Errc::malformed, at + "a name of over 4096 bytes");
        }
        rows.push_back({contact.line, owner.empty() ? contact.profile : owner, contact.account, {}, {}, {}});
    }
    return rows;
}

std::string text_in(const Value& object, std::string_view name) {
    const Value* value = object.find(name);
    return value && value->as_text() ? *value->as_text() : std::string();
}

}  // namespace

Result<std::vector<ContactRow>> read_contacts(std::string_view bytes, const std::string& name, const std::string& owner) {
    const auto text = decode_text(bytes);
    if (!text) return fail(text.error().code, name + ": " + text.error().text);
    return is_registry_file(*text) ? from_registry(*text, name, owner) : read_csv(*text, name, owner);
}

std::string contacts_header() { return csv_record({kColumns.begin(), kColumns.end()}); }

std::string contact_rows(const Value& contact) {
    Fields groups;
    const Value* list = contact.find("groups");
    if (list && list->as_array()) {
        for (const Value& group : *list->as_array()) groups.push_back(group.as_text() ? *group.as_text() : "");
    }
    if (groups.empty()) groups.emplace_back();
    const Value* blocked = contact.find("blocked");
    const std::string word = blocked && blocked->as_bool().value_or(false) ? "yes" : "no";
    std::string rows;
    for (const std::string& group : groups) {
        rows += csv_record({text_in(contact, "owner"), text_in(contact, "account"), text_in(contact, "nickname"), group, word});
    }
    return rows;
}

}  // namespace ctl
