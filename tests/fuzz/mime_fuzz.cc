// tests/fuzz/mime_fuzz.cc: MIME parts inside mime-data.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/mime.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text = fuzz::text_of(bytes, size);
    const std::string kept = rvp::keep_line_ends(text);
    fuzz::must(kept.size() >= text.size(), "nothing is lost with the line ends");
    const auto read = rvp::read_mime(text, "seed");
    if (!read) return 0;
    fuzz::must(!rvp::mime_header(*read, "Session-Id").empty(), "every part has a Session-Id (rvp-in-practice rule 10)");
    const auto again = rvp::read_mime(*read, "another");
    fuzz::must(again.has_value(), "what was read once can be read again");
    return 0;
}
