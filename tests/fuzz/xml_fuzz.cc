// tests/fuzz/xml_fuzz.cc: what base/xml reads it writes so that it reads the same again, within its bounds.
// SPDX-License-Identifier: Apache-2.0
#include "base/xml.h"

#include <algorithm>

#include "tests/fuzz/fuzz.h"

namespace {

namespace xml = base::xml;

int depth_of(const xml::Element& e) {
    int deepest = 0;
    for (const xml::Element& child : e.children) deepest = std::max(deepest, child.is_text() ? 0 : depth_of(child));
    return deepest + 1;
}

int elements_in(const xml::Element& e) {
    int count = e.is_text() ? 0 : 1;
    for (const xml::Element& child : e.children) count += elements_in(child);
    return count;
}

bool same(const xml::Element& a, const xml::Element& b) {
    const auto same_attribute = [](const xml::Attribute& x, const xml::Attribute& y) {
        return x.ns == y.ns && x.local == y.local && x.value == y.value;
    };
    return a.ns == b.ns && a.local == b.local && a.text == b.text &&
           std::ranges::equal(a.attributes, b.attributes, same_attribute) &&
           std::ranges::equal(a.children, b.children, same);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const xml::Bounds bounds;
    const auto read = xml::parse(fuzz::text_of(bytes, size), bounds);
    if (!read) {
        fuzz::must(!read.error().text.empty(), "an error says what is wrong");
        return 0;
    }
    fuzz::must(depth_of(*read) <= bounds.depth, "the bound of depth is kept");
    fuzz::must(elements_in(*read) <= bounds.elements, "the bound of elements is kept");
    std::string written;
    xml::append_element(written, *read, {});
    const xml::Bounds wide{.bytes = 1 << 26, .depth = bounds.depth, .elements = bounds.elements, .attributes = 1 << 16};
    const auto again = xml::parse(written, wide);
    fuzz::must(again.has_value(), "what was written can be read");
    fuzz::must(same(*read, *again), "and is the same");
    return 0;
}
