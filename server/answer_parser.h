// server/answer_parser.h: an HTTP/1.x answer read as it comes in, up to a bound.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 9112; rvp-in-practice 0 (rules 2, 14), 1.7; design 5
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"

namespace server {

/// Reads one answer after another; of a body it keeps nothing unless it is asked to. Tolerant: bare LF, line ends before the status line,
/// no reason phrase, any case. An answer that does not frame itself is done at its blank line. Keeps a copy only
/// of a line that a read cut in two.
class AnswerParser {
public:
    enum class Step {
        more,    ///< not done; all bytes were taken
        done,    ///< the answer is over as far as anybody cares; see keep()
        broken,  ///< not HTTP, or over the bound before there was a status
    };

    /// What is kept of an answer. Of a whole one the body is read to its end, framed or not.
    enum class Keep { status, whole };

    /// `bound` is for the whole answer in bytes, skipped 1xx answers included.
    explicit AnswerParser(std::size_t bound, Keep what = Keep::status)
        : bound_(bound), kept_(what == Keep::whole ? std::make_unique<Kept>() : nullptr) {}

    /// Ready for the next answer.
    void reset();
    /// Takes bytes off the front of `bytes`; after `done` what is left does not belong to the answer.
    Step feed(std::string_view& bytes);
    /// The peer closed: done if at least a status line had come, else broken.
    Step end();

    /// Whether any byte of an answer came (line ends do not count).
    [[nodiscard]] bool began() const;
    /// Whether status line and headers are complete, so that status() counts; the body may still be on its way.
    [[nodiscard]] bool has_status() const { return has_status_; }
    [[nodiscard]] int status() const { return status_; }
    /// After `done`: whether the connection may carry another request.
    [[nodiscard]] bool keep() const { return keep_; }
    /// Of Keep::whole alone. After `done`: whether the body came to its end; then what there was.
    [[nodiscard]] bool whole() const { return kept_->whole; }
    [[nodiscard]] std::vector<base::HttpHeader>& headers() { return kept_->headers; }
    [[nodiscard]] std::string& body() { return kept_->body; }
    /// Of whole answers that begin from now on: a body that says it is longer than this is streamed, so that the bound is not
    /// for it; who asked for that takes out of body() what has come.
    void stream_above(std::uint64_t bytes) { kept_->stream_above = bytes; }
    /// Whether that is so with this one, and its size; from has_status() on.
    [[nodiscard]] std::optional<std::uint64_t> streamed() const { return kept_ ? kept_->streamed : std::nullopt; }

private:
    enum class Phase { status, headers, body, until_end, chunk_size, chunk_data, chunk_end, trailers, done, broken };

    [[nodiscard]] Step step() const;
    void take_line(std::string_view& bytes);
    void skip_body(std::string_view& bytes);
    void on_line(std::string_view line);
    void on_status_line(std::string_view line);
    void on_header(std::string_view line);
    void on_content_length(std::string_view value);
    void on_connection(std::string_view value);
    void on_head_end();
    void on_chunk_size(std::string_view line);
    void begin_body(std::uint64_t size, Phase phase);
    void begin_kept_body(bool framed, bool empty);
    void give_up();

    std::size_t bound_;
    /// There are a million parsers that keep nothing.
    struct Kept {
        std::vector<base::HttpHeader> headers{};
        std::string body{};
        bool whole = false;
        std::optional<std::uint64_t> streamed{};
        std::uint64_t stream_above = UINT64_MAX;
    };
    std::unique_ptr<Kept> kept_;  // null: the status is enough
    std::size_t used_ = 0;
    std::string line_;  // the part that has come of a line cut in two
    std::uint64_t body_left_ = 0;
    std::optional<std::uint64_t> length_;
    int status_ = 0;
    Phase phase_ = Phase::status;
    bool began_ = false;
    bool http10_ = false;
    bool chunked_ = false;
    bool unsound_ = false;  // the framing contradicts itself
    bool says_close_ = false;
    bool says_keep_alive_ = false;
    bool has_status_ = false;
    bool keep_ = false;
};

}  // namespace server
