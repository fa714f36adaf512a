// base/xml.h: XML in, bounded; XML out, on one line. libxml2 lives behind this face.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace base::xml {

/// What a document may cost at most.
struct Bounds {
    std::size_t bytes = 1 << 20;
    int depth = 64;
    int elements = 1000;
    int attributes = 64;  ///< of one element, namespace declarations among them
};

struct Attribute {
    std::string ns;  ///< "" for none
    std::string local;
    std::string value;
};

/// An element with its children in order. `ns` is the namespace URI as written, "" for none.
/// `text` nodes are children with an empty `local`; CDATA and character data arrive alike, joined, and line
/// ends as LF (XML 1.0 2.11).
struct Element {
    std::string ns;
    std::string local;
    std::vector<Attribute> attributes;
    std::vector<Element> children;
    std::string text;  ///< of a text node

    [[nodiscard]] bool is_text() const { return local.empty(); }
    /// All character data below this element, joined.
    [[nodiscard]] std::string all_text() const;
    /// The first child element of that name, its namespace compared by same_namespace; or null.
    [[nodiscard]] const Element* child(std::string_view ns, std::string_view local) const;
    /// The first child element of that local name, whatever its namespace; or null.
    [[nodiscard]] const Element* child(std::string_view local) const;
    /// Of the first child element of that local name: all its character data, trimmed; "" when there is none.
    [[nodiscard]] std::string text_of(std::string_view local) const;
    /// The first child element; or null.
    [[nodiscard]] const Element* first_child() const;
};

/// Namespaces are compared without ASCII case and without a last slash (rvp-in-practice 8.2).
[[nodiscard]] bool same_namespace(std::string_view a, std::string_view b);

/// Parses a whole document. Errc::malformed with line and column when it is ill-formed, has a DOCTYPE, an entity
/// other than the five, a comment or CDATA section without end, an encoding other than UTF-8, US-ASCII or ISO-8859-1, or a NUL; Errc::too_large over a
/// bound, and when a tag or instruction has more than 64 KiB. Never reads a file or the network.
[[nodiscard]] Result<Element> parse(std::string_view document, const Bounds& bounds = {});

/// Appends `text` with & < > " and CR escaped; what XML 1.0 cannot hold becomes U+FFFD.
void append_escaped(std::string& out, std::string_view text);
/// Appends ` name="value"`, the value escaped.
void append_attribute(std::string& out, std::string_view name, std::string_view value);
/// Appends a CDATA section; "]]>" is split over two sections, what XML 1.0 cannot hold becomes U+FFFD.
void append_cdata(std::string& out, std::string_view text);
/// Appends an element and all below it. Namespaces found in `known` (by same_namespace) use its prefix, assumed
/// declared; any other namespace is declared where it is used, so that the text stands alone below a root that
/// declares `known` and no default namespace. An element without children is written `<name/>`; one that holds
/// an empty text, `<name></name>`.
struct Prefix {
    std::string_view ns;
    std::string_view prefix;
};
void append_element(std::string& out, const Element& element, const std::vector<Prefix>& known);

}  // namespace base::xml
