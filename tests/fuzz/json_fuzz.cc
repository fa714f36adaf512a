// tests/fuzz/json_fuzz.cc: what the control socket is sent.
// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto read = base::json::parse(fuzz::text_of(bytes, size));
    if (!read) return 0;
    const std::string written = read->dump();
    fuzz::must(written.find('\n') == std::string::npos, "a value is written on one line");
    const auto again = base::json::parse(written, {.bytes = 1 << 26, .depth = 64});
    fuzz::must(again.has_value(), "what was written can be read");
    fuzz::must(again->dump() == written, "and is written the same again");
    return 0;
}
