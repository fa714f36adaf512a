// server/answer_parser.cc: a line at a time; bodies are skipped.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 9112 4, 6, 7, 9; rvp-in-practice 0 (rules 2, 14)
#include "server/answer_parser.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace server {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "chunked" as the last transfer coding: only then does the coding frame the body.
bool ends_in_chunked(std::string_view value) {
    const auto comma = value.rfind(',');
    return base::equal_ignoring_case(base::trim(value.substr(comma == std::string_view::npos ? 0 : comma + 1)),
                                     "chunked");
}

}  // namespace

void AnswerParser::reset() {
    used_ = 0;
    line_.clear();
    if (kept_) *kept_ = Kept{.stream_above = kept_->stream_above};
    length_.reset();
    status_ = 0;
    phase_ = Phase::status;
    began_ = http10_ = chunked_ = unsound_ = says_close_ = says_keep_alive_ = has_status_ = keep_ = false;
}

bool AnswerParser::began() const { return began_ || !base::trim(line_).empty(); }

AnswerParser::Step AnswerParser::step() const {
    if (phase_ == Phase::done) return Step::done;
    return phase_ == Phase::broken ? Step::broken : Step::more;
}

AnswerParser::Step AnswerParser::feed(std::string_view& bytes) {
    while (step() == Step::more && !bytes.empty()) {
        if (phase_ == Phase::body || phase_ == Phase::chunk_data || phase_ == Phase::until_end) {
            skip_body(bytes);
        } else {
            take_line(bytes);
        }
    }
    return step();
}

AnswerParser::Step AnswerParser::end() {
    if (phase_ == Phase::status && began()) on_status_line(base::trim(line_));
    if (phase_ == Phase::headers && status_ >= 200) has_status_ = true;
    if (kept_) kept_->whole = phase_ == Phase::until_end;
    give_up();
    return step();
}

/// The rest will not be read: a known status is enough of an answer.
void AnswerParser::give_up() {
    keep_ = false;
    phase_ = has_status_ ? Phase::done : Phase::broken;
}

void AnswerParser::take_line(std::string_view& bytes) {
    const auto end = bytes.find('\n');
    const std::size_t size = end == std::string_view::npos ? bytes.size() : end + 1;
    if (size > bound_ - used_) return give_up();
    used_ += size;
    std::string_view line = bytes.substr(0, size);
    bytes.remove_prefix(size);
    if (!line_.empty() || end == std::string_view::npos) {
        line_.append(line);
        line = line_;
    }
    if (end == std::string_view::npos) return;
    line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    on_line(line);
    line_.clear();
}

void AnswerParser::skip_body(std::string_view& bytes) {
    const std::uint64_t size = std::min<std::uint64_t>(bytes.size(), body_left_);
    if (kept_) kept_->body.append(bytes.substr(0, size));
    if (phase_ == Phase::until_end && size < bytes.size()) return give_up();
    bytes.remove_prefix(size);
    body_left_ -= size;
    if (body_left_ > 0 || phase_ == Phase::until_end) return;
    const bool over = phase_ == Phase::body;
    if (kept_) kept_->whole = over;
    phase_ = over ? Phase::done : Phase::chunk_end;
}

void AnswerParser::on_line(std::string_view line) {
    switch (phase_) {
        case Phase::status:
            if (!base::trim(line).empty()) on_status_line(line);
            break;
        case Phase::headers:
            line.empty() ? on_head_end() : on_header(line);
            break;
        case Phase::chunk_size:
            on_chunk_size(line);
            break;
        case Phase::chunk_end:
            line.empty() ? void(phase_ = Phase::chunk_size) : give_up();
            break;
        case Phase::trailers:
            if (!line.empty()) break;
            if (kept_) kept_->whole = true;
            phase_ = Phase::done;
            break;
        default:
            break;
    }
}

/// `HTTP/1.1 200 Successful`; the phrase may be missing.
void AnswerParser::on_status_line(std::string_view line) {
    constexpr std::string_view kVersion = "HTTP/1.";
    began_ = true;
    phase_ = Phase::broken;
    if (line.size() <= kVersion.size()) return;
    if (!base::equal_ignoring_case(line.substr(0, kVersion.size()), kVersion)) return;
    line.remove_prefix(kVersion.size());
    if (!is_digit(line[0])) return;
    http10_ = line[0] == '0';
    line.remove_prefix(1);
    const auto code = line.find_first_not_of(" \t");
    if (code == 0 || code == std::string_view::npos) return;
    line.remove_prefix(code);
    if (line.size() < 3 || (line.size() > 3 && line[3] != ' ' && line[3] != '\t')) return;
    const auto number = base::parse_number(line.substr(0, 3));
    if (!number || *number < 100) return;
    status_ = static_cast<int>(*number);
    phase_ = Phase::headers;
}

void AnswerParser::on_header(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;  // nothing we need; so be it
    const std::string_view name = base::trim(line.substr(0, colon));
    const std::string_view value = base::trim(line.substr(colon + 1));
    if (kept_) kept_->headers.push_back({std::string(name), std::string(value)});
    if (base::equal_ignoring_case(name, "content-length")) {
        on_content_length(value);
    } else if (base::equal_ignoring_case(name, "transfer-encoding")) {
        chunked_ = ends_in_chunked(value);
        unsound_ = unsound_ || !chunked_;
    } else if (base::equal_ignoring_case(name, "connection")) {
        on_connection(value);
    }
}

void AnswerParser::on_content_length(std::string_view value) {
    const auto number = base::parse_number(value);
    if (!number || (length_ && *length_ != *number)) unsound_ = true;
    length_ = number;
}

void AnswerParser::on_connection(std::string_view value) {
    while (!value.empty()) {
        const auto comma = value.find(',');
        const std::string_view token = base::trim(value.substr(0, comma));
        says_close_ = says_close_ || base::equal_ignoring_case(token, "close");
        says_keep_alive_ = says_keep_alive_ || base::equal_ignoring_case(token, "keep-alive");
        value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
    }
}

void AnswerParser::on_head_end() {
    if (status_ < 200 && status_ != 101) {  // 100-continue and its kin: the answer is still to come
        const std::size_t used = used_;
        reset();
        used_ = used;
        began_ = true;
        return;
    }
    has_status_ = true;
    const bool empty = status_ == 204 || status_ == 304;
    const bool framed = chunked_ != length_.has_value() || empty;  // both at once is an attack or a mistake
    keep_ = framed && !unsound_ && status_ != 101 && !says_close_ && (!http10_ || says_keep_alive_);
    if (kept_) return begin_kept_body(framed && !unsound_, empty);
    if (!keep_ || empty) {
        phase_ = Phase::done;
    } else if (chunked_) {
        phase_ = Phase::chunk_size;
    } else {
        begin_body(*length_, Phase::body);
    }
}

/// As far as it says where it ends, else to the end of the connection.
void AnswerParser::begin_kept_body(bool framed, bool empty) {
    if (empty) {
        kept_->whole = true;
        phase_ = Phase::done;
    } else if (!framed) {
        if (unsound_ || (chunked_ && length_)) return give_up();
        body_left_ = bound_ - used_;
        phase_ = Phase::until_end;
    } else if (chunked_) {
        phase_ = Phase::chunk_size;
    } else if (*length_ > kept_->stream_above) {
        kept_->streamed = body_left_ = *length_;
        phase_ = Phase::body;
    } else {
        begin_body(*length_, Phase::body);
        kept_->whole = *length_ == 0;
    }
}

/// Reading on is only worth its while within the bound.
void AnswerParser::begin_body(std::uint64_t size, Phase phase) {
    if (size > bound_ - used_) return give_up();
    used_ += size;
    body_left_ = size;
    phase_ = size == 0 ? Phase::done : phase;
}

void AnswerParser::on_chunk_size(std::string_view line) {
    line = base::trim(line.substr(0, line.find(';')));
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (error != std::errc() || end != line.data() + line.size()) return give_up();
    if (size == 0) {
        phase_ = Phase::trailers;
    } else {
        begin_body(size, Phase::chunk_data);
    }
}

}  // namespace server
