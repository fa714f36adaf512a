// base/xml_markup.h: a look over a document's markup before anything is built from it.
// SPDX-License-Identifier: Apache-2.0
// Spec: XML 1.0 (fifth edition) 2.4 to 2.7, 3.1
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace base::xml {

/// Markup that a parser should not be fed.
struct BadMarkup {
    std::size_t offset;  ///< of its `<`
    bool endless;        ///< it has no end; else it is longer than it may be
};

/// The first tag or instruction of more than `most` bytes, and the first comment or CDATA section that never ends; these
/// two may be of any length. Nullopt: there is none, which does not say that the document is well-formed. Reads each byte
/// once and keeps none. Thread: any.
[[nodiscard]] std::optional<BadMarkup> bad_markup(std::string_view document, std::size_t most);

}  // namespace base::xml
