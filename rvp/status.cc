// rvp/status.cc: Errc -> status line and one-line body.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6.3, 8
#include "rvp/status.h"

#include <utility>

#include "base/text.h"
#include "base/xml.h"

namespace rvp {

using base::Errc;

int status_of(Errc code) {
    switch (code) {
        case Errc::malformed: return 400;
        case Errc::unproven: return 401;
        case Errc::denied: return 403;
        case Errc::not_found: return 404;
        case Errc::not_allowed: return 405;
        case Errc::precondition: return 412;
        case Errc::too_large: return 413;
        case Errc::internal: return 500;
        case Errc::not_implemented: return 501;
        case Errc::busy: return 503;
        case Errc::no_space: return 507;
        case Errc::loop: return 508;
    }
    return 500;
}

namespace {

/// One line of text, whatever the error quoted.
std::string one_line(std::string text) {
    const bool utf8 = base::valid_utf8(text);
    for (char& c : text) {
        if (!utf8 && (c & 0x80) != 0) c = '?';
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return text;
}

}  // namespace

base::Response error_response(const base::Error& error) {
    base::Response response;
    response.status = status_of(error.code);
    response.with("Content-Type", "text/plain; charset=utf-8");
    response.body = one_line(std::string(base::public_text(error))) + "\n";
    return response;
}

base::Response access_denied(std::string_view why, std::vector<std::string> challenges) {
    base::Response response;
    response.status = status_of(Errc::unproven);
    for (std::string& challenge : challenges) response.with("WWW-Authenticate", std::move(challenge));
    response.with("Content-Type", "text/html");
    response.body = "<html><head><title>Access Denied</title></head><body><p>";
    base::xml::append_escaped(response.body, one_line(std::string(why)));
    response.body += "</p></body></html>\n";
    return response;
}

base::Response ok() {
    base::Response response;
    response.status = kOk;
    return response;
}

base::Response accepted() {
    base::Response response;
    response.status = kAccepted;
    return response;
}

base::Response xml_response(int status, std::string body) {
    base::Response response;
    response.status = status;
    response.with("Content-Type", "text/xml");
    response.body = std::move(body);
    return response;
}

}  // namespace rvp
