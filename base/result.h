// base/result.h: an ordinary failure is a value with a message that a human can act on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace base {

/// The one list of ways in which an ordinary act can fail. Each dialect maps it to its own codes in one place
/// (RVP: rvp/status).
enum class Errc {
    malformed,        ///< what came in breaks its grammar, or lacks something required
    too_large,        ///< a body over its limit
    unproven,         ///< who asks must prove it first
    denied,           ///< the ACL or a policy says no
    not_found,        ///< no such node
    not_allowed,      ///< the method is known, but never for a node (COPY, MOVE)
    not_implemented,  ///< the method is not ours
    precondition,     ///< unknown subscription, nobody reachable, wrong Depth
    loop,             ///< too many hops
    busy,             ///< a bound is reached; later may work
    no_space,         ///< the store cannot make it safe
    internal,         ///< a bug or a failing system call
};

/// What went wrong, in one line, naming the header, element, option or file meant.
struct Error {
    Errc code = Errc::internal;
    std::string text;
};

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand: `return base::fail(Errc::malformed, "…");`
inline std::unexpected<Error> fail(Errc code, std::string text) {
    return std::unexpected<Error>(Error{code, std::move(text)});
}

}  // namespace base
