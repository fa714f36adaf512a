// tests/fuzz/rvpacl_fuzz.cc: the body of an ACL request, merged into a list and printed again.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/rvpacl.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const presence::Realm realm("im.example.com", "example.com", {"127.0.0.1:8080"});
    const auto document = base::xml::parse(fuzz::text_of(bytes, size));
    if (!document) return 0;
    const auto changes = rvp::read_rvpacl(*document, realm);
    if (!changes) return 0;
    presence::Acl acl = presence::Acl::initial(true);
    for (const presence::Ace& change : *changes) {
        fuzz::must((change.credentials & ~presence::kAnyCredentials & ~8) == 0, "credentials are the known ones");
        acl.merge(change);
    }
    const std::string written = rvp::render_rvpacl(acl);
    const auto printed = base::xml::parse(written, {.bytes = 1 << 26, .depth = 64, .elements = 100'000, .attributes = 64});
    fuzz::must(printed.has_value(), "what we answer is well-formed");
    const auto again = rvp::read_rvpacl(*printed, realm);
    fuzz::must(again.has_value(), "and can be sent back to us");
    presence::Acl merged = acl;
    for (const presence::Ace& ace : *again) merged.merge(ace);
    fuzz::must(merged == acl, "which changes nothing");
    return 0;
}
