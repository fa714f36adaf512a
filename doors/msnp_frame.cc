// doors/msnp_frame.cc: packets of MSNP24.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_frame.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace doors {
namespace {

constexpr std::size_t kMostHeaders = 64;     // of one payload
constexpr std::size_t kMostHeader = 8192;    // bytes of one line of it
constexpr std::size_t kMostFields = 4;
constexpr std::size_t kKeptRead = 65536;     // in front of what was not read yet

bool is_word(std::string_view text, std::size_t most) {
    return !text.empty() && text.size() <= most && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (const std::string_view field : base::split(line, ' ')) {
        if (!base::trim(field).empty()) fields.push_back(base::trim(field));
    }
    return fields;
}

struct Line {
    MsnpFrame frame;
    std::size_t length = 0;
};

std::expected<Line, MsnpFault> read_line(std::string_view text) {
    const auto fields = fields_of(text);
    Line line;
    const auto trid = fields.size() > 1 ? base::parse_number(fields[1], UINT32_MAX) : 0;
    const auto wrong = [&](const char* why) {
        return std::unexpected(MsnpFault{MsnpCode::syntax, static_cast<std::uint32_t>(trid.value_or(0)), why});
    };
    if (fields.size() > kMostFields) return wrong("A packet has four fields.");
    line.frame.command = base::to_upper(fields[0]);
    if (line.frame.command.size() != 3 || !is_word(line.frame.command, 3)) return wrong("A command is three letters.");
    if (!trid) return wrong("The transaction is a number.");
    line.frame.trid = static_cast<std::uint32_t>(*trid);
    const std::string target = fields.size() > 2 ? base::to_upper(fields[2]) : "CON";
    const std::size_t slash = target.find('\\');
    line.frame.target = target.substr(0, slash);
    if (slash != std::string::npos) line.frame.path = target.substr(slash + 1);
    if (!is_word(line.frame.target, 32) || (slash != std::string::npos && !is_word(line.frame.path, 64))) {
        return wrong("The target is CON or MSGR.");
    }
    const auto length = fields.size() > 3 ? base::parse_number(fields[3], SIZE_MAX / 2) : 0;
    if (!length) return wrong("The length is a number.");
    line.length = static_cast<std::size_t>(*length);
    return line;
}

bool is_blank(char c) { return c == '\r' || c == '\n' || c == ' ' || c == '\t'; }

/// A block of `payload` from `at` on, which moves behind it.
base::Result<MsnpBlock> read_block(std::string_view payload, std::size_t& at, std::size_t& headers) {
    MsnpBlock block;
    while (at < payload.size()) {
        const std::size_t end = std::min(payload.find('\n', at), payload.size());
        const std::string_view line = base::trim(payload.substr(at, end - at));
        at = std::min(end + 1, payload.size());
        if (line.empty()) break;
        if (line.size() > kMostHeader || ++headers > kMostHeaders) {
            return base::fail(base::Errc::too_large, "there are too many headers");
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;  // says nothing
        block.headers.push_back({std::string(base::trim(line.substr(0, colon))), std::string(base::trim(line.substr(colon + 1)))});
    }
    return block;
}

bool all_body(std::string_view payload) {
    const auto first = std::ranges::find_if_not(payload, is_blank);
    return first != payload.end() && *first == '<';
}

}  // namespace

MsnpCode msnp_code(base::Errc code) {
    using base::Errc;
    switch (code) {
        case Errc::malformed:
        case Errc::loop:
            return MsnpCode::invalid_parameter;
        case Errc::too_large:
            return MsnpCode::too_long;
        // Whether somebody is there, may be spoken to, or exists is told alike. A number of its own for who is away
        // (217) makes clients hang up.
        case Errc::unproven:
        case Errc::denied:
        case Errc::not_found:
        case Errc::precondition:
            return MsnpCode::no_such_user;
        case Errc::not_allowed:
        case Errc::not_implemented:
            return MsnpCode::syntax;
        case Errc::busy:
            return MsnpCode::rate;
        case Errc::no_space:
            return MsnpCode::busy;
        case Errc::internal:
            break;
    }
    return MsnpCode::internal;
}

// -- in

// What was read goes first: a client whose packets never end where its bytes do would pile it up.
void MsnpReader::feed(std::string_view bytes) {
    bytes_.erase(0, std::exchange(begin_, 0));
    bytes_.append(bytes);
}

void MsnpReader::drop(std::size_t count) {
    begin_ += count;
    if (begin_ < bytes_.size() && begin_ <= kKeptRead) return;
    std::string(bytes_, begin_).swap(bytes_);  // to assign a short text, or none, would keep the memory
    begin_ = 0;
}

std::expected<std::optional<MsnpFrame>, MsnpFault> MsnpReader::next() {
    while (begin_ < bytes_.size() && is_blank(bytes_[begin_])) ++begin_;
    drop(0);
    const std::string_view rest = std::string_view(bytes_).substr(begin_);
    const std::size_t end = rest.find('\n');
    if (std::min(end, rest.size()) > bounds_.line_bytes) {
        return std::unexpected(MsnpFault{MsnpCode::syntax, 0, "The line is too long."});
    }
    if (end == std::string_view::npos) return std::nullopt;
    auto line = read_line(rest.substr(0, end));
    if (!line) return std::unexpected(line.error());
    if (line->length > bounds_.payload_bytes) {
        return std::unexpected(MsnpFault{MsnpCode::detail, line->frame.trid, "The payload is too long."});
    }
    if (rest.size() - end - 1 < line->length) return std::nullopt;
    line->frame.payload = rest.substr(end + 1, line->length);
    drop(end + 1 + line->length);
    return std::move(line->frame);
}

std::string_view MsnpBlock::value(std::string_view name) const {
    const auto found = std::ranges::find_if(headers, [name](const MsnpHeader& h) { return base::equal_ignoring_case(h.name, name); });
    return found == headers.end() ? std::string_view() : found->value;
}

base::Result<MsnpPlain> read_plain(std::string_view payload) {
    MsnpPlain plain;
    if (all_body(payload)) {
        plain.body = base::trim(payload);
        return plain;
    }
    std::size_t at = 0, headers = 0;
    auto block = read_block(payload, at, headers);
    if (!block) return std::unexpected(block.error());
    plain.envelope = std::move(*block);
    plain.body = payload.substr(at);
    return plain;
}

base::Result<MsnpRouted> read_routed(std::string_view payload) {
    MsnpRouted routed;
    std::size_t at = 0, headers = 0;
    for (MsnpBlock* to : {&routed.envelope, &routed.routing, &routed.reliability, &routed.about}) {
        auto block = read_block(payload, at, headers);
        if (!block) return std::unexpected(block.error());
        *to = std::move(*block);
        if (to == &routed.envelope && !to->value("Routing").empty()) routed.routing = std::exchange(*to, {});
        if (to == &routed.envelope && !routed.routing.headers.empty()) {
            for (MsnpBlock* next : {&routed.reliability, &routed.about}) {
                auto more = read_block(payload, at, headers);
                if (!more) return std::unexpected(more.error());
                *next = std::move(*more);
            }
            break;
        }
    }
    routed.body = payload.substr(at);
    return routed;
}

// -- out

MsnpWriter& MsnpWriter::header(std::string_view name, std::string_view value) {
    value = base::trim(value);
    if (value.empty()) return *this;
    out_.append(name).append(": ");
    for (const char c : value) out_ += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    out_ += "\r\n";
    return *this;
}

MsnpWriter& MsnpWriter::end() {
    out_ += "\r\n";
    return *this;
}

MsnpWriter& MsnpWriter::body(std::string_view body) {
    out_.append(body);
    return *this;
}

std::string msnp_packet(std::string_view command, std::uint32_t trid, std::string_view target, std::string_view payload) {
    if (payload.empty()) payload = "\r\n";  // clients stop at a payload of nothing
    std::string packet;
    packet.reserve(command.size() + target.size() + payload.size() + 32);
    packet.append(command).append(" ").append(std::to_string(trid)).append(" ").append(target).append(" ");
    packet.append(std::to_string(payload.size())).append("\r\n").append(payload);
    return packet;
}

std::string msnp_error(MsnpCode code, std::uint32_t trid, std::string_view target, std::string_view text) {
    return msnp_packet(std::to_string(static_cast<int>(code)), trid, target, MsnpWriter().end().body(text).take());
}

}  // namespace doors
