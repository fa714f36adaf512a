// tests/fuzz/replay_main.cc: feeds one of all fuzz targets the files of its arguments, once each, without libFuzzer.
// SPDX-License-Identifier: Apache-2.0
//
// usage: replay TARGET FILE...
// The Makefile gives each target a name of its own, and TARGETS the list of them as TARGET(name) TARGET(name) ...
#include <fstream>
#include <iterator>

#include "tests/fuzz/fuzz.h"

#define TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* bytes, std::size_t size);
TARGETS
#undef TARGET

namespace {

using Target = int (*)(const std::uint8_t*, std::size_t);

Target find(std::string_view wanted) {
#define TARGET(name) \
    if (wanted == #name) return fuzz_##name;
    TARGETS
#undef TARGET
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    const Target target = argc > 2 ? find(argv[1]) : nullptr;
    if (!target) {
        std::fputs("usage: replay TARGET FILE...\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
        if (!file) {
            std::fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
        std::printf("%s\n", argv[i]);
        std::fflush(stdout);  // before it may crash
        target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    return 0;
}
