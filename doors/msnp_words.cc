// doors/msnp_words.cc: a message of MSNP24 as a MIME part, and back.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_words.h"

#include <algorithm>

#include "base/text.h"
#include "doors/msnp_frame.h"
#include "doors/msnp_names.h"
#include "doors/rich_text.h"

namespace doors {
namespace {

constexpr std::string_view kType = "X-MSNP24-Type", kId = "X-MSNP24-Id", kEndpoint = "X-MSNP24-Endpoint";
constexpr std::string_view kContent = "X-MSNP24-Content", kFormatHeader = "X-MMS-IM-Format";
constexpr std::size_t kMostType = 64;
constexpr std::size_t kMostFormat = 512;
constexpr std::size_t kContentLine = 3840;  // of base64; other doors' clients read lines into buffers

bool begins(std::string_view text, std::string_view with) {
    return base::equal_ignoring_case(text.substr(0, with.size()), with);
}

/// What stands for these words when only their text is known.
std::string content_from(std::string_view type, std::string_view text) {
    return is_rich(type) ? rich_of_plain(text) : std::string(text);
}

std::string joined(const MsnpBlock& block, std::string_view name) {
    std::string all;
    for (const MsnpHeader& h : block.headers) {
        if (base::equal_ignoring_case(h.name, name)) all += h.value;
    }
    return all;
}

}  // namespace

bool is_rich(std::string_view type) { return begins(type, "RichText"); }

bool is_control(std::string_view type) { return begins(type, "Control/") || is_signal(type); }

bool is_signal(std::string_view type) { return begins(type, "Signal/"); }

std::string_view msnp_content_type(std::string_view type) {
    if (is_rich(type)) return "application/user+xml";
    if (is_control(type)) return "Application/Message";
    if (begins(type, "Nudge")) return "text/x-msnmsgr-datacast";
    return "Text/plain; charset=UTF-8";
}

bool is_msnp_type(std::string_view type) {
    return !type.empty() && type.size() <= kMostType && !begins(type, "ThreadActivity") &&
           std::ranges::all_of(type, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-';
           });
}

std::string text_of(const MsnpWords& words) {
    return is_rich(words.type) ? plain_of_rich(words.content) : words.content;
}

std::string headers_of(const MsnpWords& words) {
    MsnpWriter out;
    out.header(kType, words.type).header(kId, words.client_id).header(kEndpoint, words.endpoint);
    out.header(kFormatHeader, std::string_view(words.format).substr(0, kMostFormat));
    if (content_from(words.type, text_of(words)) != words.content) {
        const std::string coded = base::base64_encode(words.content);
        for (std::size_t at = 0; at < coded.size(); at += kContentLine) out.header(kContent, coded.substr(at, kContentLine));
    }
    return out.take();
}

// The headers may be anybody's: whatever is none of ours counts for nothing.
MsnpWords words_of(const std::string& part, const std::string& text) {
    MsnpWords words;
    const auto read = read_plain(part);
    const MsnpBlock none;
    const MsnpBlock& headers = read ? read->envelope : none;
    if (const auto type = headers.value(kType); is_msnp_type(type)) words.type = type;
    if (base::parse_number(headers.value(kId))) words.client_id = headers.value(kId);
    words.endpoint = plain_guid(headers.value(kEndpoint));
    words.format = headers.value(kFormatHeader).substr(0, kMostFormat);
    const auto content = base::base64_decode(joined(headers, kContent));
    const bool sound = content && !content->empty() && content->size() <= kMostMsnpContent && base::valid_utf8(*content);
    words.content = sound ? *content : content_from(words.type, text);
    return words;
}

}  // namespace doors
