// dav/multistatus.h: the multistatus element, value -> bytes.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.7.2, 5.4.1, 5.5.1, 8; rvp-in-practice 0 (rules 4 to 8)
#pragma once

#include <string>
#include <string_view>

namespace dav {

inline constexpr std::string_view kStatusOk = "200 Successful";
inline constexpr std::string_view kStatusForbidden = "403 Forbidden";
inline constexpr std::string_view kStatusNotFound = "404 Not Found";

/// A whole body with exactly one response, on one line:
/// `<?xml version="1.0"?><d:multistatus …><d:response><d:href>…</d:href><d:propstat>…</d:propstat></d:response></d:multistatus>`
/// It is written from front to back, so that its parts need no texts of their own. A value; one thread.
class Multistatus {
public:
    explicit Multistatus(std::string_view href);

    /// A propstat of properties that share `status`, such as "200 Successful": `append(std::string&)` appends their elements.
    template <class F>
    Multistatus& propstat(std::string_view status, F append) {
        begin_propstat();
        append(body_);
        end_propstat(status);
        return *this;
    }
    /// The body; nothing may be added any more.
    [[nodiscard]] std::string finish();

private:
    void begin_propstat();
    void end_propstat(std::string_view status);

    std::string body_;
};

}  // namespace dav
