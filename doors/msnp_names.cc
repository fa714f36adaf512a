// doors/msnp_names.cc: how MSNP24 calls people and their endpoints.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_names.h"

#include "base/text.h"
#include "doors/gate.h"
#include "presence/address.h"
#include "presence/contacts.h"

namespace doors {
namespace {

constexpr unsigned kMostNetwork = 99;

}  // namespace

std::string plain_guid(std::string_view text) {
    text = base::trim(text);
    if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
    const std::string bytes = presence::guid_bytes(text);
    return bytes.empty() ? "" : presence::guid_of(bytes);
}

std::optional<MsnpName> read_msnp_name(std::string_view text) {
    text = base::trim(text);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.size() > kMostName) return std::nullopt;
    const auto network = base::parse_number(text.substr(0, colon), kMostNetwork);
    if (!network) return std::nullopt;
    MsnpName name;
    name.network = static_cast<unsigned>(*network);
    const auto parts = base::split(text.substr(colon + 1), ';');
    name.user = base::trim(parts.front());
    if (name.user.empty()) return std::nullopt;
    constexpr std::string_view kEndpoint = "epid=";
    for (std::string_view part : parts) {
        part = base::trim(part);
        if (base::equal_ignoring_case(part.substr(0, kEndpoint.size()), kEndpoint)) {
            name.endpoint = plain_guid(part.substr(kEndpoint.size()));
        }
    }
    return name;
}

std::string_view without_live(std::string_view user) {
    constexpr std::string_view kLive = "live:";
    return base::equal_ignoring_case(user.substr(0, kLive.size()), kLive) ? user.substr(kLive.size()) : user;
}

std::string msnp_name(std::string_view alias) { return "8:" + std::string(alias); }

std::string msnp_name(std::string_view alias, std::string_view endpoint) {
    if (endpoint.empty()) return msnp_name(alias);
    return msnp_name(alias) + ";epid={" + std::string(endpoint) + "}";
}

std::string msnp_name_of(std::string_view key, std::string_view endpoint) {
    const std::string account = key.starts_with('/') ? "" : presence::account_of_key(key);
    if (account.empty()) return msnp_name(presence::alias_of(key), endpoint);
    std::string name = "1:" + account;
    return endpoint.empty() ? name : name.append(";epid={").append(endpoint).append("}");
}

}  // namespace doors
