// ctl/csv.h: comma-separated values, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 4180
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

inline constexpr std::size_t kMaxCsvFields = 64;

/// Takes the first record off `rest`, the end of its line with it, and adds to `line` the lines that it had. Quoted
/// fields may hold commas, doubled quotes and line breaks; lines end with LF or CRLF; blanks are part of a field. An
/// empty line is one empty field. Errc::malformed: a stray quote, one that is not closed, over kMaxCsvFields fields.
[[nodiscard]] base::Result<std::vector<std::string>> take_record(std::string_view& rest, int& line);

/// One record with its CRLF; fields are quoted that need it.
[[nodiscard]] std::string csv_record(const std::vector<std::string>& fields);

}  // namespace ctl
