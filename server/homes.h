// server/homes.h: which server of our own domain holds which node.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1, 4.1.2; design 9 (homes)
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "presence/address.h"
#include "server/domains.h"

namespace server {

/// `PATTERN = URL`, as homes has it: a principal's name, or a path that begins with a slash; in either an asterisk stands
/// for any text.
struct HomeLine {
    std::string pattern;  ///< lower case
    DomainLine server;    ///< under its own authority

    /// Errc::malformed: text that completes the sentence `homes "VALUE" …`.
    [[nodiscard]] static base::Result<HomeLine> parse(std::string_view text);
};

/// The map of one domain. What no line names lives here, and so does what a line leads to an authority of ours.
/// Immutable; loop.
class Homes {
public:
    Homes(const std::vector<HomeLine>& lines, const presence::Realm& realm);

    /// The authority of the server that holds the node with this path, any case; "" when it is this one. A name goes
    /// before a pattern, and of patterns the one with more letters. A principal's nodes are where he is. O(1), and then
    /// O(patterns).
    [[nodiscard]] const std::string& elsewhere(std::string_view path) const;
    /// The base of the URLs there.
    [[nodiscard]] std::string url_of(const std::string& server) const { return (tls_.contains(server) ? "https://" : "http://") + server; }

private:
    struct Pattern {
        std::string text;
        std::string server;
    };
    std::unordered_map<std::string, std::string> names_;  // a whole name or path, and its server
    std::unordered_set<std::string> tls_;                 // servers that are spoken to so
    std::vector<Pattern> patterns_;                       // the most particular first
};

}  // namespace server
