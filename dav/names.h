// dav/names.h: DAV: names, and the one spelling of each namespace the house knows.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 9; rvp-in-practice 8.2
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/xml.h"
#include "presence/prop.h"

namespace dav {

/// The prefixes that every body of ours declares on its root (rvp-in-practice rule 4).
inline constexpr std::string_view kRootNamespaces =
    R"( xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/" xmlns:a="http://schemas.microsoft.com/rvp/acl/")";
inline constexpr std::string_view kXmlHead = R"(<?xml version="1.0"?>)";

/// The same prefixes for base::xml::append_element.
[[nodiscard]] const std::vector<base::xml::Prefix>& root_prefixes();
/// The canonical spelling of a namespace of ours, however it was written; others stay as they are.
[[nodiscard]] std::string canonical_namespace(std::string_view ns);
/// Whether an element has that local name in DAV:, in RVP's namespace or in none: the documents mix them up
/// (rvp-in-practice 8.3, 8.4).
[[nodiscard]] bool is_named(const base::xml::Element& element, std::string_view local);
/// The first child for which is_named holds; or null.
[[nodiscard]] const base::xml::Element* find_child(const base::xml::Element& parent, std::string_view local);

/// Appends `<d:displayname>Steve</d:displayname>` and the like; a text is never self-closed (rule 8), a status is
/// the bare status element (rule 6).
void append_prop(std::string& out, const presence::PropName& name, const presence::PropValue& value);
/// Appends the start or end tag of a property, and one without content.
void append_prop_start(std::string& out, const presence::PropName& name);
void append_prop_end(std::string& out, const presence::PropName& name);
/// Appends the content alone.
void append_value(std::string& out, const presence::PropValue& value);

}  // namespace dav
