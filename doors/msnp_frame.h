// doors/msnp_frame.h: packets of MSNP24: a line, blocks of headers, a body. Tolerant in, strict out.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 1, 4, 9
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace doors {

/// Numbers of errors, out of the table that clients have (msnp24 9).
enum class MsnpCode : int {
    syntax = 200,
    invalid_parameter = 201,
    not_enabled = 202,       ///< a MSGR command before BND
    no_such_user = 205,
    bad_xml = 240,
    detail = 241,            ///< larger than we take
    too_long = 285,
    internal = 500,
    busy = 600,
    overload = 712,          ///< the door has as many connections as it may
    too_active = 713,        ///< he went on asking too fast
    too_many_sessions = 714, ///< his address has as many connections as it may
    bound_already = 715,
    too_many_endpoints = 734,
    rate = 800,              ///< he asks too fast, or another bound of his
    authentication = 911,
    timed_out = 921,         ///< he was silent for too long
};
[[nodiscard]] MsnpCode msnp_code(base::Errc code);

/// One packet. `CMD trid TARGET\PATH length`, then the payload.
struct MsnpFrame {
    std::string command;      ///< three capitals, or digits
    std::uint32_t trid = 0;   ///< 0: what nobody asked for
    std::string target;       ///< CON or MSGR, in capitals
    std::string path;         ///< the word behind the backslash, in capitals; "" = none
    std::string payload;
};

/// Why a peer's bytes cannot be read on: what to tell him before the end.
struct MsnpFault {
    MsnpCode code;
    std::uint32_t trid = 0;
    std::string text;
};

struct MsnpBounds {
    std::size_t line_bytes = 1024;
    std::size_t payload_bytes = 1 << 20;
};

/// Cuts packets off a stream of bytes. Holds no memory while it holds no bytes, and little beyond what it holds. Takes LF
/// for CRLF, further blanks, a missing trid, target or length, and empty lines between packets.
class MsnpReader {
public:
    explicit MsnpReader(const MsnpBounds& bounds) : bounds_(bounds) {}

    void feed(std::string_view bytes);
    void change(const MsnpBounds& bounds) { bounds_ = bounds; }
    /// nullopt: it is not whole yet. After a fault nothing more can be read.
    [[nodiscard]] std::expected<std::optional<MsnpFrame>, MsnpFault> next();
    /// What was fed and not read yet.
    [[nodiscard]] std::size_t held() const { return bytes_.size() - begin_; }
    /// What that occupies.
    [[nodiscard]] std::size_t bytes() const { return bytes_.capacity(); }

private:
    void drop(std::size_t count);

    MsnpBounds bounds_;
    std::string bytes_;
    std::size_t begin_ = 0;  // of what was not read, in bytes_
};

struct MsnpHeader {
    std::string name;
    std::string value;
};
/// Headers up to an empty line, or to where the payload ends.
struct MsnpBlock {
    std::vector<MsnpHeader> headers;
    /// Its first value, the name compared without case; "" when there is none.
    [[nodiscard]] std::string_view value(std::string_view name) const;
};

/// A payload that is not routed: a block and a body.
struct MsnpPlain {
    MsnpBlock envelope;
    std::string_view body;  ///< into the payload
};
/// A routed one: four blocks and a body.
struct MsnpRouted {
    MsnpBlock envelope;
    MsnpBlock routing;
    MsnpBlock reliability;
    MsnpBlock about;  ///< Publication, Notification or Messaging, and what follows
    std::string_view body;
};
/// Errc::too_large: more headers, or longer ones, than there may be. A payload whose first
/// letter is `<` is all body.
[[nodiscard]] base::Result<MsnpPlain> read_plain(std::string_view payload);
/// The same, whatever it begins with; an envelope that is left out is empty.
[[nodiscard]] base::Result<MsnpRouted> read_routed(std::string_view payload);

/// Writes a payload: what has no value is left out, and what would end a line is a blank.
class MsnpWriter {
public:
    MsnpWriter& header(std::string_view name, std::string_view value);
    /// Ends a block of headers, which may have none.
    MsnpWriter& end();
    MsnpWriter& body(std::string_view body);
    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    std::string out_;
};

/// The packet: of an empty payload, CRLF is left.
[[nodiscard]] std::string msnp_packet(std::string_view command, std::uint32_t trid, std::string_view target,
                                      std::string_view payload);
/// `911 2 CON 23`, CRLF, and the text.
[[nodiscard]] std::string msnp_error(MsnpCode code, std::uint32_t trid, std::string_view target, std::string_view text);

}  // namespace doors
