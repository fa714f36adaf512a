// doors/bsim_pages.h: what BSIMService says of itself: its WSDL, and a page for people.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 1, 8
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace doors {

inline constexpr std::string_view kBsimNamespace = "http://www.imcomponents.com";
inline constexpr std::string_view kBsimPath = "/imsoap/BSIMService.asmx";

/// A method and its parameters, in order; `session` is a BSSession, the rest are strings.
struct BsimSignature {
    std::string_view name;
    std::vector<std::string_view> parameters;
    std::string_view result;  ///< type of NAMEResult; "" = none
    bool extension = false;   ///< not the original's, and not served unless that is switched on
};
[[nodiscard]] const std::vector<BsimSignature>& bsim_methods();

/// `location` is the URL of the service. `inlined`: KeepSessionAlive's result is an element, no string.
[[nodiscard]] std::string bsim_wsdl(std::string_view location, bool extensions, bool inlined);
[[nodiscard]] std::string bsim_help(std::string_view location, bool extensions);

}  // namespace doors
