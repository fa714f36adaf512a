// tests/fuzz/answer_parser_fuzz.cc: HTTP answers as they reach the courier; where reads cut them must not matter. The
// first byte says how long the reads are.
// SPDX-License-Identifier: Apache-2.0
#include "server/answer_parser.h"

#include <algorithm>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

using server::AnswerParser;

constexpr std::size_t kBound = 4096;

/// One answer after another until something is broken, as text.
std::vector<std::string> answers_in(std::string_view bytes, std::size_t read_size) {
    std::vector<std::string> answers;
    AnswerParser parser(kBound);
    while (!bytes.empty()) {
        std::string_view read = bytes.substr(0, read_size);
        bytes.remove_prefix(read.size());
        while (!read.empty()) {
            const AnswerParser::Step step = parser.feed(read);
            if (step == AnswerParser::Step::broken) return answers;
            if (step == AnswerParser::Step::more) {
                fuzz::must(read.empty(), "all bytes are taken until it is done");
                break;
            }
            // 101 is final too: nobody asked for another protocol, so nothing can follow.
            const bool final = parser.status() == 101 || (parser.status() >= 200 && parser.status() <= 999);
            fuzz::must(parser.has_status() && final, "an answer has a final status");
            answers.push_back(std::to_string(parser.status()) + (parser.keep() ? " keep" : " close"));
            if (!parser.keep()) return answers;
            parser.reset();
        }
    }
    if (parser.began() && parser.end() == AnswerParser::Step::done) {
        answers.push_back(std::to_string(parser.status()) + " at its end");
    }
    return answers;
}

/// One whole answer with its headers and body, as text.
std::string whole_answer(std::string_view bytes, std::size_t read_size) {
    AnswerParser parser(kBound, AnswerParser::Keep::whole);
    AnswerParser::Step step = AnswerParser::Step::more;
    while (!bytes.empty() && step == AnswerParser::Step::more) {
        std::string_view read = bytes.substr(0, read_size);
        bytes.remove_prefix(read.size());
        step = parser.feed(read);
    }
    if (step == AnswerParser::Step::more) step = parser.end();
    fuzz::must(parser.body().size() <= kBound, "a body has a bound");
    fuzz::must(!parser.whole() || step == AnswerParser::Step::done, "what is whole is done");
    if (!parser.whole()) return step == AnswerParser::Step::done ? "cut off" : "broken";
    std::string text = std::to_string(parser.status());
    for (const base::HttpHeader& header : parser.headers()) text += "\n" + header.name + ":" + header.value;
    return text + "\n\n" + parser.body();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text = fuzz::text_of(bytes + 1, size - 1);
    const auto whole = answers_in(text, std::max<std::size_t>(text.size(), 1));
    fuzz::must(whole == answers_in(text, 1U + bytes[0] % 16), "reads that cut an answer change nothing");
    fuzz::must(whole_answer(text, std::max<std::size_t>(text.size(), 1)) == whole_answer(text, 1U + bytes[0] % 16),
               "nor of a whole one");
    return 0;
}
