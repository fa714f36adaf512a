// ctl/registry_file.cc: the contacts of Exchange's messenger, in what the registry editor exports. A line is a key in
// brackets, or "name"=data; data in hexadecimal goes on behind a backslash, and a text behind a line break within its
// quotes.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/registry_file.h"

#include "base/text.h"

#include <optional>

namespace ctl {

using base::Errc;
using base::fail;

namespace {

constexpr std::string_view kMessenger = "\\software\\microsoft\\exchange\\messenger\\";
constexpr std::string_view kProfiles = "profiles\\";
constexpr std::string_view kContacts = "contacts";

/// Lines without their ends, counted.
struct Lines {
    std::string_view rest;
    int number = 0;
    std::string_view next() {
        ++number;
        const std::size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }
};

/// Whose contacts a key holds; nullopt: none at all.
std::optional<std::string> profile_of(std::string_view key) {
    const std::string lower = base::to_lower(key);
    const std::size_t at = lower.find(kMessenger);
    if (at == std::string::npos || !lower.starts_with("hkey_")) return std::nullopt;
    std::string_view below = std::string_view(lower).substr(at + kMessenger.size());
    if (below == kContacts) return "";
    if (!below.starts_with(kProfiles)) return std::nullopt;
    below.remove_prefix(kProfiles.size());
    const std::size_t slash = below.find('\\');
    if (slash == 0 || slash == std::string_view::npos || below.substr(slash + 1) != kContacts) return std::nullopt;
    return std::string(key.substr(key.size() - below.size(), slash));
}

/// Takes a text in quotes, in which a backslash stands before a quote or another; nullopt: it is not closed here.
std::optional<std::string> take_text(std::string_view& line) {
    std::string text;
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '"') {
            line.remove_prefix(i + 1);
            return text;
        }
        if (line[i] == '\\' && i + 1 < line.size()) ++i;
        text += line[i];
    }
    return std::nullopt;
}

/// Passes over data that goes on in further lines. False: the file ends within them.
bool skip_data(std::string_view data, Lines& lines) {
    if (!data.starts_with('"')) {
        while (data.ends_with('\\')) {
            if (lines.rest.empty()) return false;
            data = lines.next();
        }
        return true;
    }
    std::string whole(data);  // bounded by the file
    std::string_view rest = whole;
    while (!take_text(rest)) {
        if (lines.rest.empty()) return false;
        whole = '"' + std::string(lines.next());
        rest = whole;
    }
    return true;
}

bool is_name(std::string_view name) {
    for (const char c : name) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    }
    return !name.empty() && base::valid_utf8(name);
}

}  // namespace

bool is_registry_file(std::string_view text) {
    const std::string_view first = base::trim(text.substr(0, text.find('\n')));
    return first == "Windows Registry Editor Version 5.00" || first == "REGEDIT4";
}

base::Result<std::vector<RegistryContact>> read_registry(std::string_view text, const std::string& name) {
    std::vector<RegistryContact> contacts;
    Lines lines{text};
    const auto wrong = [&name](int line, const std::string& what) {
        return fail(Errc::malformed, name + ":" + std::to_string(line) + ": " + what);
    };
    if (!is_registry_file(text)) return wrong(1, "not what the registry editor exports");
    (void)lines.next();
    std::optional<std::string> profile;
    while (!lines.rest.empty()) {
        std::string_view line = lines.next();
        const int number = lines.number;
        if (base::trim(line).empty() || line.starts_with(';')) continue;
        if (line.starts_with('[')) {
            if (!line.ends_with(']')) return wrong(number, "the key has no closing bracket");
            profile = profile_of(line.substr(1, line.size() - 2));  // of [-KEY], which removes one, none
            continue;
        }
        std::optional<std::string> value = "";
        if (line.starts_with('"')) {
            value = take_text(line);
        } else if (line.starts_with('@')) {
            line.remove_prefix(1);  // the key's own value
        } else {
            return wrong(number, "neither a key in brackets nor \"name\"=data");
        }
        if (!value || !line.starts_with('=')) return wrong(number, "no \"name\"=data");
        line.remove_prefix(1);
        const bool removed = line == "-";
        if (!skip_data(line, lines)) return wrong(number, "the file ends within this value");
        if (!profile || value->empty() || removed) continue;
        if (!is_name(*value)) {
            return wrong(number, "the name of the contact is not UTF-8; export the key as version 5.00");
        }
        contacts.push_back({number, *profile, std::move(*value)});
    }
    return contacts;
}

}  // namespace ctl
