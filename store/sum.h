// store/sum.h: a 64-bit check sum over words and bytes, so that a damaged row is never taken for a good one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace store {

/// Eats words of 8 bytes. Each step can be undone, so damage within one word always changes the result; other damage
/// goes unseen once in 2^64. No secret in it: it finds accidents, not forgers. Fixed for the life of the format.
class Sum {
public:
    Sum& add(std::uint64_t word) {
        state_ = mix(state_ ^ word);
        return *this;
    }
    /// The length first, so that neighbouring fields cannot trade bytes.
    Sum& add(std::string_view bytes) {
        add(static_cast<std::uint64_t>(bytes.size()));
        while (bytes.size() >= 8) {
            add(word_at(bytes.data(), 8));
            bytes.remove_prefix(8);
        }
        return bytes.empty() ? *this : add(word_at(bytes.data(), bytes.size()));
    }
    [[nodiscard]] std::uint64_t value() const { return mix(mix(state_)); }

private:
    static std::uint64_t mix(std::uint64_t h) {
        h *= 0x9E3779B97F4A7C15U;
        return h ^ (h >> 29);
    }
    /// Little-endian, whatever the machine: a store may move to another one.
    static std::uint64_t word_at(const char* from, std::size_t bytes) {
        std::uint64_t word = 0;
        std::memcpy(&word, from, bytes);
        if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
        return word;
    }

    std::uint64_t state_ = 0x52565044;  // "RVPD"
};

}  // namespace store
