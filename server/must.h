// server/must.h: a step without which the daemon does not start.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace server {

/// What the step gave; throws std::runtime_error "STEP: why" where it failed.
template <class T>
T must(base::Result<T> result, const std::string& step) {
    if (!result) throw std::runtime_error(step + ": " + result.error().text);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace server
