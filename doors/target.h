// doors/target.h: where in a request target a door finds its path.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 7230 5.3
#pragma once

#include <string_view>

#include "base/text.h"

namespace doors {

/// Path and query of a target in origin or absolute form.
[[nodiscard]] inline std::string_view origin_form(std::string_view target) {
    if (target.starts_with('/')) return target;
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return target;
    const std::size_t slash = target.find('/', scheme + 3);
    return slash == std::string_view::npos ? "/" : target.substr(slash);
}

/// What stands before the question mark.
[[nodiscard]] inline std::string_view path_of(std::string_view target) {
    target = origin_form(target);
    return target.substr(0, target.find('?'));
}

/// Behind it; "" if there is none.
[[nodiscard]] inline std::string_view query_of(std::string_view target) {
    target = origin_form(target);
    const std::size_t question = target.find('?');
    return question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
}

enum class Letters { as_written, of_either_case };

/// Whether a target's path is `root` or below it.
[[nodiscard]] inline bool is_under(std::string_view target, std::string_view root, Letters letters = Letters::as_written) {
    target = origin_form(target);
    const std::string_view begin = target.substr(0, root.size());
    if (letters == Letters::as_written ? begin != root : !base::equal_ignoring_case(begin, root)) return false;
    return target.size() == root.size() || target[root.size()] == '/' || target[root.size()] == '?';
}

}  // namespace doors
