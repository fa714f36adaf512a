// ctl/table.h: lists and values as a person reads them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace ctl {

/// The text without what could move the cursor or colour the screen: names and URLs come from strangers.
/// Each control character becomes a question mark.
[[nodiscard]] std::string printable(std::string_view text);
/// A value for a person: text as it is, null as `-`, true and false as `yes` and `no`, a list of texts with
/// commas.
[[nodiscard]] std::string shown(const base::json::Value& value);
/// The member of an object, shown; `-` when it is not there. `a.b` is the member b of the object a.
[[nodiscard]] std::string shown(const base::json::Value& object, std::string_view name);
/// `3 h 20 min`: the two largest units of a time in seconds.
[[nodiscard]] std::string duration(std::int64_t seconds);
/// The duration in a member of an object; `-` when it is no number.
[[nodiscard]] std::string duration(const base::json::Value& object, std::string_view name);

/// One column: its heading, and the member it shows.
struct Column {
    std::string_view heading;
    std::string_view member;
    enum class As { text, seconds } as = As::text;
};
/// A header line and one line per object of `list`, in columns two blanks apart. `when_empty` alone if
/// there is none.
[[nodiscard]] std::string table(const base::json::Value& list, const std::vector<Column>& columns,
                                std::string_view when_empty);

}  // namespace ctl
