// doors/zimbra_element.h: what a Zimbra request or answer holds, whether it is spelled as XML or as JSON.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 1.3, 1.5
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/xml.h"

namespace doors {

/// An element with attributes, children and text. Names are kept without prefix.
struct ZimbraElement {
    /// What an attribute or a text is: JSON tells numbers and truth from text, and clients count on it.
    using Value = std::variant<std::string, std::int64_t, bool>;
    /// How JSON writes a child: as one object, as an array, as a plain member; by_name: as its name asks.
    enum class Shape : std::uint8_t { by_name, unique, repeated, member };

    std::string name;
    std::string ns;  ///< "" = its parent's
    std::vector<std::pair<std::string, Value>> attributes;
    Value text;
    std::string markup;  ///< of what was read as XML and may hold markup (body, html, text): its content, ready XML, if there are elements in it
    std::vector<ZimbraElement> children;
    Shape shape = Shape::by_name;

    ZimbraElement() = default;
    explicit ZimbraElement(std::string of, std::string in = "") : name(std::move(of)), ns(std::move(in)) {}

    // -- to write
    ZimbraElement& set(std::string attribute, Value value);
    /// The same, unless the value is empty.
    ZimbraElement& set_some(std::string attribute, std::string value);
    /// Returns the child.
    ZimbraElement& add(ZimbraElement child);
    /// A child of that name with that text, and nothing else.
    ZimbraElement& add_text(std::string of, Value value, Shape as = Shape::by_name);

    // -- to read
    /// The attribute of that name, or the text of the child so called; it may be "".
    [[nodiscard]] std::optional<std::string> get(std::string_view of) const;
    [[nodiscard]] const ZimbraElement* child(std::string_view of) const;
    [[nodiscard]] std::string content() const;

    [[nodiscard]] std::string xml(const std::string& ns_above = "") const;
    /// What stands behind its name in JSON. `ns_above` as for xml().
    [[nodiscard]] base::json::Value json(const std::string& ns_above = "") const;
};

/// As JSON writes names that clients treat as lists.
[[nodiscard]] bool zimbra_name_repeats(std::string_view name);

[[nodiscard]] ZimbraElement zimbra_from_xml(const base::xml::Element& element);
/// The member `name` of an object; scalars among its members become attributes. nullopt: more than `budget` elements,
/// which counts down.
[[nodiscard]] std::optional<ZimbraElement> zimbra_from_json(std::string_view name, const base::json::Value& value,
                                                            const std::string& ns_above, std::size_t& budget);

}  // namespace doors
