// tests/fuzz/contact_file_fuzz.cc: files of contacts that come from anybody's PC. First byte: whether --owner is given.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/contact_file.h"

#include "base/text.h"
#include "ctl/csv.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view file = fuzz::text_of(bytes + 1, size - 1);
    const auto rows = ctl::read_contacts(file, "f", bytes[0] % 2 == 0 ? "" : "bob");
    if (!rows) {
        fuzz::must(rows.error().text.starts_with("f:"), "what is wrong is told with the file");
        return 0;
    }
    int line = 0;
    for (const ctl::ContactRow& row : *rows) {
        fuzz::must(row.line > line, "rows are in order");
        line = row.line;
        fuzz::must(!row.owner.empty() && !row.account.empty(), "and say whom");
        fuzz::must(base::valid_utf8(row.owner + row.account + row.nickname.value_or("") + row.group.value_or("")), "in UTF-8");
        const std::vector<std::string> fields{row.owner, row.account, row.nickname.value_or(""), row.group.value_or("")};
        const std::string record = ctl::csv_record(fields);
        std::string_view rest = record;
        int lines = 0;
        const auto again = ctl::take_record(rest, lines);
        fuzz::must(again && *again == fields && rest.empty(), "what is written is read back");
    }
    return 0;
}
