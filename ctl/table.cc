// ctl/table.cc: lists and values as a person reads them.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/table.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ctl {

using base::json::Value;

namespace {

/// In characters; one that takes two cells is counted as one.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string cell(const Value& row, const Column& column) {
    return column.as == Column::As::seconds ? duration(row, column.member)
                                            : shown(row, column.member);
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        // U+0080 to U+009F are control characters too, and C2 80 to C2 9F in UTF-8.
        const bool high =
            c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (high) ++i;
        out += high || c < 0x20 || c == 0x7f ? '?' : text[i];
    }
    return out;
}

std::string shown(const Value& value) {
    if (value.is_null()) return "-";
    if (const auto truth = value.as_bool()) return *truth ? "yes" : "no";
    if (const auto* text = value.as_text()) return text->empty() ? "-" : printable(*text);
    if (const auto* items = value.as_array()) {
        std::string out;
        for (const Value& item : *items) out += (out.empty() ? "" : ",") + shown(item);
        return out.empty() ? "-" : out;
    }
    return printable(value.dump());
}

std::string shown(const Value& object, std::string_view name) {
    const Value* value = &object;
    for (std::string_view part : base::split(name, '.')) {
        value = value->find(part);
        if (!value) return "-";
    }
    return shown(*value);
}

std::string duration(std::int64_t seconds) {
    static constexpr std::array<std::pair<std::int64_t, std::string_view>, 4> kUnits = {
        {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}}};
    std::string out;
    int parts = 0;
    for (const auto& [length, unit] : kUnits) {
        const std::int64_t count = seconds / length;
        seconds %= length;
        if (parts > 0) ++parts;
        if (count == 0) continue;
        if (parts > 2) break;
        parts = std::max(parts, 1);
        out.append(out.empty() ? "" : " ").append(std::to_string(count)).append(unit);
    }
    return out.empty() ? "0 s" : out;
}

std::string duration(const Value& object, std::string_view name) {
    const Value* value = object.find(name);
    const auto seconds = value ? value->as_int() : std::nullopt;
    return seconds ? duration(*seconds) : "-";
}

std::string table(const Value& list, const std::vector<Column>& columns,
                  std::string_view when_empty) {
    const auto* rows = list.as_array();
    if (!rows || rows->empty()) return std::string(when_empty) + "\n";
    std::vector<std::vector<std::string>> lines(1);
    for (const Column& column : columns) lines[0].emplace_back(column.heading);
    for (const Value& row : *rows) {
        auto& line = lines.emplace_back();
        for (const Column& column : columns) line.push_back(cell(row, column));
    }
    std::vector<std::size_t> widths(columns.size());
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], width(line[i]));
    }
    std::string out;
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            out += line[i];
            if (i + 1 < line.size()) out.append(widths[i] - width(line[i]) + 2, ' ');
        }
        out += '\n';
    }
    return out;
}

}  // namespace ctl
