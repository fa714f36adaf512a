// server/http_reason.cc: the reason phrases of our status lines.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 8 (200 Successful, 401 Access denied); rvp-in-practice 8.10
#include "server/http_reason.h"

namespace server {

std::string_view reason_phrase(unsigned code) {
    switch (code) {
        case 100: return "Continue";
        case 200: return "Successful";
        case 202: return "Accepted";
        case 207: return "Multi-Status";
        case 302: return "Object moved";
        case 400: return "Bad Request";
        case 401: return "Access Denied";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Payload Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        case 508: return "Loop Detected";
        default: return code < 300 ? "Successful" : "Unknown";
    }
}

}  // namespace server
