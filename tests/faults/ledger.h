// tests/faults/ledger.h: what was acknowledged, and what may have happened without.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace faults {

/// Facts as the daemon tells them, by name; what is not there is "".
using Facts = std::map<std::string, std::string>;

/// A fact has the value that was acknowledged last, or one asked for since then that nobody answered. In such a value a
/// leading '*' stands for one word that is not known yet (an id).
class Ledger {
public:
    void ask(const std::string& fact, const std::string& value) { lines_[fact].maybe.push_back(value); }
    /// The last ask came true; `value` says it whole.
    void acknowledged(const std::string& fact, const std::string& value) { lines_[fact] = {value, {}}; }
    /// The last ask did not, and leaves no trace.
    void refused(const std::string& fact) { lines_[fact].maybe.pop_back(); }

    /// Empty when `found` is what was promised; else a line per broken promise.
    [[nodiscard]] std::string broken(const Facts& found) const {
        std::string all;
        for (const auto& [fact, line] : lines_) {
            const auto at = found.find(fact);
            const std::string value = at == found.end() ? "" : at->second;
            const auto fitting = [&](const std::string& maybe) { return fits(maybe, value); };
            if (value == line.sure || std::ranges::any_of(line.maybe, fitting)) continue;
            all += fact + " is '" + value + "', promised was '" + line.sure + "'";
            for (const std::string& maybe : line.maybe) all += ", or perhaps '" + maybe + "'";
            all += "\n";
        }
        return all;
    }
    /// What was found is what is known from now on.
    void adopt(const Facts& found) {
        std::map<std::string, Line> known;
        for (const auto& [fact, line] : lines_) {
            if (const auto at = found.find(fact); at != found.end()) known[fact] = {at->second, {}};
        }
        lines_ = std::move(known);
    }
    [[nodiscard]] bool knows(const std::string& fact) const { return lines_.contains(fact); }
    [[nodiscard]] std::string sure(const std::string& fact) const {
        const auto at = lines_.find(fact);
        return at == lines_.end() ? "" : at->second.sure;
    }
    /// The facts that are surely there and begin so.
    [[nodiscard]] std::vector<std::string> there(std::string_view prefix) const {
        std::vector<std::string> list;
        for (const auto& [fact, line] : lines_) {
            if (fact.starts_with(prefix) && !line.sure.empty()) list.push_back(fact);
        }
        return list;
    }

private:
    struct Line {
        std::string sure;
        std::vector<std::string> maybe;
    };
    static bool fits(const std::string& asked, const std::string& value) {
        if (!asked.starts_with('*')) return asked == value;
        const std::size_t blank = value.find(' ');
        return blank != value.npos && std::string_view(value).substr(blank) == std::string_view(asked).substr(1);
    }

    std::map<std::string, Line> lines_;
};

}  // namespace faults
