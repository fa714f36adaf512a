// tests/base/xml_read.h: the tree of a document that must be readable, and the namespaces that most of them are in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/xml.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

namespace base::xml {

inline constexpr std::string_view kDav = "DAV:";
inline constexpr std::string_view kRvp = "http://schemas.microsoft.com/rvp/";

inline Element read(std::string_view document, const Bounds& bounds = {}) {
    auto root = parse(document, bounds);
    EXPECT_TRUE(root) << document.substr(0, 200) << "\n" << root.error().text;
    return root ? std::move(*root) : Element{};
}

}  // namespace base::xml
