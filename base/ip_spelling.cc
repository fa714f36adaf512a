// base/ip_spelling.cc: inet_aton(3), kept to what can stand in a URL.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 3986 7.4 (rare IP address formats)
#include "base/ip_spelling.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace base {
namespace {

constexpr std::size_t kLongestNumeric = 64;  // "0377" four times needs 19; leading zeros are no end
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

std::string_view without_root(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    return host;
}

bool is_only(std::string_view text, std::string_view of) { return text.find_first_not_of(of) == text.npos; }

}  // namespace

std::optional<IpAddress> address_of_host(std::string_view host) {
    if (auto strict = IpAddress::parse(host)) return strict;
    host = without_root(host);
    // inet_aton stops at a blank or a NUL, so what it must not see is refused here.
    if (!ends_in_number(host) || host.size() > kLongestNumeric || !is_only(host, "0123456789abcdefxABCDEFX.")) {
        return std::nullopt;
    }
    sockaddr_storage storage{};
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    if (inet_aton(std::string(host).c_str(), &address.sin_addr) == 0) return std::nullopt;
    return IpAddress::from(reinterpret_cast<const sockaddr&>(storage));
}

bool ends_in_number(std::string_view host) {
    host = without_root(host);
    std::string_view last = host.substr(host.rfind('.') + 1);  // npos + 1 is the beginning
    if (last.starts_with("0x") || last.starts_with("0X")) return is_only(last.substr(2), kHexDigits);
    return !last.empty() && is_only(last, kDigits);
}

}  // namespace base
