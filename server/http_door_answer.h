// server/http_door_answer.h: an answer as libmicrohttpd wants it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 8
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/http.h"

struct MHD_Response;

namespace server {

/// What libmicrohttpd sends: headers, and a body that it reads here until it is written. To make one takes as long as to
/// parse a request, so the last is kept, and sent again with another body when the next answer has the same headers and size, as
/// those of NOTIFY, PROPFIND and PROPPATCH often have. Thread: loop.
class PreparedAnswer {
public:
    PreparedAnswer() = default;
    PreparedAnswer(const PreparedAnswer&) = delete;  // the body of a few bytes lies within
    PreparedAnswer& operator=(const PreparedAnswer&) = delete;

    /// libmicrohttpd's own, for MHD_queue_response(); headers and body of `response` may be moved from. What was returned
    /// before must be written, or never will be. `close`: the connection is to end with it. Null: no memory.
    [[nodiscard]] MHD_Response* of(base::Response& response, bool close);
    /// Keeps nothing when it holds a body of more bytes than that.
    void keep_below(std::size_t most);
    /// Bytes for a body.
    [[nodiscard]] std::size_t holds() const { return body_.capacity(); }

private:
    struct Destroy {
        void operator()(MHD_Response* response) const;
    };

    std::unique_ptr<MHD_Response, Destroy> response_;
    std::string body_;  // where response_ finds it
    std::vector<base::HttpHeader> headers_;
    bool close_ = false;
};

/// Those of an answer. `close`: the connection is to end with it. One that HTTP cannot carry is left out.
void add_headers(MHD_Response* to, const std::vector<base::HttpHeader>& headers, bool close);

}  // namespace server
