// tests/fuzz/propfind_fuzz.cc: the body of a PROPFIND.
// SPDX-License-Identifier: Apache-2.0
#include "dav/propfind.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto document = base::xml::parse(fuzz::text_of(bytes, size));
    if (!document) return 0;
    const auto wanted = dav::read_propfind(*document);
    if (!wanted) return 0;
    fuzz::must((wanted->kind == dav::PropFind::Kind::prop) != wanted->names.empty(), "names come with prop alone");
    for (const presence::PropName& name : wanted->names) fuzz::must(!name.local().empty(), "a property has a name");
    return 0;
}
