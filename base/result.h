// base/result.h: an ordinary failure is a value with a message that a human can act on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
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

/// Whether who asked did not bring this about, and can do nothing about it.
constexpr bool is_own_trouble(Errc code) { return code == Errc::no_space || code == Errc::internal; }

/// What a stranger may read of a failure. A trouble of our own names files and calls of this machine: that is for the
/// log and the admin, and the stranger learns only where it is told.
inline std::string_view public_text(const Error& error) {
    return is_own_trouble(error.code) ? "the server cannot do that now, and its log says why" : std::string_view(error.text);
}

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand: `return base::fail(Errc::malformed, "…");`
inline std::unexpected<Error> fail(Errc code, std::string text) {
    return std::unexpected<Error>(Error{code, std::move(text)});
}

}  // namespace base
