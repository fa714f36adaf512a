// server/nonces.cc: nonces of Digest.
// SPDX-License-Identifier: Apache-2.0
#include "server/nonces.h"

#include "base/digest.h"

#include <algorithm>

namespace server {
namespace {

// Hex digits: number, time in ms, seal.
constexpr std::size_t kNumberDigits = 16;
constexpr std::size_t kHeadDigits = 32;
constexpr std::size_t kDigits = 64;
constexpr std::size_t kKeyBytes = 32;
constexpr std::uint32_t kWindow = 64;

std::string eight_bytes(std::uint64_t number) {
    std::string bytes(8, '\0');
    for (std::size_t i = 8; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xff);
    return bytes;
}

std::uint64_t number_of(std::string_view hex) {
    std::uint64_t number = 0;
    const auto bytes = base::hex_decode(hex);
    for (const char c : bytes.value_or("")) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

}  // namespace

Nonces::Nonces(const base::Clock& clock, std::size_t most)
    : clock_(clock), most_(most), key_(base::random_bytes(kKeyBytes)) {}

std::string Nonces::seal(std::string_view head) const {
    return base::hex_encode(base::hmac_sha256(key_, head)).substr(0, kDigits - kHeadDigits);
}

std::string Nonces::fresh() {
    const auto now = static_cast<std::uint64_t>(clock_.now().time_since_epoch().count());
    const std::string head = base::hex_encode(eight_bytes(++last_) + eight_bytes(now));
    return head + seal(head);
}

bool Nonces::use(std::string_view nonce, std::uint32_t count) {
    if (nonce.size() != kDigits || count == 0) return false;
    const std::string_view head = nonce.substr(0, kHeadDigits);
    if (!base::same_secret(nonce.substr(kHeadDigits), seal(head))) return false;
    const std::uint64_t number = number_of(head.substr(0, kNumberDigits));
    const base::Instant made{std::chrono::milliseconds(number_of(head.substr(kNumberDigits)))};
    const base::Instant now = clock_.now();
    if (now - made > kLife) return false;
    auto known = used_.find(number);
    if (known == used_.end()) {
        if (number <= forgotten_) return false;
        known = used_.emplace(number, Used{count, 1, made}).first;
        forget_some(now);
        return true;
    }
    Used& used = known->second;
    if (count > used.highest) {
        const std::uint32_t ahead = count - used.highest;
        used.before = (ahead < kWindow ? used.before << ahead : 0) | 1;
        used.highest = count;
        return true;
    }
    const std::uint32_t behind = used.highest - count;
    if (behind >= kWindow || (used.before >> behind & 1) != 0) return false;
    used.before |= std::uint64_t{1} << behind;
    return true;
}

// By number, which is by age.
void Nonces::forget_some(base::Instant now) {
    while (!used_.empty() && (used_.size() > most_ || now - used_.begin()->second.made > kLife)) {
        forgotten_ = std::max(forgotten_, used_.begin()->first);
        used_.erase(used_.begin());
    }
}

}  // namespace server
