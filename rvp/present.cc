// rvp/present.cc: the multistatus element, bytes -> values.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/present.h"

#include "base/text.h"
#include "dav/names.h"
#include "dav/propertyupdate.h"
#include "rvp/body.h"
#include "rvp/state.h"

namespace rvp {

using base::xml::Element;

namespace {

/// `HTTP/1.1 200 Successful`; without a status it is found, since the answer was a success.
bool is_found(const Element& propstat) {
    const Element* status = dav::find_child(propstat, "status");
    if (!status) return true;
    const std::string line = status->all_text();
    const std::size_t space = line.find(' ');
    return space != std::string::npos && base::trim(std::string_view(line).substr(space)).starts_with('2');
}

void append_present(std::vector<presence::Prop>& present, const Element& element) {
    presence::PropName name = dav::prop_name(element);
    if (!dav::is_named(element, "state") || name.ns() == presence::kDavNamespace) {
        present.push_back({std::move(name), dav::prop_value(element)});
    } else if (const auto state = read_state(element)) {
        present.push_back({presence::prop_state(), state->value.for_others()});
    }
}

}  // namespace

base::Result<std::vector<presence::Prop>> read_present(std::string_view body, const base::xml::Bounds& bounds) {
    const auto root = read_body(body, bounds, {"d:multistatus", "5.1.7.2"});
    if (!root) return std::unexpected(root.error());
    const Element* response = dav::is_named(*root, "multistatus") ? dav::find_child(*root, "response") : nullptr;
    if (!response) return base::fail(base::Errc::malformed, "d:multistatus has no d:response (RVP 5.1.7.2)");
    std::vector<presence::Prop> present;
    for (const Element& propstat : response->children) {
        if (propstat.is_text() || !dav::is_named(propstat, "propstat") || !is_found(propstat)) continue;
        const Element* props = dav::find_child(propstat, "prop");
        if (!props) continue;
        for (const Element& element : props->children) {
            if (!element.is_text()) append_present(present, element);
        }
    }
    return present;
}

}  // namespace rvp
