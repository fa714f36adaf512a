// doors/form_text.cc: text as forms and the event document of BSIMService write it.
// SPDX-License-Identifier: Apache-2.0
#include "doors/form_text.h"

#include <cstddef>
#include <optional>

#include "base/digest.h"
#include "base/text.h"

namespace doors {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Valid characters as they are, of the rest each byte as U+FFFD.
std::string sound_utf8(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        const std::size_t good = base::valid_utf8_prefix(bytes);
        text.append(bytes.substr(0, good));
        bytes.remove_prefix(good);
        if (bytes.empty()) break;
        text.append(kReplacement);
        bytes.remove_prefix(1);
    }
    return text;
}

// U+FFFE and U+FFFF are no characters of XML either.
std::string without_controls(std::string_view text) {
    std::string kept;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') continue;
        const std::string_view three = text.substr(i, 3);
        if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") {
            i += 2;
            continue;
        }
        kept += text[i];
    }
    return kept;
}

}  // namespace

std::string form_decode(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            bytes += ' ';
            continue;
        }
        if (text[i] == '%' && i + 2 < text.size()) {
            if (const auto byte = base::hex_decode(text.substr(i + 1, 2))) {
                bytes += *byte;
                i += 2;
                continue;
            }
        }
        bytes += text[i];
    }
    return without_controls(sound_utf8(bytes));
}

std::string percent_encode_all(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() * 2);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    return out;
}

}  // namespace doors
