// server/http_door_head.cc: takes a request's head from libmicrohttpd, and judges it.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_head.h"

#include <microhttpd.h>

#include <string>

#include "server/http_desk.h"
#include "server/http_door_limits.h"
#include "server/http_door_exchange.h"
#include "server/http_framing.h"

namespace server {
namespace {

struct Head {
    Exchange& exchange;
    HeadLayout layout;
};

MHD_Result collect_header(void* cls, MHD_ValueKind, const char* name, std::size_t name_size, const char* value,
                          std::size_t value_size) {
    auto& head = *static_cast<Head*>(cls);
    head.layout.header(name, name_size, value, value_size);
    Exchange& e = head.exchange;
    if (e.headers == e.request.headers.size()) e.request.headers.emplace_back();
    base::HttpHeader& header = e.request.headers[e.headers++];
    base::refill(header.name, {name, name_size});
    base::refill(header.value, value ? std::string_view(value, value_size) : std::string_view());
    e.head_bytes += name_size + value_size + 4;
    return MHD_YES;
}

}  // namespace

std::optional<base::Response> take_head(Exchange& e, const char* method, const char* version, const DoorLimits& limits,
                                        const HttpDesk& desk) {
    Head head{e, HeadLayout(method, e.target, e.request.target.size(), version)};
    MHD_get_connection_values_n(e.mhd, MHD_HEADER_KIND, collect_header, &head);
    e.request.headers.resize(e.headers);
    if (e.request.headers.size() > limits.headers || e.head_bytes + e.request.target.size() > limits.head_bytes) {
        base::Response response = desk.refusal({base::Errc::malformed, "the head has too many headers or bytes (limits.headers, limits.head_bytes)"});
        response.status = 431;
        return response;
    }
    const std::size_t size = MHD_get_connection_info(e.mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (const auto whole = head.layout.fills(size); !whole) return desk.refusal(whole.error());
    const auto framing = check_framing(e.request, e.version);
    if (!framing) return desk.refusal(framing.error());
    if (framing->content_length > limits.drain_bytes) return body_too_large(e.request, limits, desk);
    e.announced = framing->content_length;
    e.chunked = framing->chunked;
    return std::nullopt;
}

base::Response body_too_large(const base::Request& request, const DoorLimits& limits, const HttpDesk& desk) {
    return desk.too_large(request, {base::Errc::too_large, "the body is over " + std::to_string(limits.body_bytes) + " bytes (limits.body_bytes)"});
}

}  // namespace server
