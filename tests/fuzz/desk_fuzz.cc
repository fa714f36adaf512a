// tests/fuzz/desk_fuzz.cc: dialogues of whole requests with the desk over presence/service, on a fake clock. Parts are
// divided by lines of "%%"; each is a request (`METHOD target`, `Name: value` lines, a blank line, the body),
// `clock N` in seconds, or `fate N` for all that was sent.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/desk.h"

#include <algorithm>

#include "tests/fuzz/fuzz.h"
#include "tests/rvp/desk_world.h"

namespace {

constexpr int kMostParts = 32;
constexpr std::string_view kDivider = "\n%%\n";

std::string_view cut_part(std::string_view& text) {
    const std::size_t end = text.find(kDivider);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + kDivider.size());
    return part;
}

base::Request request_of(std::string_view part) {
    base::Request request;
    std::string_view line = fuzz::cut_line(part);
    const std::size_t blank = std::min(line.find(' '), line.size());
    request.method = line.substr(0, blank);
    request.target = line.substr(std::min(blank + 1, line.size()));
    while (!part.empty() && !(line = fuzz::cut_line(part)).empty()) {
        const std::size_t colon = std::min(line.find(':'), line.size());
        request.headers.push_back({std::string(line.substr(0, colon)),
                                   std::string(line.substr(std::min(colon + 1, line.size())))});
    }
    request.body = part;
    request.peer = *base::IpAddress::parse("10.0.0.1");
    request.connection = base::ConnectionId(1);
    return request;
}

void check_answer(const base::Response& answer) {
    fuzz::must(answer.status >= 200 && answer.status <= 599 && answer.status != 500, "an answer is no surprise");
    for (const base::HttpHeader& h : answer.headers) {
        const bool sound = (h.name + h.value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
        fuzz::must(sound, "no header breaks out");
    }
    const std::string_view body = answer.body;
    if (!tests::header_of(answer, "Content-Type").starts_with("text/xml")) return;
    fuzz::must(body.find('\n') == std::string_view::npos || answer.status == 207, "XML on one line");
    const base::xml::Bounds wide{.bytes = 1 << 26, .depth = 128, .elements = 100'000, .attributes = 1 << 16};
    fuzz::must(base::xml::parse(body, wide).has_value(), "what we answer is well-formed");
}

class Dialogue {
public:
    void play(std::string_view part) {
        if (part.starts_with("clock ")) return world_.pass(std::chrono::seconds(number_in(part) % 100'000));
        if (part.starts_with("fate ")) return world_.settle(static_cast<presence::Fate>(number_in(part) % 6));
        pending_.push_back(world_.begin(request_of(part)));
    }
    /// Nobody waits longer than an acknowledgement may take.
    void end() {
        world_.pass(presence::kAckTime + std::chrono::seconds(1));
        for (const auto& answer : pending_) {
            fuzz::must(answer->has_value(), "every request is answered");
            check_answer(**answer);
        }
    }

private:
    static std::uint64_t number_in(std::string_view part) {
        return base::parse_number(part.substr(part.find(' ') + 1)).value_or(1);
    }

    tests::DeskWorld world_;
    std::vector<tests::DeskWorld::Pending> pending_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string_view text = fuzz::text_of(bytes, size);
    Dialogue dialogue;
    for (int i = 0; i < kMostParts && !text.empty(); ++i) dialogue.play(cut_part(text));
    dialogue.end();
    return 0;
}
