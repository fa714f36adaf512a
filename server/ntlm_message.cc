// server/ntlm_message.cc: the few fields of NTLM's messages that are looked at before the library sees them.
// SPDX-License-Identifier: Apache-2.0
#include "server/ntlm_message.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "base/utf16.h"

namespace server {

using base::Errc;
using base::fail;

namespace {

constexpr std::string_view kSignature("NTLMSSP\0", 8);
constexpr std::uint32_t kUnicode = 0x00000001;
constexpr std::uint32_t kExtendedSecurity = 0x00080000;
constexpr std::uint32_t kKeyExchange = 0x40000000;
constexpr std::size_t kTextBytes = 512;  // more than any name of MS-NLMP, in UTF-16
// Where the fields are (2.2.1.2, 2.2.1.3). Each is its length, the room for it, and where it begins.
constexpr std::size_t kTargetAt = 12, kChallengeFlagsAt = 20, kChallengeAt = 24, kChallengeHead = 32;
constexpr std::size_t kChallengeBytes = 8;
constexpr std::size_t kLmResponseAt = 12, kResponseAt = 20, kDomainAt = 28, kUserAt = 36, kSessionKeyAt = 52,
                      kAuthenticateHead = 64;
constexpr std::size_t kSessionKeyBytes = 16;
constexpr std::size_t kFieldBytes = 8;
constexpr std::size_t kVersionBytes = 8, kNegotiateWithVersion = 40;

std::uint32_t number_at(std::string_view message, std::size_t at, std::size_t bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = bytes; i-- > 0;) number = number << 8 | static_cast<unsigned char>(message[at + i]);
    return number;
}

/// nullopt: it leads out of the message.
std::optional<std::string_view> field_at(std::string_view message, std::size_t at) {
    const std::size_t size = number_at(message, at, 2);
    const std::size_t begin = number_at(message, at + 4, 4);
    if (size == 0) return std::string_view();
    if (begin > message.size() || size > message.size() - begin) return std::nullopt;
    return message.substr(begin, size);
}

/// Which of the many code pages a text is in that is not UTF-16 nobody says, so it must be ASCII.
std::optional<std::string> text_at(std::string_view message, std::size_t at, NtlmAgreement agreed) {
    const auto field = field_at(message, at);
    if (!field || field->size() > kTextBytes) return std::nullopt;
    if (agreed.unicode) return base::utf8_of_utf16(*field, base::ByteOrder::little);
    for (const char c : *field) {
        if (static_cast<unsigned char>(c) >= 0x80) return std::nullopt;
    }
    return std::string(*field);
}

std::unexpected<base::Error> broken(const std::string& what) { return fail(Errc::malformed, "NTLM: " + what); }

}  // namespace

base::Result<NtlmType> ntlm_type(std::string_view message) {
    if (message.size() < 16 || !message.starts_with(kSignature)) return broken("the token is no message of it");
    const std::uint32_t type = number_at(message, kSignature.size(), 4);
    if (type < 1 || type > 3) return broken("there is no message of type " + std::to_string(type));
    return static_cast<NtlmType>(type);
}

base::Result<NtlmChallenge> read_ntlm_challenge(std::string_view message) {
    if (message.size() < kChallengeHead) return broken("the challenge is cut off");
    const std::uint32_t flags = number_at(message, kChallengeFlagsAt, 4);
    NtlmChallenge challenge;
    challenge.agreed = {(flags & kUnicode) != 0, (flags & kExtendedSecurity) != 0, (flags & kKeyExchange) != 0};
    auto target = text_at(message, kTargetAt, challenge.agreed);
    if (!target) return broken("the challenge's target is no text");
    challenge.challenge = message.substr(kChallengeAt, kChallengeBytes);
    challenge.target = std::move(*target);
    return challenge;
}

base::Result<NtlmAuthenticate> read_ntlm_authenticate(std::string_view message, NtlmAgreement agreed) {
    if (message.size() < kAuthenticateHead) return broken("the message is cut off");
    for (std::size_t at = kLmResponseAt; at <= kSessionKeyAt; at += kFieldBytes) {
        if (number_at(message, at, 2) > 0 && number_at(message, at + 4, 4) < kAuthenticateHead) return broken("a field lies in the head");
        if (!field_at(message, at)) return broken("a field is cut off");
    }
    NtlmAuthenticate read;
    auto domain = text_at(message, kDomainAt, agreed);
    auto user = text_at(message, kUserAt, agreed);
    if (!domain || !user) return broken("the user or the domain is no text, or too long");
    // Where they all lie has been looked at.
    const std::string_view response = *field_at(message, kResponseAt);
    const std::string_view lm_response = *field_at(message, kLmResponseAt);
    const std::string_view session_key = *field_at(message, kSessionKeyAt);
    // The library copies as many bytes as there should be, without looking how many there are.
    const bool old = response.size() == kNtlmVersion1Bytes;
    if ((old || !lm_response.empty()) && lm_response.size() != kNtlmVersion1Bytes) return broken("an LM response has 24 bytes");
    if (agreed.key_exchange && session_key.size() != kSessionKeyBytes) return broken("a session key has 16 bytes");
    read.domain = std::move(*domain);
    read.user = std::move(*user);
    read.response = response;
    read.lm_response = lm_response;
    return read;
}

std::string with_version(NtlmType type, std::string_view message) {
    std::string whole(message);
    if (type == NtlmType::negotiate) {
        whole.resize(std::max(whole.size(), kNegotiateWithVersion), '\0');
        return whole;
    }
    bool there = true;
    for (std::size_t at = kLmResponseAt; at <= kSessionKeyAt; at += kFieldBytes) {
        there = there && (number_at(message, at, 2) == 0 || number_at(message, at + 4, 4) >= kAuthenticateHead + kVersionBytes);
    }
    if (there) return whole;
    whole.insert(kAuthenticateHead, kVersionBytes, '\0');
    for (std::size_t at = kLmResponseAt; at <= kSessionKeyAt; at += kFieldBytes) {
        const std::uint32_t begin = number_at(message, at + 4, 4) + kVersionBytes;
        for (std::size_t i = 0; i < 4; ++i) whole[at + 4 + i] = static_cast<char>(begin >> 8 * i & 0xff);
    }
    return whole;
}

}  // namespace server
