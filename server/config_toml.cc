// server/config_toml.cc: one file of TOML laid over a draft, each value checked against its row.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (configuration)
#include "base/text.h"
#include "server/config_check.h"
#include "server/config_shape.h"
#include "server/homes.h"

namespace server {

/// toml++ met what it asserts against.
struct TomlTripped {};
[[noreturn]] inline void toml_tripped() { throw TomlTripped(); }

}  // namespace server

// toml++ 3.3 asserts where it should complain (`[.x]`), and a wrong file deserves an error that says where.
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : ::server::toml_tripped())
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <ranges>
#include <utility>

namespace server {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxConfigBytes = 1 << 20;
constexpr std::size_t kShownBytes =
    60;  // of a wrong value, so that a message stays one readable line

std::string_view last_part(std::string_view name) {
    return name.substr(name.rfind('.') + 1);
}
std::string_view table_of(std::string_view name) {
    const auto dot = name.find('.');
    return dot == std::string_view::npos ? "" : name.substr(0, dot);
}

const Option* find_option(std::string_view name) {
    const auto& table = option_table();
    const auto found = std::ranges::find(table, name, &Option::name);
    return found == table.end() ? nullptr : &*found;
}

std::vector<std::string_view> table_names() {
    std::vector<std::string_view> names;
    for (const Option& option : option_table()) {
        const auto table = table_of(option.name);
        if (!table.empty() && std::ranges::find(names, table) == names.end())
            names.push_back(table);
    }
    return names;
}

/// The option that `name` was meant to be: the same word in another table, or the nearest spelling.
std::string hint(std::string_view name) {
    std::vector<std::string_view> names;
    for (const Option& option : option_table()) {
        if (last_part(option.name) == last_part(name))
            return "; did you mean " + std::string(option.name) + "?";
        names.push_back(option.name);
    }
    if (const auto near = base::nearest(name, names))
        return "; did you mean " + std::string(*near) + "?";
    return "; rvpd.conf(5) has the list";
}

std::string_view toml_kind(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::string:
            return "text";
        case toml::node_type::integer:
            return "a whole number";
        case toml::node_type::floating_point:
            return "a fraction";
        case toml::node_type::boolean:
            return "true or false";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::table:
            return "a table";
        default:
            return "a date or time";
    }
}

std::string joined(const std::vector<std::string_view>& choices) {
    std::string out;
    for (std::string_view choice : choices) out += (out.empty() ? "" : ", ") + toml_text(choice);
    return out;
}

std::string unit_words(const Option& option) {
    return option.unit.empty() ? "" : " " + std::string(option.unit);
}

bool trips(std::string_view text) {
    try {
        static_cast<void>(toml::parse(text));
    } catch (const toml::parse_error&) {
        return false;
    } catch (const TomlTripped&) {
        return true;
    }
    return false;
}

/// Where toml++ trips in a text that makes it trip: it does not say, but reads from the top.
toml::source_region tripping_place(std::string_view text) {
    const auto lengths = std::views::iota(std::size_t{1}, text.size() + 1);
    const auto sound = [text](std::size_t length) { return !trips(text.substr(0, length)); };
    text = text.substr(0, *std::ranges::partition_point(lengths, sound));
    const auto line = static_cast<toml::source_index>(std::ranges::count(text, '\n') + 1);
    const auto column = static_cast<toml::source_index>(text.size() - (text.rfind('\n') + 1));
    return {{line, column}, {line, column}, {}};
}

/// Puts what one file says into a Draft. Complaints are kept until the end, since toml++ hands tables over
/// by name while a reader works from the top: the earliest one in the file is told.
class FileReader {
public:
    FileReader(Draft& draft, std::string_view file) : draft_(draft), file_(file) {}
    base::Result<void> read(std::string_view text);

private:
    void take_root(const toml::table& root);
    void take_table(std::string_view name, const toml::key& key, const toml::node& node);
    void take_option(const Option& option, const toml::node& node);
    bool take(const Option& option, const toml::node& node, std::string Config::*field);
    bool take(const Option& option, const toml::node& node,
              std::vector<std::string> Config::*field);
    bool take_homes(const toml::table& table, std::vector<std::string> Config::*field);
    bool take(const Option& option, const toml::node& node, bool Config::*field);
    template <class Number>
    bool take(const Option& option, const toml::node& node, Number Config::*field);
    std::optional<std::string> one_text(const Option& option, const toml::node& node,
                                        std::string_view value);
    void unknown(std::string_view name, const toml::key& key);
    void wrong_type(const Option& option, const toml::node& node, std::string_view meant);
    void complain(const toml::source_region& where, std::string text);
    Place place(const toml::source_region& where) const {
        return {std::string(file_), where.begin.line, where.begin.column};
    }

    Draft& draft_;
    std::string_view file_;
    std::optional<std::pair<Place, std::string>> first_;
};

base::Result<void> FileReader::read(std::string_view text) {
    if (text.size() > kMaxConfigBytes) {
        return fail(Errc::too_large,
                    std::string(file_) + ": longer than 1 MiB, which no configuration is");
    }
    try {
        const toml::parse_result root = toml::parse(text);
        take_root(root);
    } catch (const toml::parse_error& error) {
        complain(error.source(), "this is not TOML: " + std::string(error.description()));
    } catch (const TomlTripped&) {
        complain(tripping_place(text), "this is not TOML: something else belongs here");
    }
    if (first_) return complaint(first_->first, first_->second);
    return {};
}

void FileReader::take_root(const toml::table& root) {
    const auto tables = table_names();
    for (const auto& [key, node] : root) {
        if (const Option* option = find_option(key.str())) {
            take_option(*option, node);
        } else if (std::ranges::find(tables, key.str()) != tables.end()) {
            take_table(key.str(), key, node);
        } else if (node.is_table()) {
            const auto near = base::nearest(key.str(), tables);
            complain(key.source(), "unknown table [" + std::string(key.str()) + "]; " +
                                       (near ? "did you mean [" + std::string(*near) + "]?"
                                             : std::string("rvpd.conf(5) has the list")));
        } else {
            unknown(key.str(), key);
        }
    }
}

void FileReader::take_table(std::string_view name, const toml::key& key, const toml::node& node) {
    if (!node.is_table()) {
        complain(key.source(), std::string(name) + " is a table, not " +
                                   std::string(toml_kind(node)) + "; write [" + std::string(name) +
                                   "] once and its options below it");
        return;
    }
    for (const auto& [inner, value] : *node.as_table()) {
        const std::string full = std::string(name) + "." + std::string(inner.str());
        if (const Option* option = find_option(full)) {
            take_option(*option, value);
        } else {
            unknown(full, inner);
        }
    }
}

void FileReader::take_option(const Option& option, const toml::node& node) {
    const bool taken =
        std::visit([&](auto field) { return take(option, node, field); }, option.field);
    if (!taken) return;
    if (option.readiness == Readiness::default_only && !has_default(option, draft_.config)) {
        complain(node.source(), std::string(option.name) + " = " + shown(option, draft_.config) +
                                    " is not available yet; this version knows only " +
                                    std::string(option.fallback));
        return;
    }
    Written written{draft_.files, place(node.source()), {}};
    if (const toml::array* items = node.as_array()) {
        for (const toml::node& item : *items) written.items.push_back(place(item.source()));
    }
    draft_.written[option.name] = std::move(written);
}

bool FileReader::take(const Option& option, const toml::node& node, std::string Config::*field) {
    const auto* text = node.as_string();
    if (!text) {
        wrong_type(
            option, node,
            option.choices.empty() ? "a text in quotes" : "one of " + joined(option.choices));
        return false;
    }
    auto value = one_text(option, node, text->get());
    if (value) draft_.config.*field = std::move(*value);
    return value.has_value();
}

bool FileReader::take(const Option& option, const toml::node& node,
                      std::vector<std::string> Config::*field) {
    if (option.shape == TextShape::home && node.is_table()) return take_homes(*node.as_table(), field);
    const toml::array* items = node.as_array();
    if (!items) {
        wrong_type(option, node, "a list of texts, such as [\"…\", \"…\"]");
        return false;
    }
    std::vector<std::string> values;
    for (const toml::node& item : *items) {
        const auto* text = item.as_string();
        if (!text) {
            complain(item.source(), std::string(option.name) +
                                        " is a list of texts in quotes; this item is " +
                                        std::string(toml_kind(item)));
            return false;
        }
        auto value = one_text(option, item, text->get());
        if (!value) return false;
        values.push_back(std::move(*value));
    }
    draft_.config.*field = std::move(values);
    return true;
}

bool FileReader::take_homes(const toml::table& table, std::vector<std::string> Config::*field) {
    std::vector<std::string> values;
    for (const auto& [name, node] : table) {
        const auto* url = node.as_string();
        const std::string line = std::string(name.str()) + " = " + (url ? url->get() : std::string());
        const auto home = HomeLine::parse(line);
        if (!home) {
            complain(url ? node.source() : name.source(), "homes: " + toml_text(line, kShownBytes) + " " + home.error().text);
            return false;
        }
        values.push_back(line);
    }
    draft_.config.*field = std::move(values);
    return true;
}

bool FileReader::take(const Option& option, const toml::node& node, bool Config::*field) {
    const auto* value = node.as_boolean();
    if (!value) {
        wrong_type(option, node, "true or false, without quotes");
        return false;
    }
    draft_.config.*field = value->get();
    return true;
}

template <class Number>
bool FileReader::take(const Option& option, const toml::node& node, Number Config::*field) {
    const std::string range =
        std::to_string(option.least) + " to " + std::to_string(option.most) + unit_words(option);
    const auto* value = node.as_integer();
    if (!value) {
        wrong_type(option, node, "a whole number without quotes, " + range);
        return false;
    }
    if (value->get() < option.least || value->get() > option.most) {
        complain(node.source(), std::string(option.name) + " = " + std::to_string(value->get()) +
                                    " is out of range: " + range);
        return false;
    }
    draft_.config.*field = static_cast<Number>(value->get());
    return true;
}

std::optional<std::string> FileReader::one_text(const Option& option, const toml::node& node,
                                                std::string_view value) {
    const std::string named = std::string(option.name) + " " + toml_text(value, kShownBytes) + " ";
    if (!option.choices.empty() &&
        std::ranges::find(option.choices, value) == option.choices.end()) {
        const auto near = base::nearest(value, option.choices);
        complain(node.source(), named + "is not one of " + joined(option.choices) +
                                    (near ? "; did you mean " + toml_text(*near) + "?" : ""));
        return std::nullopt;
    }
    auto shaped = shape_text(option.shape, value);
    if (!shaped) {
        complain(node.source(), named + shaped.error().text);
        return std::nullopt;
    }
    return std::move(*shaped);
}

void FileReader::unknown(std::string_view name, const toml::key& key) {
    complain(key.source(), "unknown option " + std::string(name) + hint(name));
}

void FileReader::wrong_type(const Option& option, const toml::node& node, std::string_view meant) {
    complain(node.source(), std::string(option.name) + " must be " + std::string(meant) +
                                "; this is " + std::string(toml_kind(node)));
}

void FileReader::complain(const toml::source_region& where, std::string text) {
    Place here = place(where);
    const auto position = [](const Place& p) { return std::pair(p.line, p.column); };
    if (!first_ || position(here) < position(first_->first))
        first_.emplace(std::move(here), std::move(text));
}

}  // namespace

base::Result<void> read_into(Draft& draft, std::string_view toml, std::string_view file_name) {
    ++draft.files;
    return FileReader(draft, file_name).read(toml);
}

}  // namespace server
