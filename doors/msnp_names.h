// doors/msnp_names.h: how MSNP24 calls people and their endpoints: `8:alice;epid={…}`.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 3
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace doors {

/// An address as it came.
struct MsnpName {
    unsigned network = 8;  ///< 8: a name, 1: a mail address, 19: a thread
    std::string user;      ///< as it was spelled
    std::string endpoint;  ///< a GUID in lower case, without braces; "" = none
};

inline constexpr unsigned kMsnpMail = 1;
inline constexpr unsigned kMsnpSkype = 8;
inline constexpr unsigned kMsnpThread = 19;

/// nullopt: it is none. What an endpoint is called is left out when it is no GUID.
[[nodiscard]] std::optional<MsnpName> read_msnp_name(std::string_view text);
/// A name of network 8, or of a contact, without the prefix `live:` that some clients put before it.
[[nodiscard]] std::string_view without_live(std::string_view user);
/// Any spelling of a GUID, in braces or not, as lower case without; "" when it is none.
[[nodiscard]] std::string plain_guid(std::string_view text);
/// `8:alice`
[[nodiscard]] std::string msnp_name(std::string_view alias);
/// `8:alice;epid={…}`; without an endpoint as above.
[[nodiscard]] std::string msnp_name(std::string_view alias, std::string_view endpoint);
/// The same of a principal's key; somebody of another domain is `1:zoe@other.example`.
[[nodiscard]] std::string msnp_name_of(std::string_view key, std::string_view endpoint = {});

}  // namespace doors
