// server/version.h: which rvpd this is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace server {

inline constexpr char kVersion[] = "0.1";

}  // namespace server
