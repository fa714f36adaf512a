// dav/propfind.cc: the propfind element, bytes -> value.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4
#include "dav/propfind.h"

#include "dav/names.h"
#include "dav/propertyupdate.h"

namespace dav {

using base::Errc;
using base::fail;

base::Result<PropFind> read_propfind(const base::xml::Element& root) {
    if (!is_named(root, "propfind")) {
        return fail(Errc::malformed, "the root element is " + root.local + ", not d:propfind (RVP 5.4)");
    }
    if (find_child(root, "allprop")) return PropFind{PropFind::Kind::allprop, {}};
    if (find_child(root, "propname")) return PropFind{PropFind::Kind::propname, {}};
    const base::xml::Element* prop = find_child(root, "prop");
    if (!prop) return fail(Errc::malformed, "d:propfind holds none of d:prop, d:allprop, d:propname (RVP 5.4)");
    PropFind find{PropFind::Kind::prop, {}};
    for (const base::xml::Element& child : prop->children) {
        if (!child.is_text()) find.names.push_back(prop_name(child));
    }
    if (find.names.empty()) return fail(Errc::malformed, "d:prop names no property (RVP 5.4)");
    return find;
}

}  // namespace dav
