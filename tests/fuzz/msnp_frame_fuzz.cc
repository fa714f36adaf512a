// tests/fuzz/msnp_frame_fuzz.cc: bytes of a MSNP24 client, in two pieces; what comes out is written and read again.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_frame.h"

#include "base/text.h"
#include "doors/msnp_names.h"
#include "doors/rich_text.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr doors::MsnpBounds kBounds{.line_bytes = 256, .payload_bytes = 1 << 14};

void check_payload(const doors::MsnpFrame& frame) {
    const auto plain = doors::read_plain(frame.payload);
    if (plain) fuzz::must(plain->body.size() <= frame.payload.size(), "a body is part of its payload");
    const auto routed = doors::read_routed(frame.payload);
    if (!routed) return;
    doors::MsnpWriter writer;
    for (const doors::MsnpBlock* block : {&routed->envelope, &routed->routing, &routed->reliability, &routed->about}) {
        for (const auto& h : block->headers) {
            fuzz::must((h.name + h.value).find('\n') == std::string::npos, "no header holds the end of a line");
        }
    }
    if (const auto name = doors::read_msnp_name(routed->routing.value("To"))) {
        const auto again = doors::read_msnp_name(doors::msnp_name(name->user, name->endpoint));
        fuzz::must(again && again->user == name->user && again->endpoint == name->endpoint, "a name comes back");
    }
    const std::string plain_text = doors::plain_of_rich(routed->body);
    fuzz::must(plain_text.empty() == routed->body.empty(), "text is not lost");
    fuzz::must(!base::valid_utf8(routed->body) || base::valid_utf8(plain_text), "and stays UTF-8");
    const std::string rich = doors::rich_of_plain(plain_text);
    fuzz::must(doors::plain_of_rich(rich) == plain_text, "what was escaped comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    doors::MsnpReader reader(kBounds);
    const std::size_t cut = size / 2;
    for (const std::string_view part : {input.substr(0, cut), input.substr(cut)}) {
        reader.feed(part);
        for (;;) {
            auto frame = reader.next();
            if (!frame) {
                fuzz::must(!frame.error().text.empty(), "a fault says why");
                return 0;
            }
            if (!*frame) break;
            const doors::MsnpFrame& f = **frame;
            const std::string path = f.path.empty() ? "" : "\\" + f.path;
            doors::MsnpReader again(kBounds);
            again.feed(doors::msnp_packet(f.command, f.trid, f.target + path, f.payload));
            const auto same = again.next();
            fuzz::must(same && *same && (*same)->command == f.command && (*same)->trid == f.trid && (*same)->target == f.target &&
                           (*same)->path == f.path && ((*same)->payload == f.payload || f.payload.empty()),
                       "a packet comes back");
            check_payload(f);
        }
        fuzz::must(reader.held() <= kBounds.payload_bytes + kBounds.line_bytes + size, "what is held is bounded");
    }
    return 0;
}
