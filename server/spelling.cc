// server/spelling.cc: one account under the many names that clients give it.
// SPDX-License-Identifier: Apache-2.0
#include "server/spelling.h"

#include "base/text.h"

namespace server {
namespace {

constexpr std::size_t kNameBytes = 64;

/// Without the `DOM\`, `DOM/` or `/` before it; nullopt when DOM is another.
std::optional<std::string_view> without_nt_domain(std::string_view user, const Domains& domains) {
    const std::size_t mark = user.find_first_of("\\/");
    if (mark == std::string_view::npos) return user;
    const std::string_view domain = user.substr(0, mark);
    if (!domain.empty() && !base::equal_ignoring_case(domain, domains.nt_domain)) return std::nullopt;
    return user.substr(mark + 1);
}

}  // namespace

bool is_account_name(std::string_view name) {
    if (name.empty() || name.size() > kNameBytes || !base::valid_utf8(name)) return false;
    if (name == "." || name == "..") return false;
    for (const char c : name) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return false;
        if (std::string_view("\\/:@\",").find(c) != std::string_view::npos) return false;
    }
    return true;
}

std::optional<std::string> account_of(std::string_view user, const Domains& domains) {
    auto name = without_nt_domain(user, domains);
    if (!name) return std::nullopt;
    if (const std::size_t at = name->rfind('@'); at != std::string_view::npos) {
        const std::string_view domain = name->substr(at + 1);
        const bool ours = base::equal_ignoring_case(domain, domains.mail_domain) ||
                          base::equal_ignoring_case(domain, domains.nt_domain);
        if (domain.empty() || !ours || name->size() != user.size()) return std::nullopt;
        name = name->substr(0, at);
    }
    if (!is_account_name(*name)) return std::nullopt;
    return base::to_lower(*name);
}

std::vector<std::string> spellings_of(std::string_view name, const Domains& domains) {
    std::vector<std::string> all;
    const auto add = [&](const std::string& n) {
        all.push_back(n);
        all.push_back("/" + n);
        if (!domains.nt_domain.empty()) {
            all.push_back(domains.nt_domain + "\\" + n);
            all.push_back(domains.nt_domain + "/" + n);
            all.push_back(n + "@" + domains.nt_domain);
        }
        if (!domains.mail_domain.empty() && domains.mail_domain != domains.nt_domain) {
            all.push_back(n + "@" + domains.mail_domain);
        }
    };
    const std::string lower = base::to_lower(name);
    add(std::string(name));
    if (lower != name) add(lower);
    return all;
}

}  // namespace server
