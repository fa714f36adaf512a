// doors/msnp_words.h: a message of MSNP24 as the MIME part that all doors and the archive share, and back.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 6, 8.3; RVP 10
#pragma once

#include <string>
#include <string_view>

namespace doors {

/// What a client of this door says of a message, beside its text.
struct MsnpWords {
    std::string type = "RichText";  ///< Message-Type
    std::string content;            ///< the body, as it was sent
    std::string client_id;          ///< decimal; "" = none
    std::string endpoint;           ///< a GUID, of whoever wrote it; "" = another door's client
    std::string format;             ///< X-MMS-IM-Format; "" = none
};

inline constexpr std::size_t kMostMsnpContent = 65536;

inline constexpr std::string_view kMsnpTyping = "Control/Typing";
inline constexpr std::string_view kMsnpClearTyping = "Control/ClearTyping";

/// Whether content of this type is markup.
[[nodiscard]] bool is_rich(std::string_view type);
/// Whether it is a note that is nowhere kept.
[[nodiscard]] bool is_control(std::string_view type);
/// Whether that is for one's own endpoints alone.
[[nodiscard]] bool is_signal(std::string_view type);
/// The Content-Type that goes with a Message-Type.
[[nodiscard]] std::string_view msnp_content_type(std::string_view type);
/// Whether a client may call the type of a message so.
[[nodiscard]] bool is_msnp_type(std::string_view type);

/// The text for those who know no markup.
[[nodiscard]] std::string text_of(const MsnpWords& words);
/// Header lines, each with its CRLF, from which words_of() makes the same words again, given text_of().
[[nodiscard]] std::string headers_of(const MsnpWords& words);
/// Of a MIME part whatever door it came through, and its text.
[[nodiscard]] MsnpWords words_of(const std::string& part, const std::string& text);

}  // namespace doors
