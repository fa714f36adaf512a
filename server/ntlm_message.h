// server/ntlm_message.h: the few fields of NTLM's messages that are looked at before the library sees them.
// SPDX-License-Identifier: Apache-2.0
// Spec: MS-NLMP 2.2.1
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace server {

enum class NtlmType : std::uint32_t { negotiate = 1, challenge = 2, authenticate = 3 };

/// What both sides have agreed on in a challenge.
struct NtlmAgreement {
    bool unicode = false;   ///< texts are UTF-16, else one byte for each character
    bool extended = false;  ///< extended session security
    bool key_exchange = false;
};

/// Errc::malformed: no message of NTLM.
[[nodiscard]] base::Result<NtlmType> ntlm_type(std::string_view message);

struct NtlmChallenge {
    NtlmAgreement agreed;
    std::string challenge;  ///< 8 bytes
    std::string target;  ///< what the server calls itself, or its domain; some clients show it as their own domain
};
/// Errc::malformed.
[[nodiscard]] base::Result<NtlmChallenge> read_ntlm_challenge(std::string_view message);

/// Of either response in version 1. In version 2 the NT response has more.
inline constexpr std::size_t kNtlmVersion1Bytes = 24;

struct NtlmAuthenticate {
    std::string domain;  ///< UTF-8, as both of these
    std::string user;
    std::string_view response;     ///< the NT response; of the message, as the next
    std::string_view lm_response;  ///< "", or as many bytes as in version 1
    [[nodiscard]] bool version1() const { return response.size() == kNtlmVersion1Bytes; }
};
/// Errc::malformed: a field leads out of the message, has not the size that it must have, or is no text.
[[nodiscard]] base::Result<NtlmAuthenticate> read_ntlm_authenticate(std::string_view message, NtlmAgreement agreed);

/// Message 1 and message 3 (one that was read) as gss-ntlmssp 1.2.0 wants them: with room for the version of Windows,
/// which it believes was agreed on, and which others do not write.
[[nodiscard]] std::string with_version(NtlmType type, std::string_view message);

}  // namespace server
