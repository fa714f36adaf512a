// server/http_door_answer.cc: an answer as libmicrohttpd wants it.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_answer.h"

#include <microhttpd.h>

#include <utility>

namespace server {

MHD_Response* PreparedAnswer::of(base::Response& response, bool close) {
    if (response_ && close == close_ && response.body.size() == body_.size() && response.headers == headers_) {
        response.body.copy(body_.data(), body_.size());
        return response_.get();
    }
    body_ = std::move(response.body);
    headers_ = std::move(response.headers);
    close_ = close;
    response_.reset(MHD_create_response_from_buffer(body_.size(), body_.data(), MHD_RESPMEM_PERSISTENT));
    if (response_) add_headers(response_.get(), headers_, close);
    return response_.get();
}

void PreparedAnswer::keep_below(std::size_t most) {
    if (holds() <= most) return;
    response_.reset();
    headers_.clear();
    std::string().swap(body_);  // an assignment would keep its memory
}

void PreparedAnswer::Destroy::operator()(MHD_Response* response) const { MHD_destroy_response(response); }

void add_headers(MHD_Response* to, const std::vector<base::HttpHeader>& headers, bool close) {
    for (const base::HttpHeader& h : headers) MHD_add_response_header(to, h.name.c_str(), h.value.c_str());
    if (close) MHD_add_response_header(to, "Connection", "close");
}

}  // namespace server
