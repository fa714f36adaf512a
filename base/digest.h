// base/digest.h: hashes, random bytes, and comparing secrets without telling how far they agree.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 1321 (MD5), RFC 6234 (SHA-256), RFC 2104 (HMAC), RFC 1320 (MD4)
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace base {

inline constexpr std::size_t kMd5Bytes = 16;
inline constexpr std::size_t kSha256Bytes = 32;
inline constexpr std::size_t kNtHashBytes = 16;

/// 16 bytes, not hex.
[[nodiscard]] std::string md5(std::string_view bytes);
/// 32 bytes, not hex.
[[nodiscard]] std::string sha256(std::string_view bytes);
/// 32 bytes, not hex.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);
/// MD4 of the password in UTF-16LE: what NTLM calls the NT hash; nullopt when `password` is not UTF-8. MD4 is broken
/// and serves nothing else; it is our own because OpenSSL keeps it in a provider that need not be installed.
[[nodiscard]] std::optional<std::string> nt_hash(std::string_view password);
/// 24 bytes: DES of the challenge (8 bytes) under three keys made of the NT hash (16 bytes), with which version 1 of
/// NTLM answers (MS-NLMP 3.3.1). DES is broken and serves nothing else.
[[nodiscard]] std::string nt_response(std::string_view nt_hash, std::string_view challenge);

/// Whether both are the same, in a time that depends on their lengths alone.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);
/// From the system's generator. Stops the process when there is none: nothing is safe then.
[[nodiscard]] std::string random_bytes(std::size_t count);
/// Two lower case digits for each byte.
[[nodiscard]] std::string hex_encode(std::string_view bytes);
/// Digits of either case; nullopt on anything else or an odd count.
[[nodiscard]] std::optional<std::string> hex_decode(std::string_view text);
/// Overwrites a secret that is no longer needed, and empties it.
void wipe(std::string& secret);

}  // namespace base
