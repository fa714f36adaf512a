// server/homes.cc: names, and patterns with asterisks.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.2
#include "server/homes.h"

#include <algorithm>

#include "base/text.h"

namespace server {

namespace {

constexpr char kAnything = '*';

bool is_pattern(std::string_view text) { return text.find(kAnything) != std::string_view::npos; }

/// Greedy from the left, which is enough where an asterisk is all there is.
bool fits(std::string_view text, std::string_view pattern) {
    const auto parts = base::split(pattern, kAnything);
    if (!text.starts_with(parts.front())) return false;
    text.remove_prefix(parts.front().size());
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
        const auto at = text.find(parts[i]);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + parts[i].size());
    }
    return text.ends_with(parts.back());
}

/// What a path is looked up by: the name of the principal whose it is, else itself.
std::string_view subject_of(std::string_view path) {
    if (!path.starts_with(presence::kAliases)) return path;
    path.remove_prefix(presence::kAliases.size());
    return path.substr(0, path.find('/'));
}

}  // namespace

base::Result<HomeLine> HomeLine::parse(std::string_view text) {
    const auto wrong = [] { return base::fail(base::Errc::malformed, "is not NAME = URL, such as \"bob = http://home1.example.com\""); };
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return wrong();
    HomeLine line;
    line.pattern = base::to_lower(base::trim(text.substr(0, equals)));
    const std::string_view url = base::trim(text.substr(equals + 1));
    const auto address = presence::Address::parse(url);
    if (line.pattern.empty() || !address || !address->is_service()) return wrong();
    if (!line.pattern.starts_with('/') && line.pattern.find('/') != std::string::npos) return wrong();
    auto server = DomainLine::parse(address->authority() + " = " + std::string(url));
    if (!server) return wrong();
    line.server = std::move(*server);
    return line;
}

Homes::Homes(const std::vector<HomeLine>& lines, const presence::Realm& realm) {
    for (const HomeLine& line : lines) {
        if (line.server.tls) tls_.insert(line.server.authority);
        const std::string server = realm.ours(line.server.authority) ? std::string() : line.server.authority;
        if (is_pattern(line.pattern)) {
            patterns_.push_back({line.pattern, server});
        } else {
            names_[line.pattern] = server;
        }
    }
    const auto letters = [](const Pattern& p) { return p.text.size() - static_cast<std::size_t>(std::ranges::count(p.text, kAnything)); };
    std::ranges::stable_sort(patterns_, std::greater(), letters);
}

const std::string& Homes::elsewhere(std::string_view path) const {
    static const std::string kHere;
    const std::string lower = base::to_lower(path);
    const std::string_view subject = subject_of(lower);
    if (const auto it = names_.find(std::string(subject)); it != names_.end()) return it->second;
    const bool is_path = subject.starts_with('/');
    for (const Pattern& p : patterns_) {
        if (p.text.starts_with('/') == is_path && fits(subject, p.text)) return p.server;
    }
    return kHere;
}

}  // namespace server
