// dav/propertyupdate.cc: the propertyupdate element, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.5
#include "dav/propertyupdate.h"

#include <algorithm>

#include "base/text.h"
#include "dav/names.h"

namespace dav {

using base::Errc;
using base::fail;
using base::xml::Element;

base::Result<std::vector<PropertyAct>> read_propertyupdate(const Element& root) {
    if (!is_named(root, "propertyupdate") && !is_named(root, "propupdate")) {
        return fail(Errc::malformed, "the root element is " + root.local + ", not d:propertyupdate (RVP 5.5)");
    }
    std::vector<PropertyAct> acts;
    for (const Element& child : root.children) {
        const bool set = is_named(child, "set");
        if (child.is_text() || (!set && !is_named(child, "remove"))) continue;
        const Element* prop = find_child(child, "prop");
        if (!prop) return fail(Errc::malformed, "d:" + child.local + " has no d:prop (RVP 5.5)");
        for (const Element& element : prop->children) {
            if (element.is_text()) continue;
            acts.push_back({set ? PropertyAct::Kind::set : PropertyAct::Kind::remove, &element});
        }
    }
    if (acts.empty()) return fail(Errc::malformed, "d:propertyupdate sets and removes nothing (RVP 5.5)");
    return acts;
}

presence::PropName prop_name(const Element& element) { return {canonical_namespace(element.ns), element.local}; }

presence::PropValue prop_value(const Element& element) {
    if (!element.first_child()) return presence::Text{std::string(base::trim(element.all_text()))};
    presence::Markup markup;
    for (const Element& child : element.children) {
        if (!child.is_text()) {
            base::xml::append_element(markup.xml, child, root_prefixes());
        } else if (!base::trim(child.text).empty()) {
            base::xml::append_escaped(markup.xml, child.text);
        }
    }
    return markup;
}

void append_propertyupdate(std::string& out, const std::vector<presence::PropChange>& changes) {
    const auto append_part = [&](std::string_view tag, bool set) {
        const auto wanted = [set](const presence::PropChange& c) { return c.value.has_value() == set; };
        if (std::none_of(changes.begin(), changes.end(), wanted)) return;
        out.append("<d:").append(tag).append("><d:prop>");
        for (const presence::PropChange& c : changes) {
            if (!wanted(c)) continue;
            append_prop(out, c.name, c.value.value_or(presence::Text{}));
        }
        out.append("</d:prop></d:").append(tag).append(">");
    };
    out += "<d:propertyupdate>";
    append_part("set", true);
    append_part("remove", false);
    out += "</d:propertyupdate>";
}

}  // namespace dav
