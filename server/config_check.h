// server/config_check.h: a configuration while its files are being read, and what is checked once all are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "server/config.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace server {

/// Where something stands, both counted from 1.
struct Place {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

/// Where an option's value was last written.
struct Written {
    int file_number = 0;  ///< files are read one after the other
    Place value;
    std::vector<Place> items;  ///< of a list

    /// Which was written later: the later file, or further down in it.
    bool operator<(const Written& other) const {
        return std::tie(file_number, value.line, value.column) <
               std::tie(other.file_number, other.value.line, other.value.column);
    }
};

/// The files read so far, laid over the defaults.
struct Draft {
    Config config;
    int files = 0;
    std::map<std::string_view, Written>
        written;  ///< by Option::name; what no file wrote is not in it
};

/// Errc::malformed with `file:line:column: text`, on one line whatever the text holds.
[[nodiscard]] std::unexpected<base::Error> complaint(const Place& place, std::string_view text);

/// The option's value as TOML text.
[[nodiscard]] std::string shown(const Option& option, const Config& config);
[[nodiscard]] bool has_default(const Option& option, const Config& config);

/// Every default, none of them written.
[[nodiscard]] Draft default_draft();
/// Lays one file over the draft; the error is the file's first.
[[nodiscard]] base::Result<void> read_into(Draft& draft, std::string_view toml,
                                           std::string_view file_name);
/// Fills in what follows from other options and the environment, and checks options against each other.
[[nodiscard]] base::Result<Config> finish(Draft draft);

}  // namespace server
