// base/digest.cc: OpenSSL made small, and MD4.
// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED  // of DES
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/des.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>

#include "base/text.h"

namespace base {
namespace {

std::string digest(const EVP_MD* kind, std::string_view bytes) {
    std::string out(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
    const int done = EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
                                kind, nullptr);
    assert(done == 1 && "OpenSSL does not know MD5 or SHA-256");
    (void)done;
    return out;
}

/// The state of MD4 (RFC 1320, 3.3).
class Md4 {
public:
    void block(const unsigned char* bytes) {
        for (std::size_t i = 0; i < 16; ++i) {
            words_[i] = static_cast<std::uint32_t>(bytes[i * 4]) | static_cast<std::uint32_t>(bytes[i * 4 + 1]) << 8 |
                        static_cast<std::uint32_t>(bytes[i * 4 + 2]) << 16 |
                        static_cast<std::uint32_t>(bytes[i * 4 + 3]) << 24;
        }
        const auto before = state_;
        for (std::size_t i = 0; i < 48; ++i) step(i);
        for (std::size_t i = 0; i < 4; ++i) state_[i] += before[i];
    }
    [[nodiscard]] std::string result() const {
        std::string out;
        for (const std::uint32_t word : state_) {
            for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(word >> shift & 0xff);
        }
        return out;
    }

private:
    void step(std::size_t i) {
        constexpr std::array<std::uint8_t, 16> kSecond = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
        constexpr std::array<std::uint8_t, 16> kThird = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
        constexpr std::array<std::array<int, 4>, 3> kTurns = {{{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}}};
        const std::size_t round = i / 16;
        auto& [a, b, c, d] = state_;
        std::uint32_t sum = a;
        if (round == 0) sum += ((b & c) | (~b & d)) + words_[i];
        if (round == 1) sum += ((b & c) | (b & d) | (c & d)) + words_[kSecond[i % 16]] + 0x5a827999U;
        if (round == 2) sum += (b ^ c ^ d) + words_[kThird[i % 16]] + 0x6ed9eba1U;
        a = std::rotl(sum, kTurns[round][i % 4]);
        state_ = {d, a, b, c};  // whose turn is next
    }

    std::array<std::uint32_t, 4> state_ = {0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U};
    std::array<std::uint32_t, 16> words_{};
};

std::string md4(std::string text) {
    const std::uint64_t bits = std::uint64_t{text.size()} * 8;
    text += '\x80';
    while (text.size() % 64 != 56) text += '\0';
    for (int shift = 0; shift < 64; shift += 8) text += static_cast<char>(bits >> shift & 0xff);
    Md4 state;
    for (std::size_t at = 0; at < text.size(); at += 64) {
        state.block(reinterpret_cast<const unsigned char*>(text.data()) + at);
    }
    wipe(text);
    return state.result();
}

void append_utf16(std::string& out, std::uint32_t unit) {
    out += static_cast<char>(unit & 0xff);
    out += static_cast<char>(unit >> 8 & 0xff);
}

/// UTF-16LE of what is known to be UTF-8.
std::string utf16_of(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size() * 2 + 72);  // and the padding of MD4: no copy is left behind by growing
    for (std::size_t i = 0; i < utf8.size();) {
        const auto lead = static_cast<unsigned char>(utf8[i++]);
        const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        std::uint32_t point = more == 0 ? lead : lead & (0x3fU >> more);
        for (int n = 0; n < more; ++n) point = point << 6 | (static_cast<unsigned char>(utf8[i++]) & 0x3fU);
        if (point < 0x10000) {
            append_utf16(out, point);
        } else {
            append_utf16(out, 0xd800 + ((point - 0x10000) >> 10));
            append_utf16(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
        }
    }
    return out;
}

}  // namespace

std::string md5(std::string_view bytes) { return digest(EVP_md5(), bytes); }
std::string sha256(std::string_view bytes) { return digest(EVP_sha256(), bytes); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::string out(kSha256Bytes, '\0');
    const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                            reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                            reinterpret_cast<unsigned char*>(out.data()), nullptr);
    assert(made && "OpenSSL does not know HMAC with SHA-256");
    (void)made;
    return out;
}

std::optional<std::string> nt_hash(std::string_view password) {
    if (!valid_utf8(password)) return std::nullopt;
    return md4(utf16_of(password));
}

std::string nt_response(std::string_view nt_hash, std::string_view challenge) {
    assert(nt_hash.size() == kNtHashBytes && challenge.size() == sizeof(DES_cblock));
    constexpr std::size_t kKeys = 3;
    constexpr std::size_t kKeyBits = 56;
    const auto bit = [&](std::size_t at) {  // of the hash with five NULs behind it
        return at / 8 < nt_hash.size() ? static_cast<unsigned char>(nt_hash[at / 8]) >> (7 - at % 8) & 1 : 0;
    };
    std::string out;
    for (std::size_t n = 0; n < kKeys; ++n) {
        DES_cblock key{};
        DES_cblock in{};
        DES_cblock block{};
        for (std::size_t i = 0; i < kKeyBits; ++i) {
            key[i / 7] = static_cast<unsigned char>(key[i / 7] | bit(n * kKeyBits + i) << (7 - i % 7));
        }
        std::copy(challenge.begin(), challenge.end(), in);
        DES_key_schedule schedule;
        DES_set_key_unchecked(&key, &schedule);
        DES_ecb_encrypt(&in, &block, &schedule, DES_ENCRYPT);
        OPENSSL_cleanse(&key, sizeof key);
        OPENSSL_cleanse(&schedule, sizeof schedule);
        out.append(reinterpret_cast<const char*>(block), sizeof block);
    }
    return out;
}

bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    const int done = RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count));
    assert(done == 1 && "no source of random bytes");
    (void)done;
    return out;
}

std::string hex_encode(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        out += kDigits[static_cast<unsigned char>(c) >> 4];
        out += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    };
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]), low = digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
    }
    return out;
}

void wipe(std::string& secret) {
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

}  // namespace base
