// tests/fuzz/propertyupdate_fuzz.cc: the body of a PROPPATCH, state and leased values in it.
// SPDX-License-Identifier: Apache-2.0
#include "dav/propertyupdate.h"

#include "dav/names.h"
#include "rvp/state.h"
#include "tests/fuzz/fuzz.h"

namespace {

void well_formed(const std::string& inner) {
    const auto document = base::xml::parse("<x" + std::string(dav::kRootNamespaces) + ">" + inner + "</x>",
                                           {.bytes = 1 << 26, .depth = 128, .elements = 100'000, .attributes = 1 << 16});
    fuzz::must(document.has_value(), "what we store and send is well-formed");
}

void check_state(const base::xml::Element& element) {
    const auto state = rvp::read_state(element);
    if (!state) return;
    fuzz::must(!state->value.name().empty(), "a status has a name");
    fuzz::must(!state->timeout || state->timeout->count() >= 0, "a timeout is not negative");
    std::string out;
    rvp::append_granted(out, presence::StateGranted{state->value, state->fallback.value_or(presence::Status()),
                                                    std::chrono::seconds(60), presence::ViewId(1)});
    well_formed(out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto document = base::xml::parse(fuzz::text_of(bytes, size));
    if (!document) return 0;
    const auto acts = dav::read_propertyupdate(*document);
    if (!acts) return 0;
    for (const dav::PropertyAct& act : *acts) {
        check_state(*act.element);
        const presence::PropName name = dav::prop_name(*act.element);
        std::string out;
        dav::append_propertyupdate(out, {{name, dav::prop_value(*act.element)}, {name, std::nullopt}});
        const auto prop = rvp::read_property(*act.element);
        if (prop && prop->value) dav::append_prop(out, name, *prop->value);
        well_formed(out);
    }
    return 0;
}
