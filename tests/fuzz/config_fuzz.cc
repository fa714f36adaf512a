// tests/fuzz/config_fuzz.cc: rvpd.conf.
// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto read = server::parse_config(fuzz::text_of(bytes, size), "rvpd.conf");
    if (!read) {
        fuzz::must(read.error().text.starts_with("rvpd.conf:"), "an error says where");
        fuzz::must(read.error().text.find('\n') == std::string::npos, "on one line");
        return 0;
    }
    const auto again = server::parse_config(server::dump_config(*read), "dump");
    fuzz::must(again.has_value(), "--dump-config can be read");
    fuzz::must(server::dump_config(*again) == server::dump_config(*read), "and says the same");
    return 0;
}
