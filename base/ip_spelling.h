// base/ip_spelling.h: the host of a URL read as an address, however it is spelled.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 3986 7.4 (rare IP address formats)
#pragma once

#include <optional>
#include <string_view>

#include "base/ip.h"

namespace base {

/// The address that a resolver would make of `host` without asking anybody: what IpAddress::parse reads, and the
/// spellings of inet_aton(3): `2130706433`, `0x7f.1`, `0177.0.0.1`, each with or without the root's dot. nullopt
/// for a name, and for what is neither (see ends_in_number).
[[nodiscard]] std::optional<IpAddress> address_of_host(std::string_view host);

/// Whether the last label is a number, decimal, octal or hexadecimal. No name ends so: such a host is an address, or
/// a mistyped one that some resolver may yet read as one.
[[nodiscard]] bool ends_in_number(std::string_view host);

}  // namespace base
