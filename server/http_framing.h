// server/http_framing.h: is a request's framing sound enough to look inside?
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing); RFC 7230 3.2, 3.3.3, 5.4
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/http.h"
#include "base/result.h"

namespace server {

/// What the head says about the body.
struct Framing {
    std::uint64_t content_length = 0;
    bool chunked = false;
};

/// Errc::malformed says which rule the head breaks: two Content-Length or Host, Content-Length with
/// Transfer-Encoding, a coding other than chunked, no Host on HTTP/1.1 or one that is no host, names that are no
/// tokens, control characters in values. After any of these the connection must be closed: what follows cannot be told apart.
[[nodiscard]] base::Result<Framing> check_framing(const base::Request& request, const std::string& version);

/// Follows where libmicrohttpd left the texts of a head, which is one piece of memory. It puts NULs in place of what
/// parts them, and then reads each text up to the first NUL: one that the sender wrote hides what is behind it, and a
/// line that begins with one ends the head. A folded line it joins to its header's name, in another place. So whatever
/// lies between two texts must be what parts them, and nothing more. One pass, a few comparisons for each header.
class HeadLayout {
public:
    /// Of the request line; `target` as the head has it, up to its first NUL.
    HeadLayout(const char* method, const char* target, std::size_t target_size, const char* version);
    /// The next header; both texts end in a NUL.
    void header(const char* name, std::size_t name_size, const char* value, std::size_t value_size);
    /// Errc::malformed unless these texts fill the head's `size` bytes.
    [[nodiscard]] base::Result<void> fills(std::size_t size) const;

private:
    const char* begin_;
    const char* at_;  // behind the text before
    bool sound_;
};

}  // namespace server
