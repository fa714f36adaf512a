// tests/fuzz/present_fuzz.cc: another server's multistatus, in and out again.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/present.h"

#include "dav/multistatus.h"
#include "dav/names.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr base::xml::Bounds kAmple{.bytes = 1 << 26, .depth = 128, .elements = 100'000, .attributes = 1 << 16};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto present = rvp::read_present(fuzz::text_of(bytes, size), {});
    if (!present) return 0;
    std::string all;
    for (const presence::Prop& prop : *present) {
        const auto* state = std::get_if<presence::Status>(&prop.value);
        fuzz::must(!state || *state == state->for_others(), "a state is one of those that others are told");
        dav::append_prop(all, prop.name, prop.value);
    }
    dav::Multistatus answer("http://im.example.com/instmsg/aliases/ann");
    answer.propstat(dav::kStatusOk, [&](std::string& props) { props += all; });
    const auto again = rvp::read_present(answer.finish(), kAmple);
    fuzz::must(again.has_value(), "what was read can be told");
    fuzz::must(again->size() == present->size(), "all of it");
    for (std::size_t i = 0; i < present->size(); ++i) {
        fuzz::must((*again)[i].name == (*present)[i].name, "under the same names");
        const auto* state = std::get_if<presence::Status>(&(*present)[i].value);
        fuzz::must(!state || (*again)[i].value == (*present)[i].value, "with the same state");
    }
    return 0;
}
