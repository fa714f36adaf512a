// ctl/csv.cc: comma-separated values, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 4180
#include "ctl/csv.h"

#include <algorithm>

namespace ctl {

using base::Errc;
using base::fail;

namespace {

/// How many bytes end a line here: 0, if it goes on.
std::size_t line_end(std::string_view at) {
    if (at.starts_with("\r\n")) return 2;
    return at.starts_with('\n') || at == "\r" ? 1 : 0;
}

/// Behind the opening quote, up to and with the closing one.
base::Result<std::string> take_quoted(std::string_view& rest) {
    std::string field;
    for (;;) {
        const std::size_t quote = rest.find('"');
        if (quote == std::string_view::npos) return fail(Errc::malformed, "a quote is not closed");
        field += rest.substr(0, quote);
        rest.remove_prefix(quote + 1);
        if (!rest.starts_with('"')) return field;
        field += '"';
        rest.remove_prefix(1);
    }
}

base::Result<std::string> take_plain(std::string_view& rest) {
    std::size_t size = std::min(rest.find_first_of(",\n"), rest.size());
    if (size < rest.size() && rest[size] == '\n' && size > 0 && rest[size - 1] == '\r') --size;
    if (size == rest.size() && rest.ends_with('\r')) --size;
    std::string field(rest.substr(0, size));
    rest.remove_prefix(size);
    if (field.contains('"')) return fail(Errc::malformed, "a quote inside a field that does not begin with one");
    return field;
}

}  // namespace

base::Result<std::vector<std::string>> take_record(std::string_view& rest, int& line) {
    const std::string_view whole = rest;
    std::vector<std::string> fields;
    for (;;) {
        const bool quoted = rest.starts_with('"');
        if (quoted) rest.remove_prefix(1);
        auto field = quoted ? take_quoted(rest) : take_plain(rest);
        if (!field) return std::unexpected(field.error());
        fields.push_back(std::move(*field));
        if (!rest.starts_with(',')) break;
        if (fields.size() == kMaxCsvFields) return fail(Errc::malformed, "too many fields");
        rest.remove_prefix(1);
    }
    const std::size_t end = line_end(rest);
    if (end == 0 && !rest.empty()) return fail(Errc::malformed, "a comma is missing behind a closing quote");
    rest.remove_prefix(end);
    const std::string_view taken = whole.substr(0, whole.size() - rest.size());
    line += static_cast<int>(std::ranges::count(taken, '\n'));
    return fields;
}

std::string csv_record(const std::vector<std::string>& fields) {
    std::string record;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) record += ',';
        if (fields[i].find_first_of(",\"\r\n") == std::string::npos) {
            record += fields[i];
            continue;
        }
        record += '"';
        for (const char c : fields[i]) record.append(c == '"' ? 2 : 1, c);
        record += '"';
    }
    return record + "\r\n";
}

}  // namespace ctl
